"""A clock for tests that does not wait and records the seconds of each sleep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dicommap.aws.timing import Clock

BEGIN = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


class QuickClock(Clock):
    """A clock whose sleeps end at once and advance its time."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.sleeps.append(seconds)
        self.seconds += seconds
