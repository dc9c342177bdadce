"""What everything is: DICOM attributes and values, HealthImaging's levels and limits, edits and mappings.

Nothing in this room reads or writes a file.
"""
