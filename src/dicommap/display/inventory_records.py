"""Build records (JSON objects) of studies, series, instances and files. The schema `record` describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.dicom.person_name_comparison import merge_counts_of_equal_names
from dicommap.issues import Location
from dicommap.model.masking import Masker, escape_undecodable, is_never_masked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dicommap.model.study import File, Instance, Series, Study

Record = dict[str, Any]
"""One record: column -> value. Its member `attributes` maps each keyword to the distinct values of the attribute."""

_UNMASKED = Masker(show_values=True)


def build_study_record(study: Study, *, masker: Masker) -> Record:
    """Return the record of a study: its UID, counts, and the distinct values of each attribute."""
    return {
        "StudyInstanceUID": study.study_instance_uid,
        "series": len(study.series),
        "instances": study.instances,
        "files": study.files,
        "bytes": study.size,
        "attributes": _build_distinct_value_entries(study.values, masker=masker),
    }


def build_series_record(series: Series, *, masker: Masker) -> Record:
    """Return the record of a series: its UIDs, counts, and the distinct values of each attribute."""
    return {
        "StudyInstanceUID": series.study_instance_uid,
        "SeriesInstanceUID": series.series_instance_uid,
        "instances": series.instances,
        "files": series.files,
        "bytes": series.size,
        "attributes": _build_distinct_value_entries(series.values, masker=masker),
    }


def build_instance_record(instance: Instance, *, masker: Masker) -> Record:
    """Return the record of an instance: its UIDs, and the source, path and size of its file."""
    return {
        "StudyInstanceUID": instance.study_instance_uid,
        "SeriesInstanceUID": instance.series_instance_uid,
        "SOPInstanceUID": instance.sop_instance_uid,
        "SOPClassUID": instance.sop_class_uid,
        "TransferSyntaxUID": masker.mask("TransferSyntaxUID", instance.transfer_syntax_uid),
        "InstanceNumber": escape_undecodable(instance.instance_number),
        "disposition": instance.disposition.value,
        "bytes": instance.size,
        "source": instance.source,
        "path": instance.path,
        "etag": instance.etag,
    }


def build_file_record(file: File) -> Record:
    """Return the record of a file: its source, path, size and disposition."""
    return {
        "source": file.source,
        "path": file.path,
        "bytes": file.size,
        "disposition": file.disposition.value,
        "etag": file.etag,
    }


def flatten_record(record: Record) -> dict[str, str]:
    """Return a record as a row of text cells, with a column for each attribute.

    If an attribute has several distinct values, its cell has a marker such as `<2 different values>`.
    """
    cells = {name: str(value) for name, value in record.items() if name != "attributes"}
    for keyword, distinct in record.get("attributes", {}).items():
        texts = [entry["mark"] if entry["value"] is None else entry["value"] for entry in distinct]
        # Different values with undecodable bytes may have the same text. Then numbers replace the texts, so that the
        # marker has the right number of values.
        known = texts if len({*texts}) == len(texts) else map(str, range(len(texts)))
        cells[keyword] = _UNMASKED.mask_counts(keyword, dict.fromkeys(known, 1))
    return cells


def flatten_issue_record(record: Record) -> dict[str, str]:
    """Return the record of an issue as a row of text cells: severity, code, location and message.

    The row has no cell for a member that is missing in the record.
    """
    cells = {**record, "location": str(Location(**record["location"]))} if "location" in record else record
    return {name: cells[name] for name in ("severity", "code", "location", "message") if name in cells}


def select_columns(record: Record, columns: Sequence[str]) -> Record:
    """Return a record with only the given columns and attributes, in this order.

    If `columns` is empty, return the record itself.
    """
    if not columns:
        return record
    attributes = record.get("attributes", {})
    selected = {column: record[column] for column in columns if column in record}
    if chosen := {column: attributes[column] for column in columns if column in attributes}:
        selected["attributes"] = chosen
    return selected


def _build_distinct_value_entries(
    values: Mapping[str, Mapping[str, int]], *, masker: Masker
) -> dict[str, list[Record]]:
    return {keyword: _build_value_entries(keyword, counts, masker=masker) for keyword, counts in values.items()}


def _build_value_entries(keyword: str, counts: Mapping[str, int], *, masker: Masker) -> list[Record]:
    if not masker.show_values and not all(is_never_masked(keyword, value) for value in counts):
        counts = merge_counts_of_equal_names(keyword, counts)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{**build_value_members(keyword, value, masker), "files": files} for value, files in ranked]


def build_value_members(
    keyword: str, value: str, masker: Masker, *, name: str = "value", mark_name: str = "mark"
) -> Record:
    """Return a dict with one value of the attribute `keyword`. The name of its member is `name`.

    If the value is masked, this member is None, and the member `mark_name` has the mark, such as `<PatientID 1>`. So
    programs cannot take a mark for a value.
    """
    if masker.show_values or is_never_masked(keyword, value):
        return {name: escape_undecodable(value)}
    return {name: None, mark_name: masker.mask(keyword, value)}
