"""What is told of: the first ones, and how many there are, since there may be millions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

_ItemT = TypeVar("_Item")

ITEMS_KEPT = 100
"""How many are kept."""


class BoundedList(Generic[_ItemT]):
    """The first items of many."""

    def __init__(self, items: Iterable[_ItemT] = ()) -> None:
        self.first: list[_ItemT] = []
        self.count = 0
        for item in items:
            self.add(item)

    def add(self, item: _ItemT) -> None:
        """Count an item, and keep it if it is one of the first."""
        self.count += 1
        if self.count <= ITEMS_KEPT:
            self.first.append(item)
