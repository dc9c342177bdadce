"""Rules of DICOM (PS3): data dictionary, value representations, character sets, UIDs and the DICOM JSON Model."""
