"""The cells of a sheet: what a value looks like in one, and what a spreadsheet may have done to it."""

from __future__ import annotations

import hashlib
import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from dicommap.issues import Issue, Location, issue
from dicommap.model.levels import Level, level_of
from dicommap.model.masking import MASK, differing
from dicommap.model.tags import tag_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.model.hierarchy import Values

_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?(?:[Ee][+-]?[0-9]+)?")
_SHORTENED = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[Ee][+-]?[0-9]+")
_AS_SPREADSHEETS_SHORTEN = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?E[+-][0-9]{2,3}")
_LEADING_ZERO = re.compile(r"[+-]?0[0-9].*")
_SPREADSHEET_ERROR = re.compile(r"#+|#(?:NAME\?|REF!|VALUE!|DIV/0!|NUM!|NULL!|N/A|SPILL!|CALC!)|Err:[0-9]+")
_TAKEN_FOR_DATE = re.compile(r"[0-9]{1,4}[-/. ][0-9]{1,2}(?:[-/. ][0-9]{1,4})?|[A-Za-z]{3,9}[- ]?[0-9]{1,4}")
_MONTH = (
    r"(?:jan|f[eé]b|feb|fev|m[aäe]r|m[aä]rz?|mrz|apr|abr|avr|may|mai|mag|maj|jun|jui|giu|jul|lug|aug|ago|ao[uû]|sep|set"
    r"|o[ck]t|ott|nov|de[czs]|d[eé]c|dic|ene|gen)[a-zé]{0,6}\.?"
)
_DATE = re.compile(
    rf"[0-9]{{1,2}}[-. ]+{_MONTH}(?:[-. ]+[0-9]{{2,4}})?|{_MONTH}[- ][0-9]{{2,4}}"
    r"|[0-9]{1,4}(?P<mark>[-/.])[0-9]{1,2}(?P=mark)[0-9]{1,4}",
    re.IGNORECASE,
)
_INTEGER = re.compile(r"[0-9]+")

_DIGITS_KEPT = 15
"""What spreadsheets keep of a number."""


def cell_text(counts: Mapping[str, int]) -> str:
    """Return a cell for the distinct values of an attribute: the value, or a marker where they differ."""
    return differing(len(counts)) if len(counts) > 1 else next(iter(counts), "")


def state_of(values: Values, level: Level) -> str:
    """Return a short text that changes when a value of a study or series does: of a study's own, or of all.

    A sheet carries it in each row, so that a row written from an older inventory is noticed. Attributes without any
    value do not count: capturing one more that is empty everywhere changes nothing. For STUDY those of the patient and
    study count, for SERIES all.
    """
    of_level = (Level.PATIENT, Level.STUDY) if level is Level.STUDY else tuple(Level)
    distinct = {
        keyword: sorted(counts)
        for keyword, counts in values.items()
        if list(counts) != [""] and level_of(tag_of(keyword) or 0) in of_level
    }
    digest = hashlib.blake2b(json.dumps(distinct, sort_keys=True).encode("utf-8", "surrogatepass"), digest_size=6)
    # A letter first, or a spreadsheet may take the digits for a number.
    return "s" + digest.hexdigest()


def placeholder(cell: str) -> str | None:
    """Say which sign that stands for values a cell holds, or None: such a sign is never a value itself."""
    if cell == MASK:
        return "the mask of a hidden value"
    if cell.startswith("<") and "different values" in cell:
        return "the marker of differing values, but not the one that was written there"
    return None


def damage(before: str, cell: str) -> str | None:
    """Say how a spreadsheet damaged a value that it took for a number, a date or a formula; None where it did not.

    A number is damaged when it is the same one written differently, or a long one shortened to 1.2E+10 or to its
    first 15 digits. Leading zeros that were added are no damage: people put them back.
    """
    before = before.strip()
    if _SPREADSHEET_ERROR.fullmatch(cell):
        return "an error of the spreadsheet"
    if _TAKEN_FOR_DATE.fullmatch(before) and _DATE.fullmatch(cell) and _is_date_of(before, cell):
        return "a date, where the value was none"
    if _AS_SPREADSHEETS_SHORTEN.fullmatch(cell) and not _SHORTENED.fullmatch(before):
        return "scientific notation"
    if _NUMBER.fullmatch(before) is None or _NUMBER.fullmatch(cell) is None:
        return None
    return _number_damage(before, cell)


def _is_date_of(before: str, cell: str) -> bool:
    """Say whether the small numbers of a date, its day and month, were there before: others were typed."""
    found = {int(number) for number in _INTEGER.findall(cell)}
    return {number for number in found if number <= 31} <= {int(number) for number in _INTEGER.findall(before)}


def _number_damage(before: str, cell: str) -> str | None:
    if _SHORTENED.fullmatch(cell) and not _SHORTENED.fullmatch(before):
        return "scientific notation"
    if _shortened_to_digits(before, cell):
        return "digits after the fifteenth are lost"
    if _decimal(before) != _decimal(cell) or _LEADING_ZERO.fullmatch(cell):
        return None
    if before.lstrip("+-").startswith("0"):
        return "leading zeros are lost"
    return "another notation of the same number"


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


def cell_issues(before: str, cell: str, place: Location) -> Iterator[Issue]:
    """Find what makes a cell no value that anybody wrote: a sign that stands for values, or a spreadsheet's damage."""
    what = placeholder(cell)
    if what:
        yield issue("sheet.placeholder-cell", place, what=what)
        return
    sign = damage(before, cell)
    if sign:
        yield issue("sheet.damaged-cell", place, sign=sign)
