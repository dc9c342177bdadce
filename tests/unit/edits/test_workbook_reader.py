"""Workbooks in the forms of Excel, Google Sheets and libraries are read as tables; what is not text has its kind."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence

import pytest

from dicommap.edits import table as table_module
from dicommap.edits import workbook_archive
from dicommap.edits.table import CellKind, Table
from dicommap.edits.table_reader import read_table
from dicommap.issues import Issue, Location
from dicommap.reading.document_limits import DocumentLimit
from tests.support.workbook_files import (
    AMOUNT,
    DATE,
    HOURS,
    PERCENT,
    ZEROS,
    Cell,
    Raw,
    Worksheet,
    compress,
    excel_workbook,
    formula,
    google_workbook,
    inline_workbook,
    number,
    zip_parts,
)

KEY = "StudyInstanceUID"
FORMS = {"excel": excel_workbook, "google": google_workbook, "inline": inline_workbook}
HEADER = (KEY, "PatientID", "PatientName")


def table_of(data: bytes) -> Table:
    found = read_table("s.xlsx", data, KEY)
    assert isinstance(found, Table), found
    return found


def issue_of(data: bytes) -> Issue:
    found = read_table("s.xlsx", data, KEY)
    assert isinstance(found, Issue), found
    assert found.location.path == "s.xlsx"
    return found


@pytest.mark.parametrize("form", list(FORMS))
def test_texts_are_read_as_they_are(form: str) -> None:
    texts = ("007", "  Müller^山田  ", "a<b&c\n\td", "_x0041_ _x", "=1+1", "<r>x</r>")
    table = table_of(
        FORMS[form](Worksheet(rows=[HEADER, ("1.2", *texts[:2]), ("1.3", *texts[2:4]), ("1.4", *texts[4:])]))
    )
    assert [row[1:3] for row in table.rows] == [texts[:2], ("a<b&c\n\td", "A _x"), texts[4:]]
    assert (table.header[:3], table.header_row, dict(table.cell_kinds), table.issues) == (HEADER, 1, {}, ())


@pytest.mark.parametrize("form", list(FORMS))
def test_blank_cells_and_rows_keep_their_places(form: str) -> None:
    rows = [HEADER, ("1.2", None, "A"), (), (None, "", ""), ("1.3", "B")]
    table = table_of(FORMS[form](Worksheet(rows=rows)))
    assert [(number, cells[:3]) for number, cells in table.complete_rows()] == [  # type: ignore[misc]
        (2, ("1.2", "", "A")),
        (5, ("1.3", "B", "")),
    ]


def test_missing_rows_are_counted() -> None:
    table = table_of(excel_workbook(Worksheet(rows=[HEADER, ("1.2", "A")], numbers={0: 3, 1: 9})))
    assert (table.header_row, [issue.code for issue in table.issues]) == (3, ["sheet.header-row"])
    assert list(table.complete_rows()) == [(9, ("1.2", "A", ""))]


@pytest.mark.parametrize("form", [excel_workbook, google_workbook])
@pytest.mark.parametrize(
    ("cell", "text", "kind"),
    [
        (number(12345), "12345", CellKind.NUMBER),
        (number("71.5"), "71.5", CellKind.NUMBER),
        (number("70.099999999999994"), "70.1", CellKind.NUMBER),
        (number("1.23456789012345E+17"), "1.23456789012345E+17", CellKind.NUMBER),
        (number("1E-3"), "0.001", CellKind.NUMBER),
        (number(-5), "-5", CellKind.NUMBER),
        (number(1234, AMOUNT), "1234", CellKind.NUMBER),
        (number(42, ZEROS), "00000042", None),
        (number("4.5", ZEROS), "4.5", CellKind.NUMBER),
        (number("0.5", PERCENT), "0.5", CellKind.PERCENTAGE),
        (number(45000, DATE), "2023-03-15", CellKind.DATE),
        (number("45000.5", DATE), "2023-03-15 12:00:00", CellKind.DATE),
        (number("0.4375", HOURS), "10:30:00", CellKind.DATE),
        (number(-3, DATE), "-3", CellKind.DATE),
        (number("nonsense"), "nonsense", None),
        (Raw("d", "<v>2023-03-15</v>"), "2023-03-15", CellKind.DATE),
        (Raw("b", "<v>1</v>"), "TRUE", CellKind.TRUTH_VALUE),
        (Raw("b", "<v>0</v>"), "FALSE", CellKind.TRUTH_VALUE),
        (Raw("e", "<v>#N/A</v>"), "#N/A", CellKind.ERROR),
        (Raw("str", "<v>text</v>"), "text", None),
        (formula('"A"&1', "A1"), "A1", CellKind.FORMULA),
        (formula("A1+1", "8", ""), "8", CellKind.FORMULA),
        (formula("A1+1", None, ""), "", CellKind.FORMULA),
        (Raw("inlineStr", "<is><r><t>ab</t></r><r><rPr><b/></rPr><t>c</t></r></is>"), "abc", None),
        (Raw("inlineStr", "<is><t>\u5c71</t><rPh sb='0' eb='1'><t>\u30e4\u30de</t></rPh></is>"), "\u5c71", None),
        (
            Raw("inlineStr", "<is><r><rPr><strike/></rPr><t>old</t></r><r><t>new</t></r></is>"),
            "oldnew",
            CellKind.STRUCK_TEXT,
        ),
        (Raw("inlineStr", "<is><r><rPr><strike val='0'/></rPr><t>new</t></r></is>"), "new", None),
        (Raw("inlineStr", "<is><t>a_x000D_b_xD800_c_x005F_x000D_</t></is>"), "a\rb_xD800_c_x000D_", None),
    ],
)
def test_each_kind_of_cell_is_known(
    form: Callable[[Worksheet], bytes], cell: Raw, text: str, kind: CellKind | None
) -> None:
    table = table_of(form(Worksheet(rows=[HEADER, ("1.2", cell)])))
    assert table.rows[0][1] == text
    assert table.kinds_of_row(2) == ({"PatientID": kind} if kind else {})


def test_dates_of_1904_and_of_the_first_days_are_right() -> None:
    rows: list[Sequence[Cell]] = [HEADER, ("1.2", number(43538, DATE), number(1, DATE))]
    assert table_of(excel_workbook(Worksheet(rows=rows), date1904=True)).rows[0][1:] == ("2023-03-15", "1904-01-02")
    assert table_of(excel_workbook(Worksheet(rows=rows))).rows[0][2] == "1900-01-01"


def test_shared_rich_text_is_joined() -> None:
    items = "<si><t>StudyInstanceUID</t></si><si><r><t>1.</t></r><r><t>2</t></r></si>"
    items += "<si><r><rPr><strike/></rPr><t>x</t></r></si>"
    shared = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{items}</sst>'
    cells = [[Raw("s", f"<v>{one}</v>")] for one in range(3)]
    table = table_of(excel_workbook(Worksheet(rows=cells), extra={"xl/sharedStrings.xml": shared}))
    assert (table.rows, dict(table.cell_kinds)) == ([("1.2",), ("x",)], {(3, 0): CellKind.STRUCK_TEXT})


def test_the_worksheet_with_the_key_is_read() -> None:
    other = Worksheet(rows=[("Legend",), ("PatientID", "the identifier")])
    sheet = Worksheet(rows=[HEADER, ("1.2", "A")])
    table = table_of(excel_workbook(other, sheet))
    assert [(issue.code, issue.message) for issue in table.issues] == [
        ("sheet.other-worksheets", "Only worksheet 2, which has the key column, is read.")
    ]
    twice = issue_of(excel_workbook(sheet, other, sheet))
    assert (twice.code, twice.message) == (
        "sheet.several-worksheets",
        f"Worksheets 1 and 3 have a column {KEY}, so it is not known which one is meant.",
    )
    assert issue_of(excel_workbook(other)).code == "sheet.no-key-column"


def test_cells_behind_the_header_have_no_name() -> None:
    table = table_of(excel_workbook(Worksheet(rows=[HEADER, ("1.2", "A", "B", "C")])))
    (found,) = table_module.column_issues(table)
    assert (found.code, found.location.cell) == ("sheet.unnamed-column", "D1")


def test_hidden_cells_are_read_and_counted() -> None:
    rows = [("Title",), HEADER, ("1.2", "A"), ("1.3", "B"), (), ("#note",)]
    columns = '<cols><col min="2" max="3" hidden="1"/><col min="5" max="16384" hidden="1"/></cols>'
    table = table_of(excel_workbook(Worksheet(rows=rows, hidden_rows=(1, 2, 4, 5), before=columns)))
    assert len(list(table.complete_rows())) == 3
    assert [issue.message for issue in table.issues if issue.code == "sheet.hidden-cells"] == [
        "Hidden cells are read like the others: 1 row and 2 columns with data."
    ]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [("A1:C1", []), ("B3:B4", [("B3", 3, "B")]), ("A2:C2", [("A2", 2, "A")]), ("A1:A3", [("A1", 1, "A")]), ("x", [])],
)
def test_merged_cells_in_the_table_are_named(cells: str, expected: list[tuple[str, int, str]]) -> None:
    rows = [("Title",), HEADER, ("1.2", "A"), ("1.3", None)]
    table = table_of(excel_workbook(Worksheet(rows=rows, after=f'<mergeCells><mergeCell ref="{cells}"/></mergeCells>')))
    merged = [issue.location for issue in table.issues if issue.code == "sheet.merged-cells"]
    assert [(place.cell, place.row, place.column) for place in merged] == expected


BOMB = f'<!DOCTYPE sst [<!ENTITY a "{"x" * 100}"><!ENTITY b "{"&a;" * 100}">]><sst><si><t>&b;</t></si></sst>'
OUTSIDE = '<!DOCTYPE sst SYSTEM "file:///etc/passwd"><sst/>'


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml", "_rels/.rels"])
@pytest.mark.parametrize("content", [BOMB, OUTSIDE])
def test_entities_are_never_expanded(part: str, content: str) -> None:
    found = issue_of(excel_workbook(Worksheet(rows=[HEADER]), extra={part: content}))
    assert (found.code, found.message) == (
        "sheet.unreadable-text",
        "The file has a document type declaration, which no spreadsheet writes.",
    )


def test_a_zip_bomb_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_archive, "WORKBOOK_LIMIT", DocumentLimit(100_000))
    data = compress(excel_workbook(Worksheet(rows=[HEADER, ("1.2", "A" * 1_000_000)])))
    assert len(data) < 10_000
    assert issue_of(data).message == "The file unpacks to more than 100,000 bytes."


def test_a_long_tag_and_many_parts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_archive, "MAX_XML_TOKEN_BYTES", 1000)
    long = f'<worksheet a="{"x" * 2_000_000}"/>'
    assert (
        "an XML tag of more than 1,000 bytes"
        in issue_of(excel_workbook(Worksheet(rows=[HEADER]), extra={"xl/worksheets/sheet1.xml": long})).message
    )
    monkeypatch.setattr(workbook_archive, "MAX_WORKBOOK_PARTS", 5)
    assert "has more than 5 parts" in issue_of(excel_workbook(Worksheet(rows=[HEADER]))).message


def test_cells_and_their_texts_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    from dicommap.edits import workbook_cells

    data = excel_workbook(Worksheet(rows=[HEADER, ("1.2", "A" * 50), ("1.3", "B")]))
    monkeypatch.setattr(workbook_cells, "CELL_LENGTH_LIMIT", 49)
    assert issue_of(data).message == "The file has a cell of more than 49 characters."
    monkeypatch.setattr(workbook_cells, "CELL_LENGTH_LIMIT", 50)
    monkeypatch.setattr(workbook_cells, "CELLS_LIMIT", 9)
    assert issue_of(data).message == "The file has more than 9 cells."


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    "content",
    [
        '<worksheet><sheetData><row r="2"/><row r="1"/></sheetData></worksheet>',
        '<worksheet><sheetData><row r="1048577"/></sheetData></worksheet>',
        '<worksheet><sheetData><row r="-1"/></sheetData></worksheet>',
        '<worksheet><sheetData><row r="1"><c r="B1"/><c r="A2"/></row></sheetData></worksheet>',
        '<worksheet><sheetData><row r="1"><c r="B1" t="str"><v>a</v></c><c r="A1"/></row></sheetData></worksheet>',
        '<worksheet><sheetData><row r="1"><c r="ZZZ1"/></row></sheetData></worksheet>',
        '<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>99</v></c></row></sheetData></worksheet>',
        '<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>x</v></c></row></sheetData></worksheet>',
        '<worksheet><sheetData><row r="1"><c r="A1" s="x"><v>1</v></c></row></sheetData></worksheet>',
        "<worksheet><sheetData>",
        "",
        "no XML",
    ],
)
def test_damaged_worksheets_are_refused(content: str) -> None:
    found = issue_of(excel_workbook(Worksheet(rows=[HEADER]), extra={SHEET: content}))
    assert found.code == "sheet.unreadable-text"
    assert "open it in a spreadsheet and save it again" in found.message


def test_damaged_zip_files_are_refused() -> None:
    whole = compress(excel_workbook(Worksheet(rows=[HEADER, ("1.2", "A")])))
    place = whole.index(b"xl/sharedStrings.xml") + 30
    for data in (
        whole[:-10],
        whole[: len(whole) // 2] + b"[Content_Types].xml",
        whole[:place] + b"????" + whole[place + 4 :],
    ):
        assert "is a damaged Excel workbook" in issue_of(data).message
    assert "is a damaged Excel workbook" in issue_of(zip_parts({"[Content_Types].xml": ""})).message


def test_a_part_with_a_password_is_named() -> None:
    changed = bytearray(excel_workbook(Worksheet(rows=[HEADER])))
    with zipfile.ZipFile(io.BytesIO(bytes(changed))) as archive:
        local = archive.getinfo("xl/workbook.xml").header_offset
    changed[local + 6] |= 1
    entry = changed.index(b"PK\x01\x02", changed.index(b"PK\x01\x02") + 4)
    for _ in range(1):
        entry = changed.index(b"PK\x01\x02", entry + 4)
    changed[entry + 8] |= 1
    assert issue_of(bytes(changed)).message == "The file is a workbook with a password; save it without one."


def test_a_location_names_the_address() -> None:
    table = table_of(excel_workbook(Worksheet(rows=[HEADER, ("1.2", "A")])))
    assert table.locate_cell(2, "PatientName") == Location(path="s.xlsx", row=2, column="PatientName", cell="C2")
    assert str(table.locate_cell(2, "PatientName")) == "s.xlsx C2 (PatientName)"
