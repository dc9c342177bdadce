"""Names that people write for attributes lead to the keyword, and what is no such name is not repeated."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom._dicom_dict import DicomDictionary

from dicommap.dicom.dictionary import TAG_BY_KEYWORD
from dicommap.dicom.keywords import (
    find_similar_keywords,
    looks_like_attribute_name,
    make_keyword_hint,
    mask_unless_attribute,
    mask_unless_word,
    parse_tag,
)
from dicommap.dicom.printable_text import MASK
from tests.support.example_counts import examples

SPELLINGS = [
    "(0010,0020)",
    "0010,0020",
    "00100020",
    "0x00100020",
    "0X00100020",
    "0010 0020",
    "(0010, 0020)",
    " 0010:0020 ",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_tag_in_any_spelling_leads_to_its_keyword(text: str) -> None:
    assert parse_tag(text) == 0x00100020
    assert make_keyword_hint(text) == "(0010,0020) is PatientID; write that"
    assert mask_unless_attribute(text) == text


@given(st.sampled_from(sorted(tag for tag, entry in DicomDictionary.items() if entry[4])), st.booleans())
@examples(200)
def test_every_tag_of_the_dictionary_leads_to_its_keyword_in_either_case(tag: int, upper: bool) -> None:
    text = f"({tag >> 16:04x},{tag & 0xFFFF:04x})"
    assert f" is {DicomDictionary[tag][4]}; write that" in make_keyword_hint(text.upper() if upper else text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(0009,1001)", "a private tag has no keyword"),
        ("(0010,0019)", "the dictionary has no keyword for such a tag"),
        ("(6000,0010)", "the dictionary has no keyword for such a tag"),
        ("(7FE1,0010)", "a private tag has no keyword"),
    ],
)
def test_a_tag_without_keyword_says_what_holds(text: str, expected: str) -> None:
    assert make_keyword_hint(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("patientid", "PatientID"),
        ("PATIENTID", "PatientID"),
        ("Patient ID", "PatientID"),
        ("patient_id", "PatientID"),
        ("Patient's Name", "PatientName"),
        ("patient's birth date", "PatientBirthDate"),
        ("Referring Physician's Name", "ReferringPhysicianName"),
        ("PatinetName", "PatientName"),
        ("Birth Date", "PatientBirthDate"),
    ],
)
def test_names_and_misspelt_keywords_lead_to_the_keyword(text: str, expected: str) -> None:
    assert find_similar_keywords(text)[0] == expected
    assert expected in make_keyword_hint(text)


@pytest.mark.parametrize(
    "text",
    [
        "MuellerHans", "Mueller^Hans", "M\u00fcller", "PatientName_Mueller", "PatientNameMueller", "19500101",
        "zzzz", "", "1950-01-01", "PatientID\n", "X" * 200, "PatientID\x1b[2J",
    ],
)  # fmt: skip
def test_what_looks_like_no_attribute_is_not_repeated(text: str) -> None:
    assert not looks_like_attribute_name(text)
    assert mask_unless_attribute(text) == MASK


@given(st.sampled_from(sorted(TAG_BY_KEYWORD)), st.sampled_from(["", "^", "_", " ", "="]))
@examples(300)
def test_a_name_beside_a_keyword_is_not_repeated(keyword: str, between: str) -> None:
    assert mask_unless_attribute(f"{keyword}{between}CANARY") == MASK
    assert mask_unless_attribute(f"CANARY{between}{keyword}") == MASK


def test_a_word_typed_as_an_option_is_repeated_and_a_value_is_not() -> None:
    words = ("Foo", "(0010,0020)", "Patient ID", "Doe^Jane", "M\u00fcller", "a b")
    assert [mask_unless_word(word) for word in words] == ["Foo", "(0010,0020)", "Patient ID", MASK, MASK, MASK]


def test_very_many_unknown_names_take_little_time() -> None:
    start = time.process_time()
    for number in range(300):
        mask_unless_attribute(f"PatientColumnOfNumber{number}")
    assert time.process_time() - start < 3
