"""Who shows progress: the caller's function, a bar in a notebook or on a terminal, or nobody."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from dicommap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.progress.progress_progress_state_part import OnProgress, Progress, ProgressOption


class ProgressBar(Protocol):
    """What shows progress while work goes on, and leaves nothing behind."""

    def show(self, progress: Progress) -> None:
        """Show how far work has come."""
        ...

    def close(self) -> None:
        """Take the bar away."""
        ...


@contextmanager
def progress_reporter(asked: ProgressOption, noun: str) -> Iterator[OnProgress | None]:
    """Give the function to tell of progress in `noun`, a plural; None where nobody is to be told.

    None asks for a bar in notebooks and in interactive Python on a terminal, True also for one on the terminal of a
    script. Raises UsageError for what is neither True, False, None nor a function.
    """
    if callable(asked):
        yield asked
        return
    if asked is not None and not isinstance(asked, bool):
        raise UsageError("progress takes a function, True or False.", fix="Give a function of one Progress, or True.")
    bar = None if asked is False else _create_bar(noun, asked=asked is True)
    if bar is None:
        yield None
        return
    try:
        yield bar.show
    finally:
        bar.close()


def _create_bar(noun: str, *, asked: bool) -> ProgressBar | None:
    if is_in_notebook():
        from dicommap.progress.notebook_bar import NotebookBar

        return NotebookBar(noun)
    is_interactive = hasattr(sys, "ps1")
    if (asked or is_interactive) and sys.stderr is not None and sys.stderr.isatty():
        from dicommap.progress.terminal_bar import TerminalBar

        return TerminalBar(noun)
    return None


def is_in_notebook() -> bool:
    """Say whether a notebook runs this process: IPython is loaded, and has a kernel."""
    current = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)
    return getattr(current(), "kernel", None) is not None
