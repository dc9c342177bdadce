"""Requests: placeholders of a draft are notes, everything else keeps to the schema."""

from __future__ import annotations

import json
import time

import pytest

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.levels import Level
from dicommap.healthimaging.overridable_attributes import not_overridable_issues
from dicommap.issues import Location, Severity
from dicommap.model.study import Target
from dicommap.overrides.override_check import check_override
from dicommap.validation.configuration_check import check_override_file
from dicommap.validation.request_check import check_request
from dicommap.validation.schema_registry import DocumentKind, detect_document_kind, read_schema_text

TARGETS = {
    Level.STUDY: Target(study_instance_uid="1.2"),
    Level.SERIES: Target(study_instance_uid="1.2", series_instance_uid="1.2.1"),
}
REQUEST = {
    "dataAccessRoleArn": "arn:aws:iam::012345678901:role/importer",
    "clientToken": "token",
    "datastoreId": "0" * 32,
    "inputS3Uri": "s3://bucket/in/",
    "outputS3Uri": "s3://bucket/out/",
}


def test_a_complete_request_has_no_findings() -> None:
    assert not check_request(REQUEST)


def test_placeholders_are_notes_and_no_errors() -> None:
    found = check_request(REQUEST | {"datastoreId": "<datastoreId>", "outputS3Uri": "<outputS3Uri>"})
    assert [(one.code, one.severity, one.message) for one in found] == [
        (
            "request.placeholder",
            Severity.NOTE,
            "datastoreId and outputS3Uri are placeholders until the submit.",
        )
    ]


@pytest.mark.parametrize(
    ("members", "code", "pointer"),
    [
        ({"datastoreId": "<outputS3Uri>"}, "schema.pattern", "/datastoreId"),
        ({"another": "<another>"}, "schema.unknown-member", "/***"),
        ({"clientToken": "<clientToken>"}, "schema.pattern", "/clientToken"),
        ({"jobName": "<jobName>"}, "schema.pattern", "/jobName"),
        ({"inputS3Uri": "<inputS3Uri>"}, "schema.pattern", "/inputS3Uri"),
        ({"inputS3Uri": "s3://bucket//"}, "s3-uri.prefix", "/inputS3Uri"),
        ({"inputS3Uri": "bucket"}, "schema.pattern", "/inputS3Uri"),
        ({"inputS3Uri": 5}, "schema.type", "/inputS3Uri"),
    ],
)
def test_faults_have_their_code_and_place(members: dict[str, object], code: str, pointer: str) -> None:
    found = [(one.code, one.location.pointer) for one in check_request(REQUEST | members)]
    assert (code, pointer) in found


@pytest.mark.parametrize("document", [[], None, "x", 5])
def test_what_is_no_object_is_one_finding(document: object) -> None:
    assert [one.code for one in check_request(document)] == ["schema.type"]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"dicomJsonMetadataImportConfiguration": 1}, DocumentKind.IMPORT_CONFIGURATION),
        ({"dicomMetadataMappings": []}, DocumentKind.IMPORT_CONFIGURATION),
        ({"inputS3Uri": "x"}, DocumentKind.REQUEST),
        ({"importConfiguration": {}}, DocumentKind.REQUEST),
        ({"jobs": []}, DocumentKind.PLAN),
        ({}, DocumentKind.OVERRIDE),
        ({"00100020": {}}, DocumentKind.OVERRIDE),
        ([], DocumentKind.OVERRIDE),
        ({"a": 1}, None),
        (None, None),
        ("x", None),
        (5, None),
    ],
)
def test_the_kind_of_a_document_is_told_by_its_members(document: object, kind: DocumentKind | None) -> None:
    assert detect_document_kind(document) is kind


@pytest.mark.parametrize(
    ("document", "level", "code", "pointer"),
    [
        ({}, None, "override.empty", ""),
        ([], None, "override.form", ""),
        ([{}, {}], None, "override.form", ""),
        (5, None, "dicom-json.not-object", ""),
        ({"0020000D": {"vr": "UI"}}, None, "attribute.uid", "/0020000D"),
        ({"00280010": {"vr": "US", "Value": [512]}}, Level.STUDY, "attribute.describes-content", "/00280010"),
        ({"00070010": {"vr": "LO"}}, None, "attribute.forbidden", "/00070010"),
        ({"7FE00010": {"vr": "OW"}}, None, "attribute.per-instance", "/7FE00010"),
        ({"00020010": {"vr": "UI"}}, None, "attribute.forbidden", "/00020010"),
        ({"00080060": {"vr": "CS", "Value": ["CT"]}}, Level.STUDY, "attribute.level", "/00080060"),
        ({"00100020": {"vr": "LO", "Value": ["x"]}}, Level.SERIES, "attribute.level", "/00100020"),
        ({"00100020": {"vr": "LO", "Value": [5]}}, None, "dicom-json.value-form", "/00100020/Value/0"),
    ],
)
def test_overrides_say_only_what_they_may(
    document: object, level: Level | None, code: str, pointer: str | None
) -> None:
    found = [
        (one.code, one.location.pointer)
        for one in check_override(document, TARGETS[level] if level else None, Assumptions())
    ]
    assert found == [(code, pointer)]


def test_an_override_at_its_own_level_has_no_findings() -> None:
    assert not check_override({"00100020": {"vr": "LO", "Value": ["x"]}}, TARGETS[Level.STUDY], Assumptions())
    assert not check_override({"00080060": {"vr": "CS", "Value": ["CT"]}}, TARGETS[Level.SERIES], Assumptions())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"null", "dicom-json.not-object"),
        (b"{", "json.not-json"),
        (b"\xff", "json.not-utf8"),
        (b"\xef\xbb\xbf{}", "json.byte-order-mark"),
        (b"[" * 10_000, "json.too-deep"),
        (b'{"00101002": {"vr": "SQ", "Value": [' * 30 + b"]}}" * 30, "json.too-deep"),
        (b'{"00100020": {"vr": "LO"}, "00100020": {"vr": "LO"}}', "json.duplicate-key"),
    ],
)
def test_override_files_are_json_first(data: bytes, code: str) -> None:
    assert [one.code for one in check_override_file(data, None, Assumptions())] == [code]


def test_an_override_of_very_many_faults_is_checked_in_about_a_second() -> None:
    document = {f"{0x00091000 + number:08X}": {"vr": "LO", "Value": [5]} for number in range(20_000)}
    started = time.process_time()
    found = check_override(document, TARGETS[Level.STUDY], Assumptions())
    assert time.process_time() - started < 5
    assert len(found) >= 20_000


def test_the_schema_forbids_no_attribute_that_the_rules_allow() -> None:
    """The rules are the authority, and the schema beside them is for other tools: it must not be stricter."""
    forbidden = [
        tag for tag, schema in json.loads(read_schema_text("override"))["properties"].items() if schema is False
    ]
    assert forbidden
    assert all(list(not_overridable_issues(int(tag, 16), Location())) for tag in forbidden)
