"""Records as CSV, JSON and JSON Lines."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dicommap.render.records import Record


def csv_lines(rows: Iterable[Mapping[str, str]], columns: Sequence[str] = ()) -> Iterator[str]:
    """Yield rows as lines of CSV, the columns first: those given, also where there is no row, or the first row's."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, fieldnames=columns, lineterminator="\r\n")
    if columns:
        writer.writeheader()
        yield _taken(buffer)
    for row in rows:
        if not writer.fieldnames:
            writer.fieldnames = list(row)
            writer.writeheader()
        writer.writerow(row)
        yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def json_lines(records: Iterable[Record]) -> Iterator[str]:
    """Yield each record as one line of JSON."""
    for record in records:
        yield json.dumps(record, ensure_ascii=False) + "\n"


def json_array(records: Iterable[Record]) -> Iterator[str]:
    """Yield the pieces of one JSON array, a record on each line."""
    separator = "[\n"
    for record in records:
        yield separator + "  " + json.dumps(record, ensure_ascii=False)
        separator = ",\n"
    yield "\n]\n" if separator != "[\n" else "[]\n"


def counted(count: int, noun: str) -> str:
    """Return a number of things for people: `1 study`, `1,234 studies`, `2 series`."""
    if count == 1 or noun.endswith("s"):
        return f"{count:,} {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"


def byte_count(size: int) -> str:
    """Return a number of bytes for people: `512 B`, `1.4 MB` (powers of 1,000)."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if round(amount, 1) < 1000:
            return f"{size} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def first_characters(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters, the last an ellipsis where it was longer."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
