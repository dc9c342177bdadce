"""Report the progress of long work to a function of the caller or to a progress bar."""

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
    """The progress of work: the number of finished items, and the number of all items."""

    done: int
    total: int
    """The number of items that are known so far. It is never less than `done`."""
    is_counted: bool
    """Whether `total` is the final number."""


OnProgress = Callable[[Progress], None]
"""A function that is called with the progress during the work and once at its end."""

ProgressOption = OnProgress | bool | None
"""The type of the parameter `progress` of public functions.

A function is called with the progress. True shows a bar, False shows no bar, and None shows a bar only in notebooks and
interactive Python.
"""


def ignore_step(_job: str, _step: str) -> None:
    """Do nothing. This function is the default of `on_step`, which is called after each step of a job."""


_Item = TypeVar("_Item")


def track_progress(
    items: Iterable[_Item],
    report: OnProgress | None,
    total: int | None = None,
    *,
    weight: Callable[[_Item], int] = lambda _: 1,
) -> Iterator[_Item]:
    """Yield the items. Report the progress after each item and at the end.

    Args:
        items: The items to yield.
        report: The function to call with the progress. None reports nothing.
        total: The sum of the weights of all items. None if it is not known in advance.
        weight: A function that returns the weight of an item: the number by which it increases the progress.
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
    """Interface of a bar that shows the progress during the work and is removed at the end."""

    def show(self, progress: Progress) -> None:
        """Draw the bar for the numbers of finished items and all items in `progress`."""
        ...

    def close(self) -> None:
        """Remove the bar at the end of the work."""
        ...


@contextmanager
def progress_reporter(option: ProgressOption, noun: str) -> Iterator[OnProgress | None]:
    """Return a context manager with the function that the work must call with its progress; None if none is shown.

    Args:
        option: A function to call; True for a bar in a notebook or on a terminal; False for no bar; None for a bar only
            in notebooks and interactive Python.
        noun: The plural noun for the counted items, such as `files`.

    Raises:
        UsageError: `option` is not a function, a bool or None.
    """
    if callable(option):
        yield option
        return
    if option is not None and not isinstance(option, bool):
        raise UsageError(
            "progress must be a function, True or False.", fix="Pass a function that takes one Progress, or True."
        )
    bar = None if option is False else _create_bar(noun, is_requested=option is True)
    if bar is None:
        yield None
        return
    try:
        yield bar.show
    finally:
        bar.close()


def _create_bar(noun: str, *, is_requested: bool) -> ProgressBar | None:
    if is_in_notebook():
        from dicommap.progress.notebook_bar import NotebookBar

        return NotebookBar(noun)
    is_interactive = hasattr(sys, "ps1")
    if (is_requested or is_interactive) and sys.stderr is not None and sys.stderr.isatty():
        from dicommap.progress.terminal_bar import TerminalBar

        return TerminalBar(noun)
    return None


def is_in_notebook() -> bool:
    """Return whether this process runs a notebook: IPython is imported and has a kernel."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)
    return getattr(get_ipython(), "kernel", None) is not None
