"""Number formats of workbook cells: whether a number is displayed as a date, a percentage or with leading zeros.

Source: ECMA-376 part 1, sections 18.8.30 (numFmt) and 18.8.45 (xf).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dicommap.edits.table import CellKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Numbers of the built-in formats of dates and times, also those of East Asian versions."""
_PERCENTAGE_FORMATS = frozenset({9, 10})
_FIRST_CUSTOM_FORMAT = 59
_LITERALS = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[(?![hmsHMS]+\])[^\]]*\]')
"""Pattern of the parts of a format code that do not format digits: texts, escaped characters, spaces, fillers, colours,
conditions and locales."""
_DATE_LETTERS = re.compile(r"[ymdhsYMDHSebgEBG]")
_ZEROS = re.compile(r"0{2,64}")
_FORMATS_LIMIT = 100_000
"""Maximum number of cell formats that are kept. Excel allows 65,490."""
_MAX_WHOLE_NUMBER = 1e15
"""Whole numbers below this number are displayed with all their digits, because a cell keeps 15 digits."""
_FIRST_DAYS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}
_DAYS_LIMIT = 2_958_466
"""The number by which a workbook stores the day after December 31, 9999."""


class CellFormats:
    """Handler of the part of a workbook with the styles. It keeps the number format of each cell format."""

    def __init__(self) -> None:
        self._codes: dict[int, str] = {}
        self._format_ids: list[int] = []
        self._is_in_cell_formats = False
        self._kinds: dict[int, CellKind | str | None] = {}

    def start_element(self, name: str, attributes: Mapping[str, str]) -> None:
        """Keep the code of a number format, or the number format of a cell format."""
        if name == "cellXfs":
            self._is_in_cell_formats = True
        elif name == "numFmt" and len(self._codes) < _FORMATS_LIMIT:
            self._codes[_parse_index(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name == "xf" and self._is_in_cell_formats and len(self._format_ids) < _FORMATS_LIMIT:
            self._format_ids.append(_parse_index(attributes.get("numFmtId")))

    def end_element(self, name: str) -> None:
        """Stop keeping the number formats of cell formats at the end of their list (`cellXfs`)."""
        if name == "cellXfs":
            self._is_in_cell_formats = False

    def add_text(self, text: str) -> None:
        """Ignore the text between elements."""

    def format_number(self, text: str, style: int, *, is_1904: bool) -> tuple[str, CellKind | None]:
        """Return the text that a number cell shows, and the kind of the cell.

        The kind is None if the spreadsheet displays this same text.

        Args:
            text: The number as it is written in the workbook.
            style: The index of the cell's format.
            is_1904: Whether the workbook counts days from 1904, and not from 1900.

        """
        try:
            number = float(text)
        except ValueError:
            return text, None
        form = self._classify_cell_format(style)
        if form is CellKind.DATE:
            return _format_date(number, is_1904=is_1904), form
        shown = _format_plain_number(number)
        if isinstance(form, str):
            # A format such as 00000000 shows leading zeros. So the text gets as many digits as people see.
            return (shown.zfill(len(form)), None) if shown.isdigit() else (shown, CellKind.NUMBER)
        return shown, form or CellKind.NUMBER

    def _classify_cell_format(self, style: int) -> CellKind | str | None:
        """Return the kind of cells that have the cell format `style`, such as DATE; None if they are plain numbers.

        If the format only adds leading zeros, return its zeros, such as `00000000`.
        """
        if style not in self._kinds:
            number = self._format_ids[style] if 0 <= style < len(self._format_ids) else 0
            self._kinds[style] = _classify_number_format(number, self._codes.get(number, ""))
        return self._kinds[style]


def _parse_index(text: str | None) -> int:
    """Return the number in an XML attribute; 0 if the attribute is missing or not a short number."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _classify_number_format(number: int, code: str) -> CellKind | str | None:
    """Return the kind of cells with a number format, or the zeros of a format that only adds leading zeros."""
    if not code and number < _FIRST_CUSTOM_FORMAT:
        if number in _DATE_FORMATS:
            return CellKind.DATE
        return CellKind.PERCENTAGE if number in _PERCENTAGE_FORMATS else None
    shown = _LITERALS.sub("", code)
    if _ZEROS.fullmatch(code):
        return code
    if "%" in shown:
        return CellKind.PERCENTAGE
    is_date = _DATE_LETTERS.search(shown) is not None and "general" not in shown.casefold() and "0E" not in shown
    return CellKind.DATE if is_date else None


def _format_plain_number(number: float) -> str:
    """Return a number as text, with the 15 digits that a spreadsheet displays. Whole numbers have no exponent."""
    if number.is_integer() and abs(number) < _MAX_WHOLE_NUMBER:
        return str(int(number))
    return format(number, ".15g").upper()


def _format_date(number: float, *, is_1904: bool) -> str:
    """Return the date and time for the number by which a workbook stores it, in ISO 8601 form.

    In workbooks that count days from 1900, the number 60 is February 29, 1900, a day that did not exist.
    """
    if not 0 <= number < _DAYS_LIMIT:
        return _format_plain_number(number)
    moment = _FIRST_DAYS[is_1904] + timedelta(seconds=round(number * 86_400))
    if number < 1:
        return f"{moment:%H:%M:%S}"
    if not is_1904 and number < 60:
        moment += timedelta(days=1)
    return f"{moment:%Y-%m-%d}" if number.is_integer() else f"{moment:%Y-%m-%d %H:%M:%S}"
