"""Which new texts are unusable, and which current values make them usable."""

from __future__ import annotations

import pytest

from dicommap.dicom.dictionary import tag_of
from dicommap.edits.unusable_texts import UnusableKind, find_unusable_text, unusable_attribute_issues
from dicommap.issues import Location


def kind(keyword: str, text: str, *current: str) -> UnusableKind | None:
    unusable = find_unusable_text(tag_of(keyword) or 0, text, current)
    return None if unusable is None else unusable.kind


@pytest.mark.parametrize(
    "text",
    [
        "<12 different values>",
        "<2 different values",
        "<2 different values> x",
        "***",
        " *** ",
        "<PatientID 3>",
        "a\\***",
    ],
)
def test_masks_and_markers_are_placeholders(text: str) -> None:
    assert kind("OtherPatientIDs", text) is UnusableKind.PLACEHOLDER


@pytest.mark.parametrize("text", ["different values", "**", "", "<2>", "A*", "x < 3", "<b 3>", "*** URGENT ***"])
def test_other_descriptions_are_usable(text: str) -> None:
    assert kind("StudyDescription", text) is None


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("StudyDescription", "#REF!"),
        ("StudyDescription", "Err:502"),
        ("PatientID", "#####"),
        ("PatientComments", "#NV"),
    ],
)
def test_errors_of_a_spreadsheet(keyword: str, text: str) -> None:
    assert kind(keyword, text) is UnusableKind.PROGRAM_ERROR


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("StudyDescription", "NaN"),
        ("PatientID", "None"),
        ("PatientID", "SITE-nan"),
        ("AccessionNumber", "NaT 12"),
        ("PatientName", "None^None"),
        ("PatientName", "Doe^nan"),
        ("PatientName", "Doe^J=NULL"),
    ],
)
def test_words_for_a_missing_value(keyword: str, text: str) -> None:
    assert kind(keyword, text) is UnusableKind.NULL_WORD


@pytest.mark.parametrize(
    ("keyword", "text"),
    [("PatientName", "Nan^Goldin"), ("PatientName", "Null^Chris"), ("PatientID", "NAN-1"), ("Allergies", "None")],
)
def test_names_and_terms_that_look_like_such_words(keyword: str, text: str) -> None:
    assert kind(keyword, text) is None


@pytest.mark.parametrize(
    ("text", "current", "is_usable"),
    [
        ("***", "***", True),
        ("SITE-***", "***", True),
        ("nan", "nan", True),
        ("nan", "Fernanda", False),
        ("<PatientID 3> x", "<PatientID 3>", True),
        ("<PatientID 4>", "<PatientID 3>", False),
    ],
)
def test_what_a_current_value_already_has_is_usable(text: str, current: str, is_usable: bool) -> None:
    assert (kind("PatientID", text, "7", current) is None) is is_usable


def test_a_description_has_no_part_of_the_text() -> None:
    unusable = find_unusable_text(tag_of("PatientID") or 0, "Zyzzyva-nan")
    assert unusable is not None
    assert "Zyzzyva" not in unusable.description


def test_items_of_sequences_are_searched() -> None:
    item = {"00080104": {"vr": "LO", "Value": ["***"]}, "00080100": {"vr": "SH", "Value": ["NULL"]}}
    attribute = {"vr": "SQ", "Value": [item]}
    found = list(unusable_attribute_issues(0x00081032, attribute, Location()))  # type: ignore[arg-type]
    assert [issue.location.keyword for issue in found] == ["CodeMeaning", "CodeValue"]
    words = list(unusable_attribute_issues(0x00081032, attribute, Location(), allows_words=True))  # type: ignore[arg-type]
    assert [issue.location.keyword for issue in words] == ["CodeMeaning"]
