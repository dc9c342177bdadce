"""Values that all rooms use: studies and their files, masking of patient values, the state of a submission.

Nothing in this room reads or writes a file.
"""
