"""The cells of a sheet: what a value looks like in one, and what a spreadsheet may have done to it."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from dicommap.model.masking import differing

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIFFERING = re.compile(r"<[0-9]+ different values>")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?(?:[Ee][+-]?[0-9]+)?")
_SHORTENED = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[Ee][+-]?[0-9]+")

_DIGITS_KEPT = 15
"""What spreadsheets keep of a number."""


def cell_text(counts: Mapping[str, int]) -> str:
    """Return a cell for the distinct values of an attribute: the value, or a marker where they differ."""
    return differing(len(counts)) if len(counts) > 1 else next(iter(counts), "")


def is_differing_marker(cell: str) -> bool:
    """Say whether a cell holds the marker for differing values, which is never a value."""
    return _DIFFERING.fullmatch(cell) is not None


def damage(before: str, cell: str) -> str | None:
    """Say how a spreadsheet damaged a number that it took the value for, or None where it did not.

    Damage is the same number written differently, or a long number shortened to 1.2E+10 or to its first 15 digits.
    """
    before = before.strip()
    if _NUMBER.fullmatch(before) is None or _NUMBER.fullmatch(cell) is None:
        return None
    if _SHORTENED.fullmatch(cell) and "e" not in before.lower():
        return "scientific notation"
    if _shortened_to_digits(before, cell):
        return "digits after the fifteenth are lost"
    if _decimal(before) != _decimal(cell):
        return None
    if before.lstrip("+-").startswith("0") and not cell.lstrip("+-").startswith("0"):
        return "leading zeros are lost"
    return "another notation"


def _shortened_to_digits(before: str, cell: str) -> bool:
    digits, left = before.lstrip("+-0"), cell.lstrip("+-0")
    if not (digits.isdigit() and left.isdigit()) or len(digits) <= _DIGITS_KEPT or digits == left:
        return False
    return len(left) == len(digits) and left.endswith("0" * (len(digits) - _DIGITS_KEPT)) and _rounds(digits, left)


def _rounds(digits: str, left: str) -> bool:
    # Some spreadsheets cut, some round.
    return abs(int(digits[:_DIGITS_KEPT]) - int(left[:_DIGITS_KEPT])) <= 1


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
