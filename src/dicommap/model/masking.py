"""Patient values are masked unless they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.model.attributes import SHOWN_ALWAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

MASK = "***"


def shown(keyword: str, value: str, *, show_values: bool) -> str:
    """Return a value, or the mask in its place; an empty value has nothing to hide."""
    return value if show_values or not value or keyword in SHOWN_ALWAYS else MASK


def differing(count: int) -> str:
    """Return the marker that stands where several values differ inside a study or series."""
    return f"<{count} different values>"


def one_line(keyword: str, counts: Mapping[str, int], *, show_values: bool) -> str:
    """Return the one value that all files share, masked as need be, or the marker where they differ."""
    if len(counts) > 1:
        return differing(len(counts))
    return shown(keyword, next(iter(counts), ""), show_values=show_values)
