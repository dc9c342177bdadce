"""Dates moved and made coarser."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.edits.date_shifts import (
    NO_DAY,
    NO_MONTH,
    NO_SUCH_DATE,
    NOT_A_DATE,
    OUT_OF_RANGE,
    shift_date,
    truncate_date,
)
from dicommap.edits.text_templates import NoResult


@pytest.mark.parametrize(
    ("text", "days", "expected"),
    [
        ("20240228", 1, "20240229"),
        ("20230228", 1, "20230301"),
        ("20260101", -1, "20251231"),
        ("20260101", 0, "20260101"),
        ("20260102030405.5+0100", 30, "20260201030405.5+0100"),
        ("2026", 1, NO_DAY),
        ("202601", 1, NO_DAY),
        ("202601+0100", 1, NO_DAY),
        ("2026.01.02", 1, NOT_A_DATE),
        ("2026010", 1, NOT_A_DATE),
        ("2026-01-02", 1, NOT_A_DATE),
        ("about 2026", 1, NOT_A_DATE),
        ("20260230", 1, NO_SUCH_DATE),
        ("00000000", 1, NO_SUCH_DATE),
        ("99991231", 1, OUT_OF_RANGE),
        ("00010101", -1, OUT_OF_RANGE),
        ("20260101", 10**9, OUT_OF_RANGE),
        ("20260101", 10**12, OUT_OF_RANGE),
    ],
)
def test_a_date_moves_by_days(text: str, days: int, expected: str | NoResult) -> None:
    assert shift_date(text, days) == expected


@given(st.dates(date(1800, 1, 1), date(2200, 1, 1)), st.integers(-36_500, 36_500))
def test_moving_there_and_back_is_no_change(day: date, days: int) -> None:
    text = f"{day:%Y%m%d}"
    there = shift_date(text, days)
    assert isinstance(there, str)
    assert there == f"{day + timedelta(days=days):%Y%m%d}"
    assert shift_date(there, -days) == text


@pytest.mark.parametrize(
    ("vr", "text", "to", "expected"),
    [
        ("DA", "19870615", "year", "19870101"),
        ("DA", "19870615", "month", "19870601"),
        ("DT", "19870615093000", "year", "1987"),
        ("DT", "19870615093000", "month", "198706"),
        ("DT", "1987+0100", "year", "1987"),
        ("DT", "1987", "month", NO_MONTH),
        ("DT", "1987+0100", "month", NO_MONTH),
        ("DA", "1987", "month", NO_MONTH),
        ("DA", "1987", "year", "19870101"),
        ("DA", "198706", "month", "19870601"),
        ("DA", "about 1987", "year", NOT_A_DATE),
        ("DA", "1987.06.15", "year", NOT_A_DATE),
        ("DA", "19870615-19870616", "year", NOT_A_DATE),
        ("DA", "1987061", "year", NOT_A_DATE),
        ("DA", "19870230", "year", NO_SUCH_DATE),
        ("DA", "19871301", "month", NO_SUCH_DATE),
    ],
)
def test_a_date_becomes_coarser(vr: str, text: str, to: str, expected: str | NoResult) -> None:
    assert truncate_date(vr, text, to) == expected


@pytest.mark.parametrize("text", ["٢٠٢٤٠١٠١", "2024０１01", "²0240101"])
def test_digits_of_other_scripts_are_no_dates(text: str) -> None:
    assert shift_date(text, 1) == NOT_A_DATE
    assert truncate_date("DA", text, "month") == NOT_A_DATE


def test_a_date_that_is_none_gets_no_coarser() -> None:
    assert truncate_date("DA", "1987????", "year") == NOT_A_DATE
