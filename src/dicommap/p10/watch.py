"""A window that remembers what a walk over it depended on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.p10.window import Window

if TYPE_CHECKING:
    from dicommap.p10.window import ReadAt

LAYOUT_LIMIT = 2**16
"""Bytes of a header whose layout is kept; longer ones are walked each time."""


class WatchedWindow(Window):
    """A window that notes which bytes decided where a walk went, and how far the file had to reach.

    A walk is a function of what it takes from its window. Of another file that has the same bytes in these places,
    and that reaches as far, it takes the same steps.
    """

    def __init__(self, read: ReadAt, size: int, head: bytes, head_length: int) -> None:
        self.seen: list[tuple[int, bytes]] = []
        """Offset and bytes of all that `bytes_at` gave below the limit; values are not among them."""
        self.reach = 0
        """The highest offset that had to exist."""
        super().__init__(read, size, head, head_length)

    def bytes_at(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset`, and note them."""
        if offset + length > self.reach:
            self.reach = offset + length
        found = super().bytes_at(offset, length)
        if offset < LAYOUT_LIMIT:  # a file out of order is walked to its end: what is kept is bounded
            self.seen.append((offset, found))
        return found

    def value_at(self, offset: int, length: int) -> bytes:
        """Return a value's bytes, and note how far they reach."""
        if offset + length > self.reach:
            self.reach = offset + length
        return super().value_at(offset, length)

    def require(self, end: int) -> None:
        """Raise EndOfFile where the file ends before `end`, and note that it was asked."""
        if end > self.reach:
            self.reach = end
        super().require(end)
