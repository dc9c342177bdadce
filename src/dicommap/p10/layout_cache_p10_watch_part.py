"""A window that remembers what a walk over it depended on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.p10.byte_window import ByteWindow, EndOfFile

if TYPE_CHECKING:
    from dicommap.p10.byte_window import ReadAt

MAX_LAYOUT_BYTES = 2**16
"""Bytes of a header whose layout is kept; longer ones are walked each time."""


class RecordingWindow(ByteWindow):
    """A window that notes which bytes decided where a walk went, and how far the file had to reach.

    A walk is a function of what it takes from its window. Of another file that has the same bytes in these places,
    and that reaches as far, it takes the same steps.
    """

    def __init__(self, read: ReadAt, size: int, head: bytes, head_length: int) -> None:
        self.seen: list[tuple[int, int]] = []
        """Begin and end of all that `bytes_at` gave below the limit; values are not among them."""
        self.reach = 0
        """How far the file had to reach for the walk to go where it went."""
        self.depends_on_size = False
        """Whether the walk went where it went because the file does not reach further."""
        super().__init__(read, size, head, head_length)

    def bytes_at(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset`, and note where they are."""
        end = offset + length
        if offset < MAX_LAYOUT_BYTES:  # a file out of order is walked to its end: what is kept is bounded
            self.seen.append((offset, end))
        if end > self.reach:
            self.reach = end
        return ByteWindow.bytes_at(self, offset, length)

    def reaches(self, end: int) -> bool:
        """Return whether the file has a byte before `end`, and note that it was asked."""
        found = end <= self.size
        if not found:
            self.depends_on_size = True
        elif end > self.reach:
            self.reach = end
        return found

    def peek(self, offset: int, length: int) -> bytes:
        """Return bytes without moving the window, and note where they are."""
        end = offset + length
        if self.reaches(end) and offset < MAX_LAYOUT_BYTES:
            self.seen.append((offset, end))
        return ByteWindow.peek(self, offset, length)

    def note(self, places: list[tuple[int, int]], end: int) -> None:
        """Note places that decided; what was at hand is bounded, and so are they."""
        self.seen += places
        self.require(end)

    def require(self, end: int) -> None:
        """Raise EndOfFile where the file ends before `end`, and note that it was asked."""
        if end > self.reach:
            self.reach = end
        if end > self.size:
            raise EndOfFile(self.size)
