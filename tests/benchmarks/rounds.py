"""Contestants measured round by round, so that what slows the machine for a while slows all of them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Contestant(Generic[T]):
    """What is measured, and in how many rounds."""

    measure: Callable[[], T]
    rounds: int


def alternate(contestants: Mapping[str, Contestant[T]]) -> dict[str, list[T]]:
    """Measure each contestant once in every round until its rounds are over; return what they gave."""
    found: dict[str, list[T]] = {name: [] for name in contestants}
    for number in range(max((contestant.rounds for contestant in contestants.values()), default=0)):
        for name, contestant in contestants.items():
            if number < contestant.rounds:
                found[name].append(contestant.measure())
    return found


def medians(contestants: Mapping[str, Contestant[float]]) -> dict[str, float]:
    """Measure contestants in alternating rounds and return the median of each."""
    return {name: statistics.median(values) for name, values in alternate(contestants).items() if values}
