"""One value and its files, as a mapping: what most attributes of most studies have, in a quarter of a dict's memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class SingleValueCounts(Mapping[str, int]):
    """The counts of an attribute that has one value in all files; equal to a dict of the same."""

    __slots__ = ("_files", "_value")

    def __init__(self, value: str, files: int) -> None:
        self._value = value
        self._files = files

    def __getitem__(self, value: str) -> int:
        if value != self._value:
            raise KeyError(value)
        return self._files

    def __iter__(self) -> Iterator[str]:
        yield self._value

    def __len__(self) -> int:
        return 1


def compact_counts(counts: Mapping[str, int]) -> Mapping[str, int]:
    """Return the same counts in less memory where they are those of one value, for what is kept by the million."""
    return SingleValueCounts(*next(iter(counts.items()))) if len(counts) == 1 else counts
