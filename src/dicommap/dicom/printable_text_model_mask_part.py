"""The mask: the text that is shown in place of a patient's value, or of a name that may be one."""

MASK = "***"
