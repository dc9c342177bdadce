"""Clock, growing pauses between polls, and rate limits of API operations."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dicommap.healthimaging.limits import GET_RATE, LIST_RATE, START_RATE

if TYPE_CHECKING:
    from collections.abc import Iterator


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


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Requests that an account may make."""

    per_second: float
    burst: int


START_LIMIT = RateLimit(*START_RATE)
"""StartDICOMImportJob."""
GET_LIMIT = RateLimit(*GET_RATE)
"""GetDICOMImportJob."""
LIST_LIMIT = RateLimit(*LIST_RATE)
"""ListDICOMImportJobs."""
DESCRIBE_LIMIT = RateLimit(10, 10)
"""DescribeFHIRImportJob: "Endpoints and quotas" of HealthLake was not read; this is ours, and careful."""


class Throttle:
    """Waits before a request so that no more are made than a limit allows. For one thread."""

    def __init__(self, limit: RateLimit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._limit = limit
        self._clock = clock
        self._tokens = float(limit.burst)
        self._filled_at = clock.monotonic()

    def wait(self) -> None:
        """Take a token, waiting for it where there is none."""
        self._fill()
        if self._tokens < 1:
            self._clock.sleep((1 - self._tokens) / self._limit.per_second)
            self._fill()
        # A sleep that ended a moment early is no reason to wait again.
        self._tokens = max(self._tokens - 1, 0.0)

    def _fill(self) -> None:
        now = self._clock.monotonic()
        self._tokens = min(self._limit.burst, self._tokens + max(now - self._filled_at, 0.0) * self._limit.per_second)
        self._filled_at = now


FIRST_PAUSE_SECONDS = 5.0
MAX_PAUSE_SECONDS = 60.0
_PAUSE_GROWTH = 1.5


class GrowingPauses:
    """Seconds between looks at what takes minutes to hours."""

    def __init__(self, first: float = FIRST_PAUSE_SECONDS, longest: float = MAX_PAUSE_SECONDS) -> None:
        self._next = first
        self._longest = longest

    def __iter__(self) -> Iterator[float]:
        return self

    def __next__(self) -> float:
        found = self._next
        self._next = min(found * _PAUSE_GROWTH, self._longest)
        return found
