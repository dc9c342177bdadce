"""Updates from elsewhere are refused for the same reasons as edits, and no value is in a message."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.validation.schema_registry import DocumentKind, detect_document_kind
from dicommap.validation.update_check import check_update

SECRET = "Zyzzyva"


def document(content: dict[str, Any], *, force: bool = False, name: str = "updatableAttributes") -> dict[str, Any]:
    series = {"1.2.1": {"Instances": {"1.2.1.1": content}}}
    request = {"force": force, name: {"SchemaVersion": 1.1, "Study": {"Series": series}}}
    return {"version": 1, "studyInstanceUID": "1.2", "seriesInstanceUID": "1.2.1", "requests": [request]}


def codes(update: object) -> list[str]:
    issues = check_update(update, None, Assumptions())
    assert not any(SECRET in str(issue) for issue in issues)
    return [issue.code for issue in issues]


@pytest.mark.parametrize(
    "content",
    [
        {"DICOM": {SECRET + " ": "x"}},
        {"DICOM": {"PatientComments\n": SECRET}},
        {"DICOM": {"ImageComments": True}},
        {"DICOM": {"ImageType": [["A"]]}},
        {"DICOM": {}},
        {"DICOM": {"ImageComments": SECRET}, "DICOMVRs": {"00190010": SECRET}},
        {"DICOM": {"ImageComments": SECRET}, "ImageFrames": []},
        {},
    ],
)
def test_another_form_is_an_issue_of_the_schema(content: dict[str, Any]) -> None:
    assert {code.partition(".")[0] for code in codes(document(content))} == {"schema"}


@pytest.mark.parametrize("change", [{"version": 2}, {"requests": []}, {"another": 1}, {"studyInstanceUID": SECRET}])
def test_a_file_of_another_form_is_refused(change: dict[str, object]) -> None:
    assert codes({**document({"DICOM": {"ImageComments": "x"}}), **change})


def test_a_request_has_at_least_one_document_of_version_1_1() -> None:
    update = document({"DICOM": {"ImageComments": "x"}})
    assert codes(update) == []
    update["requests"][0]["updatableAttributes"]["SchemaVersion"] = "1.1"
    assert codes(update) == ["schema.value"]
    assert codes({**update, "requests": [{"force": False}]}) == ["schema.required"]


def test_a_removal_needs_no_value_representation_and_a_sequence_no_force() -> None:
    removal = {"DICOM": {"00191001": None, "IconImageSequence": None}}
    assert codes(document(removal, force=True, name="removableAttributes")) == []
    sequence = {"DICOM": {"IconImageSequence": None}}
    assert codes(document(sequence, name="removableAttributes")) == []
    assert codes(document(sequence)) == ["update-document.force"]
    assert codes(document({**removal, "DICOMVRs": {"00191001": "LO"}}, force=True, name="removableAttributes")) == [
        "update-document.private-vr"
    ]


def test_a_member_that_may_be_a_patients_id_is_masked() -> None:
    update = document({"DICOM": {"ImageComments": "x"}})
    update["requests"][0]["updatableAttributes"]["Study"]["Series"] = {"123456789": {"DICOM": {"Modality": "MR"}}}
    (issue,) = check_update(update, None, Assumptions())
    assert issue.code == "update-document.other-series"
    assert "123456789" not in str(issue)


def test_very_many_issues_are_counted() -> None:
    update = document({"DICOM": {f"{0x00190010 + number:08X}": "x" for number in range(2000)}}, force=True)
    issues = check_update(update, None, Assumptions())
    assert len(issues) < 1100
    assert issues[-1].code != "update-document.private-vr"


def test_an_update_is_known_by_its_requests() -> None:
    update = document({"DICOM": {"ImageComments": "x"}})
    assert detect_document_kind(update) is DocumentKind.UPDATE
