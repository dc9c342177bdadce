"""Edits of an older sheet are carried over if the value in the files is still the same; the others are named."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import pytest

from dicommap.edits.edited_sheet import read_sheet
from dicommap.edits.sheet_carry_over import SheetCarryOver
from dicommap.edits.sheet_rows import format_sheet_lines
from dicommap.healthimaging.levels import Level
from dicommap.issues import Severity
from dicommap.model.study import Study
from tests.support.studies import KEYWORDS, series, study
from tests.support.workbook_files import Worksheet, excel_workbook, number

COLUMNS = ("PatientID", "PatientName", "StudyDate")


def older_sheet(then: Study, edits: Mapping[str, str], columns: tuple[str, ...] = COLUMNS) -> bytes:
    """Return a sheet of a study as it was, with edited cells."""
    text = "".join(format_sheet_lines([then], Level.STUDY, columns)).removeprefix("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(row), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerow({**row, **edits})
    return buffer.getvalue().encode()


def carried(
    data: bytes, *now: Study, columns: tuple[str, ...] = COLUMNS
) -> tuple[dict[str, str], list[tuple[str, str | None, str]]]:
    """Return the carried cells of the first study, and the code, cell and message of each issue."""
    sheet, issues = read_sheet("old.csv", data, KEYWORDS)
    assert sheet is not None
    carry_over = SheetCarryOver(sheet, issues, columns)
    for found in now:
        carry_over.add_study(found)
    carry_over.add_unknown_row_issues()
    assert not [issue for issue in carry_over.issues if issue.severity is Severity.ERROR]
    assert carry_over.cell_count == sum(map(len, carry_over.cells.values()))
    cells = carry_over.cells.get(now[0].target, {}) if now else {}
    return cells, [(issue.code, issue.location.cell, issue.message) for issue in carry_over.issues]


THEN = {"PatientID": "007", "PatientName": "A^B", "StudyDate": "20260101"}


def test_edits_of_a_current_row_are_carried_over() -> None:
    data = older_sheet(study(THEN), {"PatientID": "HOSP-7", "StudyDate": ""})
    assert carried(data, study(THEN)) == ({"PatientID": "HOSP-7", "StudyDate": ""}, [])


def test_edits_of_a_stale_row_are_carried_over_if_the_value_is_unchanged() -> None:
    data = older_sheet(study(THEN), {"PatientID": "HOSP-7"})
    now = study({**THEN, "PatientName": "A^C", "AccessionNumber": "new"})
    assert carried(data, now) == ({"PatientID": "HOSP-7"}, [])


def test_an_edit_of_a_value_that_has_changed_since_is_not_carried_over() -> None:
    data = older_sheet(study(THEN), {"PatientID": "HOSP-7", "PatientName": "A^Z"})
    cells, issues = carried(data, study({**THEN, "PatientID": "008"}))
    assert cells == {"PatientName": "A^Z"}
    message = "The edit is not carried over: the value in the files has changed since."
    assert issues == [("sheet.not-carried-over", "D2", message)]


def test_an_edit_that_the_files_have_now_is_no_edit() -> None:
    data = older_sheet(study(THEN), {"PatientID": "HOSP-7"})
    assert carried(data, study({**THEN, "PatientID": "HOSP-7"})) == ({}, [])


def test_markers_of_differing_values_are_told_from_edits() -> None:
    then = study({**THEN, "PatientID": "1"}, {**THEN, "PatientID": "2"})
    unedited, edited = older_sheet(then, {}), older_sheet(then, {"PatientID": "HOSP-7"})
    more = study({**THEN, "PatientID": "1"}, {**THEN, "PatientID": "2"}, {**THEN, "PatientID": "3"})
    assert carried(unedited, more) == ({}, [])
    assert carried(edited, then) == ({"PatientID": "HOSP-7"}, [])
    assert [issue[0] for issue in carried(edited, more)[1]] == ["sheet.not-carried-over"]
    assert carried(edited, study({**THEN, "PatientID": "1"}, {**THEN, "PatientID": "2", "Modality": "MR"}))[0]


def test_rows_of_gone_studies_and_series_are_named() -> None:
    data = older_sheet(study(THEN, uid="1.9"), {"PatientID": "HOSP-7"})
    assert [issue[0] for issue in carried(data, study(THEN))[1]] == ["sheet.unknown-study"]
    text = "StudyInstanceUID,SeriesInstanceUID,PatientID\n1.2,1.2.9,HOSP-7\n"
    assert [issue[0] for issue in carried(text.encode(), study(THEN))[1]] == ["sheet.unknown-series"]


def test_edits_of_series_are_carried_over() -> None:
    then = study({"Modality": "CT"}, {"Modality": "MR"})
    text = "".join(format_sheet_lines(then.series, Level.SERIES, ["Modality"])).replace(",MR", ",OT")
    sheet, issues = read_sheet("old.csv", text.encode(), KEYWORDS)
    assert sheet is not None
    carry_over = SheetCarryOver(sheet, issues, ["Modality"])
    carry_over.add_study(then)
    assert carry_over.cells == {series("1.2", "1.2.2").target: {"Modality": "OT"}}


def test_columns_that_the_new_sheet_does_not_have_are_named() -> None:
    data = older_sheet(study(THEN), {"PatientID": "HOSP-7"})
    cells, issues = carried(data, study(THEN), columns=("PatientName",))
    assert cells == {}
    assert issues == [
        ("sheet.not-carried-over", "D2", "The edit is not carried over: the new sheet does not have the column.")
    ]
    codes = [issue[0] for issue in carried(b"StudyInstanceUID,Ward,PatientWeight\n1.2,x,70\n", study(THEN))[1]]
    assert codes == ["attribute.unknown", "sheet.column-not-captured"]


@pytest.mark.parametrize(
    ("cell", "code"), [("7", "sheet.damaged-cell"), ("***", "sheet.placeholder-cell"), ("NULL", "sheet.no-value-word")]
)
def test_damaged_cells_are_not_carried_over(cell: str, code: str) -> None:
    cells, issues = carried(older_sheet(study(THEN), {"PatientID": cell}), study(THEN))
    assert (cells, [issue[0] for issue in issues]) == ({}, [code])


def test_a_number_in_a_workbook_is_not_made_a_text() -> None:
    data = excel_workbook(Worksheet(rows=[("StudyInstanceUID", "PatientID"), ("1.2", number(815))]))
    assert [issue[0] for issue in carried(data, study(THEN))[1]] == ["sheet.not-text-cell"]


def test_a_state_without_digests_does_not_say_what_has_changed() -> None:
    data = b"StudyInstanceUID,#state,PatientID\n1.2,s0123456789ab,HOSP-7\n"
    ((code, _, message),) = carried(data, study(THEN))[1]
    assert code == "sheet.not-carried-over"
    assert "the row is from another scan" in message
    assert carried(b"StudyInstanceUID,PatientID\n1.2,HOSP-7\n", study(THEN)) == ({"PatientID": "HOSP-7"}, [])
