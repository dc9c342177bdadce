"""Data sets written as the DICOM JSON Model asks: ascending tags, UTF-8, the same bytes each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.strict_json import dump_json

if TYPE_CHECKING:
    from dicommap.dicom.json_model.attributes_model_dicom_json_types_part import Attribute, DataSet


def dump_data_set(data_set: DataSet) -> str:
    """Write a data set with ascending member names, in sequence items too (PS3.18 F.2.2)."""
    return dump_json(sort_data_set(data_set))


def sort_data_set(data_set: DataSet) -> DataSet:
    """Return a data set with ascending member names, in sequence items too."""
    return {tag: _sort_attribute(data_set[tag]) for tag in sorted(data_set)}


def _sort_attribute(attribute: Attribute) -> Attribute:
    if attribute["vr"] != "SQ" or "Value" not in attribute:
        return attribute
    return {"vr": "SQ", "Value": [sort_data_set(item) for item in attribute["Value"]]}
