"""`dicommap sheet` and `draft --sheet` with workbooks, encodings, patterns, and the edits of an older sheet."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.cli.running import dicommap
from tests.support.p10_files import STUDY, p10, small_tree, uid

URI = "s3://bucket/incoming/"


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """Return the inventory of two studies, and of PatientID P1 and P2."""
    dicommap("scan", small_tree(tmp_path / "tree"), "-o", tmp_path / "i.db")
    return tmp_path / "i.db"


def edit(path: Path, row: int, column: str, value: object) -> None:
    """Change a cell of a workbook."""
    workbook = openpyxl.load_workbook(path)
    worksheet = workbook.active
    assert worksheet is not None
    index = next(cell.column for cell in worksheet[1] if cell.value == column)
    worksheet.cell(row, index).value = value
    workbook.save(path)


def test_a_workbook_goes_out_and_comes_back(inventory: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "my studies.xlsx"
    written = dicommap("sheet", inventory, "-o", sheet)
    assert written.status == 0
    assert "my studies.xlsx: 2 rows" in written.out
    edit(sheet, 2, "PatientID", "HOSP-1")
    drafted = dicommap("draft", inventory, "--sheet", sheet, "--input-s3-uri", URI, "-n")
    assert drafted.status == 0
    assert "1 study, 1 change: 1 by my studies.xlsx" in drafted.out
    edit(sheet, 3, "PatientID", 7)
    drafted = dicommap("draft", inventory, "--sheet", sheet, "--input-s3-uri", URI, "-n")
    assert drafted.status == 1
    assert (
        "error: my studies.xlsx D3 (PatientID): The cell is a number and not text. [sheet.not-text-cell]" in drafted.out
    )


def test_a_sheet_without_a_row_is_not_written(inventory: Path, tmp_path: Path) -> None:
    ran = dicommap("sheet", inventory, "-o", tmp_path / "s.csv", "--where", "PatientID=NO-SUCH")
    assert (ran.status, ran.out) == (2, "")
    assert "No study matches --where for PatientID, so the sheet would have no row." in ran.err
    assert "NO-SUCH" not in ran.err
    assert not (tmp_path / "s.csv").exists()


def test_the_name_of_a_file_does_not_matter(inventory: Path, tmp_path: Path) -> None:
    workbook, text = tmp_path / "workbook.xlsx", tmp_path / "text.csv"
    dicommap("sheet", inventory, "-o", workbook)
    dicommap("sheet", inventory, "-o", text)
    for path, name in ((workbook, "w.csv"), (text, "t.xlsx")):
        renamed = path.rename(tmp_path / name)
        assert "sheet.no-change" in dicommap("draft", inventory, "--sheet", renamed, "--input-s3-uri", URI, "-n").out


@pytest.mark.parametrize(("option", "status"), [((), 1), (("--encoding", "cp1252"), 0), (("--encoding", "latin-1"), 0)])
def test_a_sheet_in_another_encoding_needs_its_name(
    inventory: Path, tmp_path: Path, option: tuple[str, ...], status: int
) -> None:
    sheet = tmp_path / "s.csv"
    sheet.write_bytes(f"Export\n\nStudyInstanceUID;PatientName\n{uid(STUDY, 1)};M\u00fcller\n".encode("latin-1"))
    drafted = dicommap("draft", inventory, "--sheet", sheet, *option, "--input-s3-uri", URI, "-n", "--show-values")
    assert drafted.status == status
    if status:
        assert "s.csv row 4: The file is not UTF-8 text: row 4 has bytes of another encoding" in drafted.out
    else:
        assert "M\u00fcller" in drafted.out
        assert "note: s.csv row 3: The header is row 3" in drafted.out


def test_wrong_calls_are_refused(inventory: Path, tmp_path: Path) -> None:
    def told(*arguments: str | Path) -> str:
        ran = dicommap("sheet", inventory, *arguments)
        assert ran.status == 2
        return ran.err

    assert "A sheet cannot be written as .ods." in told("-o", tmp_path / "s.ods")
    assert "A workbook has no delimiter." in told("-o", tmp_path / "s.xlsx", "--delimiter", "tab")
    assert "A condition of --where is KEYWORD=PATTERN." in told("-o", tmp_path / "s.csv", "--where", "Modality")
    both = told("-o", tmp_path / "s.csv", "--where", "Modality=CT", "--carry-over", tmp_path / "s.xlsx")
    assert "An older sheet is carried over whole" in both
    assert "PatientWeight" in told("-o", tmp_path / "s.csv", "--where", "PatientWeight=7*")
    missing = told("-o", tmp_path / "s.csv", "--carry-over", tmp_path / "none.csv")
    assert "There is no file none.csv." in missing
    (tmp_path / "other.csv").write_text("A,B\n1,2\n")
    assert "other.csv row 1: Row 1 has no column StudyInstanceUID" in told(
        "-o", tmp_path / "s.csv", "--carry-over", tmp_path / "other.csv"
    )
    assert not (tmp_path / "s.csv").exists()


def test_only_matching_rows_are_written(inventory: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "s.csv"
    assert (
        ": 1 row\n"
        in dicommap("sheet", inventory, "-o", sheet, "--where", "PatientID=P1", "--where", "Modality=CT").out
    )
    assert uid(STUDY, 2) not in sheet.read_text("utf-8")


def test_edits_are_carried_over_after_a_new_scan(inventory: Path, tmp_path: Path) -> None:
    older, newer = tmp_path / "older.xlsx", tmp_path / "newer.xlsx"
    dicommap("sheet", inventory, "-o", older, "--columns", "PatientID,PatientName")
    edit(older, 2, "PatientID", "HOSP-1")
    edit(older, 3, "PatientID", "HOSP-2")
    edit(older, 3, "PatientName", "New^Name")
    for path in (tmp_path / "tree").rglob("*"):
        if path.is_file() and uid(STUDY, 2).encode() in path.read_bytes():
            path.write_bytes(path.read_bytes().replace(b"P2", b"Q2"))
    dicommap("scan", tmp_path / "tree", "-o", inventory)
    stale = dicommap("draft", inventory, "--sheet", older, "--input-s3-uri", URI, "-n")
    assert "older.xlsx row 3" in stale.out
    assert "sheet.stale-row" in stale.out
    written = dicommap("sheet", inventory, "-o", newer, "--carry-over", older)
    assert written.status == 0
    assert "warning: older.xlsx D3 (PatientID): The edit is not carried over: the value in the files has" in written.out
    assert f"{older}: 2 edits carried over, 1 not" in written.out
    drafted = dicommap("draft", inventory, "--sheet", newer, "--input-s3-uri", URI, "-n", "--show-values")
    assert drafted.status == 0
    assert "2 studies, 2 changes: 2 by newer.xlsx" in drafted.out
    assert "HOSP-1" in drafted.out
    assert "HOSP-2" not in drafted.out
    piped = dicommap("sheet", inventory, "-o", "-", "--carry-over", older, "--fail-on", "warning")
    assert piped.status == 1
    assert "sheet.not-carried-over" in piped.err
    assert "HOSP-1" in piped.out
    assert "sheet.not-carried-over" not in piped.out


def test_a_level_that_is_not_that_of_the_older_sheet_is_refused(inventory: Path, tmp_path: Path) -> None:
    older = tmp_path / "series.csv"
    dicommap("sheet", inventory, "-o", older, "--level", "series")
    ran = dicommap("sheet", inventory, "-o", tmp_path / "s.csv", "--level", "study", "--carry-over", older)
    assert ran.status == 2
    assert "The rows of series.csv are series." in ran.err
    assert "0 edits carried over" in dicommap("sheet", inventory, "-o", tmp_path / "s.csv", "--carry-over", older).out


def test_a_workbook_keeps_values_that_look_like_xml_or_formulas(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    for number, name in enumerate(("<r>x</r>", "=1+1", "+49", "_x0041_")):
        made = p10(PatientID=name, StudyInstanceUID=f"1.2.{number}", SeriesInstanceUID=f"1.2.{number}.1")
        (tmp_path / "tree" / str(number)).write_bytes(made)
    dicommap("scan", tmp_path / "tree", "-o", tmp_path / "i.db")
    dicommap("sheet", tmp_path / "i.db", "-o", tmp_path / "s.xlsx")
    drafted = dicommap("draft", tmp_path / "i.db", "--sheet", tmp_path / "s.xlsx", "--input-s3-uri", URI, "-n")
    assert "s.xlsx: 4 rows: 4 no change" in drafted.out


def test_a_dicom_file_and_wrong_toml_are_named(inventory: Path, tmp_path: Path) -> None:
    image, rules = tmp_path / "image.dcm", tmp_path / "r.toml"
    image.write_bytes(p10())
    rules.write_text("[[rule]]\nset\n")
    ran = dicommap("draft", inventory, "--sheet", image, "--rules", rules, "-n")
    assert "The file is a DICOM file, and no table" in ran.out
    assert "Expected '=' after a key" in ran.out
    image.write_bytes(b"")
    assert "The file is empty." in dicommap("draft", inventory, "--sheet", image, "-n").out


def test_a_damaged_state_and_a_refused_cell_are_told(inventory: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "s.xlsx"
    dicommap("sheet", inventory, "-o", sheet)
    edit(sheet, 2, "#state", "typed over")
    edit(sheet, 3, "PatientID", "NEW")
    edit(sheet, 3, "StudyDate", "no date")
    ran = dicommap("draft", inventory, "--sheet", sheet, "-n")
    assert "the cell #state does not have the form in which it was written" in ran.out
    assert "2 rows: 1 applied in part, 1 refused" in ran.out


def test_an_invalid_uri_names_its_option(inventory: Path) -> None:
    ran = dicommap("draft", inventory, "--harmonize", "PatientID", "--input-s3-uri", "s3://BUCKET/INPUT/", "-n")
    assert "The S3 URI of --input-s3-uri does not have the form s3://bucket/prefix" in ran.out


def test_a_wrong_data_store_of_a_draft_is_named_with_an_example(inventory: Path) -> None:
    ran = dicommap("draft", inventory, "--harmonize", "PatientID", "-n", "--datastore-id", "mine")
    assert (ran.status, ran.out) == (2, "")
    assert "AWS does not take --datastore-id 'mine'." in ran.err
    assert "Values look like this: --datastore-id 0123456789abcdef" in ran.err
