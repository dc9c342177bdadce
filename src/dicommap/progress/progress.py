"""Progress of long work, and the choice of who shows it: a function, a bar, or nobody."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from dicommap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Progress:
    """How far work has come."""

    done: int
    total: int
    """How much there is, as far as it was counted; never less than `done`."""
    counted: bool
    """Whether `total` is all there is."""


OnProgress = Callable[[Progress], None]
"""Called now and then while work goes on, and once at the end."""

ProgressOption = OnProgress | bool | None
"""What callers pass as `progress`: a function; True for a bar, False for none; None for one where people look on."""

_Item = TypeVar("_Item")


def track_progress(
    items: Iterable[_Item],
    report: OnProgress | None,
    total: int | None = None,
    *,
    weight: Callable[[_Item], int] = lambda _: 1,
) -> Iterator[_Item]:
    """Yield the items, and tell after each how many are done; `weight` is what one counts for.

    Without `total` it is not known how many there are until the last one.
    """
    if report is None:
        yield from items
        return
    done = 0
    for item in items:
        yield item
        done += weight(item)
        report(Progress(done, max(done, total or 0), total is not None))
    report(Progress(done, done, True))


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
