"""How often a bar is drawn: not for work that is done in a moment, and then only some times a second."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

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
