"""Records of studies, series, instances and files, described by the schema `record`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.dicom.person_name_comparison import merge_equal_names
from dicommap.dicom.printable_text import MASK
from dicommap.model.captured_attributes import UNMASKED_KEYWORDS
from dicommap.model.masking import escape_undecodable, mask_value, mask_value_counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.model.study import File, Instance, Series, Study

Record = dict[str, Any]
"""One record: column -> value. The member `attributes` has the distinct values of each attribute."""


def build_study_record(study: Study, *, show_values: bool) -> Record:
    """Return the record of a study: UID, counts and distinct values."""
    return {
        "StudyInstanceUID": study.study_instance_uid,
        "series": len(study.series),
        "instances": study.instances,
        "files": study.files,
        "bytes": study.size,
        "attributes": _build_distinct_value_entries(study.values, show_values=show_values),
    }


def build_series_record(series: Series, *, show_values: bool) -> Record:
    """Return the record of a series: UIDs, counts and distinct values."""
    return {
        "StudyInstanceUID": series.study_instance_uid,
        "SeriesInstanceUID": series.series_instance_uid,
        "instances": series.instances,
        "files": series.files,
        "bytes": series.size,
        "attributes": _build_distinct_value_entries(series.values, show_values=show_values),
    }


def build_instance_record(instance: Instance) -> Record:
    """Return the record of an instance: its UIDs and the location of its file."""
    return {
        "StudyInstanceUID": instance.study_instance_uid,
        "SeriesInstanceUID": instance.series_instance_uid,
        "SOPInstanceUID": instance.sop_instance_uid,
        "SOPClassUID": instance.sop_class_uid,
        "TransferSyntaxUID": mask_value("TransferSyntaxUID", instance.transfer_syntax_uid, show_values=False),
        "InstanceNumber": escape_undecodable(instance.instance_number),
        "disposition": instance.disposition.value,
        "bytes": instance.size,
        "source": instance.source,
        "path": instance.path,
        "etag": instance.etag,
    }


def build_file_record(file: File) -> Record:
    """Return the record of a file: source, path and disposition."""
    return {
        "source": file.source,
        "path": file.path,
        "bytes": file.size,
        "disposition": file.disposition.value,
        "etag": file.etag,
    }


def flatten_record(record: Record) -> dict[str, str]:
    """Return a record as a row of text cells, with a column for each attribute.

    If an attribute has several distinct values, its cell is a marker with their number.
    """
    cells = {name: str(value) for name, value in record.items() if name != "attributes"}
    for keyword, distinct in record.get("attributes", {}).items():
        masked = any(entry["value"] is None for entry in distinct)
        # Only the number of masked values is known. Different values that cannot be decoded may have the same text.
        texts = [str(number) if masked else entry["value"] for number, entry in enumerate(distinct)]
        known = texts if len({*texts}) == len(texts) else map(str, range(len(texts)))
        cells[keyword] = mask_value_counts(keyword, dict.fromkeys(known, 1), show_values=not masked)
    return cells


def _build_distinct_value_entries(
    values: Mapping[str, Mapping[str, int]], *, show_values: bool
) -> dict[str, list[Record]]:
    return {
        keyword: _build_value_entries(keyword, counts, show_values=show_values) for keyword, counts in values.items()
    }


def _build_value_entries(keyword: str, counts: Mapping[str, int], *, show_values: bool) -> list[Record]:
    if not show_values and keyword not in UNMASKED_KEYWORDS:
        counts = merge_equal_names(keyword, counts)
    hidden = {value for value in counts if mask_value(keyword, value, show_values=show_values) == MASK}
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    # A masked value becomes null; an empty value is not masked.
    return [
        {"value": None if value in hidden else escape_undecodable(value), "files": files} for value, files in ranked
    ]
