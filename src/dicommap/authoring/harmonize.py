"""Edits that make an attribute the same throughout a study or series: the value that most files have."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dicommap.authoring.wishes import refusals
from dicommap.issues import Issue, Location, issue
from dicommap.model.dicom_json import attribute_from_text
from dicommap.model.edits import Edit
from dicommap.model.levels import Level, level_of
from dicommap.model.tags import tag_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.model.hierarchy import Study, Target, Values


def harmonize_issues(keyword: str, captured: tuple[str, ...]) -> Iterator[Issue]:
    """Find why an attribute cannot be harmonized at all."""
    place = Location(keyword=keyword)
    yield from refusals(keyword, place)
    if tag_of(keyword) is not None and keyword not in captured:
        yield issue("harmonize.not-captured", place, keyword=keyword)


class HarmonizeEdits:
    """One attribute to be made the same: asked for each study once."""

    def __init__(self, keyword: str) -> None:
        """Take a keyword that `harmonize_issues` found nothing wrong with."""
        self._keyword = keyword
        self._tag = tag_of(keyword) or 0
        self._by_series = level_of(self._tag) is Level.SERIES
        self._used = False

    def for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edit for a study, or for each of its series, in which the attribute differs."""
        if not self._by_series:
            yield from self._for_target(study.target, study.values)
            return
        for series in study.series:
            yield from self._for_target(series.target, series.values)

    def leftovers(self) -> Iterator[Issue]:
        """Yield, after the last study, that there was nothing to harmonize."""
        if not self._used:
            yield issue("harmonize.unused", Location(keyword=self._keyword), keyword=self._keyword)

    def _for_target(self, target: Target, values: Values) -> Iterator[Edit | Issue]:
        # An empty value is the lack of one: it never outvotes a value.
        counts = values[self._keyword]
        ranked = Counter({value: files for value, files in counts.items() if value}).most_common(2)
        if len(counts) < 2:
            return
        self._used = True
        place = Location(keyword=self._keyword, study=target.study_instance_uid, series=target.series_instance_uid)
        if len(ranked) == 2 and ranked[0][1] == ranked[1][1]:
            yield issue("harmonize.tie", place, keyword=self._keyword, files=ranked[0][1])
            return
        attribute = attribute_from_text(self._tag, ranked[0][0], place)
        if isinstance(attribute, list):
            yield from attribute
            return
        total = sum(counts.values())
        cause = f"harmonize {self._keyword}: the value of {ranked[0][1]} of {total} files"
        yield Edit(target=target, tag=self._tag, attribute=attribute, cause=cause)
