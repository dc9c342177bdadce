"""A clock for tests that does not wait and records the seconds of each sleep."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

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


def skip_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sleeps of all clocks of this process end at once, and advance their time by the seconds of the sleep."""
    skipped: list[float] = []
    monkeypatch.setattr(Clock, "sleep", lambda _, seconds: skipped.append(seconds))
    monkeypatch.setattr(Clock, "monotonic", lambda _: time.monotonic() + sum(skipped))
    monkeypatch.setattr(Clock, "now", lambda _: datetime.now(UTC) + timedelta(seconds=sum(skipped)))
