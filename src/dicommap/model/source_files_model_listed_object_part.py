"""Objects as S3 lists them."""

from __future__ import annotations

from typing import NamedTuple


class S3Object(NamedTuple):
    """One object of a listing."""

    key: str
    """The whole key, or relative to a prefix where whoever lists it says so."""
    size: int
    etag: str
    """As S3 gives it, with its quotation marks."""
    mtime_ns: int = 0
    """Last modification, in nanoseconds since 1970; 0 where it is not told."""
