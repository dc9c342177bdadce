"""What is told of: the first ones, and how many there are, since there may be millions."""

from __future__ import annotations

from typing import Generic, TypeVar

_Item = TypeVar("_Item")

TOLD = 1_000
"""How many are kept."""


class Told(Generic[_Item]):
    """The first items of many."""

    def __init__(self) -> None:
        self.first: list[_Item] = []
        self.count = 0

    def add(self, item: _Item) -> None:
        """Count an item, and keep it if it is one of the first."""
        self.count += 1
        if self.count <= TOLD:
            self.first.append(item)
