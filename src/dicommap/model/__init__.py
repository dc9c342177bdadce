"""Data types that all packages use: studies and their files, masking of patient values, the state of a submission.

The modules of this package do not read files. Only `Picture.save` writes a file.
"""
