"""How many calls a second the service takes (developer guide, "Throttling limits")."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls a second that are taken for ever, and how many at once."""

    per_second: float
    burst: int


DOCUMENTED = {
    "StartDICOMImportJob": Rate(1, 2),
    "GetDICOMImportJob": Rate(25, 50),
    "ListDICOMImportJobs": Rate(10, 20),
}


class Throttle:
    """A token bucket for each operation; an operation without a rate is never throttled."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        now = clock()
        self._buckets = {name: (float(rate.burst), now) for name, rate in DOCUMENTED.items()}

    def takes(self, operation: str) -> bool:
        """Say whether a call is taken now, and count it if so."""
        rate = DOCUMENTED.get(operation)
        if rate is None:
            return True
        tokens, before = self._buckets[operation]
        now = self._clock()
        tokens = min(rate.burst, tokens + (now - before) * rate.per_second)
        taken = tokens >= 1
        self._buckets[operation] = (tokens - taken, now)
        return taken
