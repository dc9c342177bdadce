"""Objects and file times as a source lists them, and the network traffic of reading them."""

from __future__ import annotations

from typing import NamedTuple


class NetworkTraffic(NamedTuple):
    """Requests and bytes. Requests that the client repeats by itself, after a fault, are not counted."""

    requests: int = 0
    """For listing, and for reading."""
    received: int = 0
    """Bytes of objects."""
    repeated: int = 0
    """Objects that took more than one request."""

    def plus(self, other: NetworkTraffic) -> NetworkTraffic:
        """Return both together."""
        return NetworkTraffic(*(one + another for one, another in zip(self, other, strict=True)))


class S3Object(NamedTuple):
    """One object of a listing."""

    key: str
    """The whole key, or relative to a prefix where whoever lists it says so."""
    size: int
    etag: str
    """As S3 gives it, with its quotation marks."""
    mtime_ns: int = 0
    """Last modification, in nanoseconds since 1970; 0 where it is not told."""


MAX_TIME_NS = 2**63 - 1
"""The last nanosecond that 64 bits count, in the year 2262; later times, which file systems know, count as this one."""


def clamp_time_ns(nanoseconds: int) -> int:
    """Return a time that an inventory can hold: one before 1677 or after 2262 becomes the first or last of them."""
    return max(-MAX_TIME_NS, min(nanoseconds, MAX_TIME_NS))
