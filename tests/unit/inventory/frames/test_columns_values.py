"""Texts as typed cells: what is a value of the type, and what is not."""

from __future__ import annotations

import pytest

from dicommap.inventory.frames.columns import parse_date, parse_integer, parse_number


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("20240229", "2024-02-29"),
        ("00010101", "0001-01-01"),
        ("99991231", "9999-12-31"),
        ("20230229", None),
        ("00000101", None),
        ("2023.01.02", None),
        ("202301", None),
        ("20230101\\20230102", None),
        ("٢٠٢٣٠١٠١", None),
        ("20230101\n", None),
        ("", None),
    ],
)
def test_dates(text: str, cell: str | None) -> None:
    assert parse_date(text) == cell


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("12", 12),
        (" -0012 ", -12),
        ("+7", 7),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", None),
        ("-9223372036854775808", -(2**63)),
        ("9" * 5000, None),
        ("1.0", None),
        ("1_000", None),
        ("1\\2", None),
        ("٣", None),
        ("", None),
    ],
)
def test_integers(text: str, cell: int | None) -> None:
    assert parse_integer(text) == cell


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("0.70", 0.7),
        (" -1.5E-3", -0.0015),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e999", None),
        ("nan", None),
        ("inf", None),
        ("1,5", None),
        ("1\\2", None),
        ("", None),
    ],
)
def test_numbers(text: str, cell: float | None) -> None:
    assert parse_number(text) == cell
