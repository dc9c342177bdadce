"""Near matches: texts that differ by what people and programs change are found and named, and others are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.edits.near_uids import NearUids
from dicommap.edits.text_normalization import compute_near_key, describe_differences, normalize_nfc
from tests.support.example_counts import examples


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("0012345", "12345", "leading zeros"),
        ("A-0002", "A-2", "leading zeros"),
        ("A-0002", "a-0002", "letter case"),
        ("12347", "12347.0", ".0 at its end"),
        ("12347", "12347,00", ".0 at its end"),
        ("12347", "1 2347", "spaces"),
        ("12347", "\u00a012347\u200b", "spaces"),
        ("1234567", "1,234,567", "groups of digits"),
        ("Mu\u0308", "M\u00fc", "Unicode normal form"),
        ("\uff11\uff12", "12", "Unicode normal form"),
        ("0012A", "12a", "letter case and leading zeros"),
        ("007", "7.0", ".0 at its end and leading zeros"),
    ],
)
def test_what_differs_is_named(one: str, other: str, words: str) -> None:
    assert compute_near_key(one) == compute_near_key(other)
    assert describe_differences(one, other) == words
    assert describe_differences(other, one) == words


@pytest.mark.parametrize(
    ("one", "other"), [("12345", "12346"), ("A-1", "B-1"), ("100", "1"), ("10.5", "105"), ("1.20", "1.2"), ("", "0")]
)
def test_other_texts_are_not_near(one: str, other: str) -> None:
    assert compute_near_key(one) != compute_near_key(other)


@given(st.text(max_size=20))
@examples(100)
def test_a_text_is_near_itself_in_every_case_and_form(text: str) -> None:
    assert compute_near_key(text) == compute_near_key(normalize_nfc(text))
    assert compute_near_key(f" {text} ") == compute_near_key(text)


@pytest.mark.parametrize(
    ("text", "uid", "words"),
    [
        ("1.2.840.7", "1.2.840.007", "leading zeros"),
        ("1.200.300", "1.200.0300", "leading zeros"),
        ("1200300", "1.200.300", "its points"),
        ("1,200,300", "1.200.300", "its points"),
        ("1.2003E+06", "1.200.300", "digits that are lost"),
        ("1,2E+06", "1.200.300", "digits that are lost"),
        ("225123456789012000000", "2.25.123456789012345678", "digits that are lost"),
    ],
)
def test_the_uid_that_a_spreadsheet_changed_is_found(text: str, uid: str, words: str) -> None:
    near = NearUids([text, "1.3.9"])
    for other in ("1.2.3", uid, "1.2.840.99999", "2.25.9"):
        near.add_uid(other)
    assert near.find_uid(text) == (uid, words)
    assert near.find_uid("1.3.9") is None


def test_of_several_near_uids_none_is_named() -> None:
    near = NearUids(["1.2E+06"])
    near.add_uid("1.200.300")
    near.add_uid("1.200.400")
    assert near.find_uid("1.2E+06") is None


def test_the_same_uid_is_not_near() -> None:
    near = NearUids(["1.2.3"])
    near.add_uid("1.2.3")
    assert near.find_uid("1.2.3") is None
