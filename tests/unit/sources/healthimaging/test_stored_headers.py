"""Values of image set metadata become the texts that a scan of the file gives; unknown forms are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dicommap.model.study import Disposition
from dicommap.p10 import Header, RejectedFile
from dicommap.sources.healthimaging.stored_headers import StoredHeaderReader
from dicommap.verification.stored_metadata import read_stored_image_set

STUDY, SERIES, INSTANCE = "1.2.3", "1.2.3.4", "1.2.3.4.5"


def document(
    patient: dict[str, Any] | None = None,
    study: dict[str, Any] | None = None,
    series: dict[str, Any] | None = None,
    instance: dict[str, Any] | None = None,
) -> bytes:
    """Return the metadata of an image set with one instance, with these attributes of each level."""
    own = {"SOPInstanceUID": INSTANCE, "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", **(instance or {})}
    levels = {"DICOM": {"SeriesInstanceUID": SERIES, **(series or {})}, "Instances": {INSTANCE: {"DICOM": own}}}
    return json.dumps(
        {
            "SchemaVersion": "1.1",
            "Patient": {"DICOM": patient or {}},
            "Study": {"DICOM": {"StudyInstanceUID": STUDY, **(study or {})}, "Series": {SERIES: levels}},
        }
    ).encode()


def read(data: bytes, *keywords: str) -> Header | RejectedFile:
    ((uid, header),) = StoredHeaderReader(keywords).read_headers(read_stored_image_set(data))
    assert uid == INSTANCE
    return header


def read_value(keyword: str, stored: Any) -> str | None:
    """Return the text of a stored value; None if its form is refused."""
    header = read(document(instance={keyword: stored}), keyword)
    if isinstance(header, Header):
        return header.values[keyword]
    assert header.disposition is Disposition.MALFORMED
    (issue,) = header.issues
    assert issue.code == "image-set.unreadable-value"
    assert issue.location.keyword == keyword
    assert keyword in issue.message
    return None


@pytest.mark.parametrize(
    ("keyword", "stored", "text"),
    [
        ("PatientName", "Doe^Jane", "Doe^Jane"),
        ("PatientName", "Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("PatientName", "Doe^Jane^^==", "Doe^Jane^^"),
        ("PatientName", {"Alphabetic": "Doe^Jane", "Phonetic": "dou"}, "Doe^Jane==dou"),
        ("PatientName", {"Alphabetic": "Doe", "Other": "x"}, None),
        ("PatientName", {"Alphabetic": 1}, None),
        ("PatientName", ["Doe^Jane", {"Alphabetic": "Roe"}], "Doe^Jane\\Roe"),
        ("PatientID", " 12 ", "12"),
        ("PatientID", None, ""),
        ("PatientID", 12, None),
        ("PatientID", True, None),
        ("PatientID", {"a": 1}, None),
        ("PatientID", [["x"]], None),
        ("PatientID", "\ud800", None),
        ("ImageType", ["ORIGINAL", " PRIMARY ", None, "M"], "ORIGINAL\\PRIMARY\\\\M"),
        ("ImageType", "ORIGINAL\\PRIMARY ", "ORIGINAL\\PRIMARY"),
        ("ImageType", [], ""),
        ("ImageComments", " a\\b ", " a\\b"),
        ("SliceThickness", "1.50 ", "1.50"),
        ("SliceThickness", 1.5, "1.5"),
        ("SeriesNumber", 7, "7"),
        ("SeriesNumber", " 7", "7"),
        ("PixelSpacing", ["0.5 ", "0.50"], "0.5\\0.50"),
        ("PixelSpacing", [0.5, 1], "0.5\\1"),
        ("Rows", 512, "512"),
        ("Rows", "512 ", "512"),
        ("Rows", 512.0, "512"),
        ("Rows", 512.5, None),
        ("Rows", "many", None),
        ("Rows", 10**400, None),
        ("Rows", False, None),
        ("Rows", "", ""),
        ("ExaminedBodyThickness", 0.1, "0.10000000149011612"),
        ("RecommendedDisplayFrameRateInFloat", "2.5", "2.5"),
        ("DiffusionBValue", 1e-07, "1e-07"),
        ("DiffusionBValue", 10**400, None),
        ("DiffusionBValue", {}, None),
        ("FrameIncrementPointer", "00181063", "00181063"),
        ("FrameIncrementPointer", ["00181063", "0054003a"], "00181063\\0054003A"),
        ("FrameIncrementPointer", "(0018,1063)", None),
        ("FrameIncrementPointer", 1577059, None),
    ],
)
def test_forms_of_values(keyword: str, stored: Any, text: str | None) -> None:
    assert read_value(keyword, stored) == text


def test_an_attribute_is_taken_from_the_lowest_level_that_has_it() -> None:
    data = document(
        patient={"PatientID": "P", "StudyID": "patient"},
        study={"StudyID": "study", "SeriesNumber": "1"},
        series={"SeriesNumber": "2", "InstanceNumber": "1"},
        instance={"InstanceNumber": "2", "TransferSyntaxUID": "1.2.840.10008.1.2.1"},
    )
    header = read(data, "PatientID", "StudyID", "SeriesNumber", "StudyTime")
    assert isinstance(header, Header)
    assert header.values == {
        "PatientID": "P",
        "StudyID": "study",
        "SeriesNumber": "2",
        "InstanceNumber": "2",
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": SERIES,
        "SOPInstanceUID": INSTANCE,
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4",
    }
    assert header.transfer_syntax_uid == "1.2.840.10008.1.2.1"
    assert not header.issues


def test_a_tag_in_place_of_the_keyword_is_read() -> None:
    header = read(document(patient={"00100020": "P"}), "PatientID")
    assert isinstance(header, Header)
    assert header.values["PatientID"] == "P"


@pytest.mark.parametrize(("level", "keyword"), [("series", "SeriesInstanceUID"), ("instance", "SOPInstanceUID")])
def test_two_different_uids_are_refused(level: str, keyword: str) -> None:
    header = read(document(**{level: {keyword: "1.2.9"}}))
    assert header.disposition is Disposition.MALFORMED
    assert [(issue.code, issue.location.keyword) for issue in header.issues] == [("image-set.other-uid", keyword)]


@pytest.mark.parametrize(("uid", "disposition"), [(None, Disposition.MISSING_UID), ("1.x", Disposition.INVALID_UID)])
def test_uids_are_required_as_in_files(uid: str | None, disposition: Disposition) -> None:
    assert read(document(instance={"SOPClassUID": uid})).disposition is disposition


def test_texts_have_the_issues_of_a_scan_of_files() -> None:
    header = read(
        document(
            patient={"PatientName": "M\ufffdller", "PatientID": "a\x07"},
            instance={"SpecificCharacterSet": ["ISO_IR 100"]},
        ),
        "PatientName",
        "PatientID",
        "SpecificCharacterSet",
    )
    assert {issue.code for issue in header.issues} == {"p10.undecodable-text", "p10.control-character"}


def test_a_value_over_the_limit_is_refused_as_in_files() -> None:
    header = read(document(patient={"PatientID": "x" * 5000}), "PatientID")
    assert [issue.code for issue in header.issues] == ["p10.value-too-long"]
    assert header.disposition is Disposition.MALFORMED
