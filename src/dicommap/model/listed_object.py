"""Objects as S3 lists them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedObject:
    """One object of a listing."""

    key: str
    """Relative to the prefix that was listed."""
    size: int
    etag: str
    """As S3 gives it, with its quotation marks."""
