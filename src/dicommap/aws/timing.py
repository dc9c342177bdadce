"""Throttling limits: a bucket of tokens for each operation, refilled as AWS refills its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.aws.timing_aws_clock_part import SYSTEM_CLOCK
from dicommap.healthimaging.limits import GET_RATE, LIST_RATE, START_RATE

if TYPE_CHECKING:
    from dicommap.aws.timing_aws_clock_part import Clock


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
