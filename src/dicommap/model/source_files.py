"""An S3 object of a listing, the file times that an inventory can store, and counts of network traffic."""

from __future__ import annotations

from typing import NamedTuple


class NetworkTraffic(NamedTuple):
    """Counts of requests and received bytes. Requests that the S3 client repeats after an error are not counted."""

    requests: int = 0
    """Number of requests, for listing and for reading."""
    received: int = 0
    """Bytes of objects."""
    repeated: int = 0
    """Objects that took more than one request."""

    def plus(self, other: NetworkTraffic) -> NetworkTraffic:
        """Return the sum of both."""
        return NetworkTraffic(*(one + another for one, another in zip(self, other, strict=True)))


class S3Object(NamedTuple):
    """One S3 object of a listing."""

    key: str
    """The whole key, or the key relative to a prefix; see the function that lists it."""
    size: int
    etag: str
    """ETag with its quotation marks."""
    mtime_ns: int = 0
    """Last modification, in nanoseconds since 1970; 0 if it is unknown."""


MAX_TIME_NS = 2**63 - 1
"""The last time in signed 64-bit nanoseconds, in the year 2262. File systems may have later times."""


def clamp_time_ns(nanoseconds: int) -> int:
    """Return a time that fits into an inventory: times before 1677 or after 2262 become the first or last that fits."""
    return max(-MAX_TIME_NS, min(nanoseconds, MAX_TIME_NS))
