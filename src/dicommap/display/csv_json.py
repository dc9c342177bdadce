"""Format records as CSV, JSON and JSON Lines."""

from __future__ import annotations

import csv
import io
import json
import re
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from dicommap.dicom.choices import choice_of
from dicommap.dicom.printable_text import make_printable
from dicommap.model.masking import allows_line_breaks, escape_keeping_lines
from dicommap.model.spreadsheet_formulas import escape_formulas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dicommap.display.inventory_records import Record


_Item = TypeVar("_Item")

_VALUE_COLUMNS = frozenset({"before", "after"})
"""Columns with values of any attribute. Their control characters are escaped, but not their line breaks."""

_ESCAPED_CHARACTERS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that JSON allows and terminals interpret: DEL, C1 controls, direction marks; and lone surrogates."""


class RecordFormat(StrEnum):
    """The formats in which records are written for other programs."""

    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def record_lines(
    items: Iterable[_Item],
    form: str,
    *,
    record: Callable[[_Item], Record],
    row: Callable[[_Item], Mapping[str, str]],
) -> Iterator[str]:
    """Format items in one of the formats for other programs, and return the text in pieces.

    Args:
        items: What is written.
        form: A value of RecordFormat.
        record: Makes a JSON object of an item.
        row: Makes a row of CSV, column -> cell, of an item.

    Raises:
        UsageError: The format is unknown.
    """
    chosen = choice_of(RecordFormat, form, "format")
    if chosen is RecordFormat.JSON:
        return format_json_array(map(record, items))
    if chosen is RecordFormat.JSONL:
        return format_json_lines(map(record, items))
    return format_csv_lines(map(row, items))


def format_csv_lines(rows: Iterable[Mapping[str, str]], columns: Sequence[str] = ()) -> Iterator[str]:
    """Yield rows as lines of CSV below a line of column names.

    Control characters become escapes, except tabs and ends of lines in values that may have them. A text that a
    spreadsheet could run as a formula gets an apostrophe before it; see `dicommap.model.spreadsheet_formulas`.

    Args:
        rows: Column -> cell.
        columns: The columns, for a header line even if there are no rows. Without them, the columns of the first row.

    Yields:
        One line for each row.

    """
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, fieldnames=columns, lineterminator="\r\n")
    if columns:
        writer.writeheader()
        yield _take_buffered_line(buffer)
    for row in rows:
        if not writer.fieldnames:
            writer.fieldnames = list(row)
            writer.writeheader()
        writer.writerow({column: escape_formulas(_format_cell(column, text)) for column, text in row.items()})
        yield _take_buffered_line(buffer)


def _format_cell(column: str, text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return (
        escape_keeping_lines(text) if column in _VALUE_COLUMNS or allows_line_breaks(column) else make_printable(text)
    )


def _take_buffered_line(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def format_json_lines(records: Iterable[Record]) -> Iterator[str]:
    """Yield each record as one line of JSON."""
    for record in records:
        yield _format_json(record) + "\n"


def format_json_array(records: Iterable[Record]) -> Iterator[str]:
    """Yield the pieces of one JSON array, a record on each line."""
    separator = "[\n"
    for record in records:
        yield separator + "  " + _format_json(record)
        separator = ",\n"
    yield "\n]\n" if separator != "[\n" else "[]\n"


def _format_json(record: Record) -> str:
    # These characters occur only inside strings, where JSON's escapes have the same meaning.
    return _ESCAPED_CHARACTERS.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(record, ensure_ascii=False))
