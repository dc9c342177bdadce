"""Values that are given to a function, and a record of the undecodable ones that it reads.

What a function makes of such a value cannot be known: it may drop the bytes, replace them or compare them, and return a
text that looks whole. So it does not matter what it returns, only what it has read. Counting values, or going over
keywords without looking at their values, reads none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import is_undecodable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.edits.edit import CurrentValue
    from dicommap.model.study import AttributeValues, Series, Study, ValueCounts


UndecodableReads = dict["CurrentValue", None]
"""Undecodable values that were read, in the order of reading."""


class RecordingCounts(Mapping[str, int]):
    """The values of one attribute, of which at least one could not be decoded; equal to a dict of the same."""

    __slots__ = ("_counts", "_keyword", "_seen")

    def __init__(self, keyword: str, counts: ValueCounts, seen: UndecodableReads) -> None:
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


def record_study_reads(study: Study) -> tuple[Study, UndecodableReads]:
    """Return a study to give to a function, and what will hold the undecodable values that the function has read."""
    seen: UndecodableReads = {}
    if not any(map(_has_undecodable, study.values.values())):
        return study, seen
    members = tuple(replace(one, values=_record_reads(one.values, seen)) for one in study.series)
    return replace(study, series=members, values=_record_reads(study.values, seen)), seen


def record_series_reads(series: Series) -> tuple[Series, UndecodableReads]:
    """Return a series to give to a function, and what will hold the undecodable values that the function has read."""
    seen: UndecodableReads = {}
    if not any(map(_has_undecodable, series.values.values())):
        return series, seen
    return replace(series, values=_record_reads(series.values, seen)), seen


def _record_reads(values: AttributeValues, seen: UndecodableReads) -> AttributeValues:
    return {
        keyword: RecordingCounts(keyword, counts, seen) if _has_undecodable(counts) else counts
        for keyword, counts in values.items()
    }


def _has_undecodable(counts: ValueCounts) -> bool:
    return any(map(is_undecodable, counts))
