"""Public verbs: each module holds a function that the command line and Python callers use."""
