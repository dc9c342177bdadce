"""A sheet's changed cells become edits, and no others."""

from __future__ import annotations

import csv
import io

import pytest

from dicommap.edits.edit import Edit
from dicommap.edits.edited_sheet import read_sheet
from dicommap.edits.sheet_cells import compute_cell_digest, compute_values_digest
from dicommap.edits.sheet_edits import SheetEdits
from dicommap.edits.sheet_rows import choose_sheet_columns, format_sheet_lines
from dicommap.errors import AttributeNameError
from dicommap.healthimaging.levels import Level
from dicommap.issues import Issue
from dicommap.model.study import AttributeValues, Study
from tests.support.studies import KEYWORDS, study

ONE = study({"PatientID": "007", "PatientName": "A^B", "Modality": "CT"}, {"PatientID": "007", "Modality": "MR"})
OTHER = study({"PatientID": "8"}, uid="1.3")


def work(text: str) -> tuple[list[Edit], list[Issue]]:
    sheet, issues = read_sheet("s.csv", text.encode(), KEYWORDS)
    assert sheet is not None
    assert not issues
    provider = SheetEdits(sheet)
    found = [item for one in (ONE, OTHER) for item in provider.edits_for_study(one)] + list(provider.unused_issues())
    return [item for item in found if isinstance(item, Edit)], [item for item in found if isinstance(item, Issue)]


def codes(text: str) -> list[str]:
    return [found.code for found in work(text)[1]]


def test_a_changed_cell_is_an_edit_with_its_row_as_the_cause() -> None:
    (edit,), issues = work("StudyInstanceUID,PatientID,StudyDate\n1.3,8,20260102\n")
    assert not issues
    assert (edit.target.study_instance_uid, edit.target.series_instance_uid) == ("1.3", None)
    assert edit.attribute == {"vr": "DA", "Value": ["20260102"]}
    assert edit.origin == "s.csv row 2"


def test_an_emptied_cell_empties_the_attribute() -> None:
    (edit,), _ = work("StudyInstanceUID,PatientID\n1.2,\n")
    assert edit.attribute == {"vr": "LO"}


def test_a_series_row_edits_the_series() -> None:
    (edit,), _ = work("StudyInstanceUID,SeriesInstanceUID,Modality\n1.2,1.2.1,CT\n1.2,1.2.2,CT\n")
    assert edit.target.series_instance_uid == "1.2.2"


@pytest.mark.parametrize("cell", ["007", " 007 "])
def test_an_unchanged_sheet_changes_nothing(cell: str) -> None:
    edits, issues = work(f"StudyInstanceUID,PatientID\n1.2,{cell}\n")
    assert not edits
    assert [found.code for found in issues] == ["sheet.no-change"]


def test_the_marker_of_differing_values_is_no_value() -> None:
    edits, issues = work("StudyInstanceUID,PatientName,Modality\n1.2,<2 different values>,<9 different values>\n")
    assert not edits
    assert [(found.code, found.location.column) for found in issues] == [("sheet.placeholder-cell", "Modality")]


def test_differing_values_can_be_set_to_one() -> None:
    (edit,), _ = work("StudyInstanceUID,PatientName\n1.2,A^B\n")
    assert edit.attribute == {"vr": "PN", "Value": [{"Alphabetic": "A^B"}]}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("StudyInstanceUID,PatientID\n1.2,7\n", "sheet.damaged-cell"),
        ("StudyInstanceUID,StudyDate\n1.2,20260230\n", "value.format"),
        ("StudyInstanceUID,PatientID\n1.2," + "x" * 65 + "\n", "value.too-long"),
        ("StudyInstanceUID,PatientID\n1.2,a\\b\n", "value.multiplicity"),
        ("StudyInstanceUID,PatientID\n1.2,x\n1.9,x\n", "sheet.unknown-study"),
        ("StudyInstanceUID,SeriesInstanceUID,PatientID\n1.9,1.9.1,x\n1.2,1.2.1,x\n", "sheet.unknown-study"),
        ("StudyInstanceUID,SeriesInstanceUID,PatientID\n1.2,1.3.1,x\n1.2,1.2.1,x\n", "sheet.unknown-series"),
    ],
)
def test_faults_have_their_code(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_faults_name_row_and_column_and_not_the_value() -> None:
    _, (found,) = work("StudyInstanceUID,PatientID,PatientName\n1.3,8,\n1.2,007,Zyzzyva=Quark=a=b\n")
    assert (found.location.path, found.location.row, found.location.column) == ("s.csv", 3, "PatientName")
    assert "Zyzzyva" not in str(found)


def state(values: AttributeValues, level: Level, *keywords: str) -> str:
    digests = "".join(compute_cell_digest(keyword, values[keyword]) for keyword in keywords)
    return f"{compute_values_digest(values, level)}-{digests}"


def test_a_sheet_is_written_as_spreadsheets_read_it() -> None:
    text = "".join(format_sheet_lines([ONE], Level.STUDY, ["PatientID", "PatientName"]))
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert rows == [
        ["StudyInstanceUID", "#state", "#instances", "PatientID", "PatientName"],
        ["1.2", state(ONE.values, Level.STUDY, "PatientID", "PatientName"), "4", "007", "<2 different values>"],
    ]


def test_a_series_sheet_names_both_uids() -> None:
    lines = list(format_sheet_lines(ONE.series, Level.SERIES, ["Modality"]))
    assert lines[1:] == [
        f"1.2,{one.series_instance_uid},{state(one.values, Level.SERIES, 'Modality')},2,{modality}\r\n"
        for one, modality in zip(ONE.series, ("CT", "MR"), strict=True)
    ]


def test_the_columns_are_those_of_the_level_or_those_asked_for() -> None:
    assert choose_sheet_columns(Level.STUDY, KEYWORDS) == ("PatientID", "PatientName", "StudyDate", "AccessionNumber")
    assert choose_sheet_columns(Level.SERIES, KEYWORDS) == ("Modality", "SeriesDescription")
    assert choose_sheet_columns(Level.STUDY, KEYWORDS, ["Modality", "Modality"]) == ("Modality",)
    with pytest.raises(AttributeNameError, match="PatientID"):
        choose_sheet_columns(Level.STUDY, KEYWORDS, ["PatientWeight"])


def test_a_row_from_another_state_of_the_inventory_is_refused() -> None:
    stale = "".join(format_sheet_lines([study({"PatientID": "006"})], Level.STUDY, ["PatientID"])).removeprefix(
        "\ufeff"
    )
    edits, issues = work(stale)
    assert not edits
    assert [(found.code, found.location.row) for found in issues] == [("sheet.stale-row", 2)]


def test_a_study_row_with_a_series_attribute_is_refused_once_that_has_changed() -> None:
    older = study({"PatientID": "007", "PatientName": "A^B", "Modality": "CT"}, {"PatientID": "007", "Modality": "CT"})
    sheets = {
        columns: "".join(format_sheet_lines([older], Level.STUDY, columns)).removeprefix("\ufeff")
        for columns in (("PatientID", "Modality"), ("PatientID",))
    }
    edits, issues = work(sheets["PatientID", "Modality"])
    assert not edits
    assert [found.code for found in issues] == ["sheet.stale-row"]
    assert codes(sheets["PatientID",]) == ["sheet.no-change"]


def test_a_series_attribute_may_be_taken_out_of_a_study_sheet_or_put_in() -> None:
    written = "".join(format_sheet_lines([ONE], Level.STUDY, ["PatientID", "Modality"])).removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(written, newline="")))
    assert codes("\r\n".join(",".join(row[:-1]) for row in rows)) == ["sheet.no-change"]
    written = "".join(format_sheet_lines([ONE], Level.STUDY, ["PatientID"])).removeprefix("\ufeff")
    rows = [[*row, cell] for row, cell in zip(csv.reader(io.StringIO(written)), ("Modality", "CT"), strict=True)]
    edits, issues = work("\r\n".join(map(",".join, rows)))
    assert [edit.attribute for edit in edits] == [{"vr": "CS", "Value": ["CT"]}]
    assert not issues


def test_a_formula_in_a_value_is_guarded_and_comes_back_as_it_was() -> None:
    inventory = [study({"PatientID": "=1+1"})]
    text = "".join(format_sheet_lines(inventory, Level.STUDY, ["PatientID"]))
    assert "'=1+1" in text
    sheet, _ = read_sheet("s.csv", text.encode(), KEYWORDS)
    assert sheet is not None
    assert list(SheetEdits(sheet).edits_for_study(inventory[0])) == []


WORDS = ["NULL", "None", "nan", "NaN", "NA", "<NA>", "N/A", "\\N", "-", "NaT", "undefined", "(null)"]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("column", ["PatientID", "AccessionNumber"])
def test_a_word_for_no_value_never_becomes_an_identifier(word: str, column: str) -> None:
    edits, (found,) = work(f"StudyInstanceUID,{column}\n1.3,{word}\n")
    assert not edits
    assert (found.code, found.location.row, found.location.column) == ("sheet.no-value-word", 2, column)


def test_a_term_of_an_attribute_is_no_word_for_no_value() -> None:
    edits, issues = work("StudyInstanceUID,SeriesInstanceUID,SeriesDescription\n1.2,1.2.1,NONE\n1.2,1.2.2,-\n")
    assert len(edits) == 2
    assert not issues


@pytest.mark.parametrize("word", WORDS)
def test_a_word_for_no_value_that_was_there_stays_and_is_not_emptied(word: str) -> None:
    one = study({"PatientID": word})

    def found(cell: str) -> list[str]:
        sheet, _ = read_sheet("s.csv", f"StudyInstanceUID,PatientID\n1.2,{cell}\n".encode(), KEYWORDS)
        assert sheet is not None
        return [item.code if isinstance(item, Issue) else "edit" for item in SheetEdits(sheet).edits_for_study(one)]

    assert found(word) == []
    assert found("") == ["sheet.damaged-cell"]
    assert found("P-1") == ["edit"]


@pytest.mark.parametrize("cell", ["1.23E+11", "12345.0", "1,234,567", "02-Jan", "TRUE"])
def test_a_new_identifier_in_a_form_of_programs_is_no_edit(cell: str) -> None:
    assert codes(f'StudyInstanceUID,PatientID,AccessionNumber\n1.3,8,"{cell}"\n') == ["sheet.damaged-cell"]


@pytest.mark.parametrize(("before", "cell"), [("Mu\u0308ller^J", "M\u00fcller^J"), ("M\u00fcller^J", "Mu\u0308ller^J")])
def test_another_normal_form_alone_is_no_edit_and_no_issue(before: str, cell: str) -> None:
    one = study({"PatientName": before})
    sheet, _ = read_sheet("s.csv", f"StudyInstanceUID,PatientName\n1.2,{cell}\n".encode(), KEYWORDS)
    assert sheet is not None
    assert list(SheetEdits(sheet).edits_for_study(one)) == []


def test_a_new_value_is_written_in_the_normal_form_that_was_typed() -> None:
    (edit,), _ = work("StudyInstanceUID,AccessionNumber\n1.3,Mu\u0308\n")
    assert edit.attribute == {"vr": "SH", "Value": ["Mu\u0308"]}


def stale(text: str, *inventory: Study) -> Issue:
    sheet, issues = read_sheet("s.csv", text.removeprefix("\ufeff").encode(), KEYWORDS)
    assert sheet is not None
    assert not issues
    provider = SheetEdits(sheet)
    found = [item for one in inventory for item in provider.edits_for_study(one)]
    (first,) = [item for item in found if isinstance(item, Issue) and item.code == "sheet.stale-row"][:1]
    return first


@pytest.mark.parametrize(
    ("then", "now", "words"),
    [
        ("42", "0042", "leading zeros"),
        ("a-17", "A-17", "letter case"),
        ("42", "42.0", ".0 at its end"),
        ("A 17", "A17", "spaces"),
    ],
)
def test_a_stale_row_names_cells_that_nearly_hold_the_current_value(then: str, now: str, words: str) -> None:
    text = "".join(format_sheet_lines([study({"PatientID": then})], Level.STUDY, ["PatientID"]))
    found = stale(text, study({"PatientID": now}))
    assert f"; PatientID differs from the current value by {words}." in found.message
    assert then not in found.message


def test_a_stale_row_whose_cells_are_current_says_so() -> None:
    text = "".join(format_sheet_lines([study({"PatientID": "7", "PatientName": "A"})], Level.STUDY, ["PatientID"]))
    assert "another attribute has changed" in stale(text, study({"PatientID": "7", "PatientName": "B"})).message


def test_rows_of_which_some_columns_were_sorted_name_each_other() -> None:
    inventory = [study({"PatientID": "7"}), study({"PatientID": "8"}, uid="1.3")]
    rows = list(csv.reader(io.StringIO("".join(format_sheet_lines(inventory, Level.STUDY, ["PatientID"])), newline="")))
    rows[1][0], rows[2][0] = rows[2][0], rows[1][0]
    assert "row 2 has their state" in stale("\n".join(map(",".join, rows)), *inventory).message


def test_a_stale_row_that_is_really_older_names_nothing() -> None:
    text = "".join(format_sheet_lines([study({"PatientID": "A"})], Level.STUDY, ["PatientID"]))
    assert stale(text, study({"PatientID": "B"})).message.endswith("written from.")


def test_a_state_in_capitals_is_the_same() -> None:
    inventory = [study({"PatientID": "7"})]
    text = "".join(format_sheet_lines(inventory, Level.STUDY, ["PatientID"])).removeprefix("\ufeff")
    state = compute_values_digest(inventory[0].values, Level.STUDY)
    sheet, _ = read_sheet("s.csv", text.replace(state, state.upper()).encode(), KEYWORDS)
    assert sheet is not None
    assert list(SheetEdits(sheet).edits_for_study(inventory[0])) == []


@pytest.mark.parametrize(
    ("uid", "cell", "code", "words"),
    [
        ("1.200.300", "1200300", "sheet.damaged-uid", "its points"),
        ("1.200.300", "1.2003E+06", "sheet.damaged-uid", "digits that are lost"),
        ("1.2.007", "1.2.7", "sheet.unknown-study", "leading zeros"),
    ],
)
def test_a_uid_that_a_spreadsheet_changed_names_the_study(uid: str, cell: str, code: str, words: str) -> None:
    sheet, _ = read_sheet("s.csv", f"StudyInstanceUID,PatientID\n{cell},7\n".encode(), KEYWORDS)
    assert sheet is not None
    provider = SheetEdits(sheet)
    assert not [item for one in (OTHER, study({}, uid=uid)) for item in provider.edits_for_study(one)]
    (found,) = provider.unused_issues()
    assert (found.code, found.location.row, found.location.study) == (code, 2, uid)
    assert f"; the one named here comes close: it differs by {words}." in found.message


def test_a_series_uid_that_a_spreadsheet_changed_names_the_series() -> None:
    one = study({"Modality": "CT"}, uid="1.200")
    sheet, _ = read_sheet("s.csv", b"StudyInstanceUID,SeriesInstanceUID,Modality\n1.200,12001,CT\n", KEYWORDS)
    assert sheet is not None
    provider = SheetEdits(sheet)
    assert list(provider.edits_for_study(one)) == []
    (found,) = provider.unused_issues()
    assert (found.code, found.location.column, found.location.series) == (
        "sheet.damaged-uid",
        "SeriesInstanceUID",
        "1.200.1",
    )


@pytest.mark.parametrize("cell", ["12", "", "NULL", "abc"])
def test_a_uid_that_comes_close_to_none_names_none(cell: str) -> None:
    sheet, _ = read_sheet("s.csv", f"StudyInstanceUID,PatientID\n{cell},7\n".encode(), KEYWORDS)
    assert sheet is not None
    provider = SheetEdits(sheet)
    assert (
        not [item for one in (ONE, study({}, uid="1.2.3.4")) for item in provider.edits_for_study(one)] or cell == "12"
    )
    (found,) = provider.unused_issues()
    assert found.code == "sheet.damaged-uid"
    assert (found.location.study is None) == (cell != "12")


def test_a_repeated_row_has_the_account_of_the_first() -> None:
    sheet, issues = read_sheet("s.csv", b"StudyInstanceUID,PatientID\n1.3,9\n1.3,9\n", KEYWORDS)
    assert sheet is not None
    assert [(one.code, one.severity) for one in issues] == [("sheet.repeated-row", "note")]
    provider = SheetEdits(sheet)
    assert len(list(provider.edits_for_study(OTHER))) == 1
    assert [(one.row, one.outcome) for one in provider.edit_results()] == [(2, "no change"), (3, "no change")]
