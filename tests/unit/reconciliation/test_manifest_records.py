"""Records are read as AWS prints them and as others have seen them; what is none is told of."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.reconciliation.manifest_records import InvalidRecordError, ObjectRecord, RecordKind, read_record

# The three examples of "Understanding import jobs" in the developer guide.
SUCCESS = b'{"inputFile":"dicomInputFolder/1.3.dcm","importResponse":{"imageSetId":"a1b2", "isPrimary": True}}'
FAILURE = (
    b'{"inputFile":"dicom_input/bad.dcm","exception":{"exceptionType":"ValidationException",'
    b'"message":"DICOM attribute TransferSyntaxUID does not exist"}}'
)
WARNING = (
    b'{"inputFile":"dicom_input/w.dcm","importResponse":{"imageSetId":"x9","imageSetVersion":1,"isPrimary":true,'
    b'"warnings":[{"warning_reason_code":45330,"type":"InvalidOffsetTable","message":"m"}]}}'
)


def test_the_examples_of_the_guide_are_read() -> None:
    assert read_record(SUCCESS, RecordKind.SUCCESS) == ObjectRecord(
        kind=RecordKind.SUCCESS, input_file="dicomInputFolder/1.3.dcm", image_set_id="a1b2", is_primary=True
    )
    assert read_record(FAILURE, RecordKind.FAILURE) == ObjectRecord(
        kind=RecordKind.FAILURE,
        input_file="dicom_input/bad.dcm",
        exception_type="ValidationException",
        message="DICOM attribute TransferSyntaxUID does not exist",
    )
    assert read_record(WARNING, RecordKind.WARNING) == ObjectRecord(
        kind=RecordKind.WARNING,
        input_file="dicom_input/w.dcm",
        image_set_id="x9",
        is_primary=True,
        warnings=("INVALID_OFFSET_TABLE",),
    )


@pytest.mark.parametrize(
    ("response", "primary"),
    [
        (b'{"isPrimary": True}', True),
        (b'{"isPrimary": False}', False),
        (b'{"isPrimary": None}', None),
        (b'{"isPrimary": "true"}', True),
        (b'{"isPrimary": 1}', None),
        (b"{}", None),
        (b"None", None),
        (b"[]", None),
    ],
)
def test_booleans_may_be_pythons_texts_or_missing(response: bytes, primary: bool | None) -> None:
    line = b'{"inputFile": "True None.dcm", "importResponse": ' + response + b', "new": [True, {"x": None}]}'
    found = read_record(line, RecordKind.SUCCESS)
    assert found.is_primary is primary
    assert found.input_file == "True None.dcm"  # words inside a text stay


def test_what_a_record_says_weighs_more_than_where_it_stands() -> None:
    assert read_record(FAILURE, RecordKind.SUCCESS).kind is RecordKind.FAILURE
    assert read_record(WARNING, RecordKind.SUCCESS).kind is RecordKind.WARNING
    assert read_record(b'{"inputFile":"a"}', RecordKind.FAILURE).kind is RecordKind.FAILURE
    assert read_record(b'{"inputFile":"a","warnings":[{"type":"Other"}]}', RecordKind.WARNING).warnings == ("OTHER",)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "no JSON"),
        (b'{"inputFile": "a"', "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"inputFile": ' + b"9" * 5_000 + b"}", "no JSON"),
        (b'["inputFile"]', "no JSON object"),
        (b'"x"', "no JSON object"),
        (b"{}", "names no inputFile"),
        (b'{"inputFile": ""}', "names no inputFile"),
        (b'{"inputFile": 5}', "names no inputFile"),
    ],
)
def test_what_is_no_record_says_why(line: bytes, reason: str) -> None:
    with pytest.raises(InvalidRecordError, match=reason):
        read_record(line, RecordKind.SUCCESS)


def test_what_is_no_identifier_is_not_taken_for_one() -> None:
    line = {"inputFile": "a", "exception": {"exceptionType": "Doe^Jane was here", "message": ["Doe^Jane"]}}
    found = read_record(json.dumps(line).encode(), RecordKind.FAILURE)
    assert (found.exception_type, found.message) == ("", "")
    assert "Doe" not in repr(found)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
members = st.sampled_from(
    ["imageSetId", "isPrimary", "warnings", "exceptionType", "message", "type", "warning_reason_code", "x"]
)


@given(st.dictionaries(st.sampled_from(["importResponse", "exception", "warnings"]), json_values), json_values)
def test_members_of_any_type_do_not_stop_a_record(document: dict[str, Any], value: Any) -> None:
    line = json.dumps({**document, "inputFile": "a", "importResponse": {"warnings": [value], "isPrimary": value}})
    assert read_record(line.encode(), RecordKind.SUCCESS).input_file == "a"


@given(st.binary(max_size=60))
def test_any_bytes_are_a_record_or_none(line: bytes) -> None:
    with suppress(InvalidRecordError):
        assert read_record(line, RecordKind.SUCCESS).input_file
