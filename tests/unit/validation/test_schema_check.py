"""What a schema rejects is said in our own words, with its place and without the value."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.validation.schema_check import check_schema

SECRET = "Zyzzyva^Quark"


def configuration(*mappings: object) -> dict[str, Any]:
    return {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": list(mappings)}}


def mapping(**members: object) -> dict[str, object]:
    return {"studyInstanceUID": "1.2", "metadataFilePath": "a.json", **members}


AT = "/dicomJsonMetadataImportConfiguration/dicomMetadataMappings"


@pytest.mark.parametrize(
    ("document", "code", "pointer"),
    [
        ({}, "schema.required", ""),
        ([], "schema.type", ""),
        (configuration(), "schema.count", AT),
        (configuration(*[mapping()] * 1001), "schema.count", AT),
        (configuration({"studyInstanceUID": "1.2"}), "schema.required", f"{AT}/0"),
        (configuration(mapping(**{SECRET + "/~": 1})), "schema.unknown-member", f"{AT}/0/***"),
        (configuration(mapping(studyInstanceUID=SECRET)), "schema.pattern", f"{AT}/0/studyInstanceUID"),
        (configuration(mapping(studyInstanceUID="")), "schema.length", f"{AT}/0/studyInstanceUID"),
        (configuration(mapping(studyInstanceUID="1" * 513)), "schema.length", f"{AT}/0/studyInstanceUID"),
        (configuration(mapping(seriesInstanceUID=None)), "schema.type", f"{AT}/0/seriesInstanceUID"),
        (configuration(mapping(metadataFilePath="a\n")), "schema.pattern", f"{AT}/0/metadataFilePath"),
    ],
)
def test_each_rule_has_its_code_and_place(document: object, code: str, pointer: str) -> None:
    found = [(one.code, one.location.pointer) for one in check_schema("import-configuration", document)]
    assert (code, pointer) in found


def test_findings_come_in_the_order_of_their_pointers_with_numbers_as_numbers() -> None:
    faulty = [mapping(metadataFilePath="é", studyInstanceUID="x") for _ in range(12)]
    places = [one.location.pointer for one in check_schema("import-configuration", configuration(*faulty))]
    numbers = [int((place or "").split("/")[3]) for place in places]
    assert numbers == sorted(numbers)
    assert [place for place in dict.fromkeys(places) if "/10/" in (place or "")] == [
        f"{AT}/10/metadataFilePath",
        f"{AT}/10/studyInstanceUID",
    ]


def test_each_missing_member_is_named_once() -> None:
    found = check_schema("start-dicom-import-job", {})
    assert len(found) == 5
    assert len({one.message for one in found}) == 5


def test_another_version_of_the_plan_has_its_own_code() -> None:
    assert "schema.version" in [one.code for one in check_schema("plan", {"version": 3})]


@pytest.mark.parametrize("name", ["import-configuration", "start-dicom-import-job", "plan", "rules", "override"])
def test_no_message_holds_a_value(name: str) -> None:
    documents: list[object] = [SECRET, [SECRET], {"version": SECRET, "jobs": [SECRET], "rule": [{"name": [SECRET]}]}]
    documents += [configuration(mapping(studyInstanceUID=SECRET, metadataFilePath=SECRET + "é"), SECRET)]
    documents += [{"jobName": SECRET, "datastoreId": SECRET, "importConfiguration": SECRET, "inputS3Uri": SECRET}]
    documents += [{"00100010": {"vr": SECRET}, "00100020": {"vr": "LO", "Value": [5, {"a": SECRET}], "x": SECRET}}]
    found = [one for document in documents for one in check_schema(name, document)]
    assert found
    assert not any(SECRET in str(one) for one in found)
