"""Formats of table files: detect workbooks, detect files that are not tables, and decode the text of CSV files."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from enum import StrEnum

from dicommap.dicom.choices import to_choice
from dicommap.reading.file_signatures import HEAD_BYTES, detect_packed_format

_SAVE_AS_TABLE = "; open it in a spreadsheet and save it as .xlsx or as CSV UTF-8"
_SAVE_AS_CSV = "; save it as .xlsx or as CSV UTF-8"
_UNPACK = "; unpack it first"
_ZIP = b"PK\x03\x04"
_MIME_TYPE_END = 256
"""Number of bytes at the beginning of an OpenDocument file that are searched for its MIME type.

Source: ODF 1.3, part 2, section 3.3.
"""
_ENCRYPTED_PART = "EncryptedPackage".encode("utf-16-le")
"""The name of the part that contains the workbook in a file with a password (MS-OFFCRYPTO section 2.3.4.4)."""
_OLE = b"\xd0\xcf\x11\xe0"
"""The first bytes of a workbook of Excel 97 to 2003, or of a workbook with a password."""
_FORMATS: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "is a Parquet file; write it as CSV in UTF-8"),
    (b"SQLite format 3\0", "is an SQLite database; write the table as CSV in UTF-8"),
    (b"%PDF-", f"is a PDF document{_SAVE_AS_TABLE}"),
    (b"{\\rtf", f"is a text document (RTF){_SAVE_AS_TABLE}"),
    (codecs.BOM_UTF32_LE, f"is UTF-32 text{_SAVE_AS_CSV}"),
    (codecs.BOM_UTF32_BE, f"is UTF-32 text{_SAVE_AS_CSV}"),
)
"""Pairs of the first bytes of a file, and the end of a sentence that begins with `The file`.

The end of the sentence names the format, and what the user can do.
"""
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?P<name>\?xml|!doctype|html|head|body|table|style|meta)\b", re.IGNORECASE)
"""Pattern of the beginning of an HTML or XML file. Many systems give such a file the name of a workbook (.xls)."""
_UTF16_BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BYTE_ORDER_MARK = "\ufeff"
"""The byte order mark. A file can begin with two of them if a program changed its encoding."""
_UTF16_SAMPLE_BYTES = 64
"""Number of bytes at the beginning of a file that are checked for UTF-16: every second byte is then often NUL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingProblem:
    """The reason why bytes cannot be decoded as the text of a table."""

    words: str
    """The end of a sentence that begins with `The file`: the problem, and what the user can do."""
    row: int | None = None
    """The number of the row with the problem, counted from 1; None if the whole file has the problem."""


class TextEncoding(StrEnum):
    """The encodings of CSV files that a user can name."""

    UTF_8 = "utf-8"
    LATIN_1 = "latin-1"
    """ISO/IEC 8859-1."""
    CP1252 = "cp1252"
    """Windows code page 1252, the usual encoding of Excel in Western Europe and America."""


def require_encoding(encoding: str) -> TextEncoding:
    """Return the member of TextEncoding for the encoding that the user named.

    Raises:
        UsageError: The encoding is unknown.

    """
    return to_choice(TextEncoding, encoding, "encoding")


def is_workbook(data: bytes) -> bool:
    """Return whether a file is an Excel workbook (.xlsx, .xlsm), by its content."""
    return data.startswith(_ZIP) and _describe_zip_format(data) is None


def decode_csv(data: bytes, encoding: TextEncoding | None = None) -> str | DecodingProblem:
    """Decode the bytes of a CSV file.

    Args:
        data: The bytes of the file.
        encoding: The encoding. If it is None, the text is UTF-8, or UTF-16 with a byte order mark.

    Returns:
        The text without its byte order mark, or the problem that prevents decoding.

    """
    words = _describe_non_text_format(data)
    if words is not None:
        return DecodingProblem(words=words)
    if encoding in (TextEncoding.LATIN_1, TextEncoding.CP1252):
        text = _decode_one_byte_text(data, encoding)
    elif encoding is None and data.startswith(_UTF16_BYTE_ORDER_MARKS):
        text = _decode_utf16(data)
    else:
        text = _decode_utf8(data)
    if isinstance(text, str) and "\0" in text:
        row = _count_rows(text[: text.index("\0")])
        return DecodingProblem(words=f"has a NUL character in row {row}, which is no text{_SAVE_AS_CSV}", row=row)
    return text


def _decode_one_byte_text(data: bytes, encoding: TextEncoding) -> str | DecodingProblem:
    """Decode Latin-1 or Windows-1252. If the file is probably in another encoding, return the problem."""
    if data.startswith(_UTF16_BYTE_ORDER_MARKS) or _looks_like_utf16(data[:_UTF16_SAMPLE_BYTES]):
        return DecodingProblem(words="is UTF-16 text, and not in the named encoding; leave the encoding out")
    if not data.isascii() and _is_utf8(data):
        return DecodingProblem(words="is UTF-8 text, and not in the named encoding; leave the encoding out")
    # In Windows-1252, some bytes are quotes, dashes and letters that are control characters in Latin-1.
    used = _BYTES_ONLY_IN_CP1252 if encoding is TextEncoding.LATIN_1 else _BYTES_NOT_IN_CP1252
    other = used.search(data)
    if other is not None:
        row = _count_rows(data[: other.start()].decode("latin-1"))
        hint = "cp1252 has one" if encoding is TextEncoding.LATIN_1 else "it is in another encoding"
        return DecodingProblem(words=f"has a byte in row {row} for which {encoding} has no character; {hint}", row=row)
    return data.decode(encoding)


_BYTES_ONLY_IN_CP1252 = re.compile(rb"[\x80-\x9f]")
_BYTES_NOT_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


def _is_utf8(data: bytes) -> bool:
    """Return whether bytes are valid UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decode_utf8(data: bytes) -> str | DecodingProblem:
    """Decode UTF-8. If the file is in another encoding, return the problem."""
    if _looks_like_utf16(data[:_UTF16_SAMPLE_BYTES]):
        return DecodingProblem(words=f"is UTF-16 text without a byte order mark{_SAVE_AS_CSV}")
    try:
        return data.decode("utf-8").lstrip(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        row = _count_rows(data[: error.start].decode("utf-8").lstrip(_BYTE_ORDER_MARK))
        words = f"is not UTF-8 text: row {row} has bytes of another encoding, such as cp1252 or latin-1"
        return DecodingProblem(words=words, row=row)


def _describe_non_text_format(data: bytes) -> str | None:
    """Return a description of the format of a file that is not text; None for other files.

    The description is the end of a sentence that begins with `The file`.
    """
    if len(data) < HEAD_BYTES and not data.removeprefix(codecs.BOM_UTF8).strip():
        return "is empty"
    if data[128:132] == b"DICM":  # the prefix of PS3.10 section 7.1
        return "is a DICOM file, and no table"
    if data.startswith(_ZIP):
        return _describe_zip_format(data) or f"is an Excel workbook{_SAVE_AS_CSV}"
    if data.startswith(_OLE):
        if _ENCRYPTED_PART in data:
            return "is a workbook with a password; save it without one"
        return f"is an Excel workbook of the old format (.xls){_SAVE_AS_CSV}"
    markup = _MARKUP.match(data)
    if markup is not None:
        return f"is {'XML' if markup['name'].lower() == b'?xml' else 'HTML'}{_SAVE_AS_TABLE}"
    packed = detect_packed_format(data[:HEAD_BYTES])
    if packed is not None:
        return (
            f"is a {packed.kind} archive{_UNPACK}" if packed.is_archive else f"is compressed by {packed.kind}{_UNPACK}"
        )
    return next((words for first, words in _FORMATS if data.startswith(first)), None)


def _describe_zip_format(data: bytes) -> str | None:
    """Return a description of the format of a ZIP file that is not an Excel workbook; None for an Excel workbook."""
    start = data[:_MIME_TYPE_END]
    if b"opendocument" in start:
        return f"is an OpenDocument spreadsheet (.ods){_SAVE_AS_CSV}"
    if b"Index/" in start or b"Index/Document.iwa" in data:
        return "is a Numbers document; export it as Excel (.xlsx) or as CSV in UTF-8"
    if b"xl/workbook.bin" in data:
        return f"is a binary Excel workbook (.xlsb){_SAVE_AS_CSV}"
    if b"[Content_Types].xml" not in data:
        return f"is a ZIP archive{_UNPACK}"
    return None


def _decode_utf16(data: bytes) -> str | DecodingProblem:
    """Decode UTF-16 with a byte order mark. If bytes are invalid, return the problem."""
    try:
        return data.decode("utf-16").lstrip(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        row = _count_rows(data[: error.start].decode("utf-16", "ignore").lstrip(_BYTE_ORDER_MARK))
        return DecodingProblem(words=f"is not whole UTF-16 text: row {row} has invalid bytes{_SAVE_AS_CSV}", row=row)


def _looks_like_utf16(start: bytes) -> bool:
    """Return whether every second byte is NUL. In UTF-16, this is so for Latin letters."""
    return len(start) > 1 and any(not any(half) and len(half) > 1 for half in (start[0::2], start[1::2]))


def _count_rows(text: str) -> int:
    """Return the number of the CSV row in which a text ends, counted from 1."""
    rows = 0
    reader = csv.reader(io.StringIO(text + "x", newline=""))
    try:
        for _ in reader:
            rows += 1
    except csv.Error:
        rows += 1
    return max(rows, 1)
