"""Where the command line prints: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dicommap.model.masking import MASK
from dicommap.model.paths import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PIPE_WIDTH = 240
"""Characters of a line where no terminal tells its width, so that UIDs are not broken in a pipe or file."""


class _Console(Console):
    """A console that leaves a broken pipe to whoever ends the run."""

    def on_broken_pipe(self) -> NoReturn:
        raise  # the BrokenPipeError that Rich is just handling


def _console() -> Console:
    # Values are printed as they are, never as markup.
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return _Console(markup=False, highlight=False, emoji=False, soft_wrap=True, width=width)


def _error_console() -> Console:
    return _Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)


def print_line(line: str = "", *, style: str | None = None) -> None:
    """Print one line of results, its control characters escaped: paths and names may hold any."""
    _console().print(Text(printable(line)), style=style)


def print_error(*lines: str) -> None:
    """Print lines to stderr, their control characters escaped."""
    console = _error_console()
    for line in lines:
        console.print(Text(printable(line)))


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
    hidden = False
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
        hidden = hidden or (masked and any(MASK in cell for cell in row))
    _console().print(table, soft_wrap=False)
    if hidden:
        print_line(f"{MASK} is a masked value; --show-values shows them.")
