"""How many calls a second the service takes (developer guide, "Throttling limits")."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from dicommap.healthimaging.limits import GET_RATE, LIST_RATE, START_RATE

if TYPE_CHECKING:
    from collections.abc import Callable


DOCUMENTED_RATES = {
    "StartDICOMImportJob": START_RATE,
    "GetDICOMImportJob": GET_RATE,
    "ListDICOMImportJobs": LIST_RATE,
}


class Throttle:
    """A token bucket for each operation; an operation without a rate is never throttled."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        now = clock()
        self._buckets = {name: (float(rate.burst), now) for name, rate in DOCUMENTED_RATES.items()}

    def takes(self, operation: str) -> bool:
        """Say whether a call is taken now, and count it if so."""
        rate = DOCUMENTED_RATES.get(operation)
        if rate is None:
            return True
        tokens, before = self._buckets[operation]
        now = self._clock()
        tokens = min(rate.burst, tokens + (now - before) * rate.per_second)
        taken = tokens >= 1
        self._buckets[operation] = (tokens - taken, now)
        return taken
