"""Read CSV tables from bytes: detect the encoding and the delimiter, and split rows into cells."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from dicommap.dicom.choices import unknown_choice
from dicommap.dicom.keywords import looks_like_attribute
from dicommap.issues import Issue, Location, make_issue
from dicommap.reading.file_signatures import HEAD_BYTES, detect_packed_format

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAVE_AS_CSV = "; save it as CSV UTF-8"
_UNPACK = "; unpack it first"
_ZIP = b"PK\x03\x04"
_MIME_TYPE_END = 256
"""Number of bytes to search for `mimetype`, the uncompressed first member of an OpenDocument file.

Source: ODF 1.3, part 2, section 3.3.
"""
_FORMATS: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0", f"is an Excel workbook (.xls){_SAVE_AS_CSV}"),
    (b"PAR1", "is a Parquet file; write it as CSV in UTF-8"),
    (b"SQLite format 3\0", "is an SQLite database; write the table as CSV in UTF-8"),
    (b"%PDF-", f"is a PDF document; open the table itself in a spreadsheet{_SAVE_AS_CSV}"),
    (b"{\\rtf", f"is a text document (RTF); open the table in a spreadsheet{_SAVE_AS_CSV}"),
    (codecs.BOM_UTF32_LE, f"is UTF-32 text{_SAVE_AS_CSV}"),
    (codecs.BOM_UTF32_BE, f"is UTF-32 text{_SAVE_AS_CSV}"),
)
"""First bytes of a file -> the end of a sentence that begins with `The file`: its format, and what the user can do."""
_UTF16_BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BYTE_ORDER_MARK = "\ufeff"
"""The byte order mark. A file can begin with two of them if a program changed its encoding."""
_UTF16_SAMPLE_BYTES = 64
"""Number of bytes at the beginning of a file that are checked: in UTF-16, every other byte can be NUL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingProblem:
    """The reason why bytes cannot be decoded as the text of a table."""

    words: str
    """The end of a sentence that begins with `The file`: the problem, and what the user can do."""
    row: int | None = None
    """The number of the row with the problem, counted from 1 as in a spreadsheet; None if no row has it."""


def decode_csv(data: bytes) -> str | DecodingProblem:
    """Decode the bytes of a table: UTF-8 with or without a byte order mark, or UTF-16 with a byte order mark.

    Returns:
        The text without its byte order mark, or the problem that prevents decoding.

    """
    words = _detect_format(data)
    if words is not None:
        return DecodingProblem(words=words)
    text = _decode_utf16(data) if data.startswith(_UTF16_BYTE_ORDER_MARKS) else _decode_utf8(data)
    if isinstance(text, str) and "\0" in text:
        row = _count_rows(text[: text.index("\0")])
        return DecodingProblem(words=f"has a NUL character in row {row}, which is no text{_SAVE_AS_CSV}", row=row)
    return text


def _decode_utf8(data: bytes) -> str | DecodingProblem:
    if _looks_like_utf16(data[:_UTF16_SAMPLE_BYTES]):
        return DecodingProblem(words=f"is UTF-16 text without a byte order mark{_SAVE_AS_CSV}")
    try:
        return data.decode("utf-8").lstrip(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        row = _count_rows(data[: error.start].decode("utf-8").lstrip(_BYTE_ORDER_MARK))
        words = f"is not UTF-8 text: row {row} has bytes of another encoding, such as Windows-1252{_SAVE_AS_CSV}"
        return DecodingProblem(words=words, row=row)


def _detect_format(data: bytes) -> str | None:
    """Return the words for the format of a file that is not text, from its first bytes; None for any other file."""
    if data.startswith(_ZIP):
        start = data[:_MIME_TYPE_END]
        if b"opendocument" in start:
            return f"is an OpenDocument spreadsheet (.ods){_SAVE_AS_CSV}"
        if b"Index/" in start:
            return "is a Numbers document; export it as CSV in UTF-8"
        return f"is an Excel workbook (.xlsx){_SAVE_AS_CSV}"
    packed = detect_packed_format(data[:HEAD_BYTES])
    if packed is not None:
        return (
            f"is a {packed.kind} archive{_UNPACK}" if packed.is_archive else f"is compressed by {packed.kind}{_UNPACK}"
        )
    return next((words for first, words in _FORMATS if data.startswith(first)), None)


def _decode_utf16(data: bytes) -> str | DecodingProblem:
    try:
        return data.decode("utf-16").lstrip(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        row = _count_rows(data[: error.start].decode("utf-16", "ignore").lstrip(_BYTE_ORDER_MARK))
        return DecodingProblem(words=f"is not whole UTF-16 text: row {row} has invalid bytes{_SAVE_AS_CSV}", row=row)


def _looks_like_utf16(start: bytes) -> bool:
    """Return whether every other byte is NUL, as in Latin letters in UTF-16."""
    return len(start) > 1 and any(not any(half) and len(half) > 1 for half in (start[0::2], start[1::2]))


def _count_rows(text: str) -> int:
    """Return the number of the row that contains the end of a text, counted from 1."""
    rows = 0
    reader = csv.reader(io.StringIO(text + "x", newline=""))
    try:
        for _ in reader:
            rows += 1
    except csv.Error:
        rows += 1
    return max(rows, 1)


INFORMATION_COLUMN_PREFIX = "#"
"""Prefix of the names of columns that are not read as edits: information, and the state of the row."""

DELIMITERS = ",;\t|"
"""The delimiters of cells that can be detected, or chosen by the user."""

COLUMNS_LIMIT = 16_384
"""Maximum number of cells of a row. Excel has as many columns."""
CELLS_LIMIT = 20_000_000
"""Maximum number of cells and rows of a table, counted together. A sheet of 256 MiB has about 13 million."""
CELL_LENGTH_LIMIT = 2**24
"""Maximum number of characters of a cell."""
_HEADER_SEARCH_ROWS = 50
"""Number of rows at the beginning that are searched for the header."""
_HEADER_SEARCH_CHARACTERS = 2**20
"""Number of characters at the beginning that are searched to detect the delimiter."""
_SEPARATOR_LINE = re.compile(
    r"(?P<quote>\"?)sep=(?P<delimiter>[^\"\r\nA-Za-z0-9])(?P=quote)[,;\t|]*[\r\n]*", re.IGNORECASE
)
"""A first line such as `sep=;`, which tells Excel the delimiter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvTable:
    """A CSV table: the column names, and the rows after the header."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    """All rows after the header, including blank rows and rows with too few or too many cells."""
    header_row: int = 1
    """The number of the row with the column names: 1, or 2 if the first line is such as `sep=;`."""

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


def require_delimiter(delimiter: str) -> None:
    """Check the delimiter that the user chose.

    Raises:
        UsageError: The delimiter is not one of DELIMITERS.

    """
    if delimiter not in DELIMITERS or len(delimiter) != 1:
        raise unknown_choice("delimiter", delimiter, ["a comma", "a semicolon", "a tab", "a bar"])


def column_issues(table: CsvTable) -> Iterator[Issue]:
    """Yield an issue for each repeated column name, and for each column with cells but without a name."""
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
    """Return the letters of a column as in a spreadsheet: A for index 0, B for 1, Z for 25, AA for 26."""
    letters, number = "", index + 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def read_csv_table(name: str, data: bytes, key: str, delimiter: str | None = None) -> CsvTable | Issue:
    """Read a table from its bytes: CSV in UTF-8 or UTF-16, separated by comma, semicolon, tab or bar.

    Args:
        name: The file name for messages.
        data: The bytes of the file.
        key: A column that the table must have.
        delimiter: The delimiter of cells. None means that it is detected: from a first line such as `sep=;`. Without
            this line, it is the delimiter that makes `key` a column.

    Returns:
        The table, or the issue that prevents reading it.

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
            # A row of empty cells is kept as an empty list, to save memory.
            rows.append(cells if any(cells) else [])
            count += len(rows[-1]) + 1
            if len(cells) > COLUMNS_LIMIT or count > CELLS_LIMIT:
                excess = (
                    f"{COLUMNS_LIMIT:,} cells in row {len(rows):,}"
                    if count <= CELLS_LIMIT
                    else f"{CELLS_LIMIT:,} cells"
                )
                return make_issue("sheet.unreadable-text", Location(path=name), problem=f"has more than {excess}")
    except csv.Error as error:
        # All text after an open quote is in one cell, so the error is in the row in which this cell begins.
        row = len(rows) + 1
        location = Location(path=name, row=row)
        return make_issue(
            "sheet.unreadable-text", location, problem=f"is not CSV: {_describe_csv_error(str(error), row)}"
        )
    return rows


def _describe_csv_error(words: str, row: int) -> str:
    """Return a description of the problem of a row, from `words`, the message of Python's csv module."""
    if "field larger" in words:
        return f"row {row} has a cell of more than {CELL_LENGTH_LIMIT:,} characters"
    if "end of data" in words:
        return f"a quote that opens in row {row} is not closed"
    return f"a quote in row {row} is not closed, or stands inside a cell without being doubled"


def _build_missing_key_issue(name: str, rows: list[list[str]], key: str, header_row: int) -> Issue:
    """Build the issue of a table without its key column. It names the row of the header if that is further down."""
    beginning = enumerate(rows[:_HEADER_SEARCH_ROWS], start=1)
    further = next((number for number, cells in beginning if key in (cell.strip() for cell in cells)), None)
    hint = f"; the header is in row {further}: remove what is above it" if further else ""
    return make_issue("sheet.no-key-column", Location(path=name, row=header_row), column=key, row=header_row, hint=hint)


def _detect_delimiter(text: str, key: str) -> str:
    """Return the delimiter that makes `key` a column in one of the first lines.

    If no delimiter makes `key` a column, return the delimiter that splits the first line into the most cells.
    """
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
