"""Pauses that grow: soon at first, and once a minute at last."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

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
