"""Values that are given to a function, and a record of the undecodable ones that it reads.

What a function makes of such a value cannot be known: it may drop the bytes, replace them or compare them, and return a
text that looks whole. So it does not matter what it returns, only what it has read. Counting values, or going over
keywords without looking at their values, reads none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.model.undecodable import is_undecodable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.model.edits import CurrentValue
    from dicommap.model.hierarchy import Series, Study, ValueCounts, Values


ReadValues = dict["CurrentValue", None]
"""Undecodable values that were read, in the order of reading."""


class WatchedCounts(Mapping[str, int]):
    """The values of one attribute, of which at least one could not be decoded; equal to a dict of the same."""

    __slots__ = ("_counts", "_keyword", "_seen")

    def __init__(self, keyword: str, counts: ValueCounts, seen: ReadValues) -> None:
        self._keyword = keyword
        self._counts = counts
        self._seen = seen

    def __getitem__(self, value: str) -> int:
        self._note()  # that a value is absent is known from all the others
        return self._counts[value]

    def __iter__(self) -> Iterator[str]:
        self._note()
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def _note(self) -> None:
        for value in self._counts:
            if is_undecodable(value):
                self._seen[self._keyword, value] = None


def watched_study(study: Study) -> tuple[Study, ReadValues]:
    """Return a study to give to a function, and what will hold the undecodable values that the function has read."""
    seen: ReadValues = {}
    if not any(map(_has_undecodable, study.values.values())):
        return study, seen
    members = tuple(replace(one, values=_watched(one.values, seen)) for one in study.series)
    return replace(study, series=members, values=_watched(study.values, seen)), seen


def watched_series(series: Series) -> tuple[Series, ReadValues]:
    """Return a series to give to a function, and what will hold the undecodable values that the function has read."""
    seen: ReadValues = {}
    if not any(map(_has_undecodable, series.values.values())):
        return series, seen
    return replace(series, values=_watched(series.values, seen)), seen


def _watched(values: Values, seen: ReadValues) -> Values:
    return {
        keyword: WatchedCounts(keyword, counts, seen) if _has_undecodable(counts) else counts
        for keyword, counts in values.items()
    }


def _has_undecodable(counts: ValueCounts) -> bool:
    return any(map(is_undecodable, counts))
