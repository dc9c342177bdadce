"""A table that was read from a CSV file or workbook: its header, its rows, and the locations of its cells."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from dicommap.dicom.keywords import looks_like_attribute_name
from dicommap.issues import Issue, Location, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

INFORMATION_COLUMN_PREFIX = "#"
"""The first character in the names of columns that are not edited, such as `#state` and `#instances` of a sheet."""

COLUMNS_LIMIT = 16_384
"""Maximum number of cells of a row. It is the number of columns in Excel."""
CELLS_LIMIT = 20_000_000
"""Maximum sum of the numbers of cells and rows of a table. For a sheet of 256 MiB, the sum is about 13 million."""
CELL_LENGTH_LIMIT = 2**24
"""Maximum number of characters of a cell."""
HEADER_SEARCH_ROWS = 50
"""Number of rows at the beginning of a table that are searched for the header."""


class CellKind(Enum):
    """The kinds of workbook cells that are not text. Each value is the description of the kind in messages."""

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
    """The number of the row with the column names. It is more than 1 if a title, for example, is above this row."""
    cell_kinds: Mapping[tuple[int, int], CellKind] = field(default_factory=dict, repr=False)
    """Row number and column index -> kind of a cell that is not text. It is empty for CSV, whose cells are all text."""
    issues: tuple[Issue, ...] = ()
    """The issues of reading the file. Issues about columns and rows are not among them."""

    def complete_rows(self) -> Iterator[tuple[int, tuple[str, ...]] | Issue]:
        """Yield each row that is not blank, as a pair of its row number (as in a spreadsheet) and its cells.

        If a row has more or fewer cells than the header, an issue is yielded instead.
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
        """Return column name -> kind, for the cells of a row that are not text."""
        if not self.cell_kinds:
            return {}
        kinds = ((column, self.cell_kinds.get((number, index))) for index, column in enumerate(self.header))
        return {column: kind for column, kind in kinds if kind is not None}

    def locate_cell(self, row: int, column: str) -> Location:
        """Return the location of a cell: its file, row, column, and address such as `B3`."""
        return locate_cell(self.name, self.header, row, column)


def locate_cell(name: str, header: Sequence[str], row: int, column: str) -> Location:
    """Return the location of a cell of a table: its file, row, column, and address such as `B3`.

    Args:
        name: The name of the table's file.
        header: The column names.
        row: The number of the row.
        column: The name of the column. The address is in the first column of this name; if there is no such column, the
            location has no address.

    """
    cell = f"{column_letters(header.index(column))}{row}" if column in header else None
    return Location(path=name, row=row, column=column, cell=cell)


def column_letters(index: int) -> str:
    """Return the letters of a column in a spreadsheet: A for index 0, B for 1, Z for 25, AA for 26."""
    letters, number = "", index + 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def column_issues(table: Table) -> Iterator[Issue]:
    """Yield an issue for each repeated column name, and for each column that has cells but no name."""
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

    A name that does not look like a keyword can be a patient's value. So the location has the letters of the column
    instead of such a name.
    """
    location = table.locate_cell(table.header_row, column)
    if looks_like_attribute_name(column):
        return location
    letters = column_letters(table.header.index(column))
    return Location(path=table.name, row=table.header_row, column=letters, cell=location.cell)


def find_header_row(rows: Sequence[Sequence[str]], key: str) -> int | None:
    """Return the number of the first row with a cell `key`; None if no row of the first HEADER_SEARCH_ROWS has one."""
    beginning = enumerate(rows[:HEADER_SEARCH_ROWS], start=1)
    return next((number for number, cells in beginning if key in (cell.strip() for cell in cells)), None)


def header_row_issues(name: str, header_row: int, first: int = 1) -> tuple[Issue, ...]:
    """Return an issue (a note) if rows above the header are not read; else an empty tuple.

    Args:
        name: The name of the file.
        header_row: The number of the row with the column names.
        first: The row in which a header is expected: 2 after a line such as `sep=;`, else 1.

    """
    if header_row <= first:
        return ()
    return (make_issue("sheet.header-row", Location(path=name, row=header_row), row=header_row),)
