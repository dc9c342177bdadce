"""Data sets that are deflated as a whole (PS3.5 section A.5), inflated within bounds."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from dicommap.p10.byte_window import ByteWindow, EndOfFile
from dicommap.p10.structure_errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_INFLATED_BYTES = 64 * 2**20
"""Bytes of an inflated data set that are looked at; headers have far fewer."""

_CHUNK = 2**16


def inflate_window(window: ByteWindow, offset: int) -> ByteWindow:
    """Return a window over the data set that is deflated from `offset` to the end of the file.

    Raises MalformedError where it is not deflated data, and EndOfFile where it is cut.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    result = bytearray()
    position = offset
    while not inflater.eof and len(result) < MAX_INFLATED_BYTES:
        taken = inflater.unconsumed_tail or window.bytes_at(position, min(_CHUNK, window.size - position))
        if not taken:
            raise EndOfFile(window.size)
        if not inflater.unconsumed_tail:
            position += len(taken)
        try:
            result += inflater.decompress(taken, MAX_INFLATED_BYTES - len(result))
        except zlib.error:
            raise MalformedError(offset, "the data set is not deflated") from None
    kind = ByteWindow if inflater.eof else _TruncatedWindow
    return kind(_make_reader(bytes(result)), len(result))


class _TruncatedWindow(ByteWindow):
    """The beginning of an inflated data set that is larger than what is looked at: its end is no end of the file."""

    def require(self, end: int) -> None:
        if end > self.size:
            raise MalformedError(self.size, f"the header has more than {MAX_INFLATED_BYTES} bytes when inflated")


def _make_reader(data: bytes) -> Callable[[int, int], bytes]:
    return lambda offset, length: data[offset : offset + length]
