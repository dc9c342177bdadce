"""Tables that people keep in spreadsheets, as rows of cells: what sheets and lookups have in common."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from dicommap.dicom.keywords import looks_like_attribute
from dicommap.edits.csv_reader_authoring_table_text_part import DecodingProblem, decode_csv
from dicommap.issues import Issue, Location, make_issue
from dicommap.model.choices import unknown_choice

if TYPE_CHECKING:
    from collections.abc import Iterator

INFORMATION_COLUMN_PREFIX = "#"
"""Columns whose name begins with it are not edited: they inform, or tell the row's state."""

DELIMITERS = ",;\t|"
"""What may stand between cells."""

COLUMNS_LIMIT = 16_384
"""Cells of a row: as many as a spreadsheet has columns."""
CELLS_LIMIT = 20_000_000
"""Cells of a table, an empty row counted as one: a sheet of 256 MiB has about 13 million."""
CELL_LENGTH_LIMIT = 2**24
"""Characters of a cell."""
_HEADER_SEARCH_ROWS = 50
"""Rows at the beginning in which a header is sought that is not the first one."""
_HEADER_SEARCH_CHARACTERS = 2**20
"""Characters at the beginning in which the delimiter is sought."""
_SEPARATOR_LINE = re.compile(
    r"(?P<quote>\"?)sep=(?P<delimiter>[^\"\r\nA-Za-z0-9])(?P=quote)[,;\t|]*[\r\n]*", re.IGNORECASE
)
"""What people and programs put before a CSV so that Excel splits its columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvTable:
    """A table: a row that names the columns, and rows of cells below it."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    """All rows behind the header, empty ones and ones of another length too."""
    header_row: int = 1
    """The number of the row that names the columns; 2 below a line `sep=;`."""

    def complete_rows(self) -> Iterator[tuple[int, tuple[str, ...]] | Issue]:
        """Yield each row that has a cell for each column, with its number as spreadsheets count; blank rows are passed.

        A row of another length is a finding.
        """
        for number, cells in enumerate(self.rows, start=self.header_row + 1):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(self.header):
                place = Location(path=self.name, row=number)
                yield make_issue("sheet.ragged-row", place, count=len(cells), expected=len(self.header))
            else:
                yield number, cells


def require_delimiter(delimiter: str) -> None:
    """Raise UsageError if a character cannot stand between the cells of a sheet."""
    if delimiter not in DELIMITERS or len(delimiter) != 1:
        raise unknown_choice("delimiter", delimiter, ["a comma", "a semicolon", "a tab", "a bar"])


def column_issues(table: CsvTable) -> Iterator[Issue]:
    """Find columns that stand twice, and columns without a name that hold something: which is meant cannot be known."""
    for column, count in Counter(table.header).items():
        if count > 1 and column and not column.startswith(INFORMATION_COLUMN_PREFIX):
            shown = column if looks_like_attribute(column) else column_letters(table.header.index(column))
            yield make_issue("sheet.repeated-column", Location(path=table.name, row=table.header_row, column=shown))
    for index, column in enumerate(table.header):
        if not column and any(len(row) > index and row[index].strip() for row in table.rows):
            yield make_issue(
                "sheet.unnamed-column", Location(path=table.name, row=table.header_row, column=column_letters(index))
            )


def column_letters(index: int) -> str:
    """Return what a spreadsheet calls the column at this index: A, B, ... Z, AA."""
    letters, number = "", index + 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def read_csv_table(name: str, data: bytes, key: str, delimiter: str | None = None) -> CsvTable | Issue:
    """Read a table from its bytes: CSV in UTF-8 or UTF-16, separated by comma, semicolon, tab or bar.

    Args:
        name: What issues call the file.
        data: Its bytes.
        key: A column that the table must have.
        delimiter: What stands between cells. Without it, it is what a first line such as `sep=;` says, or else the one
            that makes the key a column.

    """
    text = decode_csv(data)
    if isinstance(text, DecodingProblem):
        return make_issue("sheet.unreadable-text", Location(path=name, row=text.row), problem=text.words)
    first = _SEPARATOR_LINE.fullmatch(next(iter(io.StringIO(text[:_HEADER_SEARCH_CHARACTERS], newline="")), ""))
    header_row = 2 if first else 1
    between = delimiter or (first["delimiter"] if first else _detect_delimiter(text, key))
    rows = _parse_rows(name, text, between)
    if isinstance(rows, Issue):
        return rows
    header = tuple(cell.strip() for cell in rows[header_row - 1]) if len(rows) >= header_row else ()
    if key not in header:
        return _build_missing_key_issue(name, rows, key, header_row)
    return CsvTable(name=name, header=header, rows=tuple(map(tuple, rows[header_row:])), header_row=header_row)


def _parse_rows(name: str, text: str, delimiter: str) -> list[list[str]] | Issue:
    csv.field_size_limit(CELL_LENGTH_LIMIT)
    rows: list[list[str]] = []
    count = 0
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            # Rows of nothing but delimiters would need hundreds of bytes for each of theirs.
            rows.append(cells if any(cells) else [])
            count += len(rows[-1]) + 1
            if len(cells) > COLUMNS_LIMIT or count > CELLS_LIMIT:
                what = (
                    f"{COLUMNS_LIMIT:,} cells in row {len(rows):,}"
                    if count <= CELLS_LIMIT
                    else f"{CELLS_LIMIT:,} cells"
                )
                return make_issue("sheet.unreadable-text", Location(path=name), problem=f"has more than {what}")
    except csv.Error as error:
        # The reader stops in the row where the cell begins: what follows an open quote is all in one cell.
        row = len(rows) + 1
        place = Location(path=name, row=row)
        return make_issue("sheet.unreadable-text", place, problem=f"is not CSV: {_describe_csv_error(str(error), row)}")
    return rows


def _describe_csv_error(words: str, row: int) -> str:
    """Return what is wrong with a row, from the words of Python's csv module."""
    if "field larger" in words:
        return f"row {row} has a cell of more than {CELL_LENGTH_LIMIT:,} characters"
    if "end of data" in words:
        return f"a quote that opens in row {row} is not closed"
    return f"a quote in row {row} is not closed, or stands inside a cell without being doubled"


def _build_missing_key_issue(name: str, rows: list[list[str]], key: str, header_row: int) -> Issue:
    """Return the issue of a table without its key column; a header further down is named."""
    beginning = enumerate(rows[:_HEADER_SEARCH_ROWS], start=1)
    further = next((number for number, cells in beginning if key in (cell.strip() for cell in cells)), None)
    hint = f"; the header is in row {further}: remove what is above it" if further else ""
    return make_issue("sheet.no-key-column", Location(path=name, row=header_row), column=key, row=header_row, hint=hint)


def _detect_delimiter(text: str, key: str) -> str:
    """Return the delimiter that makes the key a column of one of the first lines, or else gives the most cells."""
    lines = list(islice(io.StringIO(text[:_HEADER_SEARCH_CHARACTERS], newline=""), _HEADER_SEARCH_ROWS))
    for line in lines:
        fitting = [delimiter for delimiter in DELIMITERS if key in _split_cells(line, delimiter)]
        if fitting:
            return max(fitting, key=lambda delimiter: len(_split_cells(line, delimiter)))
    return max(DELIMITERS, key=lambda delimiter: len(_split_cells(lines[0] if lines else "", delimiter)))


def _split_cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cells in csv.reader([line], delimiter=delimiter) for cell in cells]
    except csv.Error:
        return []
