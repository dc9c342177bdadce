"""A buffer for a part of a file. The buffer moves when other bytes are requested.

EndOfFile is raised at the end of the file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicommap.p10.data_set_encoding import DataSetEncoding

ReadAt = Callable[[int, int], bytes]
"""A function `read(offset, length)`. It returns `length` bytes from `offset`, or fewer at the end of the file."""

FIRST_READ_BYTES = 8_192
_GROWTH_FACTOR = 4


class EndOfFile(Exception):  # noqa: N818  not an error: the end of the file ends a walk
    """Raised if the file ends before the end of the requested bytes.

    Attributes:
        offset: The offset of the end of the file.
        reason: A text that names the incomplete element, for an error message. It is empty if the element is not known.
    """

    def __init__(self, offset: int, reason: str = "") -> None:
        super().__init__(offset, reason)
        self.offset = offset
        self.reason = reason


class ByteWindow:
    """The buffered bytes of a file around the current position of a walk.

    The walk is a loop over the elements of a data set. If the buffer does not have the requested bytes, the window
    moves to them and reads more of the file. The walk calls `bytes_at` for bytes that decide its next step, and
    `value_at` for values. A subclass can record the offsets of the deciding bytes (see
    `dicommap.p10.recording_window`).
    """

    def __init__(self, read: ReadAt, size: int, head: bytes | None = None, head_length: int = FIRST_READ_BYTES) -> None:
        """Start at the beginning of a file.

        Args:
            read: A function that reads bytes of the file.
            size: The number of bytes in the file.
            head: The first bytes of the file, if the caller has already read them.
            head_length: The number of bytes to request in the first read. If `head` is given, the number of bytes that
                the caller requested; if `head` is shorter, the file ends there.
        """
        self.size = size
        self._read = read
        self.buffer_start = 0
        """The offset of the first buffered byte."""
        requested = min(size, head_length)
        self.buffer = read(0, requested) if head is None else head
        """The buffered bytes."""
        self._correct_size(0, requested, self.buffer)

    def bytes_at(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset`. Raises EndOfFile if the file has fewer bytes there."""
        begin = offset - self.buffer_start
        if begin < 0 or begin + length > len(self.buffer):
            self._move_to(offset, length)
            begin = 0
        return self.buffer[begin : begin + length]

    def value_at(self, offset: int, length: int) -> bytes:
        """Return the value of `length` bytes at `offset`.

        Unlike bytes from `bytes_at`, this value decides no step of a walk.

        Raises EndOfFile if the file has fewer bytes there.
        """
        return ByteWindow.bytes_at(self, offset, length)

    def peek(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, or fewer at the end of the file. The window does not move."""
        begin = offset - self.buffer_start
        if begin < 0 or begin + length > len(self.buffer):
            return self._read(offset, max(0, min(length, self.size - offset)))
        return self.buffer[begin : begin + length]

    def record_heads(self, encoding: DataSetEncoding, positions: list[int], end: int) -> None:
        """Do nothing.

        A subclass records the heads of the elements at `positions`, which decided the walk as far as `end`.
        """

    def record_values(self, spans: list[tuple[int, int]]) -> None:
        """Do nothing. A subclass records `spans` (begin, end) of values that decide the next steps of a walk."""

    def require_bytes_before(self, end: int) -> None:
        """Raise EndOfFile if the file has fewer than `end` bytes."""
        if end > self.size:
            raise EndOfFile(self.size)

    def has_bytes_before(self, end: int) -> bool:
        """Return whether the file has at least `end` bytes. A subclass records that a walk depends on the answer."""
        return end <= self.size

    def _move_to(self, offset: int, length: int) -> None:
        """Read bytes so that the window begins at `offset` and has at least `length` bytes."""
        self.require_bytes_before(offset + length)
        requested = min(
            self.size - offset, max(length, min(len(self.buffer) * _GROWTH_FACTOR, 2**20), FIRST_READ_BYTES)
        )
        data = self._read(offset, requested)
        self.buffer_start, self.buffer = offset, data
        self._correct_size(offset, requested, data)
        if len(data) < length:
            raise EndOfFile(self.size)

    def _correct_size(self, offset: int, requested: int, data: bytes) -> None:
        """Set `size` to the end of `data` if a read at `offset` returned fewer bytes than requested.

        The file may have shrunk after its size was read.
        """
        if len(data) < requested:
            self.size = offset + len(data)
