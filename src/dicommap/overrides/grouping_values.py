"""The values of the grouping attributes that jobs will import, by series, after the overrides.

HealthImaging groups instances into image sets by seven attributes (developer guide, "Understanding image sets"). Two of
them are the Study and Series Instance UID. There is one GroupingValues object for each series and combination of the
other five values. In this example, a series has two of these objects:

    study 1.2, series 1.2.1, PatientID A, AccessionNumber 7, StudyID 1, StudyDate 20240101, SeriesNumber 3: 40 files
    study 1.2, series 1.2.1, PatientID B, AccessionNumber 7, StudyID 1, StudyDate 20240101, SeriesNumber 3: 2 files
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import keyword_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.healthimaging.levels import SERIES_GROUPING_TAGS, STUDY_GROUPING_TAGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.model.study import Series, Study
    from dicommap.overrides.attribute_change import AttributeChange
    from dicommap.overrides.grouping_conflicts import StudyFileReader

STUDY_GROUPING_KEYWORDS = ("PatientID", "AccessionNumber", "StudyID", "StudyDate")
"""Grouping attributes other than the Study Instance UID that must be equal in all files of a study."""
SERIES_GROUPING_KEYWORDS = ("SeriesNumber",)
"""Grouping attributes other than the Series Instance UID that must be equal in all files of a series."""
GROUPING_KEYWORDS = (*STUDY_GROUPING_KEYWORDS, *SERIES_GROUPING_KEYWORDS)

_GROUPING_TAGS = STUDY_GROUPING_TAGS | SERIES_GROUPING_TAGS

ChangesByScope = dict[tuple[str | None, str], "AttributeChange"]
"""Series Instance UID, or None for the whole study, and keyword -> the change of this grouping attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupingValues:
    """Values of the grouping attributes after the overrides, and the number of files in one series that have them."""

    study_instance_uid: str
    series_instance_uid: str
    files: int | None
    """The number of files. None if it is not known: a retry may import only a part of a series."""
    values: tuple[str, ...] = field(repr=False)
    """The values in the order of GROUPING_KEYWORDS. An absent attribute is the empty text."""


def index_grouping_changes(changes: Iterable[AttributeChange]) -> ChangesByScope:
    """Return the changes of the grouping attributes of one study, by series and keyword."""
    return {
        (change.series_instance_uid, keyword_of(change.tag)): change
        for change in changes
        if change.tag in _GROUPING_TAGS
    }


def find_override_text(
    series: str, keyword: str, changes: Mapping[tuple[str | None, str], AttributeChange]
) -> str | None:
    """Return the value of an attribute in an override of the series or study; None if no override sets it."""
    if not changes:
        return None
    change = changes.get((series, keyword)) or changes.get((None, keyword))
    return None if change is None else text_from_attribute(change.after) or ""


def iterate_grouping_values(
    study: Study, changes: Iterable[AttributeChange], files: StudyFileReader
) -> Iterator[GroupingValues]:
    """Yield the grouping values of a study: by series, and in a series the values with the most files first.

    Args:
        study: The study.
        changes: The changes of the study.
        files: A function that returns the files of a study. It is called only if an attribute has several values in a
            series.

    """
    by_scope = index_grouping_changes(changes)
    groups: Counter[tuple[str, tuple[str, ...]]] = Counter()
    divided = set()
    for series in study.series:
        values = _find_single_values(series, by_scope)
        if values is None:
            divided.add(series.series_instance_uid)
        else:
            groups[series.series_instance_uid, values] = series.files
    for file in files(study.study_instance_uid, GROUPING_KEYWORDS) if divided else ():
        if file.series_instance_uid in divided:
            texts = zip(GROUPING_KEYWORDS, file.values, strict=True)
            values = tuple(
                choose_resulting_value(file.series_instance_uid, keyword, text, by_scope) for keyword, text in texts
            )
            groups[file.series_instance_uid, values] += 1
    for (series_uid, values), count in sorted(groups.items(), key=lambda item: (item[0][0], -item[1], item[0][1])):
        yield GroupingValues(
            study_instance_uid=study.study_instance_uid, series_instance_uid=series_uid, files=count, values=values
        )


def _find_single_values(series: Series, changes: ChangesByScope) -> tuple[str, ...] | None:
    """Return the grouping values of a series after the overrides; None if a grouping attribute has several values."""
    values = []
    for keyword in GROUPING_KEYWORDS:
        text = find_override_text(series.series_instance_uid, keyword, changes)
        if text is None:
            counts = series.values.get(keyword, {})
            if len(counts) > 1:
                return None
            text = next(iter(counts), "")
        values.append(text)
    return tuple(values)


def choose_resulting_value(series: str, keyword: str, text: str, changes: ChangesByScope) -> str:
    """Return the value of an attribute in a file after the overrides: that of an override, or `text` of the file."""
    override = find_override_text(series, keyword, changes)
    return text if override is None else override
