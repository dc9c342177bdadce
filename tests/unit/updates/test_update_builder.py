"""Updates are built from the changes that no override makes, and what AWS does not allow is an issue."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.session import Session
from botocore.validate import ParamValidator

from dicommap.dicom.dictionary import tag_of
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.limits import MAX_UPDATE_BYTES
from dicommap.model.instance_values import InstanceValues
from dicommap.overrides.attribute_change import AttributeChange, UpdateReason
from dicommap.overrides.update_changes import iterate_update_changes
from dicommap.updates.attribute_update import list_attribute_updates
from dicommap.updates.update import MAX_REQUESTS, Update, UpdateRequest
from dicommap.updates.update_builder import build_updates, find_update_issues

INSTANCES = [
    InstanceValues(
        study_instance_uid="1.2",
        series_instance_uid=instance.rpartition(".")[0],
        sop_instance_uid=instance,
        files=1,
        path="",
        values={},
    )
    for instance in ("1.2.1.1", "1.2.1.2", "1.2.2.1")
]
DEFAULT = Assumptions()


def change(
    attribute: str | int,
    value: Any,
    series: str | None = None,
    instance: str | None = None,
    *,
    study: str = "1.2",
    before: dict[str, int] | None = None,
    reason: UpdateReason | None = UpdateReason.INSTANCE,
) -> AttributeChange:
    """Return a change; `value` is an attribute, or a text or list of texts of LO, or None for a removal."""
    tag = tag_of(attribute) if isinstance(attribute, str) else attribute
    assert tag is not None
    if value is not None and not isinstance(value, dict):
        value = {"vr": "LO", "Value": value if isinstance(value, list) else [value]}
    return AttributeChange(
        study_instance_uid=study,
        series_instance_uid=series,
        sop_instance_uid=instance,
        tag=tag,
        before=before,
        after=value,
        origins=("sheet.csv row 3",),
        update_reason=reason,
    )


def build(*changes: AttributeChange, assumptions: Assumptions = DEFAULT) -> list[Update]:
    return list(build_updates(iterate_update_changes(changes, lambda study: INSTANCES), assumptions))


def codes(*changes: AttributeChange, assumptions: Assumptions = DEFAULT) -> list[tuple[str, str | None]]:
    return [(issue.code, issue.location.keyword) for issue in find_update_issues(changes, assumptions)]


def series_document(series: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"SchemaVersion": 1.1, "Study": {"Series": {series: content}}}


def test_a_change_that_an_override_makes_is_in_no_update() -> None:
    assert build(change("PatientID", "7", reason=None)) == []


def test_patient_and_study_attributes_are_one_update_of_the_study() -> None:
    changes = [change("PatientID", "7"), change("StudyDescription", None, before={"CHEST": 3})]
    assert codes(*changes) == []
    (update,) = build(*changes)
    assert (update.study_instance_uid, update.series_instance_uid) == ("1.2", None)
    assert update.requests == (
        UpdateRequest(
            updatable={"SchemaVersion": 1.1, "Patient": {"DICOM": {"PatientID": "7"}}},
            removable={"SchemaVersion": 1.1, "Study": {"DICOM": {"StudyDescription": "CHEST"}}},
            previous={"SchemaVersion": 1.1, "Study": {"DICOM": {"StudyDescription": ["CHEST"]}}},
        ),
    )


def test_an_instance_is_changed_in_the_update_of_its_series() -> None:
    (update,) = build(change("AcquisitionNumber", {"vr": "IS", "Value": ["2"]}, "1.2.1", "1.2.1.2"))
    assert update.series_instance_uid == "1.2.1"
    content = {"Instances": {"1.2.1.2": {"DICOM": {"AcquisitionNumber": "2"}}}}
    assert update.requests == (UpdateRequest(updatable=series_document("1.2.1", content)),)


@pytest.mark.parametrize(
    ("before", "texts"),
    [
        ({"B": 1, "A": 2}, ["A", "B"]),
        ({"": 1}, [""]),
        (None, None),
        ({"A\udce9": 1}, None),  # a byte that was not decoded
        ({str(number): 1 for number in range(101)}, None),
    ],
)
def test_a_request_has_the_values_from_before_the_edit(before: dict[str, int] | None, texts: list[str] | None) -> None:
    (update,) = build(change("StudyDescription", "x", before=before))
    (request,) = update.requests
    document = {"SchemaVersion": 1.1, "Study": {"DICOM": {"StudyDescription": texts}}}
    assert request.previous == (None if texts is None else document)
    (back,) = list_attribute_updates(request)
    assert back.previous == (None if texts is None else tuple(texts))


def test_a_series_attribute_of_a_whole_study_is_changed_in_each_series() -> None:
    updates = build(change("BodyPartExamined", None))
    assert [update.series_instance_uid for update in updates] == ["1.2.1", "1.2.2"]
    assert updates[1].requests == (
        UpdateRequest(removable=series_document("1.2.2", {"DICOM": {"BodyPartExamined": None}})),
    )


def test_an_instance_attribute_of_a_study_is_changed_in_each_instance() -> None:
    first, second = build(change("ContentDate", {"vr": "DA", "Value": ["20200101"]}))
    dates = {"DICOM": {"ContentDate": "20200101"}}
    content = {"Instances": {"1.2.1.1": dates, "1.2.1.2": dates}}
    assert first.requests == (UpdateRequest(updatable=series_document("1.2.1", content)),)
    assert second.requests == (UpdateRequest(updatable=series_document("1.2.2", {"Instances": {"1.2.2.1": dates}})),)


def test_force_only_where_it_is_documented() -> None:
    (update,) = build(
        change("ImageType", {"vr": "CS", "Value": ["DERIVED"]}, "1.2.1", "1.2.1.1"),
        change(0x00190010, "ACME", "1.2.1", "1.2.1.1"),
        change(0x00191001, {"vr": "DS", "Value": ["97"]}, "1.2.1", "1.2.1.1"),
        change("ContentDate", None, "1.2.1", "1.2.1.1", before={"20200101": 1}),
    )
    plain, forced = update.requests
    assert (plain.force, plain.updatable) == (False, None)
    assert forced.force
    assert forced.updatable is not None
    assert forced.updatable["Study"]["Series"]["1.2.1"]["Instances"]["1.2.1.1"] == {
        "DICOM": {"ImageType": ["DERIVED"], "00190010": "ACME", "00191001": "97"},
        "DICOMVRs": {"00190010": "LO", "00191001": "DS"},
    }
    for attribute, value in (("StudyID", "1"), ("ProcedureCodeSequence", {"vr": "SQ"}), ("PatientName", None)):
        (request,) = build(change(attribute, value))[0].requests
        assert request.force is (attribute != "PatientName")


@pytest.mark.parametrize("before", [None, {"A": 1, "B": 1}, {"": 2}, {"no date": 1}])
def test_a_removal_without_one_known_value_has_a_null_in_its_place(before: dict[str, int] | None) -> None:
    (update,) = build(change("ContentDate", None, "1.2.1", "1.2.1.1", before=before))
    (request,) = update.requests
    assert request.removable == series_document("1.2.1", {"Instances": {"1.2.1.1": {"DICOM": {"ContentDate": None}}}})


def test_a_series_with_very_many_requests_has_several_updates() -> None:
    text = {"vr": "LT", "Value": ["x" * 9000]}
    changes = [change("ImageComments", text, "1.2.1", f"1.2.1.{number}") for number in range(MAX_REQUESTS + 1)]
    assert [len(update.requests) for update in build(*changes)] == [MAX_REQUESTS, 1]


@pytest.mark.parametrize(
    ("faulty", "code"),
    [
        (change("SOPInstanceUID", "1.2", "1.2.1", "1.2.1.1"), "update-document.uid"),
        (change("StudyInstanceUID", None), "update-document.uid"),
        (change("PixelData", None, "1.2.1", "1.2.1.1"), "update-document.pixel-data"),
        (change("Rows", {"vr": "US", "Value": [1]}, "1.2.1"), "update-document.describes-content"),
        (change(0x00020010, "1.2", "1.2.1"), "attribute.forbidden"),
        (change("PatientID", "7", "1.2.1", "1.2.1.1"), "update-document.level"),
        (change("SeriesDescription", None, "1.2.1", "1.2.1.1"), "update-document.level"),
        (change("PatientID", None, "1.2.1"), "update-document.divides-study"),
        (change("StudyDescription", "x", "1.2.1"), "update-document.divides-study"),
        (change(0x00191001, {"vr": "OB", "InlineBinary": "AAA="}, "1.2.1", "1.2.1.1"), "update-document.unknown-form"),
        (change("ImageComments", {"vr": "LT", "Value": ["x" * 9900]}, "1.2.1"), "update-document.too-large"),
    ],
)
def test_what_aws_forbids_is_an_issue(faulty: AttributeChange, code: str) -> None:
    good = change("PatientID", "7", study="1.3")
    (issue,) = find_update_issues([faulty, faulty, good], DEFAULT)
    assert issue.code == code
    assert (issue.location.study, issue.location.series) == ("1.2", faulty.series_instance_uid)


def test_equal_issues_of_many_instances_are_one_that_names_the_first() -> None:
    faulty = [
        change("PatientID", "7", series, f"{series}.{number}") for series in ("1.2.1", "1.2.2") for number in (1, 2)
    ]
    issues = [issue.location for issue in find_update_issues(faulty, DEFAULT)]
    assert [(location.series, location.instance) for location in issues] == [("1.2.1", "1.2.1.1"), ("1.2.2", "1.2.2.1")]


def test_a_binary_attribute_can_be_removed() -> None:
    assert codes(change(0x00191001, None, "1.2.1", "1.2.1.1"), change("IconImageSequence", None, "1.2.1")) == []


@pytest.mark.parametrize(
    ("setting", "refused"),
    [
        ("updateForce", change("ImageType", ["A", "B"], "1.2.1")),
        ("updateForce", change(0x00191001, None, "1.2.1")),
        ("updateSeries", change("SeriesDescription", "x", "1.2.1")),
        ("updateEmpty", change("PatientID", {"vr": "LO"})),
    ],
)
def test_an_assumption_refuses_what_the_data_store_does_not_do(setting: str, refused: AttributeChange) -> None:
    assert codes(refused) == []
    assert [code for code, _ in codes(refused, assumptions=Assumptions.from_settings([f"{setting}=unavailable"]))] == [
        "update-document.unavailable"
    ]


def test_each_request_is_one_that_botocore_accepts() -> None:
    model = Session().get_service_model("medical-imaging")
    shape = model.operation_model("UpdateImageSetMetadata").input_shape
    blob = model.shape_for("DICOMAttribute")
    updates = build(
        change("PatientID", "7"),
        change("ContentDate", None, "1.2.1"),
        change(0x00191001, {"vr": "DS", "Value": ["97"]}, "1.2.1", "1.2.1.1"),
    )
    requests = [request for update in updates for request in update.requests]
    assert len(requests) == 3
    for request in requests:
        blobs = {"updatableAttributes": request.updatable_bytes, "removableAttributes": request.removable_bytes}
        present = {name: data for name, data in blobs.items() if data is not None}
        parameters = {
            "datastoreId": "0" * 32,
            "imageSetId": "1" * 32,
            "latestVersionId": "1",
            "force": request.force,
            "updateImageSetMetadataUpdates": {"DICOMUpdates": present},
        }
        assert ParamValidator().validate(parameters, shape).generate_report() == ""
        assert all(blob.metadata["min"] <= len(data) <= blob.metadata["max"] for data in present.values())
    assert blob.metadata["max"] >= MAX_UPDATE_BYTES
