"""Where the command line prints: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from dicommap.cli.plain_table import is_plain, plain_table
from dicommap.model.mask import MASK
from dicommap.model.paths import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def print_line(line: str = "", *, style: str | None = None) -> None:
    """Print one line of results, its control characters escaped: paths and names may hold any."""
    if style is None or is_plain():
        _put(sys.stdout, line)
    else:
        from dicommap.cli.styled import print_styled

        print_styled(printable(line), style)


def print_error(*lines: str) -> None:
    """Print lines to stderr, their control characters escaped."""
    _put(sys.stderr, *lines)


def _put(stream: TextIO | None, *lines: str) -> None:
    if stream is not None:
        stream.writelines(printable(line) + "\n" for line in lines)
        stream.flush()


def write(pieces: Iterable[str]) -> None:
    """Write text to stdout as it is, in UTF-8 whatever the locale."""
    for piece in pieces:
        sys.stdout.buffer.write(piece.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[str] = (), masked: bool = False
) -> None:
    """Print a table whose cells are shown as they are, control characters escaped.

    `masked` says that the mask in a cell is one, and not a value; then a last line tells how to see the values.
    """
    cells = [tuple(map(printable, row)) for row in rows]
    lines = plain_table(columns, cells, numbers=numbers)
    if lines is None:
        from dicommap.cli.styled import print_styled_table

        print_styled_table(columns, cells, numbers=numbers)
    else:
        _put(sys.stdout, *lines)
    if masked and any(MASK in cell for row in cells for cell in row):
        print_line(f"{MASK} is a masked value; --show-values shows them.")
