"""Times of files, in nanoseconds since 1970."""

LAST_TIME = 2**63 - 1
"""The last nanosecond that 64 bits count, in the year 2262; later times, which file systems know, count as this one."""
