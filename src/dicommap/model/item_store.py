"""A store for items whose number grows with the number of studies. It makes the lists and dicts for these items.

The functions that resolve edits and plan jobs take such a store. The class ItemStore keeps all items in memory. A
subclass may keep them in a file, so that a draft of any size needs little memory: see `package/temporary_store.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, MutableMapping

ItemT = TypeVar("ItemT")
KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")

_ITEMS_IN_REPR = 20


class ItemList(Sequence[ItemT]):
    """A sequence to which items can only be added at the end. It is equal to a list or tuple with the same items."""

    def __init__(self) -> None:
        self._items: list[ItemT] = []

    def extend(self, items: Iterable[ItemT]) -> None:
        """Add items at the end."""
        self._items.extend(items)

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> ItemT: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[ItemT]: ...

    def __getitem__(self, index: int | slice) -> ItemT | Sequence[ItemT]:
        return self._items[index]

    def __iter__(self) -> Iterator[ItemT]:
        return iter(self._items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(item == other_item for item, other_item in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # the list can grow

    def __repr__(self) -> str:
        items = ", ".join(map(repr, islice(self, _ITEMS_IN_REPR)))
        more = len(self) - _ITEMS_IN_REPR
        return f"[{items}, and {more:,} more]" if more > 0 else f"[{items}]"


class ItemStore:
    """A store that makes lists and dicts, and keeps their items in memory."""

    def make_list(self) -> ItemList[ItemT]:
        """Return an empty list."""
        return ItemList()

    def make_dict(self) -> MutableMapping[KeyT, ValueT]:
        """Return an empty dict, which keeps the order of insertion.

        Its keys must be texts, integers or `Target` objects.

        A subclass may return copies of the values. So a changed value must be assigned again.
        """
        return {}

    def iterate_sorted_keys(self, made: Mapping[str, ValueT]) -> Iterator[str]:
        """Return the keys of a dict that `make_dict` of this store has made, in ascending order."""
        return iter(sorted(made))


MEMORY = ItemStore()
"""The store of callers that keep their items in memory."""
