"""Person names are compared without what is empty at their end."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.dicom.person_name_comparison import (
    is_person_name_keyword,
    merge_counts_of_equal_names,
    normalize_person_name,
)
from tests.support.example_counts import examples

SAME = [
    ["Doe^John", "Doe^John^", "Doe^John^^^", "Doe^John=", "Doe^John==", "Doe^John^=^=", "Doe^John^^=^^^"],
    ["", "^", "^^^^", "=", "==", "^=^"],
    ["A=B", "A^=B", "A=B^^", "A^^=B="],
    ["A==C", "A==C^", "A^=^=C"],
    ["^John", "^John^^"],
    ["A\\B", "A^\\B=", "A=\\B^"],
    ["M\udcfcller", "M\udcfcller^^"],
]


@pytest.mark.parametrize("spellings", SAME)
def test_what_is_empty_at_the_end_means_nothing(spellings: list[str]) -> None:
    assert {normalize_person_name(one) for one in spellings} == {spellings[0]}


def test_what_is_empty_elsewhere_has_a_meaning() -> None:
    for one, other in combinations(SAME, 2):
        assert normalize_person_name(one[0]) != normalize_person_name(other[0])
    assert normalize_person_name("A=") != normalize_person_name("=A")
    assert normalize_person_name("A^B") != normalize_person_name("A^^B")


@given(st.text("A^=\\ ", max_size=12))
@examples(300)
def test_it_is_the_same_again_and_an_end_changes_nothing(value: str) -> None:
    once = normalize_person_name(value)
    assert normalize_person_name(once) == once
    assert normalize_person_name(value + "^") == normalize_person_name(value + "=") == once
    assert once.replace("^", "").replace("=", "") == value.replace("^", "").replace("=", "")


def test_the_spelling_of_most_files_stands_for_the_others() -> None:
    assert merge_counts_of_equal_names("PatientName", {"A^": 2, "A": 1, "B": 1}) == {"A^": 3, "B": 1}
    assert merge_counts_of_equal_names("PatientName", {"A^": 2, "A": 2}) == {"A": 4}
    assert merge_counts_of_equal_names("PatientName", {"A^^": 1}) == {"A^^": 1}


@pytest.mark.parametrize("keyword", ["PatientID", "PatientComments", "no keyword"])
def test_only_names_are_compared_so(keyword: str) -> None:
    assert not is_person_name_keyword(keyword)
    assert merge_counts_of_equal_names(keyword, {"A^": 2, "A": 1}) == {"A^": 2, "A": 1}
