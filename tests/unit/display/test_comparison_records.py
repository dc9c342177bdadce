"""Records of differences are valid for their schema, masked, and complete as rows of CSV."""

from __future__ import annotations

import json

from dicommap.display.comparison_records import (
    OTHER_VALUES_TEXT,
    build_attribute_change_record,
    build_attribute_change_row,
    build_instance_difference_record,
    flatten_difference_record,
)
from dicommap.model.inventory_difference import (
    AttributeChangeCount,
    AttributeDifference,
    ChangeKind,
    ComparedFile,
    DifferenceStatus,
    InstanceDifference,
)
from dicommap.model.masking import Masker
from dicommap.validation.schema_registry import get_schema_validator

FILE = ComparedFile(
    study_instance_uid="1.2",
    series_instance_uid="1.2.3",
    source="/data",
    path="a",
    size=9,
    etag="",
    duplicates=0,
)
CHANGED = InstanceDifference(
    study_instance_uid="1.2",
    series_instance_uid="1.2.3",
    sop_instance_uid="1.2.3.4",
    status=DifferenceStatus.CHANGED,
    kinds=(ChangeKind.PATH, ChangeKind.ATTRIBUTES),
    attributes=(AttributeDifference("PatientID", "", "secret"), AttributeDifference("Modality", "CT", "MR")),
    before=FILE,
    after=FILE,
)
NEW = InstanceDifference(
    study_instance_uid="1.2",
    series_instance_uid="1.2.3",
    sop_instance_uid="1.2.3.5",
    status=DifferenceStatus.NEW,
    after=FILE,
)
FURTHER = AttributeChangeCount(
    study_instance_uid="1.2", series_instance_uid=None, keyword="PatientID", before=None, after=None, instances=7
)


def validate(record: object) -> None:
    get_schema_validator("comparison").validate(json.loads(json.dumps(record)))


def test_masked_values_are_null_and_empty_ones_are_not() -> None:
    record = build_instance_difference_record(CHANGED, Masker())
    validate(record)
    assert record["attributes"] == [
        {"keyword": "PatientID", "before": "", "after": None, "afterMark": "<PatientID 1>"},
        {"keyword": "Modality", "before": "CT", "after": "MR"},
    ]
    shown = build_instance_difference_record(CHANGED, Masker(show_values=True))
    assert shown["attributes"][0]["after"] == "secret"


def test_rows_of_instances_have_the_same_columns() -> None:
    rows = [flatten_difference_record(build_instance_difference_record(item, Masker())) for item in (NEW, CHANGED)]
    assert rows[0].keys() == rows[1].keys()
    assert (rows[0]["before.path"], rows[0]["after.path"], rows[0]["changes"]) == ("", "a", "")
    assert (rows[1]["changes"], rows[1]["attributes"]) == ("path attributes", "PatientID Modality")


def test_further_changes_are_told_from_masked_values() -> None:
    record = build_attribute_change_record(FURTHER, Masker(show_values=True))
    validate(record)
    assert (record["before"], record["further"], record["instances"]) == (None, True, 7)
    row = build_attribute_change_row(FURTHER, Masker())
    assert (row["before"], row["after"], row["SeriesInstanceUID"]) == (OTHER_VALUES_TEXT, OTHER_VALUES_TEXT, "")
