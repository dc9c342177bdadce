"""Data types of sources: S3 objects in a listing, directories, times of files, and numbers of requests and bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.model.study import SourceFile


class NetworkTraffic(NamedTuple):
    """Numbers of requests and received bytes. A request that the S3 client repeats after an error counts once."""

    requests: int = 0
    """Number of requests that list or read objects."""
    received: int = 0
    """Total bytes that were received."""
    repeated: int = 0
    """Number of objects that were read with more than one request."""

    def plus(self, other: NetworkTraffic) -> NetworkTraffic:
        """Return the sum of this traffic and `other`."""
        return NetworkTraffic(*(number + other_number for number, other_number in zip(self, other, strict=True)))


class ListedDirectory(NamedTuple):
    """A directory that a walk over a source has listed completely. The walk yields it after all files in it."""

    path: str
    """The path relative to the root of the source. The path of the root is empty."""
    mtime_ns: int
    """The modification time in nanoseconds since 1970. It was read before the directory was listed."""
    entries: int
    """The number of names in the directory."""


class KnownDirectory(NamedTuple):
    """The content of a directory that has not changed since an earlier scan."""

    files: Sequence[SourceFile]
    directories: Sequence[str]
    """The names of its inner directories."""


class S3Object(NamedTuple):
    """One S3 object, as a listing of a bucket returns it."""

    key: str
    """The whole key, or the key relative to a prefix. See the docstring of the function that returns the object."""
    size: int
    etag: str
    """The ETag with its quotation marks."""
    mtime_ns: int = 0
    """The time of the last change, in nanoseconds since 1970. 0 if it is unknown."""


MAX_TIME_NS = 2**63 - 1
"""The last time that signed 64-bit nanoseconds can express, in the year 2262. A file system may have later times."""


def clamp_time_ns(nanoseconds: int) -> int:
    """Return the time nearest to `nanoseconds` (since 1970) that an inventory can store: from the year 1677 to 2262."""
    return max(-MAX_TIME_NS, min(nanoseconds, MAX_TIME_NS))
