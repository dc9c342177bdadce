"""A progress bar in a notebook. It is static HTML and is drawn at most ten times a second.

The bar is static HTML and not a widget, because static HTML needs no other package and works in every notebook. An
exported page then loads no script.
"""

from __future__ import annotations

import time
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.progress.progress import Progress

FIRST_DRAW_DELAY = 0.4
"""Seconds of work before the bar is drawn for the first time."""
_REDRAW_INTERVAL = 0.1
"""Seconds between two drawings of the bar."""


_EMPTY_OUTPUT = {"text/html": "", "text/plain": ""}
_BAR_STYLE = "width:20em;max-width:50%;vertical-align:middle;margin-right:1em"


class RedrawTimer:
    """A timer that decides when a progress bar may be drawn again, so that it is not drawn too often."""

    __slots__ = ("_clock", "_next", "_started")

    def __init__(self, delay: float = FIRST_DRAW_DELAY, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        self._next = self._started + delay

    def take_redraw_turn(self) -> bool:
        """Return whether the bar must be drawn now. If so, a new interval begins."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + _REDRAW_INTERVAL
        return True

    @property
    def elapsed(self) -> float:
        """Return the seconds since the timer was created."""
        return self._clock() - self._started


def estimate_remaining_seconds(done: int, total: int, elapsed: float) -> float | None:
    """Return the remaining seconds at the average speed so far. Return None if no item is finished.

    Args:
        done: The number of finished items.
        total: The number of all items.
        elapsed: The seconds of work so far.
    """
    return elapsed * (total - done) / done if done else None


def format_duration(seconds: float) -> str:
    """Return a duration as text, such as `42 s`, `3 min 20 s` or `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class NotebookBar:
    """A progress bar below the running cell of a notebook."""

    __slots__ = ("_handle", "_noun", "_timer")

    def __init__(self, noun: str, timer: RedrawTimer | None = None) -> None:
        """Create a bar that is not drawn yet.

        Args:
            noun: The plural noun for the counted items, such as `files`.
            timer: The timer that decides when the bar is drawn; None for a new timer. Tests pass one with a test clock.

        """
        self._noun = noun
        self._timer = timer or RedrawTimer()
        self._handle: Any = None

    def show(self, progress: Progress) -> None:
        """Draw the bar for the numbers in `progress`, but only if the timer says that the bar must be drawn now."""
        if not self._timer.take_redraw_turn():
            return
        text = _format_progress(progress, self._noun, self._timer.elapsed)
        output = {"text/html": format_bar_html(progress, text), "text/plain": text}
        if self._handle is not None:
            self._handle.update(output, raw=True)
            return
        from IPython.display import display

        self._handle = display(output, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Remove the bar from the output."""
        if self._handle is not None:
            self._handle.update(_EMPTY_OUTPUT, raw=True)


def format_bar_html(progress: Progress, text: str) -> str:
    """Return the HTML of a progress bar, with `text` to its right."""
    # If a progress element has no value, browsers show a moving bar.
    value = f' value="{progress.done}" max="{max(progress.total, 1)}"' if progress.is_counted else ""
    return f'<div><progress{value} style="{_BAR_STYLE}"></progress>{escape(text)}</div>'


def _format_progress(progress: Progress, noun: str, elapsed: float) -> str:
    if not progress.is_counted:
        return f"{progress.done:,} {noun}, {format_duration(elapsed)}"
    left = estimate_remaining_seconds(progress.done, progress.total, elapsed)
    remaining = "" if left is None else f", about {format_duration(left)} left"
    return f"{progress.done:,} of {progress.total:,} {noun}, {format_duration(elapsed)}{remaining}"
