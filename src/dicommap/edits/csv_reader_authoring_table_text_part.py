"""The text of a table from its bytes, or what the file is instead: a workbook, compressed, in another encoding."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass

from dicommap.reading.file_signatures import HEAD_BYTES, detect_packed_format

_SAVE_AS_CSV = "; save it as CSV UTF-8"
_UNPACK = "; unpack it first"
_ZIP = b"PK\x03\x04"
_MIME_TYPE_END = 256
"""OpenDocument files say what they are in their first member, `mimetype`: not compressed (ODF 1.3, part 2, 3.3)."""
_FORMATS: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0", f"is an Excel workbook (.xls){_SAVE_AS_CSV}"),
    (b"PAR1", "is a Parquet file; write it as CSV in UTF-8"),
    (b"SQLite format 3\0", "is an SQLite database; write the table as CSV in UTF-8"),
    (b"%PDF-", f"is a PDF document; open the table itself in a spreadsheet{_SAVE_AS_CSV}"),
    (b"{\\rtf", f"is a text document (RTF); open the table in a spreadsheet{_SAVE_AS_CSV}"),
    (codecs.BOM_UTF32_LE, f"is UTF-32 text{_SAVE_AS_CSV}"),
    (codecs.BOM_UTF32_BE, f"is UTF-32 text{_SAVE_AS_CSV}"),
)
"""First bytes -> what such a file is, and what to do."""
_UTF16_BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BYTE_ORDER_MARK = "\ufeff"
"""The byte order mark; a tool that changes the encoding of a sheet may leave the old one behind its own."""
_UTF16_SAMPLE_BYTES = 64
"""Bytes that show whether every other one is NUL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingProblem:
    """Why bytes are not the text of a table."""

    words: str
    """Behind `The file`: what it is, and what to do."""
    row: int | None = None
    """The row where the problem is, as spreadsheets count."""


def decode_csv(data: bytes) -> str | DecodingProblem:
    """Decode the bytes of a table: UTF-8 with or without a byte order mark, or UTF-16 with one."""
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
    """Return what a file is that cannot be the text of a table, by its first bytes."""
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
        return DecodingProblem(
            words=f"is not whole UTF-16 text: row {row} has bytes that are none{_SAVE_AS_CSV}", row=row
        )


def _looks_like_utf16(start: bytes) -> bool:
    """Return whether every other byte is NUL, as in UTF-16 of Latin letters."""
    return len(start) > 1 and any(not any(half) and len(half) > 1 for half in (start[0::2], start[1::2]))


def _count_rows(text: str) -> int:
    """Return the number of the row that a text ends in."""
    rows = 0
    reader = csv.reader(io.StringIO(text + "x", newline=""))
    try:
        for _ in reader:
            rows += 1
    except csv.Error:
        rows += 1
    return max(rows, 1)
