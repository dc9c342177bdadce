"""Format records as text in CSV, JSON or JSON Lines."""

from __future__ import annotations

import csv
import io
import json
import re
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from dicommap.dicom.choices import to_choice
from dicommap.dicom.printable_text import make_printable
from dicommap.model.masking import allows_line_breaks, escape_keeping_lines
from dicommap.model.spreadsheet_formulas import escape_formulas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dicommap.display.inventory_records import Record


_Item = TypeVar("_Item")

_VALUE_COLUMNS = frozenset({"before", "after"})
"""Columns that may contain values of any attribute. Line breaks in these columns are not escaped."""

_ESCAPED_CHARACTERS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Pattern of characters that are escaped in JSON: lone surrogates, DEL, C1 controls, and direction marks.

JSON allows most of them without an escape, but they can have an effect on a terminal.
"""


class RecordFormat(StrEnum):
    """The formats in which records are written for other programs."""

    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def format_records(
    items: Iterable[_Item],
    form: str,
    *,
    record: Callable[[_Item], Record],
    row: Callable[[_Item], Mapping[str, str]],
) -> Iterator[str]:
    """Return the pieces of a text in CSV, JSON or JSON Lines. The text has one record or row for each item.

    Args:
        items: The items to format.
        form: The format of the text: a value of RecordFormat.
        record: A function that converts an item to a JSON object.
        row: A function that converts an item to a row of CSV: column -> cell.

    Raises:
        UsageError: The format is unknown.
    """
    chosen = to_choice(RecordFormat, form, "format")
    if chosen is RecordFormat.JSON:
        return format_json_array(map(record, items))
    if chosen is RecordFormat.JSONL:
        return format_json_lines(map(record, items))
    return format_csv_lines(map(row, items))


def format_csv_lines(rows: Iterable[Mapping[str, str]], columns: Sequence[str] = ()) -> Iterator[str]:
    """Yield a header line with the column names, then each row as a line of CSV.

    Control characters are escaped. Tabs and line breaks are not escaped in values of attributes that may have them. If
    a spreadsheet could run a text as a formula, an apostrophe is put before the text; see
    `dicommap.model.spreadsheet_formulas`.

    Args:
        rows: The rows. Each row maps columns to cells.
        columns: The columns. If it is empty, the columns of the first row are used; without a row, no header is
            written.

    Yields:
        The header line, then one line for each row.

    """
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, fieldnames=columns, lineterminator="\r\n")
    if columns:
        writer.writeheader()
        yield take_buffered_text(buffer)
    for row in rows:
        if not writer.fieldnames:
            writer.fieldnames = list(row)
            writer.writeheader()
        writer.writerow({column: escape_formulas(_escape_cell(column, text)) for column, text in row.items()})
        yield take_buffered_text(buffer)


def _escape_cell(column: str, text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return (
        escape_keeping_lines(text) if column in _VALUE_COLUMNS or allows_line_breaks(column) else make_printable(text)
    )


def take_buffered_text(buffer: io.StringIO) -> str:
    """Return the text in a buffer, and empty the buffer."""
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def format_json_lines(records: Iterable[Record]) -> Iterator[str]:
    """Yield each record as one line of JSON."""
    for record in records:
        yield _format_json(record) + "\n"


def format_json_array(records: Iterable[Record]) -> Iterator[str]:
    """Yield the pieces of a text that is one JSON array, with one record on each line."""
    separator = "[\n"
    for record in records:
        yield separator + "  " + _format_json(record)
        separator = ",\n"
    yield "\n]\n" if separator != "[\n" else "[]\n"


def _format_json(record: Record) -> str:
    # These characters occur only inside JSON strings, in which an escape has the same meaning as the character.
    return _ESCAPED_CHARACTERS.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(record, ensure_ascii=False))
