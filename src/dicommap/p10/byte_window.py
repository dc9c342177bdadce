"""A window on a file's bytes that reads on as needed and raises EndOfFile at the file's end."""

from __future__ import annotations

from collections.abc import Callable

ReadAt = Callable[[int, int], bytes]
"""Give up to `length` bytes from `offset`; fewer only where the file ends. Called as `read(offset, length)`."""

FIRST_READ_BYTES = 8_192
_GROWTH_FACTOR = 4


class EndOfFile(Exception):  # noqa: N818  not an error: the way a walk learns that the file ends
    """The bytes that were asked for do not all exist.

    `offset` is where the file ends, and `reason` names the element that is cut, if that is known.
    """

    def __init__(self, offset: int, reason: str = "") -> None:
        super().__init__(offset, reason)
        self.offset = offset
        self.reason = reason


class ByteWindow:
    """The bytes of a file near where the walk is; what lies behind is read when it is needed, and not before.

    Everything that decides where a walk goes is taken by `bytes_at`, and the bytes of a value by `value_at`, so
    that a window can tell the two apart. `head` is the beginning of the file where somebody has read it already,
    for which at least `head_length` bytes were asked.
    """

    def __init__(self, read: ReadAt, size: int, head: bytes | None = None, head_length: int = FIRST_READ_BYTES) -> None:
        self.size = size
        self._read = read
        self._start = 0
        asked = min(size, head_length)
        self._bytes = read(0, asked) if head is None else head
        self._notice_end(0, asked, self._bytes)

    def bytes_at(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset`. Raises EndOfFile where they do not exist."""
        begin = offset - self._start
        if begin < 0 or begin + length > len(self._bytes):
            self._move(offset, length)
            begin = 0
        return self._bytes[begin : begin + length]

    @property
    def buffered_start(self) -> bytes:
        """Return the beginning of the file as far as it is here; nothing where the walk has left it behind."""
        return b"" if self._start else self._bytes

    def note(self, places: list[tuple[int, int]], end: int) -> None:
        """Take notice of places of what was at hand that decided where a walk went, and that it went to `end`."""

    def value_at(self, offset: int, length: int) -> bytes:
        """Return a value's bytes, as `bytes_at` does."""
        return ByteWindow.bytes_at(self, offset, length)

    def require(self, end: int) -> None:
        """Raise EndOfFile where the file ends before `end`."""
        if end > self.size:
            raise EndOfFile(self.size)

    def reaches(self, end: int) -> bool:
        """Return whether the file has a byte before `end`, for whoever goes another way if it has not."""
        return end <= self.size

    def peek(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, or fewer if the file ends before. The window stays where it is."""
        begin = offset - self._start
        if begin < 0 or begin + length > len(self._bytes):
            return self._read(offset, max(0, min(length, self.size - offset)))
        return self._bytes[begin : begin + length]

    def _move(self, offset: int, length: int) -> None:
        self.require(offset + length)
        wanted = min(self.size - offset, max(length, min(len(self._bytes) * _GROWTH_FACTOR, 2**20), FIRST_READ_BYTES))
        found = self._read(offset, wanted)
        self._start, self._bytes = offset, found
        self._notice_end(offset, wanted, found)
        if len(found) < length:
            raise EndOfFile(self.size)

    def _notice_end(self, offset: int, wanted: int, found: bytes) -> None:
        # A file may have shrunk since its size was taken.
        if len(found) < wanted:
            self.size = offset + len(found)
