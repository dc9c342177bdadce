"""Values as people see them."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.dicom.printable_text import convert_bytes_to_surrogates, make_printable
from dicommap.model.masking import (
    Masker,
    escape_text,
    escape_undecodable,
    escape_value,
    find_escapes,
    has_mask_or_mark,
    is_unmasked_in_repr,
    show_values,
)

VALUES = st.text(st.one_of(st.characters(), st.integers(0xDC00, 0xDCFF).map(chr)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Müller^Jörg", "Müller^Jörg"),
        ("M" + convert_bytes_to_surrogates(b"\xfc") + "ller", r"M\xfcller"),
        (convert_bytes_to_surrogates(b"\x1b$)A"), r"\x1b\x24\x29\x41"),
        ("M\ufffdller", r"M\ufffdller"),
        ("a\x1b[31m\x07\x7f\x9b", r"a\x1b[31m\x07\x7f\x9b"),
        ("a\u202eb\u2066\u200f\u061c", r"a\u202eb\u2066\u200f\u061c"),
        ("a\r\nb\tc", r"a\x0d\x0ab\x09c"),
        ("a\0b", r"a\x00b"),
    ],
)
def test_what_cannot_be_read_becomes_an_escape(text: str, shown: str) -> None:
    assert escape_text(text) == shown


def test_long_texts_keep_their_lines() -> None:
    text = "one\r\n\ttwo\f\v\x1bthree"
    assert escape_value("PatientComments", text) == "one\r\n\ttwo\f\\x0b\\x1bthree"
    assert escape_value("PatientName", text) == r"one\x0d\x0a\x09two\x0c\x0b\x1bthree"


@given(VALUES)
def test_nothing_seen_is_a_control_or_no_character(text: str) -> None:
    for shown in (escape_text(text), make_printable(text)):
        assert not {unicodedata.category(one) for one in shown} & {"Cc", "Cs"}
    assert "\ufffd" not in escape_text(text)
    assert escape_text(escape_text(text)) == escape_text(text)


@given(VALUES)
def test_what_is_decodable_has_no_undecodable_byte_and_loses_nothing_else(text: str) -> None:
    shown = escape_undecodable(text)
    assert not any(0xDC00 <= ord(one) <= 0xDCFF or one == "\ufffd" for one in shown)
    if not any(0xDC00 <= ord(one) <= 0xDCFF or one == "\ufffd" for one in text):
        assert shown == text


def test_escapes_are_found_in_a_text() -> None:
    assert find_escapes(r"M\xfcller \u202e \xFC \q plain") == {r"\xfc", r"\u202e"}
    assert find_escapes("Müller") == frozenset()


def test_equal_values_of_one_attribute_get_equal_marks() -> None:
    masker = Masker()
    values = [("PatientID", "7"), ("PatientID", "8"), ("PatientName", "7"), ("PatientID", "7"), ("PatientID", "***")]
    assert [masker.mask(*value) for value in values] == [
        "<PatientID 1>",
        "<PatientID 2>",
        "<PatientName 1>",
        "<PatientID 1>",
        "<PatientID 3>",
    ]
    assert masker.example == "<PatientID 1>"


def test_marks_of_private_attributes_are_recognized_as_marks() -> None:
    mark = Masker().mask("(0009,1010)", "secret")
    assert (mark, has_mask_or_mark(mark)) == ("<00091010 1>", True)


def test_a_masker_without_masked_values_has_no_example() -> None:
    masker, unmasked = Masker(), Masker(show_values=True)
    assert (masker.mask("Modality", "MR"), masker.mask("PatientID", ""), masker.example) == ("MR", "", "")
    assert (unmasked.mask("PatientID", "7\x07"), unmasked.example) == (r"7\x07", "")


@given(st.lists(VALUES.filter(bool)))
def test_marks_are_equal_for_equal_values_only_also_when_numbers_are_used_up(values: list[str]) -> None:
    masker = Masker()
    masker.MAX_NUMBERED_VALUES = 2
    marks = {value: masker.mask("PatientID", value) for value in values}
    assert {value: masker.mask("PatientID", value) for value in reversed(values)} == marks
    assert len({*marks.values()}) == len(marks)
    assert all(map(has_mask_or_mark, marks.values()))


def test_hashes_of_two_maskers_differ() -> None:
    Few = type("Few", (Masker,), {"MAX_NUMBERED_VALUES": 0})
    assert Few().mask("PatientID", "7") != Few().mask("PatientID", "7")


@pytest.mark.parametrize(
    "text",
    [
        "***",
        " *** ",
        "<PatientID 3>",
        "HOSP-<PatientID 12>",
        "<PatientName 1> (3); <PatientName 2> (1)",
        "<00091001 1>",
        "<PatientID 0123456789abcdef>",
        "<Pati… 3>",
        "<Pat... 3>",
    ],
)
def test_masks_and_marks_are_known(text: str) -> None:
    assert has_mask_or_mark(text)


@pytest.mark.parametrize(
    "text", ["", "***x", "****", "<PatientID>", "<PatientID 0>", "<Draft 3>", "a < b 3>", "PatientID 3"]
)
def test_other_texts_are_no_masks(text: str) -> None:
    assert not has_mask_or_mark(text)


def test_values_are_shown_inside_a_with_statement_only() -> None:
    with show_values(True):
        assert is_unmasked_in_repr()
        with show_values(False) as nothing:
            assert nothing is None
            assert not is_unmasked_in_repr()
        assert is_unmasked_in_repr()
    assert not is_unmasked_in_repr()
    assert (repr(show_values(True)), repr(show_values(False))) == ("Values are shown.", "Values are masked.")


@pytest.mark.parametrize(("value", "shown"), [("1", "True"), ("0", "False")])
def test_the_environment_shows_values_from_the_start(value: str, shown: str) -> None:
    code = "import dicommap; from dicommap.model import masking; print(masking.is_unmasked_in_repr())"
    environment = {**os.environ, "DICOMMAP_SHOW_VALUES": value}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == shown
