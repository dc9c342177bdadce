"""Draw tables and styled lines with rich. Importing rich is slow, so only this module imports it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dicommap.display.formatting import COLUMN_GAP, PIPE_WIDTH, pad_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import JustifyMethod

_NARROW = 12
"""Minimum width in characters of a column whose cells are folded, unless the column's name is shorter."""


class _Console(Console):
    """A console that does not handle BrokenPipeError, so that the module `endings` handles it."""

    def on_broken_pipe(self) -> NoReturn:
        raise  # the BrokenPipeError that Rich is just handling


def _make_console() -> Console:
    # Values are printed unchanged, never interpreted as markup.
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    return _Console(markup=False, highlight=False, emoji=False, soft_wrap=True, width=width)


def draw_line(line: str, style: str) -> None:
    """Print a line to stdout, in the given style if stdout is a terminal."""
    _make_console().print(Text(line), style=style)


def draw_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[str]) -> None:
    """Print a table to stdout.

    If the lines are too long for the terminal, long cells are folded, except UIDs and job ids. If the table is still
    too wide, each row is printed as a block of lines.

    Args:
        columns: The headings.
        rows: The cells of each row.
        numbers: The columns that are aligned to the right.

    """
    console = _make_console()
    widths = [max(map(cell_len, cells)) for cells in zip(columns, *rows, strict=True)]
    whole = [column.endswith("UID") or column == "jobId" for column in columns]
    folded = [
        width if is_whole else min(_NARROW, cell_len(column))
        for column, is_whole, width in zip(columns, whole, widths, strict=True)
    ]
    room = console.width - COLUMN_GAP * (len(columns) - 1)
    if sum(widths) <= room:
        _print_padded(console, columns, rows, widths, numbers)
    elif any(whole) and sum(folded) > room:
        _print_blocks(console, columns, rows)
    else:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column, is_whole in zip(columns, whole, strict=True):
            side: JustifyMethod = "right" if column in numbers else "left"
            table.add_column(column, justify=side, overflow="fold", no_wrap=is_whole)
        for row in rows:
            table.add_row(*map(Text, row))
        console.print(table, soft_wrap=False)


def _print_padded(
    console: Console,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    numbers: Sequence[str],
) -> None:
    """Print a table whose cells need no folding. The result is the same as from rich's Table, but faster."""
    is_right = [column in numbers for column in columns]
    head, *lines = pad_rows([columns, *rows], widths, is_right, gap=COLUMN_GAP, width_of=cell_len)
    console.print(Text(head), style="bold")
    console.file.writelines(f"{line}\n" for line in lines)


def _print_blocks(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print each row as a block of lines: one line for each cell that is not empty, with the column's name."""
    width = max(map(cell_len, columns))
    for number, row in enumerate(rows):
        if number:
            console.print()
        for column, cell in zip(columns, row, strict=True):
            if cell:
                console.print(Text.assemble((set_cell_size(column, width), "bold"), "  ", cell))
