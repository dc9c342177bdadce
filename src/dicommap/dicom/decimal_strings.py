"""Decimal strings (DS) and integer strings (IS): exact conversion between their texts and JSON numbers.

In JSON, such a value may be a string or a number (PS3.18 Table F.2.3-1). A JSON string keeps the spelling, such as
`1.50`. A JSON number loses the spelling. It keeps the exact value only if 64-bit floating point, which most readers of
JSON use, can hold the value (RFC 8259 section 6).
"""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation

MAX_DS_BYTES = 16
"""Maximum bytes of a DS value (PS3.5 Table 6.2-1)."""
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_MAX_EXACT_INTEGER = 2**53
"""Limit of exact integers: 64-bit floating point can hold every integer up to this one (RFC 7493 section 2.2)."""


def parse_exact_number(vr: str, text: str) -> int | float | None:
    """Return the JSON number of a DS or IS value; None if 64-bit floating point cannot hold the value exactly.

    Args:
        vr: The value representation, DS or IS.
        text: A valid value, such as `1.50` or ` 7`.

    Returns:
        An integer if the text has only digits and a sign, else a float. The number has the exact value of the text, but
        may be written differently.

    """
    stripped = text.strip()
    if _INTEGER.fullmatch(stripped):
        integer = int(stripped)
        if integer == 0 and stripped.startswith("-") and vr == "DS":
            return -0.0
        return integer if is_exact_number(integer) else None
    try:
        exact = Decimal(stripped)
        number = float(exact)
    except (InvalidOperation, OverflowError):
        return None
    return number if math.isfinite(number) and Decimal(repr(number)) == exact else None


def is_exact_number(number: float) -> bool:
    """Return whether all readers of JSON hold a number exactly. An integer above 2**53 may be rounded."""
    return not isinstance(number, int) or abs(number) <= _MAX_EXACT_INTEGER


def format_decimal_string(number: float) -> str | None:
    """Return a DS text with exactly the value of a number; None if each such text has more than 16 bytes.

    Python's text of the number is used if it is short enough, such as `0.5`. Otherwise the shortest spelling is used:
    `.007909681754268` for 0.007909681754268, which has 17 bytes.
    """
    text = repr(number)
    if len(text) <= MAX_DS_BYTES:
        return text
    shortest = min(_list_short_spellings(Decimal(text)), key=len)
    return shortest if len(shortest) <= MAX_DS_BYTES else None


def _list_short_spellings(value: Decimal) -> list[str]:
    """Return short spellings of a decimal number, with an exponent and without. One of them is the shortest."""
    sign, all_digits, exponent = value.as_tuple()
    written = "".join(map(str, all_digits))
    text = written.rstrip("0") or "0"
    minus = "-" if sign else ""
    power = int(exponent) + len(written) - len(text)
    spellings = [f"{minus}{text}E{power}"]
    point = len(text) + power
    if power >= 0:
        if power <= MAX_DS_BYTES:
            spellings.append(f"{minus}{text}{'0' * power}")
    elif point > 0:
        spellings.append(f"{minus}{text[:point]}.{text[point:]}")
    elif -point <= MAX_DS_BYTES:
        spellings.append(f"{minus}.{'0' * -point}{text}")
    return spellings
