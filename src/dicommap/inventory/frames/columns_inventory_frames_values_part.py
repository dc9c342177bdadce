"""Values of attributes as typed cells; None where a text is no value of its type, whatever else it is."""

from __future__ import annotations

import math
import re
from datetime import date

_DATE = re.compile(r"[0-9]{8}")
_INTEGER = re.compile(r" *[+-]?[0-9]{1,19} *")
_NUMBER = re.compile(r" *[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[Ee][+-]?[0-9]+)? *")
_INT64 = range(-(2**63), 2**63)


def parse_date(text: str) -> str | None:
    """Return a date that exists as YYYY-MM-DD (ISO 8601), from YYYYMMDD (DA, PS3.5 section 6.2)."""
    if _DATE.fullmatch(text) is None:
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()
    except ValueError:
        return None


def parse_integer(text: str) -> int | None:
    """Return an integer of 64 bits (IS and the binary integers, as the scan writes these)."""
    if _INTEGER.fullmatch(text) is None:
        return None
    number = int(text)
    return number if number in _INT64 else None


def parse_number(text: str) -> float | None:
    """Return a finite number (DS and the binary fractions, as the scan writes these)."""
    if _NUMBER.fullmatch(text) is None:
        return None
    number = float(text)
    return number if math.isfinite(number) else None
