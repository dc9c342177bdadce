"""A window on the bytes of a file. It reads more bytes when they are needed, and raises EndOfFile at the end."""

from __future__ import annotations

from collections.abc import Callable

ReadAt = Callable[[int, int], bytes]
"""Called as `read(offset, length)`: returns up to `length` bytes from `offset`, fewer only at the end of the file."""

FIRST_READ_BYTES = 8_192
_GROWTH_FACTOR = 4


class EndOfFile(Exception):  # noqa: N818  not an error: the end of the file ends a walk
    """The requested bytes do not all exist.

    Attributes:
        offset: The offset of the end of the file.
        reason: A text for a message that names the cut element; empty if it is not known.

    """

    def __init__(self, offset: int, reason: str = "") -> None:
        super().__init__(offset, reason)
        self.offset = offset
        self.reason = reason


class ByteWindow:
    """The bytes of a file around the current position of a walk; more bytes are read when they are needed.

    Two methods return bytes: `bytes_at` for bytes that decide the next step of a walk, and `value_at` for values. A
    subclass can record the first kind (see `dicommap.p10.layout_cache`).
    """

    def __init__(self, read: ReadAt, size: int, head: bytes | None = None, head_length: int = FIRST_READ_BYTES) -> None:
        """Start at the beginning of a file.

        Args:
            read: Reads bytes of the file.
            size: The file's number of bytes.
            head: The first bytes of the file, if the caller has read them already.
            head_length: The number of bytes that the first read requests, or requested if `head` is given.

        """
        self.size = size
        self._read = read
        self._start = 0
        requested = min(size, head_length)
        self._bytes = read(0, requested) if head is None else head
        self._correct_size(0, requested, self._bytes)

    def bytes_at(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset`. Raises EndOfFile if they do not all exist."""
        begin = offset - self._start
        if begin < 0 or begin + length > len(self._bytes):
            self._move_to(offset, length)
            begin = 0
        return self._bytes[begin : begin + length]

    def value_at(self, offset: int, length: int) -> bytes:
        """Return the bytes of a value. Raises EndOfFile if they do not all exist."""
        return ByteWindow.bytes_at(self, offset, length)

    def peek(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, or fewer at the end of the file, without moving the window."""
        begin = offset - self._start
        if begin < 0 or begin + length > len(self._bytes):
            return self._read(offset, max(0, min(length, self.size - offset)))
        return self._bytes[begin : begin + length]

    @property
    def buffered_start(self) -> bytes:
        """Return the buffered bytes if they begin at the beginning of the file; empty after the window has moved."""
        return b"" if self._start else self._bytes

    def record_spans(self, spans: list[tuple[int, int]], end: int) -> None:
        """Record spans of `buffered_start` that decided steps of a walk up to `end`. This class ignores them."""

    def require(self, end: int) -> None:
        """Raise EndOfFile if the file has fewer than `end` bytes."""
        if end > self.size:
            raise EndOfFile(self.size)

    def has_bytes_before(self, end: int) -> bool:
        """Return whether the file has `end` bytes or more. The answer decides a step of the walk."""
        return end <= self.size

    def _move_to(self, offset: int, length: int) -> None:
        self.require(offset + length)
        requested = min(
            self.size - offset, max(length, min(len(self._bytes) * _GROWTH_FACTOR, 2**20), FIRST_READ_BYTES)
        )
        data = self._read(offset, requested)
        self._start, self._bytes = offset, data
        self._correct_size(offset, requested, data)
        if len(data) < length:
            raise EndOfFile(self.size)

    def _correct_size(self, offset: int, requested: int, data: bytes) -> None:
        # The file may have shrunk after its size was read.
        if len(data) < requested:
            self.size = offset + len(data)
