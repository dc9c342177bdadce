"""A progress bar on a terminal. It is written to stderr, and removed when the work is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

if TYPE_CHECKING:
    from dicommap.progress.progress import Progress


class TerminalBar:
    """A progress bar on a terminal. Until the total is known, the bar only shows that the work goes on."""

    __slots__ = ("_bar", "_task")

    def __init__(self, noun: str) -> None:
        """Create the bar and draw it on stderr.

        Args:
            noun: The plural noun for the counted items, such as `files`.

        """
        text = TextColumn("{task.completed:,.0f} of {task.fields[known]} " + noun)
        columns = (SpinnerColumn(), BarColumn(), text, TimeElapsedColumn(), TimeRemainingColumn())
        console = Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)
        self._bar = RichProgress(*columns, console=console, transient=True)
        self._task = self._bar.add_task(noun, total=None, known="?")
        self._bar.start()

    def show(self, progress: Progress) -> None:
        """Draw the bar for the numbers of finished items and all items in `progress`."""
        known = f"{progress.total:,}" if progress.is_counted else f"at least {progress.total:,}"
        total = progress.total if progress.is_counted else None
        self._bar.update(self._task, completed=progress.done, total=total, known=known)

    def close(self) -> None:
        """Remove the bar."""
        self._bar.stop()
