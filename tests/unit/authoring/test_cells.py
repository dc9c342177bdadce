"""Cells: what stands in one, and what a spreadsheet may have done to it."""

from __future__ import annotations

import pytest

from dicommap.authoring.cells import cell_text, damage, is_differing_marker


@pytest.mark.parametrize(
    ("before", "cell", "sign"),
    [
        ("007", "7", "leading zeros"),
        ("-007", "-7", "leading zeros"),
        ("0012 ", "12", "leading zeros"),
        ("00", "0.0", "another notation"),
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
    assert is_differing_marker("<12 different values>")
    assert not is_differing_marker("different values")
    assert not is_differing_marker("<2 different values> x")
