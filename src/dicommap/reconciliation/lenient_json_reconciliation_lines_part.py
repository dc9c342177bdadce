"""Lines of NDJSON from pieces of any size, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LINE_BYTES_LIMIT = 1024 * 1024
"""Bytes of one line. A record has some hundred; the rest of a longer line is not kept."""


def read_numbered_lines(pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Yield each line that is not blank with its number, the first being 1; None in place of one that is too long."""
    number, begun = 1, bytearray()
    too_long = False
    for piece in pieces:
        *ended, rest = piece.split(b"\n")
        for end in ended:
            line = _line(begun, end, too_long=too_long)
            if line is None or line.strip():
                yield number, line
            number, too_long = number + 1, False
            begun.clear()
        too_long = too_long or len(begun) + len(rest) > LINE_BYTES_LIMIT
        if too_long:
            begun.clear()
        else:
            begun += rest
    if too_long or begun.strip():
        yield number, None if too_long else bytes(begun)


def _line(begun: bytearray, end: bytes, *, too_long: bool) -> bytes | None:
    return None if too_long or len(begun) + len(end) > LINE_BYTES_LIMIT else bytes(begun) + end
