"""Tables are read as spreadsheets and programs write them; what cannot be read is named, with its row."""

from __future__ import annotations

import io
import zipfile

import pytest

from dicommap.edits.csv_reader import read_csv_table
from dicommap.edits.table import Table
from dicommap.edits.table_formats import TextEncoding
from dicommap.issues import Issue, Location

KEY = "StudyInstanceUID"
PLAIN = "StudyInstanceUID,PatientID\r\n1.2,007\r\n"


def issue_of(data: bytes, delimiter: str | None = None) -> Issue:
    found = read_csv_table("s.csv", data, KEY, delimiter)
    assert isinstance(found, Issue)
    assert found.location.path == "s.csv"
    return found


def table_of(text: str, delimiter: str | None = None) -> Table:
    found = read_csv_table("s.csv", text.encode(), KEY, delimiter)
    assert isinstance(found, Table)
    return found


def opened(name: str, content: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (opened("[Content_Types].xml"), "is an Excel workbook; save it as .xlsx or as CSV UTF-8"),
        (opened("xl/workbook.bin"), "is a binary Excel workbook (.xlsb); save it as .xlsx or as CSV UTF-8"),
        (b"PK\x03\x04\x14", "is a ZIP archive; unpack it first"),
        (
            opened("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
            "is an OpenDocument spreadsheet (.ods); save it as .xlsx or as CSV UTF-8",
        ),
        (opened("Index/Document.iwa"), "is a Numbers document"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(8),
            "is an Excel workbook of the old format (.xls); save it as .xlsx or as CSV UTF-8",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "is a workbook with a password; save it without one",
        ),
        (b"\n <HTML><table><tr><td>StudyInstanceUID", "is HTML; open it in a spreadsheet and save it as .xlsx"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><Workbook>', "is XML; open it in a spreadsheet and save it as .xlsx"),
        (b"\x1f\x8b\x08\0", "is compressed by gzip; unpack it first"),
        (b"BZh91AY", "is compressed by bzip2; unpack it first"),
        (b"\xfd7zXZ\0\0", "is compressed by xz; unpack it first"),
        (b"\x28\xb5\x2f\xfd\x04", "is compressed by Zstandard; unpack it first"),
        (b"Rar!\x1a\x07\1\0", "is a RAR archive; unpack it first"),
        (b"7z\xbc\xaf\x27\x1c\0", "is a 7-Zip archive; unpack it first"),
        (b"PAR1\x15", "is a Parquet file"),
        (b"SQLite format 3\0\x10", "is an SQLite database"),
        (b"%PDF-1.7\n", "is a PDF document"),
        (b"{\\rtf1", "is a text document (RTF)"),
        (PLAIN.encode("utf-32"), "is UTF-32 text; save it as .xlsx or as CSV UTF-8"),
        (b"\0\0\xfe\xff" + PLAIN.encode("utf-32-be"), "is UTF-32 text; save it as .xlsx or as CSV UTF-8"),
        (PLAIN.encode("utf-16-le"), "is UTF-16 text without a byte order mark; save it as .xlsx or as CSV UTF-8"),
        (PLAIN.encode("utf-16-be"), "is UTF-16 text without a byte order mark; save it as .xlsx or as CSV UTF-8"),
    ],
)
def test_a_file_of_another_format_is_named(data: bytes, words: str) -> None:
    found = issue_of(data)
    assert (found.code, found.location.row) == ("sheet.unreadable-text", None)
    assert found.message.startswith(f"The file {words}")


@pytest.mark.parametrize("key", ["PK", "PAR", "BZ"])
def test_a_column_that_begins_like_a_format_is_a_column(key: str) -> None:
    assert table_of(f"{key},{PLAIN}").header[0] == key


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "mac-roman", "cp437"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_the_row_of_bytes_that_are_not_utf8_is_named(encoding: str, ending: str) -> None:
    rows = [KEY + ",Name", '1.2,"two', 'lines"', "1.3,Dörte", "1.4,Jürgen"]
    found = issue_of(ending.join(rows).encode(encoding))
    assert (found.code, found.location.row) == ("sheet.unreadable-text", 3)
    assert "is not UTF-8 text: row 3 has bytes of another encoding" in found.message


def test_the_row_of_bytes_that_are_not_utf16_is_named() -> None:
    found = issue_of(PLAIN.encode("utf-16") + b"\x00\xd8\x41\x00")
    assert (found.code, found.location.row) == ("sheet.unreadable-text", 3)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_row_of_a_nul_character_is_named(encoding: str) -> None:
    found = issue_of(f'{KEY},Name\n1.2,"two\nlines"\n1.3,A\0B\n'.encode(encoding))
    assert (found.code, found.location.row) == ("sheet.unreadable-text", 3)
    assert "has a NUL character in row 3" in found.message


@pytest.mark.parametrize(
    ("text", "row"),
    [
        (f'{KEY},Name\n1.2,A\n1.3,"B\n1.4,C\n', 3),
        (f'{KEY},Name\n1.2,"A\nA"\n1.3,"B\n1.4,C\n', 3),
        (f'{KEY},Name\n1.2,A\n1.3,"B\n1.4,C\n1.5,"D"\n', 3),
        (f'{KEY},Name\n1.2,A\n1.3,"B\n1.4,C\n1.5,"D,E"\n', 3),
        (f'{KEY},Name\n1.2,"A" B\n1.3,C\n', 2),
        (f'{KEY},"Name\n1.2,A\n', 1),
        (f'\n\n{KEY},Name\n1.2,"A', 4),
        (f'sep=;\n{KEY};Name\n1.2;A\n1.3;"B\n', 4),
    ],
)
def test_the_row_in_which_a_quote_opens_is_named(text: str, row: int) -> None:
    found = issue_of(text.encode())
    assert (found.code, found.location.row) == ("sheet.unreadable-text", row)
    assert f"row {row}" in found.message


def test_a_quote_that_is_never_closed_is_told_from_one_inside_a_cell() -> None:
    assert "a quote that opens in row 2 is not closed" in issue_of(f'{KEY}\n"1.2\n1.3\n'.encode()).message
    assert "without being doubled" in issue_of(f'{KEY},Name\n1.2,"A"B\n'.encode()).message


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ":"])
@pytest.mark.parametrize("line", ["sep={}", '"sep={}"', "SEP={}", "sep={0}{0}{0}"])
def test_a_line_that_names_the_delimiter_is_passed_over_and_counted(line: str, delimiter: str) -> None:
    if delimiter == ":" and "{0}{0}" in line:
        return
    table = table_of(line.format(delimiter) + "\r\n" + PLAIN.replace(",", delimiter))
    assert table.header == (KEY, "PatientID")
    assert list(table.complete_rows()) == [(3, ("1.2", "007"))]


def test_a_given_delimiter_comes_before_the_line_that_names_one() -> None:
    assert table_of("sep=;\n" + PLAIN, ",").header == (KEY, "PatientID")


def test_other_faults_below_a_line_that_names_the_delimiter_have_their_row() -> None:
    assert issue_of(b"sep=;\nName;Other\nA;B\n").location == Location(path="s.csv", row=2)
    (found,) = [one for one in table_of(f"sep=;\n{KEY};A\n1.2\n").complete_rows() if isinstance(one, Issue)]
    assert (found.code, found.location.row) == ("sheet.ragged-row", 3)


@pytest.mark.parametrize(
    ("above", "row"), [("Table 1\n", 2), ("\n", 2), ("\n\n\n", 4), ('"Report\nof today"\n,,\n', 3), ("sep=;;x\n", 2)]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_header_below_other_lines_is_found_and_named(above: str, row: int, delimiter: str) -> None:
    table = table_of(above + PLAIN.replace(",", delimiter))
    assert (table.header, table.header_row) == ((KEY, "PatientID"), row)
    assert list(table.complete_rows()) == [(row + 1, ("1.2", "007"))]
    (note,) = table.issues
    assert (note.code, note.location.row) == ("sheet.header-row", row)
    assert note.message == f"The header is row {row}; the rows above it are not read."


def test_a_title_below_a_line_that_names_the_delimiter_is_passed_over_too() -> None:
    table = table_of("sep=;\nTitle\n" + PLAIN.replace(",", ";"))
    assert (table.header_row, [issue.code for issue in table.issues]) == (3, ["sheet.header-row"])
    assert table_of("sep=;\n" + PLAIN.replace(",", ";")).issues == ()


def test_a_header_is_searched_in_the_first_fifty_rows() -> None:
    assert table_of("\n" * 49 + PLAIN).header_row == 50
    assert issue_of(("\n" * 50 + PLAIN).encode()).code == "sheet.no-key-column"


NAMES = f"{KEY},PatientName\r\n1.2,D\u00f6rte\r\n1.3,O\u2019Neil\r\n"


@pytest.mark.parametrize("encoding", list(TextEncoding))
def test_a_named_encoding_is_used(encoding: TextEncoding) -> None:
    text = NAMES.replace("\u2019", "'") if encoding is TextEncoding.LATIN_1 else NAMES
    table = read_csv_table("s.csv", text.encode(encoding), KEY, encoding=encoding)
    assert isinstance(table, Table)
    assert table.rows[0][1] == "D\u00f6rte"
    assert table.rows[1][1] in ("O\u2019Neil", "O'Neil")


@pytest.mark.parametrize(
    ("data", "encoding", "row", "words"),
    [
        (
            NAMES.encode("cp1252"),
            TextEncoding.LATIN_1,
            3,
            "in row 3 for which latin-1 has no character; cp1252 has one",
        ),
        (NAMES.encode("cp1252"), TextEncoding.UTF_8, 2, "row 2 has bytes of another encoding"),
        (NAMES.encode(), TextEncoding.LATIN_1, None, "is UTF-8 text, and not in the named encoding"),
        (NAMES.encode("utf-8-sig"), TextEncoding.CP1252, None, "is UTF-8 text, and not in the named encoding"),
        (NAMES.encode("utf-16"), TextEncoding.CP1252, None, "is UTF-16 text, and not in the named encoding"),
        (NAMES.encode("utf-16-le"), TextEncoding.LATIN_1, None, "is UTF-16 text, and not in the named encoding"),
        (b"StudyInstanceUID,A\n1.2,\x81\n", TextEncoding.CP1252, 2, "in row 2 for which cp1252 has no character"),
    ],
)
def test_a_file_in_another_than_the_named_encoding_is_refused(
    data: bytes, encoding: TextEncoding, row: int | None, words: str
) -> None:
    found = read_csv_table("s.csv", data, KEY, encoding=encoding)
    assert isinstance(found, Issue)
    assert (found.code, found.location.row) == ("sheet.unreadable-text", row)
    assert words in found.message


def test_a_table_without_the_column_anywhere_names_no_other_row() -> None:
    found = issue_of(b"Name\n1.2\n")
    assert (found.code, found.location.row, found.message) == (
        "sheet.no-key-column",
        1,
        f"Row 1 has no column {KEY}, and no row near it has one.",
    )
