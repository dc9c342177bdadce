"""Where the command line prints: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from dicommap.model.paths import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_PIPE_WIDTH = 240
"""Characters of a line where no terminal tells its width, so that UIDs are not broken in a pipe or file."""


def console() -> Console:
    """Return the console for results; values are printed as they are, never as markup."""
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=True, width=width)


def error_console() -> Console:
    """Return the console for errors and progress."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)


def write(pieces: Iterable[str]) -> None:
    """Write text to stdout as it is, in UTF-8 whatever the locale."""
    for piece in pieces:
        sys.stdout.buffer.write(piece.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[str] = ()) -> None:
    """Print a table whose cells are shown as they are, control characters escaped."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    out = console()
    out.print(table, soft_wrap=False)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None] | None]:
    """Give a function that shows a growing count on a terminal's stderr; None where there is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} " + what), TimeElapsedColumn())
    with Progress(*columns, console=error_console(), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done: progress.update(task, completed=done)
