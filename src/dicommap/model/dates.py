"""Dates as DICOM writes them (DA and DT, PS3.5 section 6.2), moved and made coarser."""

from __future__ import annotations

import re
from datetime import date, timedelta

DATE_VRS = frozenset({"DA", "DT"})
"""TM has no day, so it neither moves nor gets coarser."""

_DAY = len("YYYYMMDD")
_DIGITS = re.compile(r"[0-9]+")
"""DICOM's digits; Python takes those of other scripts for numbers too."""


def shifted(text: str, days: int) -> str | None:
    """Return a date, or the date of a date and time, moved by days; None where it has no day or leaves the calendar."""
    if len(text) < _DAY or _DIGITS.fullmatch(text, 0, _DAY) is None:
        return None
    try:
        moved = date(int(text[:4]), int(text[4:6]), int(text[6:_DAY])) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return f"{moved.year:04}{moved.month:02}{moved.day:02}{text[_DAY:]}"


def truncated(vr: str, text: str, to: str) -> str | None:
    """Return a date made coarser: to its `year` or its `month`; None where it has no such part.

    DA needs a whole day, so it gets the first one of the year or month; DT can end after the year or month.
    """
    kept = {"year": 4, "month": 6}[to]
    if vr == "DA" and _DIGITS.fullmatch(text) is None:
        return None
    if len(text) < kept or _DIGITS.fullmatch(text, 0, kept) is None:
        return None
    return text[:kept] + ("0101"[kept - 4 :] if vr == "DA" else "")
