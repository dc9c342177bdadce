"""Edits of DICOM attributes from sheets, rules, lookups, Python functions and harmonize keywords.

Nothing in this room reads or writes a file.
"""
