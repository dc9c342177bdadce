"""Tables that people keep in spreadsheets, as rows of cells: what sheets and lookups have in common."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.errors import UsageError
from dicommap.issues import Issue, Location, issue

if TYPE_CHECKING:
    from collections.abc import Iterator

INFORMATION_MARK = "#"
"""Columns whose name begins with it are not edited: they inform, or tell the row's state."""

DELIMITERS = ",;\t|"
"""What may stand between cells."""

_CELL_LIMIT = 2**24
_MARK = "\ufeff"
"""The byte order mark; a tool that changes the encoding of a sheet may leave the old one behind its own."""
_CSV = "CSV: a quote is not closed, or stands inside a value without being doubled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose first row names the columns."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    """All rows behind the header, empty ones and ones of another length too."""

    def whole_rows(self) -> Iterator[tuple[int, tuple[str, ...]] | Issue]:
        """Yield each row that has a cell for each column, with its number as spreadsheets count; blank rows are passed.

        A row of another length is a finding.
        """
        for number, cells in enumerate(self.rows, start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(self.header):
                place = Location(path=self.name, row=number)
                yield issue("sheet.ragged-row", place, count=len(cells), expected=len(self.header))
            else:
                yield number, cells


def require_delimiter(delimiter: str) -> None:
    """Raise UsageError where a character cannot stand between cells."""
    if delimiter not in DELIMITERS or len(delimiter) != 1:
        raise UsageError("A sheet has no such delimiter.", fix="It is a comma, a semicolon, a tab or a bar.")


def column_issues(table: Table) -> Iterator[Issue]:
    """Find columns that stand twice, and columns without a name that hold something: which is meant cannot be known."""
    for column, count in Counter(table.header).items():
        if count > 1 and column and not column.startswith(INFORMATION_MARK):
            yield issue("sheet.repeated-column", Location(path=table.name, row=1, column=column))
    for index, column in enumerate(table.header):
        if not column and any(len(row) > index and row[index].strip() for row in table.rows):
            yield issue("sheet.unnamed-column", Location(path=table.name, row=1, column=letter_of(index)))


def letter_of(index: int) -> str:
    """Return what a spreadsheet calls the column at this index: A, B, ... Z, AA."""
    letters, number = "", index + 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def read_table(name: str, data: bytes, key: str, delimiter: str | None = None) -> Table | Issue:
    """Read a table from its bytes: CSV in UTF-8 or UTF-16, separated by comma, semicolon, tab or bar.

    `key` is a column that the table must have. Without `delimiter`, it is the one that makes the key a column.
    """
    text = _decoded(data)
    if text is None:
        return issue("sheet.unreadable-text", Location(path=name), expected="UTF-8 text")
    csv.field_size_limit(_CELL_LIMIT)
    try:
        rows = list(
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _delimiter(text, key), strict=True)
        )
    except csv.Error:
        return issue("sheet.unreadable-text", Location(path=name), expected=_CSV)
    header = tuple(cell.strip() for cell in rows[0]) if rows else ()
    if key not in header:
        return issue("sheet.no-key-column", Location(path=name, row=1), column=key)
    return Table(name=name, header=header, rows=tuple(map(tuple, rows[1:])))


def _decoded(data: bytes) -> str | None:
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    # UTF-16 without its mark reads as UTF-8 with a null beside each letter.
    return None if "\0" in text[:2] else text.lstrip(_MARK)


def _delimiter(text: str, key: str) -> str:
    line = next(iter(text.splitlines()), "")
    fitting = [delimiter for delimiter in DELIMITERS if key in _cells(line, delimiter)]
    return max(fitting or DELIMITERS, key=lambda delimiter: len(_cells(line, delimiter)))


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cells in csv.reader([line], delimiter=delimiter) for cell in cells]
