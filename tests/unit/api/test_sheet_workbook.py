"""sheet().save(): a workbook with text cells, locked keys, lists and notes; or the reason why there is none."""

from __future__ import annotations

import sys
from pathlib import Path

import openpyxl
import pytest

import dicommap
from dicommap.errors import AttributeNameError, DocumentError, MissingExtraError, UsageError
from dicommap.writing import workbook_writer
from tests.support.p10_files import STUDY, uid


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty directory."""
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


def test_a_workbook_is_ready_for_people(inventory: dicommap.Inventory, folder: Path) -> None:
    path = folder / "s.xlsx"
    columns = ["PatientID", "PatientSex", "Modality", "SpecificCharacterSet"]
    assert dicommap.sheet(inventory, columns=columns).save(path) == 2
    assert list(folder.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600
    worksheet = openpyxl.load_workbook(path)["Studies"]
    assert worksheet.freeze_panes == "A2"
    assert worksheet.auto_filter.ref == "A1:G3"
    assert worksheet.protection.sheet
    assert not worksheet.protection.password
    assert {cell.number_format for row in worksheet.iter_rows(max_col=6) for cell in row} == {"@"}
    locked = {worksheet.cell(1, cell.column).value: cell.protection.locked for cell in worksheet[2]}
    assert locked == {
        "StudyInstanceUID": True,
        "#state": True,
        "#instances": True,
        "PatientID": False,
        "PatientSex": False,
        "Modality": False,
        "SpecificCharacterSet": True,
    }
    lists = {str(one.sqref): (one.formula1, one.errorStyle) for one in worksheet.data_validations.dataValidation}
    assert lists["E2:E3"][0] == '"M,F,O,<remove>"'
    assert lists["E2:E3"][1] in (None, "stop"), "which is the default"
    assert lists["F2:F3"][1] == "information"
    notes = {cell.value: cell.comment.text for cell in worksheet[1]}
    assert notes["PatientID"].split("\n")[:3] == [
        "PatientID (0010,0020)",
        "LO: text of at most 64 characters",
        "One value",
    ]
    assert "Allowed: M, F, O (PS3.3 C.7.1.1)" in notes["PatientSex"]
    assert "no edit can set this attribute" in notes["SpecificCharacterSet"]
    assert all(worksheet.column_dimensions[letter].width > 9 for letter in "ABCDEF")


def test_a_workbook_of_series_has_both_keys(inventory: dicommap.Inventory, folder: Path) -> None:
    assert dicommap.sheet(inventory, level="series").save(folder / "s.XLSX") == 4
    worksheet = openpyxl.load_workbook(folder / "s.XLSX")["Series"]
    assert [cell.value for cell in worksheet[1]][:2] == ["StudyInstanceUID", "SeriesInstanceUID"]


def test_an_edited_workbook_is_drafted(inventory: dicommap.Inventory, folder: Path) -> None:
    path = folder / "s.xlsx"
    dicommap.sheet(inventory).save(path)
    workbook = openpyxl.load_workbook(path)
    worksheet = workbook["Studies"]
    column = next(cell.column for cell in worksheet[1] if cell.value == "PatientID")
    worksheet.cell(3, column).value = "0099"
    workbook.save(path)
    drafted = dicommap.draft(inventory, sheets=path, input_s3_uri="s3://example-bucket/in/")
    assert not drafted.issues.errors
    assert [(change.study_instance_uid, change.after) for change in drafted.changes] == [
        (uid(STUDY, 2), {"vr": "LO", "Value": ["0099"]})
    ]


def test_without_xlsxwriter_the_command_to_install_it_is_named(
    inventory: dicommap.Inventory, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'dicommap\[excel\]'"):
        dicommap.sheet(inventory).save(folder / "s.xlsx")
    assert dicommap.sheet(inventory).save(folder / "s.csv") == 2


@pytest.mark.parametrize("name", ["s.ods", "s.xls", "s.NUMBERS", "s.xlsm"])
def test_another_format_is_refused(inventory: dicommap.Inventory, folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"cannot be written as \.(ods|xls|numbers|xlsm)\. .*\.xlsx or \.csv"):
        dicommap.sheet(inventory).save(folder / name)
    assert not list(folder.iterdir())


def test_too_many_rows_are_refused_and_leave_nothing(
    inventory: dicommap.Inventory, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook_writer, "WORKSHEET_ROWS", 2)
    for where in (None, {"Modality": "*"}):
        with pytest.raises(DocumentError, match=r"more than 1 rows, the limit of a worksheet.*--where.*several files"):
            dicommap.sheet(inventory, where=where).save(folder / "s.xlsx")
    assert not list(folder.iterdir())


def test_a_value_that_no_cell_can_hold_is_refused(folder: Path) -> None:
    columns = [workbook_writer.WorkbookColumn(name="PatientComments", width=9, note="A note")]
    path = folder / "s.xlsx"
    assert workbook_writer.write_new_workbook(path, "Studies", columns, [["\U0001f600" * 16_383], ["a" * 32_767]]) == 2
    for text in ("\U0001f600" * 16_384, "a" * 32_768):
        with pytest.raises(DocumentError, match="PatientComments has more than 32,767 characters"):
            workbook_writer.write_new_workbook(folder / "t.xlsx", "Studies", columns, [[text]])
    with pytest.raises(DocumentError, match="exists already"):
        workbook_writer.write_new_workbook(path, "Studies", columns, [])
    assert list(folder.iterdir()) == [path]


def test_a_sheet_has_only_matching_rows(inventory: dicommap.Inventory, folder: Path) -> None:
    sheet = dicommap.sheet(inventory, where={"PatientID": ["P2", "none"]})
    assert sheet.save(folder / "s.csv") == 1
    assert "Sheet: 1 row, one for each study" in str(sheet)
    assert dicommap.sheet(inventory, level="series", where={"SeriesNumber": "1"}).save(folder / "t.xlsx") == 2
    with pytest.raises(AttributeNameError, match="PatientWeight"):
        dicommap.sheet(inventory, where={"PatientWeight": "7*"})
