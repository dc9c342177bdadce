"""Make edits of DICOM attributes from sheets, rules, lookup tables, Python functions and keywords to harmonize.

No module of this package reads or writes files.
"""
