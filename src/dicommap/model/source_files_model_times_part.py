"""Times of files, in nanoseconds since 1970."""

MAX_TIME_NS = 2**63 - 1
"""The last nanosecond that 64 bits count, in the year 2262; later times, which file systems know, count as this one."""


def clamp_time_ns(nanoseconds: int) -> int:
    """Return a time that an inventory can hold: one before 1677 or after 2262 becomes the first or last of them."""
    return max(-MAX_TIME_NS, min(nanoseconds, MAX_TIME_NS))
