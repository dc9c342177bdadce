"""Items for the Original Attributes Sequence (0400,0561): the values that the changed attributes had before.

An item belongs to single instances (PS3.3 section C.12.1, SOP Common Module, and section C.12.1.1.9): two files of a
study may have different values before the same edit. So no override of a study or series can carry the sequence. An
update would replace the items that an instance has already, because UpdateImageSetMetadata replaces a sequence as a
whole, and an inventory has no sequences. The items are therefore written to a separate file, for programs that append
them to the data sets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import hex_of, keyword_of
from dicommap.dicom.json_model import attribute_from_text, text_from_attribute
from dicommap.dicom.printable_text import is_undecodable
from dicommap.issues import Issue, Location, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from dicommap.dicom.json_model import Attribute, DataSet
    from dicommap.model.study import FileValues
    from dicommap.overrides.attribute_change import AttributeChange
    from dicommap.overrides.grouping_conflicts import StudyFileReader

_PreviousValues = tuple[tuple[int, str], ...]
"""Tag and previous value of each attribute that changes in an instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Modification:
    """The facts about a modification that its items have in common."""

    at: datetime
    system: str
    """The system that makes the changes, at most 64 characters (LO)."""
    reason: str = "CORRECT"
    """A defined term of ReasonForTheAttributeModification: COERCE, CORRECT or CONVERT."""
    source: str = ""
    """The source of the instances before the changes, such as an institution; empty if it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalAttributes:
    """An item for the Original Attributes Sequence, and the instances of one series that it belongs to."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uids: tuple[str, ...]
    item: DataSet = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object for a line of the file."""
        return {
            "studyInstanceUID": self.study_instance_uid,
            "seriesInstanceUID": self.series_instance_uid,
            "sopInstanceUIDs": list(self.sop_instance_uids),
            "item": self.item,
        }


def build_original_attributes(
    changes: Iterable[AttributeChange],
    read_files: StudyFileReader,
    modification: Modification,
) -> Iterator[OriginalAttributes | Issue]:
    """Yield an item for all instances of a series that had the same values before the changes, or an issue.

    Args:
        changes: The changes. All changes of a study must be next to each other.
        read_files: A function that returns the values of keywords in each file of a study, in the order of the series.
        modification: The facts that all items have in common.
    """
    for study, group in groupby(changes, key=lambda change: change.study_instance_uid):
        of_study = list(group)
        unknown = [change for change in of_study if change.before is None]
        if unknown:
            yield from map(_make_unknown_value_issue, unknown)
            continue
        keywords = tuple(dict.fromkeys(keyword_of(change.tag) for change in of_study))
        for series, files in groupby(read_files(study, keywords), key=lambda file: file.series_instance_uid):
            yield from _build_series_items(study, series, files, of_study, keywords, modification)


def _make_unknown_value_issue(change: AttributeChange) -> Issue:
    keyword = keyword_of(change.tag)
    location = Location(study=change.study_instance_uid, series=change.series_instance_uid, keyword=keyword)
    return make_issue("draft.no-original-value", location, keyword=keyword, reason="the inventory did not capture it")


def _build_series_items(
    study: str,
    series: str,
    files: Iterable[FileValues],
    changes: Sequence[AttributeChange],
    keywords: Sequence[str],
    modification: Modification,
) -> Iterator[OriginalAttributes | Issue]:
    """Yield the items of one series: one for all instances with the same previous values, or an issue."""
    instances: dict[_PreviousValues, dict[str, None]] = {}
    for file in files:
        values = dict(zip(keywords, file.values, strict=True))
        previous = tuple(_list_previous_values(changes, file, values))
        if previous:
            instances.setdefault(previous, {})[file.sop_instance_uid] = None
    for previous, uids in instances.items():
        item = _build_item(previous, modification, Location(study=study, series=series))
        if isinstance(item, Issue):
            yield item
        else:
            yield OriginalAttributes(
                study_instance_uid=study, series_instance_uid=series, sop_instance_uids=tuple(uids), item=item
            )


def _list_previous_values(
    changes: Iterable[AttributeChange], file: FileValues, values: dict[str, str]
) -> Iterator[tuple[int, str]]:
    """Yield the tag and value of each attribute that a change gives another value in a file, in the order of tags."""
    tags: dict[int, str] = {}
    for change in changes:
        is_of_file = change.series_instance_uid in (None, file.series_instance_uid) and change.sop_instance_uid in (
            None,
            file.sop_instance_uid,
        )
        value = values[keyword_of(change.tag)]
        if is_of_file and (change.after is None or text_from_attribute(change.after) != value):
            tags[change.tag] = value
    yield from sorted(tags.items())


def _build_item(previous: _PreviousValues, modification: Modification, place: Location) -> DataSet | Issue:
    """Return an item, or an issue if a previous value does not conform to its value representation."""
    modified: DataSet = {}
    for tag, text in previous:
        keyword = keyword_of(tag)
        attribute = [] if is_undecodable(text) else attribute_from_text(tag, text, place)
        if isinstance(attribute, list):
            location = Location(study=place.study, series=place.series, keyword=keyword)
            reason = "a value does not conform to DICOM, or could not be decoded"
            return make_issue("draft.no-original-value", location, keyword=keyword, reason=reason)
        modified[hex_of(tag)] = attribute
    return {
        "04000550": {"vr": "SQ", "Value": [modified]},
        "04000562": {"vr": "DT", "Value": [modification.at.strftime("%Y%m%d%H%M%S%z")]},
        "04000563": {"vr": "LO", "Value": [modification.system]},
        "04000564": _make_text_attribute("LO", modification.source),
        "04000565": {"vr": "CS", "Value": [modification.reason]},
    }


def _make_text_attribute(vr: str, text: str) -> Attribute:
    return {"vr": vr, "Value": [text]} if text else {"vr": vr}
