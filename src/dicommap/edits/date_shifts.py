"""Shift a date by days, or truncate it to its month or year (DA and DT, PS3.5 section 6.2)."""

from __future__ import annotations

import re
from datetime import date, timedelta

from dicommap.edits.text_templates import NoResult

DATE_VRS = frozenset({"DA", "DT"})
"""The value representations whose values contain a date. TM is a time of day without a date."""

NO_DAY = NoResult("a current value has no day: it is a year, or a year and a month")
NO_MONTH = NoResult("a current value has no month: it is a year")
NO_SUCH_DATE = NoResult("a current value is a date that does not exist")
NOT_A_DATE = NoResult("a current value does not begin with a date of the form YYYYMMDD")
OUT_OF_RANGE = NoResult("the date would leave the years 1 to 9999")

_DAY = len("YYYYMMDD")
_DIGITS = re.compile(r"[0-9]+")
"""Pattern of ASCII digits. DICOM allows no other digits, but `str.isdigit` accepts digits of all scripts."""
_NO_DAY = re.compile(r"[0-9]{4}(?:[0-9]{2})?(?:[+-][0-9]{4})?")
"""Pattern of a date without a day: a year, or a year and a month. In a DT, an offset from UTC can follow."""


def shift_date(text: str, days: int) -> str | NoResult:
    """Return a DA or DT value whose date is moved by `days`, or the reason why the date cannot be moved."""
    day = _parse_date(text)
    if isinstance(day, NoResult):
        return day
    try:
        moved = day + timedelta(days=days)
    except OverflowError:
        return OUT_OF_RANGE
    return f"{moved.year:04}{moved.month:02}{moved.day:02}{text[_DAY:]}"


def truncate_date(vr: str, text: str, to: str) -> str | NoResult:
    """Truncate a DA or DT value to its year or month.

    A DA value must have a day, so it becomes the first day of the year or month. A DT value ends after its year or
    month.

    Args:
        vr: DA or DT.
        text: The value.
        to: `year` or `month`.

    Returns:
        The truncated value, or the reason why the value cannot be truncated.

    """
    kept = {"year": 4, "month": 6}[to]
    if _NO_DAY.fullmatch(text) is not None:
        if len(text[:kept]) < kept or _DIGITS.fullmatch(text, 0, kept) is None:
            return NO_MONTH
    else:
        day = _parse_date(text)
        if isinstance(day, NoResult):
            return day
        if vr == "DA" and len(text) > _DAY:
            return NOT_A_DATE
    return text[:kept] + ("0101"[kept - 4 :] if vr == "DA" else "")


def _parse_date(text: str) -> date | NoResult:
    """Return the date at the beginning of a DA or DT value, or the reason why it has no such date."""
    if _NO_DAY.fullmatch(text) is not None:
        return NO_DAY
    if len(text) < _DAY or _DIGITS.fullmatch(text, 0, _DAY) is None:
        return NOT_A_DATE
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:_DAY]))
    except ValueError:
        return NO_SUCH_DATE
