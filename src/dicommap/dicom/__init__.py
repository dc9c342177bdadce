"""DICOM's rules (PS3): the data dictionary, value representations, character sets, UIDs and the DICOM JSON Model."""
