"""What HealthImaging is likely to make of a study: its grouping attributes, and whether they have one value each.

Instances of a study or series that differ in one of seven attributes become non-primary image sets (developer guide,
"Understanding image sets"). Which of the values becomes the primary one is not documented; the most frequent one is
taken here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.issues import Issue, Location, issue
from dicommap.model.dicom_json import text_from_attribute
from dicommap.model.levels import SERIES_GROUPING_TAGS, STUDY_GROUPING_TAGS
from dicommap.model.tags import keyword_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.authoring.settling import Change
    from dicommap.model.hierarchy import Series, Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A grouping attribute that has several values in a study or series, after the overrides."""

    study_instance_uid: str
    series_instance_uid: str | None
    keyword: str
    values: Mapping[str, int] = field(repr=False)
    """Each value with the number of files that have it, the most frequent first."""

    @property
    def minority(self) -> int:
        """Return the number of files that do not have the most frequent value."""
        return sum(self.values.values()) - max(self.values.values())

    def to_issue(self) -> Issue:
        """Return the finding, with the attribute that would have to be made the same."""
        place = Location(keyword=self.keyword, study=self.study_instance_uid, series=self.series_instance_uid)
        return issue("forecast.non-primary", place, keyword=self.keyword, count=len(self.values), files=self.minority)


def forecast(study: Study, changes: Iterable[Change]) -> Iterator[Conflict]:
    """Yield the grouping attributes that still differ inside a study or its series after its changes."""
    after = {(change.series_instance_uid, change.tag): text_from_attribute(change.after) for change in changes}
    for tag in sorted(STUDY_GROUPING_TAGS):
        values: Counter[str] = Counter()
        for series in study.series:
            values.update(_effective(series, tag, after))
        yield from _conflict(study.study_instance_uid, None, tag, values)
    for series in study.series:
        for tag in sorted(SERIES_GROUPING_TAGS):
            values = _effective(series, tag, after)
            yield from _conflict(study.study_instance_uid, series.series_instance_uid, tag, values)


def _effective(series: Series, tag: int, after: Mapping[tuple[str | None, int], str | None]) -> Counter[str]:
    """Return a series' values of an attribute as the overrides leave them."""
    for target in (series.series_instance_uid, None):
        if (target, tag) in after:
            return Counter({after[target, tag] or "": series.files})
    return Counter(series.values.get(keyword_of(tag), {}))


def _conflict(study: str, series: str | None, tag: int, values: Counter[str]) -> Iterator[Conflict]:
    if len(values) > 1:
        ranked = dict(sorted(values.items(), key=lambda item: (-item[1], item[0])))
        yield Conflict(study_instance_uid=study, series_instance_uid=series, keyword=keyword_of(tag), values=ranked)
