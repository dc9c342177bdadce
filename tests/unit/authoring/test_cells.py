"""Cells: what stands in one, and what a spreadsheet may have done to it."""

from __future__ import annotations

import pytest

from dicommap.authoring.cells import cell_text, damage, placeholder, state_of
from dicommap.model.levels import Level


@pytest.mark.parametrize(
    ("before", "cell", "sign"),
    [
        ("007", "7", "leading zeros"),
        ("-007", "-7", "leading zeros"),
        ("0012 ", "12", "leading zeros"),
        ("00", "0.0", "leading zeros"),
        ("12345678901", "1.2E+10", "scientific"),
        ("12345678901", "1,23457E+10", "scientific"),
        ("0012345678901", "1.23457e+10", "scientific"),
        ("123", "123.0", "another notation"),
        ("123", "123,00", "another notation"),
        ("1.5", "1,5", "another notation"),
        ("1.50", "1.5", "another notation"),
        ("+5", "5", "another notation"),
        ("12345678901234567890", "12345678901234500000", "fifteenth"),
        ("12345678901234567890", "12345678901234600000", "fifteenth"),
        ("0012345678901234567890", "12345678901234600000", "fifteenth"),
    ],
)
def test_damage_of_a_number_is_seen(before: str, cell: str, sign: str) -> None:
    assert sign in (damage(before, cell) or "")


@pytest.mark.parametrize(
    ("before", "cell"),
    [
        ("123", "124"),
        ("007", "8"),
        ("007", "008"),
        ("7", "007"),
        ("", "7"),
        ("7", ""),
        ("Doe^Jane", "Doe^June"),
        ("A007", "A7"),
        ("20260102", "20260103"),
        ("1E5", "1E6"),
        ("123", "123x"),
        ("12345678901234567890", "12345678901234567891"),
        ("12345678901234567890", "99945678901234500000"),
        ("12345678901234567890", "123456789012345"),
        ("123456789012345", "123456789012300"),
    ],
)
def test_an_ordinary_edit_is_no_damage(before: str, cell: str) -> None:
    assert damage(before, cell) is None


def test_a_cell_holds_the_one_value_or_the_marker() -> None:
    assert cell_text({"007": 3}) == "007"
    assert cell_text({}) == ""
    assert cell_text({"a": 1, "": 2}) == "<2 different values>"


@pytest.mark.parametrize("cell", ["<12 different values>", "<2 different values", "<2 different values> x", "***"])
def test_signs_that_stand_for_values_are_no_values(cell: str) -> None:
    assert placeholder(cell)


@pytest.mark.parametrize("cell", ["different values", "**", "", "<2>", "A*"])
def test_other_texts_are_values(cell: str) -> None:
    assert placeholder(cell) is None


@pytest.mark.parametrize(
    ("before", "cell", "sign"),
    [
        ("1-2", "02-Jan", "date"),
        ("1/2", "02-Jan", "date"),
        ("MAR1", "01-Mar", "date"),
        ("MAR1", "01.M\u00e4r", "date"),
        ("MAR 1", "1. Mrz", "date"),
        ("1/2", "2. Jan", "date"),
        ("2026-1-2", "02/01/2026", "date"),
        ("12345678E3", "1.23E+10", "scientific"),
        ("=SUM(A1)", "#NAME?", "error"),
        ("anything", "#####", "error"),
        ("", "#REF!", "error"),
    ],
)
def test_damage_of_other_values_is_seen(before: str, cell: str, sign: str) -> None:
    assert sign in (damage(before, cell) or "")


def test_leading_zeros_may_be_put_back() -> None:
    assert damage("7", "007") is None


def test_the_state_tells_values_apart_and_is_no_number() -> None:
    first, other = {"PatientID": {"a": 1}}, {"PatientID": {"b": 1}}
    assert state_of(first, Level.STUDY) == state_of({"PatientID": {"a": 9}}, Level.STUDY)
    assert state_of(first, Level.STUDY) != state_of(other, Level.STUDY)
    assert state_of(first, Level.STUDY).startswith("s")


def test_the_state_of_a_study_does_not_count_its_series_attributes_nor_empty_ones() -> None:
    values = {"PatientID": {"a": 1}}
    more = {**values, "SeriesNumber": {"1": 1, "2": 1}, "PatientComments": {"": 1}}
    assert state_of(values, Level.STUDY) == state_of(more, Level.STUDY)
    assert state_of(values, Level.SERIES) != state_of(more, Level.SERIES)


@pytest.mark.parametrize(
    ("before", "cell"),
    [("PAT001", "PAT-001"), ("ACC2026", "ACC-2026"), ("1-2", "03-Apr"), ("2026-1-2", "2026-3-4"), ("MAR1", "MARS")],
)
def test_an_edit_that_only_looks_like_a_date_is_no_damage(before: str, cell: str) -> None:
    assert damage(before, cell) is None


@pytest.mark.parametrize("before", ["", "PAT001", "123456789012345"])
def test_a_long_number_typed_into_a_spreadsheet_is_seen(before: str) -> None:
    assert damage(before, "1.23457E+14") == "scientific notation"
