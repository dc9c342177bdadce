"""A table that was read from a CSV file or a workbook: its header, its rows, and the addresses of its cells."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from dicommap.dicom.keywords import looks_like_attribute
from dicommap.issues import Issue, Location, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

INFORMATION_COLUMN_PREFIX = "#"
"""Prefix of the names of columns that are not read as edits: information, and the state of the row."""

COLUMNS_LIMIT = 16_384
"""Maximum number of cells of a row. Excel has as many columns."""
CELLS_LIMIT = 20_000_000
"""Maximum number of cells and rows of a table, counted together. A sheet of 256 MiB has about 13 million."""
CELL_LENGTH_LIMIT = 2**24
"""Maximum number of characters of a cell."""
HEADER_SEARCH_ROWS = 50
"""Number of rows at the beginning that are searched for the header."""


class CellKind(Enum):
    """The kind of a workbook's cell that is not text. The value describes the cell in messages."""

    NUMBER = "a number"
    DATE = "a date or time"
    PERCENTAGE = "a percentage"
    TRUTH_VALUE = "a truth value"
    ERROR = "an error of the spreadsheet"
    FORMULA = "a formula"
    STRUCK_TEXT = "a text that is partly struck through"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: the column names, and the rows after the header."""

    name: str
    """The name of the file for messages."""
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]] = field(repr=False)
    """All rows after the header, including blank rows and rows with too few or too many cells."""
    header_row: int = 1
    """The number of the row with the column names: 1, unless a line such as `sep=;`, a title or a blank is above it."""
    cell_kinds: Mapping[tuple[int, int], CellKind] = field(default_factory=dict, repr=False)
    """Row number and index of a column -> the kind of a cell that is not text. Empty for CSV, whose cells are text."""
    issues: tuple[Issue, ...] = ()
    """The issues of reading the table, none of which is about its columns or rows."""

    def complete_rows(self) -> Iterator[tuple[int, tuple[str, ...]] | Issue]:
        """Yield each row that is not blank, after its row number as in a spreadsheet.

        If a row has more or fewer cells than the header, an issue is yielded instead of the row.
        """
        for number, cells in enumerate(self.rows, start=self.header_row + 1):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(self.header):
                location = Location(path=self.name, row=number)
                yield make_issue("sheet.ragged-row", location, count=len(cells), expected=len(self.header))
            else:
                yield number, cells

    def kinds_of_row(self, number: int) -> Mapping[str, CellKind]:
        """Return the kinds of the cells of a row that are not text, by the names of their columns."""
        if not self.cell_kinds:
            return {}
        kinds = ((column, self.cell_kinds.get((number, index))) for index, column in enumerate(self.header))
        return {column: kind for column, kind in kinds if kind is not None}

    def locate(self, row: int, column: str) -> Location:
        """Return the location of a cell: the file, row, column, and the address of the first column of this name."""
        return locate_cell(self.name, self.header, row, column)


def locate_cell(name: str, header: Sequence[str], row: int, column: str) -> Location:
    """Return the location of a cell of a table.

    Args:
        name: The name of the table's file.
        header: The column names.
        row: The number of the row.
        column: The name of the column. If no column has this name, the location has no address.

    """
    cell = f"{column_letters(header.index(column))}{row}" if column in header else None
    return Location(path=name, row=row, column=column, cell=cell)


def column_letters(index: int) -> str:
    """Return the letters of a column as in a spreadsheet: A for index 0, B for 1, Z for 25, AA for 26."""
    letters, number = "", index + 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def column_issues(table: Table) -> Iterator[Issue]:
    """Yield an issue for each repeated column name, and for each column with cells but without a name."""
    for column, count in Counter(table.header).items():
        if count > 1 and column and not column.startswith(INFORMATION_COLUMN_PREFIX):
            yield make_issue("sheet.repeated-column", locate_header(table, column))
    for index, column in enumerate(table.header):
        if not column and any(len(row) > index and row[index].strip() for row in table.rows):
            letters = column_letters(index)
            location = Location(
                path=table.name, row=table.header_row, column=letters, cell=f"{letters}{table.header_row}"
            )
            yield make_issue("sheet.unnamed-column", location)


def locate_header(table: Table, column: str) -> Location:
    """Return the location of a column name.

    A name that does not look like a keyword can be a patient's value. It is replaced by the letters of the column.
    """
    location = table.locate(table.header_row, column)
    if looks_like_attribute(column):
        return location
    letters = column_letters(table.header.index(column))
    return Location(path=table.name, row=table.header_row, column=letters, cell=location.cell)


def find_header(rows: Sequence[Sequence[str]], key: str) -> int | None:
    """Return the number of the first row that has `key` as a cell, among the first HEADER_SEARCH_ROWS rows; or None."""
    beginning = enumerate(rows[:HEADER_SEARCH_ROWS], start=1)
    return next((number for number, cells in beginning if key in (cell.strip() for cell in cells)), None)


def header_row_issues(name: str, header_row: int, first: int = 1) -> tuple[Issue, ...]:
    """Return a note if rows are above the header, which are not read.

    Args:
        name: The name of the file.
        header_row: The number of the row with the column names.
        first: The row in which a header is expected: 2 after a line such as `sep=;`, else 1.

    """
    if header_row <= first:
        return ()
    return (make_issue("sheet.header-row", Location(path=name, row=header_row), row=header_row),)
