"""What is printed with styles or drawn on terminals; the program's one place for rich, which takes long to import."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from dicommap.cli.plain_table import PIPE_WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicommap.workflows.progress import OnProgress, Progress


class _Console(Console):
    """A console that leaves a broken pipe to whoever ends the run."""

    def on_broken_pipe(self) -> NoReturn:
        raise  # the BrokenPipeError that Rich is just handling


def _console() -> Console:
    # Values are printed as they are, never as markup.
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    return _Console(markup=False, highlight=False, emoji=False, soft_wrap=True, width=width)


def print_styled(line: str, style: str) -> None:
    """Print a line to stdout, in a style where it is a terminal."""
    _console().print(Text(line), style=style)


def print_styled_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[str]) -> None:
    """Print a table to stdout, its long cells folded."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    _console().print(table, soft_wrap=False)


@contextmanager
def bar(what: str) -> Iterator[OnProgress]:
    """Give a function that shows progress on stderr; the bar pulses until all there is has been counted."""
    text = TextColumn("{task.completed:,.0f} of {task.fields[known]} " + what)
    columns = (SpinnerColumn(), BarColumn(), text, TimeElapsedColumn(), TimeRemainingColumn())
    console = _Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)
    with Bar(*columns, console=console, transient=True) as shown:
        task = shown.add_task(what, total=None, known="?")

        def show(progress: Progress) -> None:
            known = f"{progress.total:,}" if progress.counted else f"at least {progress.total:,}"
            shown.update(task, completed=progress.done, total=progress.total if progress.counted else None, known=known)

        yield show
