"""What a spreadsheet, pandas or R did to a cell that nobody wanted to change.

A cell is compared with the current value: if only the format differs, as such programs change it, the cell is damaged
and no edit. What identifies a patient or study is also judged without a current value, by the form of the cell.
"""

from __future__ import annotations

import re

from dicommap.edits.cell_damage import MISREAD_UTF8, describe_text_damage, is_misread_utf8, is_truth_word
from dicommap.edits.date_damage import describe_date_damage, describe_time_damage, looks_like_date
from dicommap.edits.null_words import is_identifier_attribute, is_null_word
from dicommap.edits.number_damage import describe_number_damage, is_scientific_notation

_SPREADSHEET_ERROR = re.compile(
    r"#+|#[\u00a1\u00bf]?[^\W\d_]{2,14}(?:/[0-9A-Z]+)?[!?]|#N/?(?:A|V|D|DISP|B)|#GETTING_DATA|Err:[0-9]+", re.IGNORECASE
)
"""Errors of Excel, LibreOffice and Google Sheets, such as #REF!, #BEZUG!, #NAME? and #N/A."""
_POINT_ZERO = re.compile(r"[0-9]+[.,]0+")
_DIGIT_GROUPS = re.compile(r"[0-9]{1,3}(?P<mark>[,'\u2019\u00a0\u202f])[0-9]{3}(?:(?P=mark)[0-9]{3})*(?:[.,][0-9]+)?")
"""Not with points and spaces, with which people write identifiers as well."""
_AMOUNT = re.compile(r"(?:[$\u20ac\u00a3\u00a5] ?)?[0-9][0-9.,]*(?: ?[%$\u20ac\u00a3\u00a5])?")
_AMOUNT_SIGNS = frozenset("%$\u20ac\u00a3\u00a5")
_TIME_OF_DAY = re.compile(r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?: ?[AaPp][Mm])?")


def describe_cell_damage(before: str, cell: str) -> str | None:
    """Return how a program damaged a value that people left alone, or None if the cell may be their edit.

    Args:
        before: The current value.
        cell: What the cell holds, which differs from it.

    """
    before = before.strip(" \t\n")
    if is_spreadsheet_error(cell):
        return "an error of the spreadsheet"
    if not cell:
        return "empty, as programs read the word for no value that was there" if is_null_word(before) else None
    for found in (describe_date_damage, describe_number_damage, describe_time_damage, describe_text_damage):
        sign = found(before, cell)
        if sign:
            return sign
    return None


def describe_identifier_damage(tag: int, cell: str) -> str | None:
    """Return what shows by itself that a program rewrote an identifier, or None.

    People who want such an identifier all the same can set it by a rule.
    """
    if not is_identifier_attribute(tag):
        return None
    return describe_key_damage(cell) or describe_number_formatting(cell)


def describe_key_damage(cell: str) -> str | None:
    """Return what shows that a part of an identifier is lost, or None."""
    if is_spreadsheet_error(cell):
        return "an error of the spreadsheet"
    if is_scientific_notation(cell):
        return "scientific notation"
    if looks_like_date(cell) or _TIME_OF_DAY.fullmatch(cell):
        return "a date or time instead of an identifier"
    return None


def describe_number_formatting(cell: str) -> str | None:
    """Return what shows that an identifier was written as a number, though all its digits are there, or None."""
    if _POINT_ZERO.fullmatch(cell):
        return "a number with .0 instead of an identifier"
    if _DIGIT_GROUPS.fullmatch(cell):
        return "a number with groups of digits instead of an identifier"
    if _AMOUNT.fullmatch(cell) and not _AMOUNT_SIGNS.isdisjoint((cell[0], cell[-1])):
        return "an amount instead of an identifier"
    if is_truth_word(cell):
        return "the spreadsheet's word for true or false instead of an identifier"
    return None


def describe_letter_damage(cell: str) -> str | None:
    """Return what shows by itself that the letters of a text are not those that somebody wrote, or None."""
    return MISREAD_UTF8 if is_misread_utf8(cell) else None


def is_spreadsheet_error(cell: str) -> bool:
    """Return whether a cell is an error of a spreadsheet, such as #REF!."""
    return _SPREADSHEET_ERROR.fullmatch(cell) is not None
