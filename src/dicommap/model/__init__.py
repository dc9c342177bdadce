"""What is ours and used everywhere: studies and their files, masking, the state of a submission.

Nothing in this room reads or writes a file.
"""
