"""Build records (JSON objects) of the differences of two inventories. The schema `comparison` describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.display.inventory_records import build_value_members
from dicommap.model.inventory_difference import ChangeKind, DifferenceStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dicommap.display.inventory_records import Record
    from dicommap.model.inventory_difference import (
        AttributeChangeCount,
        ComparedFile,
        InstanceCounts,
        InstanceDifference,
        SeriesDifference,
        StudyDifference,
    )
    from dicommap.model.masking import Masker

OTHER_VALUES_TEXT = "(other values)"
"""The text in place of the values in the last item of an attribute, which only counts its other changes."""


def build_study_difference_record(study: StudyDifference) -> Record:
    """Return the record of a differing study: status, numbers of series and instances, and changed attributes."""
    return {
        "StudyInstanceUID": study.study_instance_uid,
        "status": study.status.value,
        "series": {status.value: study.series.get(status, 0) for status in DifferenceStatus},
        **_build_count_members(study.counts),
        "attributes": list(study.keywords),
    }


def build_series_difference_record(series: SeriesDifference) -> Record:
    """Return the record of a differing series: status, numbers of instances, and changed attributes."""
    return {
        "StudyInstanceUID": series.study_instance_uid,
        "SeriesInstanceUID": series.series_instance_uid,
        "status": series.status.value,
        **_build_count_members(series.counts),
        "attributes": list(dict.fromkeys(change.keyword for change in series.attributes)),
    }


def build_instance_difference_record(instance: InstanceDifference, masker: Masker) -> Record:
    """Return the record of a differing instance: status, kinds of changes, changed attributes, and both files."""
    return {
        "StudyInstanceUID": instance.study_instance_uid,
        "SeriesInstanceUID": instance.series_instance_uid,
        "SOPInstanceUID": instance.sop_instance_uid,
        "status": instance.status.value,
        "changes": [kind.value for kind in instance.kinds],
        "attributes": [
            {
                "keyword": attribute.keyword,
                **_build_value_members("before", attribute.keyword, attribute.before, masker),
                **_build_value_members("after", attribute.keyword, attribute.after, masker),
            }
            for attribute in instance.attributes
        ],
        "before": None if instance.before is None else _build_file_record(instance.before),
        "after": None if instance.after is None else _build_file_record(instance.after),
    }


def build_attribute_change_record(change: AttributeChangeCount, masker: Masker) -> Record:
    """Return the record of a changed attribute. It has both values and the number of instances.

    If a value is masked, it is None, and another member has its mark, such as `<PatientID 1>`.
    """
    return {
        "StudyInstanceUID": change.study_instance_uid,
        "SeriesInstanceUID": change.series_instance_uid,
        "keyword": change.keyword,
        **_build_value_members("before", change.keyword, change.before, masker),
        **_build_value_members("after", change.keyword, change.after, masker),
        "further": change.before is None,
        "instances": change.instances,
    }


def build_attribute_change_row(change: AttributeChangeCount, masker: Masker) -> dict[str, str]:
    """Return a row of text cells (column -> text) that describes how an attribute changed in a study or series.

    A mark such as `<PatientID 1>` replaces a masked value.
    """
    return {
        "StudyInstanceUID": change.study_instance_uid,
        "SeriesInstanceUID": change.series_instance_uid or "",
        "keyword": change.keyword,
        "before": OTHER_VALUES_TEXT if change.before is None else masker.mask(change.keyword, change.before),
        "after": OTHER_VALUES_TEXT if change.after is None else masker.mask(change.keyword, change.after),
        "instances": str(change.instances),
    }


def flatten_difference_record(record: Record) -> dict[str, str]:
    """Return the record of a differing study, series or instance as a row of text cells.

    A member inside another member becomes a column such as `before.path`. The cell for the changed attributes has their
    keywords, but not their values.
    """
    cells: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            cells |= {f"{name}.{part}": str(content) for part, content in value.items()}
        elif value is None:
            cells |= dict.fromkeys((f"{name}.{part}" for part in FILE_MEMBERS), "")
        else:
            cells[name] = _join_keywords(value) if isinstance(value, list) else str(value)
    return cells


FILE_MEMBERS = ("StudyInstanceUID", "SeriesInstanceUID", "source", "path", "bytes", "etag", "duplicates")
"""The members of the object that describes an instance's file in a record."""


def _build_file_record(file: ComparedFile) -> Record:
    values = (
        file.study_instance_uid,
        file.series_instance_uid,
        file.source,
        file.path,
        file.size,
        file.etag,
        file.duplicates,
    )
    return dict(zip(FILE_MEMBERS, values, strict=True))


def _build_count_members(counts: InstanceCounts) -> Record:
    return {
        "before": counts.before,
        "after": counts.after,
        "same": counts.same,
        "changed": counts.changed,
        "new": counts.new,
        "gone": counts.gone,
        "toOtherSeries": counts.to_other_series,
        "fromOtherSeries": counts.from_other_series,
        "changes": {kind.value: counts.kinds[kind] for kind in ChangeKind},
    }


def _build_value_members(name: str, keyword: str, value: str | None, masker: Masker) -> Record:
    """Return a dict with the member `name`, which has the value of the attribute `keyword`, or None without a value."""
    if value is None:
        return {name: None}
    return build_value_members(keyword, value, masker, name=name, mark_name=f"{name}Mark")


def _join_keywords(words: Iterable[str | Mapping[str, str]]) -> str:
    return " ".join(word if isinstance(word, str) else word["keyword"] for word in words)
