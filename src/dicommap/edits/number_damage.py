"""Detect numbers that a spreadsheet, pandas or R rewrote, such as lost zeros, digit groups and exponents."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SCIENTIFIC_NOTATION = "scientific notation"
"""Description of a cell that a program wrote in scientific notation."""
_LENGTH_LIMIT = 64
"""Maximum number of characters of a text that can be a number. Programs do not change longer texts to numbers."""
SPREADSHEET_DIGITS = 15
"""Number of significant digits of a number that spreadsheets keep."""
_DECIMALS_ROUNDED = 4
"""Minimum number of decimals of a current value for which a rounded value in a cell is damage, and not an edit."""

_SCIENTIFIC = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[Ee][+-]?[0-9]+")
_SCIENTIFIC_AS_WRITTEN = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[Ee][+-][0-9]{2,3}")
_LEADING_ZERO = re.compile(r"[+-]?0[0-9].*")
_PLAIN_NUMBER = re.compile(r"(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[Ee][+-]?[0-9]+)?")
_GROUPED_NUMBER = re.compile(
    r"(?P<whole>[0-9]{1,3}(?P<mark>[.,'\u2019 ])[0-9]{3}(?:(?P=mark)[0-9]{3})*)(?:[.,](?P<rest>[0-9]+))?"
)
_INDIAN_GROUPED_NUMBER = re.compile(r"(?P<whole>[0-9]{1,2}(?:,[0-9]{2})*,[0-9]{3})(?:\.(?P<rest>[0-9]+))?")
_CURRENCY = (
    r"(?:USD|EUR|GBP|CHF|JPY|CNY|RMB|INR|KRW|BRL|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RUB|TRY|ZAR|Fr\.?|kr\.?|Rs\.?|R\$)"
)
_CURRENCY_CODE = re.compile(rf"{_CURRENCY}(?= )|(?<= ){_CURRENCY}")
_GROUP_SEPARATOR = re.compile(r"[.,'\u2019 ]")
_NOT_NUMERIC = re.compile(r"[A-DF-Za-df-z_/^\\]")
"""Pattern of characters that are in no number without a currency. It is a fast check before a number is parsed."""
_MINUS_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-"})


def is_scientific_notation(cell: str) -> bool:
    """Return whether a cell is a number in scientific notation as programs write it, such as 1.2E+10."""
    return _SCIENTIFIC_AS_WRITTEN.fullmatch(cell) is not None


def describe_number_damage(before: str, cell: str) -> str | None:
    """Return a description of how a program changed the number `before` to `cell`; None if it did not.

    A cell is damaged if it is the same number in another notation, or a long number that has lost digits. Added leading
    zeros and removed spaces are not damage, because people make these changes.
    """
    if is_scientific_notation(cell) and not _SCIENTIFIC.fullmatch(before):
        return SCIENTIFIC_NOTATION
    were = set(_parse_possible_numbers(before))
    are = set(_parse_possible_numbers(cell)) if were else were
    if not are:
        return None
    if _SCIENTIFIC.fullmatch(cell) and not _SCIENTIFIC.fullmatch(before):
        return SCIENTIFIC_NOTATION
    if _is_cut_to_spreadsheet_digits(before, _GROUP_SEPARATOR.sub("", _normalize_signs(cell))):
        return "digits after the fifteenth are lost"
    if _is_rounded_decimal(before, cell):
        return "digits behind the decimal point are lost"
    if not were & are or _LEADING_ZERO.fullmatch(cell) or before.replace(" ", "") == cell:
        return None
    return "leading zeros are lost" if _LEADING_ZERO.fullmatch(before) else describe_number_format(cell)


def describe_number_format(cell: str) -> str:
    """Return a description of the format in which a program wrote a number, such as `a percentage`."""
    text = _normalize_signs(cell)
    if "%" in text:
        return "a percentage"
    if _strip_currency(text) != text:
        return "a currency sign"
    if _GROUPED_NUMBER.fullmatch(text.lstrip("+-")) or _INDIAN_GROUPED_NUMBER.fullmatch(text.lstrip("+-")):
        return "its digits are grouped"
    return "another notation of the same number"


def _normalize_signs(text: str) -> str:
    """Return a text in Unicode normal form NFKC, with ASCII minus signs, and without spaces around it."""
    return unicodedata.normalize("NFKC", text).translate(_MINUS_SIGNS).strip()


def _parse_possible_numbers(text: str) -> Iterator[Decimal]:
    """Yield the numbers that a text can mean. For example, 1,234 can mean 1.234 or 1234."""
    if not 0 < len(text) <= _LENGTH_LIMIT or (
        _NOT_NUMERIC.search(text) and text.isascii() and not {" ", "$"} & set(text)
    ):
        return
    text = _strip_currency(_normalize_signs(text))
    negative = text[:1] in "-(" or text[-1:] == "-"
    text = text[1:-1] if text[:1] == "(" and text[-1:] == ")" else text
    text = text.removesuffix("-").lstrip("+-").strip()
    percent = text.endswith("%") or text.startswith("%")
    text = text.strip("% ")
    for digits in _list_possible_digits(text):
        try:
            number = Decimal(digits)
        except InvalidOperation:
            continue
        number = number.scaleb(-2) if percent else number
        yield -number if negative else number


def _list_possible_digits(text: str) -> Iterator[str]:
    """Yield the plain decimal numbers that a text with separators can mean, such as 1.234 and 1234.0 for 1,234."""
    if _PLAIN_NUMBER.fullmatch(text):
        yield text.replace(",", ".")
    for grouped in (_GROUPED_NUMBER.fullmatch(text), _INDIAN_GROUPED_NUMBER.fullmatch(text)):
        if grouped:
            yield _GROUP_SEPARATOR.sub("", grouped["whole"]) + "." + (grouped["rest"] or "0")


def _strip_currency(text: str) -> str:
    """Return a text without currency signs and currency codes."""
    if text.isascii() and not any(letter.isalpha() or letter == "$" for letter in text):
        return text
    kept = "".join(letter for letter in text if unicodedata.category(letter) != "Sc")
    return _CURRENCY_CODE.sub("", kept).strip()


def _is_cut_to_spreadsheet_digits(before: str, cell: str) -> bool:
    """Return whether a cell is the integer `before` with only its first 15 digits, as spreadsheets store it."""
    digits, left = before.lstrip("+-0"), cell.lstrip("+-0")
    if not (digits.isdigit() and left.isdigit()) or len(digits) <= SPREADSHEET_DIGITS or digits == left:
        return False
    if len(digits) <= _LENGTH_LIMIT and int(left) in (int(float(digits)), int(Decimal(repr(float(digits))))):
        return True  # the cell is the number rounded to 53 binary digits, as pandas and JavaScript store it
    return (
        len(left) == len(digits)
        and left.endswith("0" * (len(digits) - SPREADSHEET_DIGITS))
        and _is_rounded_integer(digits, left)
    )


def _is_rounded_integer(digits: str, left: str) -> bool:
    """Return whether the first 15 digits of two integers differ by at most 1. Both integers have the same length."""
    # Some spreadsheets cut the number after the 15th digit, others round it.
    return abs(int(digits[:SPREADSHEET_DIGITS]) - int(left[:SPREADSHEET_DIGITS])) <= 1


def _is_rounded_decimal(before: str, cell: str) -> bool:
    """Return whether a cell is the number `before`, rounded to fewer decimals."""
    had, has = (_count_decimals(text) for text in (before, cell))
    if has is None or had is None or not 0 < has < had or had < _DECIMALS_ROUNDED:
        return False
    exact, shown = (next(_parse_possible_numbers(text)) for text in (before, cell))
    return abs(exact - shown) <= Decimal(5).scaleb(-has - 1)


def _count_decimals(text: str) -> int | None:
    """Return the number of decimals of a number; None if it has none."""
    match = re.fullmatch(r"[+-]?[0-9]+[.,]([0-9]+)", text)
    return len(match[1]) if match and len(text) <= _LENGTH_LIMIT else None
