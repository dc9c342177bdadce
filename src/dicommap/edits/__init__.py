"""Edits of DICOM attributes from sheets, rules, lookups, Python functions and harmonize keywords.

No module of this package reads or writes a file.
"""
