"""Time, as what waits asks for it: tests give another one."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """The machine's time."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


SYSTEM_CLOCK = Clock()
