"""Sheets are read as spreadsheets write them, and what a spreadsheet spoilt is found."""

from __future__ import annotations

import pytest

from dicommap.edits.edited_sheet import EditedSheet, SheetRow, SheetRows, read_sheet
from dicommap.edits.table import CellKind
from dicommap.model.item_store import MEMORY, ItemStore
from dicommap.model.study import Target
from dicommap.package.temporary_store import TemporaryStore
from tests.support.studies import KEYWORDS

SECRET = "Zyzzyva^Quark"


def read(text: str | bytes) -> tuple[EditedSheet | None, list[tuple[str, int | None, str | None]]]:
    data = text.encode() if isinstance(text, str) else text
    sheet, issues = read_sheet("s.csv", data, KEYWORDS)
    assert {found.location.path for found in issues} <= {"s.csv"}
    return sheet, [(found.code, found.location.row, found.location.column) for found in issues]


def cells(text: str | bytes, study: str = "1.2", series: str | None = None) -> dict[str, str]:
    sheet, issues = read(text)
    assert sheet is not None
    assert not issues
    return dict(sheet.rows[Target(study_instance_uid=study, series_instance_uid=series)].cells)


PLAIN = "StudyInstanceUID,PatientID\r\n1.2,007\r\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        b"\xff\xfe" + ("\ufeff" + PLAIN).encode("utf-16-le"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode("utf-16"),
        PLAIN.replace(",", "|").encode(),
        PLAIN.replace("\r\n", "\n").encode(),
        PLAIN.replace("\r\n", "\r").encode(),
        b'"StudyInstanceUID","PatientID"\n"1.2","007"',
        b" StudyInstanceUID , PatientID \n 1.2 ,007\n",
        b"\xef\xbb\xbf" + b'"StudyInstanceUID";"PatientID"\n"1.2";"007"\n',
        PLAIN.encode() + b",\r\n,\r\n\r\n",
    ],
)
def test_what_spreadsheets_write_is_read(data: bytes) -> None:
    assert cells(data) == {"PatientID": "007"}


def test_quoted_cells_may_hold_anything() -> None:
    text = 'StudyInstanceUID,PatientID\n1.2,"a\n""b"",;c"\n1.3,x\n'
    assert cells(text) == {"PatientID": 'a\n"b",;c'}
    sheet, _ = read(text)
    assert sheet is not None
    assert [row.number for row in sheet.rows.values()] == [2, 3]


def test_other_delimiters_in_an_information_column_do_not_mislead() -> None:
    assert cells("StudyInstanceUID,#a;b;c;d,PatientID\n1.2,,007\n") == {"PatientID": "007"}


def test_columns_that_only_inform_are_ignored() -> None:
    text = "#note,StudyInstanceUID,#instances,#instances,PatientID,\n" + f"{SECRET},1.2,4,x,007,\n"
    assert cells(text) == {"PatientID": "007"}


def test_series_have_rows_of_their_own() -> None:
    text = "StudyInstanceUID,SeriesInstanceUID,Modality\n1.2,1.2.1,CT\n1.2,1.2.2,MR\n"
    assert cells(text, series="1.2.2") == {"Modality": "MR"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("StudyInstanceUID,PatientName\n1.2,Dörte\n".encode("cp1252"), "sheet.unreadable-text"),
        (b"\xff\xfeS", "sheet.unreadable-text"),
        (b'StudyInstanceUID,PatientID\n1.2,"007\n', "sheet.unreadable-text"),
        (b'StudyInstanceUID,PatientID\n1.2,"007"x\n', "sheet.unreadable-text"),
        (b"", "sheet.unreadable-text"),
        (b"PatientID\n007\n", "sheet.no-key-column"),
        (b"studyinstanceuid,PatientID\n1.2,007\n", "sheet.no-key-column"),
        (b"\x89PNG\r\n\x1a\n", "sheet.unreadable-text"),
    ],
)
def test_what_is_no_sheet_is_refused_whole(data: bytes, code: str) -> None:
    sheet, issues = read(data)
    assert sheet is None
    assert [found[0] for found in issues] == [code]


@pytest.mark.parametrize(
    ("text", "code", "row", "column"),
    [
        ("StudyInstanceUID,PatientID,PatientID\n1.2,1,2\n", "sheet.repeated-column", 1, "PatientID"),
        ("StudyInstanceUID,StudyInstanceUID\n1.2,1.2\n", "sheet.repeated-column", 1, "StudyInstanceUID"),
        ("StudyInstanceUID,PatientId\n1.2,1\n", "attribute.unknown", 1, "PatientId"),
        ("StudyInstanceUID,PatientWeight\n1.2,70\n", "sheet.column-not-captured", 1, "PatientWeight"),
        ("StudyInstanceUID,PatientID\n1.2\n", "sheet.ragged-row", 2, None),
        ("StudyInstanceUID,PatientID\n1.2,1,2\n", "sheet.ragged-row", 2, None),
        ("StudyInstanceUID,PatientID\n1.2,1\n\n1.2,2\n", "sheet.duplicate-row", 4, None),
        ("StudyInstanceUID,PatientID\n1.2,1\n\n1.2, 1\n", "sheet.repeated-row", 4, None),
        ("StudyInstanceUID,PatientID\n1.2,\u00fc\n1.2,u\u0308\n", "sheet.repeated-row", 3, None),
        ("StudyInstanceUID,#state,PatientID\n1.2,s1,1\n1.2,s2,1\n", "sheet.duplicate-row", 3, None),
    ],
)
def test_each_fault_has_its_code_and_place(text: str, code: str, row: int, column: str | None) -> None:
    _, issues = read(text)
    assert issues == [(code, row, column)]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("StudyInstanceUID,PatientID\n1.2E+10,1\n", "StudyInstanceUID"),
        ("StudyInstanceUID,PatientID\n12,1\n", "StudyInstanceUID"),
        ("StudyInstanceUID,PatientID\n,1\n", "StudyInstanceUID"),
        ("StudyInstanceUID;PatientID\n1,2;1\n", "StudyInstanceUID"),
        ("StudyInstanceUID,SeriesInstanceUID\n1.2,\n", "SeriesInstanceUID"),
    ],
)
def test_a_row_without_a_uid_is_kept_apart(text: str, column: str) -> None:
    sheet, issues = read(text)
    assert sheet is not None
    assert not issues
    assert [(one.row, one.column) for one in sheet.damaged_uids] == [(2, column)]
    assert (len(sheet.rows), sheet.invalid_rows, sheet.is_complete) == (0, (2,), False)


def test_a_faulty_row_or_column_leaves_the_others() -> None:
    sheet, issues = read("StudyInstanceUID,PatientID,Patient\n1.2,007,x\n1.3\n1.4,1,1\n")
    assert sheet is not None
    assert {target.study_instance_uid: dict(row.cells) for target, row in sheet.rows.items()} == {
        "1.2": {"PatientID": "007"},
        "1.4": {"PatientID": "1"},
    }
    assert len(issues) == 2


def test_the_first_of_two_rows_is_named() -> None:
    _, issues = read_sheet("s.csv", b"StudyInstanceUID,PatientID\n1.2,1\n1.3,1\n1.2,2\n", KEYWORDS)
    assert "row 2" in issues[0].message


def test_a_misspelt_column_gets_a_suggestion() -> None:
    _, issues = read_sheet("s.csv", b"StudyInstanceUID,PatinetID\n", KEYWORDS)
    assert "did you mean" in issues[0].message
    assert "PatientID" in issues[0].message


def test_no_finding_holds_a_cell() -> None:
    rows = f"{SECRET},{SECRET}\n{SECRET}\n1.2,{SECRET},{SECRET}\n1.2,{SECRET}\n1.2,{SECRET}\n"
    _, issues = read_sheet("s.csv", f"StudyInstanceUID,PatientName\n{rows}".encode(), KEYWORDS)
    assert len(issues) == 3
    assert not any(SECRET in str(found) for found in issues)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_refused_as_another_encoding(encoding: str) -> None:
    assert read(PLAIN.encode(encoding)) == (None, [("sheet.unreadable-text", None, None)])


@pytest.mark.parametrize("store", [MEMORY, TemporaryStore(items_in_memory=1)], ids=["memory", "database"])
def test_rows_are_the_same_in_any_store(store: ItemStore) -> None:
    rows = [
        ("1.1", SheetRow(number=2, cells={"PatientID": "1", "PatientName": "A"}, state="s1", cell_digests="d")),
        ("1.2", SheetRow(number=3, cells={"PatientID": "2", "PatientName": ""}, kinds={"PatientID": CellKind.NUMBER})),
        ("1.3", SheetRow(number=7, cells={"PatientID": "", "PatientName": "B"})),
    ]
    expected = {Target(study_instance_uid=uid): row for uid, row in rows}
    sheet_rows = SheetRows(store)
    assert [sheet_rows.add_row(target, row) for target, row in expected.items()] == [None] * 3
    other = SheetRow(number=8, cells={"PatientID": "9", "PatientName": "Z"})
    assert [sheet_rows.add_row(target, other) for target in expected] == list(expected.values())
    assert sheet_rows == expected
    assert list(sheet_rows) == list(expected)
    assert list(sheet_rows.numbers) == [2, 3, 7]
    assert sheet_rows.get(Target(study_instance_uid="1.4")) is None
