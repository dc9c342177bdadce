"""What is told of: the first ones, and how many there are, since there may be millions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

_Item = TypeVar("_Item")

TOLD = 100
"""How many are kept."""


class Told(Generic[_Item]):
    """The first items of many."""

    def __init__(self, items: Iterable[_Item] = ()) -> None:
        self.first: list[_Item] = []
        self.count = 0
        for item in items:
            self.add(item)

    def add(self, item: _Item) -> None:
        """Count an item, and keep it if it is one of the first."""
        self.count += 1
        if self.count <= TOLD:
            self.first.append(item)
