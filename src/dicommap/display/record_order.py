"""Sort records by the texts or numbers in chosen columns."""

from __future__ import annotations

import heapq
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Self

_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")

_Key = tuple[int, float, str]


@dataclass(frozen=True, slots=True)
class RecordOrder:
    """An order in which records are sorted, by one or more columns.

    Numbers are before texts, and empty cells are last.
    """

    parts: Sequence[tuple[str, bool]] = ()
    """Pairs of a column, and whether its order is descending. The first column is the most important."""

    @classmethod
    def from_words(cls, words: Iterable[str]) -> Self:
        """Return the order for words such as `PatientID` and `-bytes`. A dash before a column means descending."""
        return cls(tuple((word.removeprefix("-"), word.startswith("-")) for word in words))

    def __bool__(self) -> bool:
        return bool(self.parts)

    @property
    def columns(self) -> list[str]:
        """Return the names of the columns by which records are sorted."""
        return [column for column, _ in self.parts]

    def sort(
        self, items: Iterable[Any], flatten: Callable[[Any], Mapping[str, str]], limit: int | None = None
    ) -> list[Any]:
        """Return the items, sorted in this order. Items with equal cells keep their order.

        Args:
            items: The items to sort. If there is a limit, only `limit` items are kept in memory at the same time.
            flatten: A function that returns the row of an item: column -> cell.
            limit: The maximum number of returned items, the first in this order; None for all items.
        """

        def make_item_key(item: Any) -> list[Any]:  # noqa: ANN401  an item of any level
            row = flatten(item)
            return [_make_cell_key(row.get(column, ""), column, is_descending=down) for column, down in self.parts]

        return sorted(items, key=make_item_key) if limit is None else heapq.nsmallest(limit, items, make_item_key)


@dataclass(frozen=True, slots=True)
class _Descending:
    """A sort key that reverses the order of another sort key, `key`."""

    key: _Key

    def __lt__(self, other: _Descending) -> bool:
        return other.key < self.key


def _make_cell_key(cell: str, column: str, *, is_descending: bool) -> tuple[bool, _Key | _Descending]:
    is_number = not column.endswith("UID") and _NUMBER.fullmatch(cell) is not None
    key = (0, float(cell), cell) if is_number else (1, 0.0, cell)
    return not cell, _Descending(key) if is_descending else key
