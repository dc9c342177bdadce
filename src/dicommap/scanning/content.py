"""Comparing the bytes of two files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dicommap.inventory import InventoryWriter, Place
    from dicommap.p10 import ReadAt
    from dicommap.sources import Source

_COMPARED_BYTES = 2**20


def same_content(sources: Sequence[Source], writer: InventoryWriter) -> Callable[[Place, Place], bool]:
    """Return what compares two files, unless a scan before has found that they are alike and neither has changed."""
    roots = [str(source) for source in sources]

    def same(first: Place, other: Place) -> bool:
        if any(previous.found_copy(first, other, roots) for previous in writer.previous):
            return True
        openers = sources[first.source].opener, sources[other.source].opener
        try:
            with openers[0].open(first.path) as ours, openers[1].open(other.path) as theirs:
                return _equal(ours, theirs)
        except OSError:
            return False  # what cannot be read cannot be called a copy

    return same


def _equal(one: ReadAt, other: ReadAt) -> bool:
    offset = 0
    while True:
        ours, theirs = one(offset, _COMPARED_BYTES), other(offset, _COMPARED_BYTES)
        if ours != theirs:
            return False
        if not ours:
            return True
        offset += len(ours)
