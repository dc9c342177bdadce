"""Read CSV tables from bytes: detect the delimiter, split rows into cells, and find the header."""

from __future__ import annotations

import csv
import io
import re
from itertools import islice
from typing import TYPE_CHECKING

from dicommap.dicom.choices import make_unknown_choice_error
from dicommap.edits.table import (
    CELL_LENGTH_LIMIT,
    CELLS_LIMIT,
    COLUMNS_LIMIT,
    HEADER_SEARCH_ROWS,
    Table,
    find_header_row,
    header_row_issues,
)
from dicommap.edits.table_formats import DecodingProblem, decode_csv
from dicommap.issues import Issue, Location, make_issue
from dicommap.model.item_store import MEMORY, ItemStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.edits.table_formats import TextEncoding
    from dicommap.model.item_store import ItemList

DELIMITERS = ",;\t|"
"""The characters between cells that can be detected, or chosen by the user."""

_HEADER_SEARCH_CHARACTERS = 2**20
"""Number of characters at the beginning of a file that are searched to detect the delimiter."""
_SEPARATOR_LINE = re.compile(
    r"(?P<quote>\"?)sep=(?P<delimiter>[^\"\r\nA-Za-z0-9])(?P=quote)[,;\t|]*[\r\n]*", re.IGNORECASE
)
"""Pattern of a first line such as `sep=;`, which names the delimiter for Excel."""
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def require_delimiter(delimiter: str) -> None:
    """Check the delimiter that the user chose.

    Raises:
        UsageError: The delimiter is not one of DELIMITERS.

    """
    if delimiter not in DELIMITERS or len(delimiter) != 1:
        raise make_unknown_choice_error("delimiter", delimiter, ["a comma", "a semicolon", "a tab", "a bar"])


def read_csv_table(
    name: str,
    data: bytes,
    key: str,
    delimiter: str | None = None,
    encoding: TextEncoding | None = None,
    store: ItemStore = MEMORY,
) -> Table | Issue:
    """Read a table from the bytes of a CSV file, separated by comma, semicolon, tab or bar.

    Args:
        name: The file name for messages.
        data: The bytes of the file.
        key: A column that the table must have.
        delimiter: The delimiter of cells. If it is None, the delimiter is detected: by a first line such as `sep=;`, or
            else by the column `key`.
        encoding: The encoding of the text. If it is None, the text is UTF-8, or UTF-16 with a byte order mark.
        store: The store that keeps the rows.

    Returns:
        The table, or the issue that prevents reading it.

    """
    text = decode_csv(data, encoding)
    if isinstance(text, DecodingProblem):
        return make_issue("sheet.unreadable-text", Location(path=name, row=text.row), problem=text.words)
    first = _SEPARATOR_LINE.fullmatch(next(iter(io.StringIO(text[:_HEADER_SEARCH_CHARACTERS], newline="")), ""))
    between = delimiter or (first["delimiter"] if first else _detect_delimiter(text, key))
    expected = 2 if first else 1
    rows: ItemList[tuple[str, ...]] = store.make_list()
    header = _read_header_and_rows(_parse_rows(name, text, between), key, rows)
    if isinstance(header, Issue):
        return header
    if header is None:
        return make_issue("sheet.no-key-column", Location(path=name, row=expected), column=key, row=expected)
    header_row, names = header
    return Table(
        name=name,
        header=tuple(cell.strip() for cell in names),
        rows=rows,
        header_row=header_row,
        issues=header_row_issues(name, header_row, expected),
    )


def _read_header_and_rows(
    parsed_rows: Iterator[tuple[str, ...] | Issue], key: str, rows: ItemList[tuple[str, ...]]
) -> tuple[int, tuple[str, ...]] | Issue | None:
    """Find the header among the first rows, and add all rows after it to `rows`.

    Args:
        parsed_rows: The rows of the file, or the issue that prevents reading further rows.
        key: A column that the header must have.
        rows: The list to which the rows are added.

    Returns:
        The number of the header's row and its cells; None if no row has the column `key`; or the issue.

    """
    beginning: list[tuple[str, ...]] = []
    for row in islice(parsed_rows, HEADER_SEARCH_ROWS):
        if isinstance(row, Issue):
            return row
        beginning.append(row)
    header_row = find_header_row(beginning, key)
    rows.extend(beginning[header_row or 0 :])
    for row in parsed_rows:
        if isinstance(row, Issue):
            return row
        if header_row is not None:
            rows.extend([row])
    return None if header_row is None else (header_row, beginning[header_row - 1])


def _parse_rows(name: str, text: str, delimiter: str) -> Iterator[tuple[str, ...] | Issue]:
    """Yield the cells of each row. An issue is the last item: the text is not CSV, or it has too many cells."""
    csv.field_size_limit(CELL_LENGTH_LIMIT)
    rows = count = 0
    # io.StringIO would need four bytes for each character of the text.
    lines = (line[0] for line in _LINE.finditer(text))
    try:
        for cells in csv.reader(lines, delimiter=delimiter, strict=True):
            rows += 1
            # A row of empty cells is kept as an empty tuple, to save memory.
            row = tuple(cells) if any(cells) else ()
            count += len(row) + 1
            if len(cells) > COLUMNS_LIMIT or count > CELLS_LIMIT:
                excess = (
                    f"{COLUMNS_LIMIT:,} cells in row {rows:,}" if count <= CELLS_LIMIT else f"{CELLS_LIMIT:,} cells"
                )
                yield make_issue("sheet.unreadable-text", Location(path=name), problem=f"has more than {excess}")
                return
            yield row
    except csv.Error as error:
        # All text after an open quote is in one cell, so the error is in the row in which this cell begins.
        location = Location(path=name, row=rows + 1)
        problem = f"is not CSV: {_describe_csv_error(str(error), rows + 1)}"
        yield make_issue("sheet.unreadable-text", location, problem=problem)


def _describe_csv_error(words: str, row: int) -> str:
    """Return a description of the CSV error in a row. `words` is the message of Python's csv module."""
    if "field larger" in words:
        return f"row {row} has a cell of more than {CELL_LENGTH_LIMIT:,} characters"
    if "end of data" in words:
        return f"a quote that opens in row {row} is not closed"
    return f"a quote in row {row} is not closed, or stands inside a cell without being doubled"


def _detect_delimiter(text: str, key: str) -> str:
    """Return the delimiter with which one of the first lines has a cell `key`.

    If there is no such delimiter, return the one that splits the first line into the most cells.
    """
    lines = list(islice(io.StringIO(text[:_HEADER_SEARCH_CHARACTERS], newline=""), HEADER_SEARCH_ROWS))
    for line in lines:
        fitting = [delimiter for delimiter in DELIMITERS if key in _split_cells(line, delimiter)]
        if fitting:
            return max(fitting, key=lambda delimiter: len(_split_cells(line, delimiter)))
    return max(DELIMITERS, key=lambda delimiter: len(_split_cells(lines[0] if lines else "", delimiter)))


def _split_cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line without spaces around them; an empty list if the line is not CSV."""
    try:
        return [cell.strip() for cells in csv.reader([line], delimiter=delimiter) for cell in cells]
    except csv.Error:
        return []
