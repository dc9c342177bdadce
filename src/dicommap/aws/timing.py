"""A replaceable clock, the rate limits of AWS operations, and the pauses between two requests for a job's status."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dicommap.arguments import make_type_error
from dicommap.healthimaging.limits import (
    COPY_IMAGE_SET_RATE,
    DELETE_IMAGE_SET_RATE,
    GET_IMAGE_SET_METADATA_RATE,
    GET_IMAGE_SET_RATE,
    GET_RATE,
    LIST_IMAGE_SET_VERSIONS_RATE,
    LIST_RATE,
    SEARCH_IMAGE_SETS_RATE,
    START_RATE,
    UPDATE_IMAGE_SET_METADATA_RATE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


FIRST_PAUSE_SECONDS = 5.0
MAX_PAUSE_SECONDS = 60.0
_PAUSE_GROWTH = 1.5


class Clock:
    """The clock of this machine; tests replace it."""

    def monotonic(self) -> float:
        """Return the seconds of a clock that never goes back, for measuring durations."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the date and time in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait for a number of seconds."""
        time.sleep(seconds)


SYSTEM_CLOCK = Clock()


def to_clock(name: str, value: object) -> Clock:
    """Return `value` as a Clock. Raises UsageError if it is not one.

    `name` is the name of the caller's parameter, for the message.
    """
    if not isinstance(value, Clock):
        raise make_type_error(name, value, "a Clock")
    return value


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The rate at which AWS accepts requests from one AWS account. It is only a value: `Throttle` waits."""

    per_second: float
    """Number of requests per second."""
    burst: int
    """Number of requests that are accepted without a pause between them."""

    def with_rate(self, per_second: float | None) -> RateLimit:
        """Return a copy of this rate limit with another rate. If `per_second` is None, return it unchanged.

        A customer may ask AWS for another rate ("Throttling limits"). AWS documents no burst for such a rate. So the
        burst stays the same, but it becomes 1 if the new rate is below one request per second.
        """
        if per_second is None:
            return self
        return RateLimit(per_second, self.burst if per_second >= 1 else 1)


START_LIMIT = RateLimit(*START_RATE)
"""Rate limit of StartDICOMImportJob."""
GET_LIMIT = RateLimit(*GET_RATE)
"""Rate limit of GetDICOMImportJob."""
LIST_LIMIT = RateLimit(*LIST_RATE)
"""Rate limit of ListDICOMImportJobs."""
SEARCH_IMAGE_SETS_LIMIT = RateLimit(*SEARCH_IMAGE_SETS_RATE)
"""Rate limit of SearchImageSets."""
GET_IMAGE_SET_LIMIT = RateLimit(*GET_IMAGE_SET_RATE)
"""Rate limit of GetImageSet."""
GET_METADATA_LIMIT = RateLimit(*GET_IMAGE_SET_METADATA_RATE)
"""Rate limit of GetImageSetMetadata."""
LIST_VERSIONS_LIMIT = RateLimit(*LIST_IMAGE_SET_VERSIONS_RATE)
"""Rate limit of ListImageSetVersions."""
DELETE_IMAGE_SET_LIMIT = RateLimit(*DELETE_IMAGE_SET_RATE)
"""Rate limit of DeleteImageSet."""
UPDATE_METADATA_LIMIT = RateLimit(*UPDATE_IMAGE_SET_METADATA_RATE)
"""Rate limit of UpdateImageSetMetadata."""
COPY_IMAGE_SET_LIMIT = RateLimit(*COPY_IMAGE_SET_RATE)
"""Rate limit of CopyImageSet."""
DESCRIBE_LIMIT = RateLimit(10, 10)
"""Rate limit of DescribeFHIRImportJob. AWS documents no limit, so this is a low assumed value."""


class Throttle:
    """A token bucket for requests: it waits before a request if the rate limit requires it. Threads can share it."""

    def __init__(self, limit: RateLimit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = float(limit.burst)
        """Tokens in the bucket; a negative number counts the requests that are waiting for a token."""
        self._filled_at = clock.monotonic()
        self.requests = 0
        """Number of calls of `wait` so far."""

    def wait(self) -> None:
        """Wait until the rate limit allows one more request. Call this before each request."""
        with self._lock:
            self.requests += 1
            now = self._clock.monotonic()
            added = max(now - self._filled_at, 0.0) * self._limit.per_second
            self._tokens = min(self._limit.burst, self._tokens + added) - 1
            self._filled_at = now
            missing = -self._tokens
        if missing > 0:
            self._clock.sleep(missing / self._limit.per_second)


class GrowingPauses:
    """Iterator of the pauses between polls, in seconds. Each pause is longer than the pause before, up to a maximum."""

    def __init__(self, first: float = FIRST_PAUSE_SECONDS, longest: float = MAX_PAUSE_SECONDS) -> None:
        self._next = first
        self._longest = longest

    def __iter__(self) -> Iterator[float]:
        return self

    def __next__(self) -> float:
        seconds = self._next
        self._next = min(seconds * _PAUSE_GROWTH, self._longest)
        return seconds
