"""A progress bar in a notebook: static HTML, redrawn at most ten times a second.

Static HTML instead of a widget: it needs nothing installed, works in every notebook, and a page that is exported
meanwhile asks for no script from elsewhere.
"""

from __future__ import annotations

import time
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.progress.progress import Progress

FIRST_DRAW_DELAY = 0.4
"""Seconds of work before there is a bar at all."""
_REDRAW_INTERVAL = 0.1
"""Seconds between two drawings."""


class RedrawTimer:
    """Says when to draw."""

    __slots__ = ("_clock", "_next", "_started")

    def __init__(self, delay: float = FIRST_DRAW_DELAY, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        self._next = self._started + delay

    def is_due(self) -> bool:
        """Say whether it is time to draw, and take it that it is done."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + _REDRAW_INTERVAL
        return True

    @property
    def elapsed(self) -> float:
        """Return the seconds since work began."""
        return self._clock() - self._started


def estimate_remaining_seconds(done: int, total: int, elapsed: float) -> float | None:
    """Return the seconds that are left if work goes on as before; None before anything is done."""
    return elapsed * (total - done) / done if done else None


def format_duration(seconds: float) -> str:
    """Return a time for people: `42 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


_NOTHING = {"text/html": "", "text/plain": ""}
_STYLE = "width:20em;max-width:50%;vertical-align:middle;margin-right:1em"


class NotebookBar:
    """Shows progress below the cell that works."""

    __slots__ = ("_handle", "_noun", "_pace")

    def __init__(self, noun: str, pace: RedrawTimer | None = None) -> None:
        """Take the plural of what is counted."""
        self._noun = noun
        self._pace = pace or RedrawTimer()
        self._handle: Any = None

    def show(self, progress: Progress) -> None:
        """Show how far work has come, unless that was shown a moment ago."""
        if not self._pace.is_due():
            return
        words = _words(progress, self._noun, self._pace.elapsed)
        shown = {"text/html": bar_html(progress, words), "text/plain": words}
        if self._handle is not None:
            self._handle.update(shown, raw=True)
            return
        from IPython.display import display

        self._handle = display(shown, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Empty the output: what the work gives tells the rest."""
        if self._handle is not None:
            self._handle.update(_NOTHING, raw=True)


def bar_html(progress: Progress, words: str) -> str:
    """Return a bar, with words about it."""
    # Without a value, a bar moves to and fro.
    how_far = f' value="{progress.done}" max="{max(progress.total, 1)}"' if progress.counted else ""
    return f'<div><progress{how_far} style="{_STYLE}"></progress>{escape(words)}</div>'


def _words(progress: Progress, noun: str, elapsed: float) -> str:
    if not progress.counted:
        return f"{progress.done:,} {noun}, {format_duration(elapsed)}"
    left = estimate_remaining_seconds(progress.done, progress.total, elapsed)
    more = "" if left is None else f", about {format_duration(left)} left"
    return f"{progress.done:,} of {progress.total:,} {noun}, {format_duration(elapsed)}{more}"
