"""Metadata of image sets is read in the documented form, and everything else is refused with a reason."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from dicommap.healthimaging.levels import Level
from dicommap.verification.stored_metadata import ABSENT, UnreadableMetadataError, read_stored_image_set

IMAGE_SET = "46923b66d5522e4241615ecd64637584"
GUIDE = {
    "SchemaVersion": "1.1",
    "DatastoreID": "2aa75d103f7f45ab977b0e93f00e6fe9",
    "ImageSetID": IMAGE_SET,
    "Patient": {"DICOM": {"PatientName": "Smith^Jane", "PatientSex": None}},
    "Study": {
        "DICOM": {"StudyInstanceUID": "1.2", "StudyID": "7"},
        "Series": {
            "1.2.1": {
                "DICOM": {"Modality": "CT"},
                "Instances": {
                    "1.2.1.1": {
                        "DICOM": {"InstanceNumber": "1", "001910F9": "97"},
                        "DICOMVRs": {"001910F9": "DS"},
                        "ImageFrames": [{"ID": "0"}],
                    },
                },
            },
        },
    },
}
"""A document with the members of the developer guide's example ("Getting image set metadata")."""


def read(document: Any) -> Any:
    return read_stored_image_set(json.dumps(document).encode(), IMAGE_SET)


def test_the_guides_form_is_read() -> None:
    stored = read(GUIDE)
    assert stored.study_instance_uid == "1.2"
    assert list(stored.instance_uids()) == ["1.2.1.1"]
    assert stored.find_values(0x00100010, Level.PATIENT, None, None) == ["Smith^Jane"]
    assert stored.find_values(0x00100040, Level.PATIENT, None, None) == [None]
    assert stored.find_values(0x00100020, Level.PATIENT, None, None) == [ABSENT]
    assert stored.find_values(0x00200010, Level.STUDY, None, None) == ["7"]
    assert stored.find_values(0x00080060, Level.SERIES, "1.2.1", None) == ["CT"]
    assert stored.find_values(0x00080060, Level.SERIES, "9.9", None) == []
    assert stored.find_values(0x001910F9, Level.INSTANCE, None, None) == ["97"]
    assert "Smith" not in repr(stored)


def test_numbers_keep_their_digits() -> None:
    document = json.dumps(GUIDE).replace('"7"', "0.10000000000000000001").encode()
    values = read_stored_image_set(document).find_values(0x00200010, Level.STUDY, None, None)
    assert values == [Decimal("0.10000000000000000001")]


@pytest.mark.parametrize("version", [1.1, "1.1"])
def test_the_version_may_be_a_number(version: object) -> None:
    assert read({**GUIDE, "SchemaVersion": version}).study_instance_uid == "1.2"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "not a JSON object"),
        ({}, "SchemaVersion"),
        ({**GUIDE, "SchemaVersion": "1.2"}, "SchemaVersion is not 1.1"),
        ({**GUIDE, "ImageSetID": "f" * 32}, "another image set"),
        ({**GUIDE, "Study": []}, "Study is not an object"),
        ({name: value for name, value in GUIDE.items() if name != "Study"}, "no StudyInstanceUID"),
        ({**GUIDE, "Study": {"DICOM": {}, "Series": {}}}, "no StudyInstanceUID"),
        ({**GUIDE, "Patient": {"DICOM": "SECRET"}}, "DICOM is not an object"),
        ({**GUIDE, "Study": {"DICOM": {"StudyInstanceUID": "1.2"}, "Series": {"1": "SECRET"}}}, "a member of Series"),
    ],
)
def test_another_form_is_refused_without_a_value(document: Any, reason: str) -> None:
    with pytest.raises(UnreadableMetadataError, match=reason) as raised:
        read(document)
    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", b'{"SchemaVersion": "1.1"', b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b"9" * 5_000],
    ids=["empty", "html", "cut", "utf-16", "nan", "deep", "digits"],
)
def test_broken_json_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableMetadataError):
        read_stored_image_set(data)


def test_a_document_with_too_many_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicommap.verification.stored_metadata.has_more_json_values", lambda *_: True)
    with pytest.raises(UnreadableMetadataError, match="larger than the limit"):
        read(GUIDE)


def test_a_number_with_a_huge_exponent_is_refused() -> None:
    data = json.dumps(GUIDE).replace('"7"', "1e99999999999999999999").encode()
    with pytest.raises(UnreadableMetadataError, match="not JSON"):
        read_stored_image_set(data, IMAGE_SET)
