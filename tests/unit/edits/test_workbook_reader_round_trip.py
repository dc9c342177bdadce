"""A workbook that XlsxWriter, openpyxl or LibreOffice saved loses nothing; what LibreOffice read in CSV is found.

LibreOffice's files are stored; if it is installed, it also writes them anew.
"""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.edits.edited_sheet import read_sheet
from dicommap.edits.sheet_edits import SheetEdits
from dicommap.edits.table import CellKind, Table
from dicommap.edits.table_reader import read_table
from dicommap.issues import Issue
from dicommap.writing.workbook_writer import WorkbookColumn, write_new_workbook
from tests.support.example_counts import examples
from tests.support.libreoffice import (
    KEYWORDS,
    SOFFICE,
    STORED,
    difficult_studies,
    expected_rows,
    make_files,
    write_workbook,
)

KEY = "StudyInstanceUID"


def table_of(path: Path) -> Table:
    found = read_table(path.name, path.read_bytes(), KEY)
    assert isinstance(found, Table), found
    return found


def issues_of(path: Path) -> list[Issue]:
    """Return the issues of a draft with a sheet of the difficult studies; an edit fails the test."""
    sheet, issues = read_sheet(path.name, path.read_bytes(), KEYWORDS)
    assert sheet is not None
    provider = SheetEdits(sheet)
    results = [result for study in difficult_studies() for result in provider.edits_for_study(study)]
    assert all(isinstance(result, Issue) for result in results), results
    return [*issues, *(result for result in results if isinstance(result, Issue)), *provider.unused_issues()]


def normalized(rows: list[list[str]]) -> list[list[str]]:
    return [[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row] for row in rows]


def assert_lossless(path: Path) -> None:
    table = table_of(path)
    assert normalized([list(table.header), *map(list, table.rows)]) == normalized(expected_rows())
    assert not table.cell_kinds
    assert [issue.code for issue in issues_of(path)] == ["sheet.no-change"]


WRITTEN_ANEW = pytest.param("written anew", marks=pytest.mark.long)


@pytest.fixture(scope="module", params=["stored", *([WRITTEN_ANEW] if SOFFICE else [])])
def libreoffice(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "stored":
        return STORED
    folder = tmp_path_factory.mktemp("libreoffice")
    make_files(folder)
    return folder


def test_a_workbook_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "s.xlsx"
    write_workbook(path)
    assert_lossless(path)


def test_a_workbook_that_openpyxl_saved_again_loses_nothing(tmp_path: Path) -> None:
    path, again = tmp_path / "s.xlsx", tmp_path / "again.xlsx"
    write_workbook(path)
    workbook = openpyxl.load_workbook(path)
    workbook.save(again)
    assert_lossless(again)
    worksheet = workbook.active
    assert worksheet is not None
    worksheet["D2"] = "HOSP-7"
    worksheet["D3"] = 42
    workbook.save(tmp_path / "edited.xlsx")
    sheet, _ = read_sheet("edited.xlsx", (tmp_path / "edited.xlsx").read_bytes(), KEYWORDS)
    assert sheet is not None
    first, second, *_ = sheet.rows.values()
    assert (first.cells["PatientID"], first.kinds) == ("HOSP-7", {})
    assert (second.cells["PatientID"], second.kinds) == ("42", {"PatientID": CellKind.NUMBER})


def test_a_workbook_that_libreoffice_saved_again_loses_nothing(libreoffice: Path) -> None:
    assert_lossless(libreoffice / "saved-again.xlsx")


def test_a_csv_file_that_libreoffice_opened_has_no_silent_edit(libreoffice: Path) -> None:
    """LibreOffice reads numbers, dates and truth values in CSV as such: each is the current value or an error."""
    path = libreoffice / "opened-csv.xlsx"
    kinds = set(table_of(path).cell_kinds.values())
    assert CellKind.NUMBER in kinds
    issues = issues_of(path)
    damaged = {issue.location.cell for issue in issues}
    assert {issue.code for issue in issues} <= {"sheet.damaged-cell", "sheet.not-text-cell", "sheet.no-value-word"}
    assert {"D2", "G2"} <= damaged, "007 became 7, and twenty digits became fifteen"


texts = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("=+-@'\"<>&_x0041_\r\n\t\0\ufffe\uffff "), max_size=12
)


@given(st.lists(st.tuples(texts, texts), max_size=4))
@examples(60)
def test_any_text_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("written") / "s.xlsx"
    columns = [WorkbookColumn(name=name, width=9, note="A note") for name in (KEY, "PatientID", "PatientName")]
    assert write_new_workbook(path, "Studies", columns, [("1.2", *row) for row in rows]) == len(rows)
    assert [row[1:] for row in table_of(path).rows] == rows
