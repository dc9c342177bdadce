"""Cells for values that no cell can hold as they are."""

from __future__ import annotations

import pytest

from dicommap.dicom.json_model import text_from_attribute
from dicommap.dicom.printable_text import convert_bytes_to_surrogates
from dicommap.edits.edit import Edit
from dicommap.edits.edited_sheet import read_sheet
from dicommap.edits.sheet_cells import format_cell_with_escapes, has_lost_characters
from dicommap.edits.sheet_edits import SheetEdits
from dicommap.edits.sheet_rows import format_sheet_lines
from dicommap.healthimaging.levels import Level
from dicommap.issues import Issue
from dicommap.overrides.resolution import resolve_edits
from tests.support.studies import KEYWORDS, files_of, study

BAD = "M" + convert_bytes_to_surrogates(b"\xfc") + "ller"


def found(value: str, cell: str, keyword: str = "PatientName") -> list[str]:
    """Return the codes, or the new values, of a sheet with this cell for a study with that value."""
    quoted = cell.replace('"', '""')
    sheet, issues = read_sheet("s.csv", f'StudyInstanceUID,{keyword}\n1.2,"{quoted}"\n'.encode(), [*KEYWORDS, keyword])
    assert sheet is not None
    assert not issues
    one = study({keyword: value})
    results = SheetEdits(sheet).edits_for_study(one)
    return [item.code if isinstance(item, Issue) else f"edit {text_from_attribute(item.attribute)}" for item in results]


@pytest.mark.parametrize(
    ("keyword", "value", "cell"),
    [
        ("PatientName", BAD, r"M\xfcller"),
        ("PatientName", "M\ufffdller", r"M\ufffdller"),
        ("PatientID", "00\x007", r"00\x007"),
        ("PatientID", "a\x1b[31m\r\n", r"a\x1b[31m\x0d\x0a"),
        ("PatientComments", "one\r\n\ttwo\x07", "one\r\n\ttwo\\x07"),
        ("PatientName", "a\u202eb", r"a\u202eb"),
    ],
)
def test_a_sheet_spells_it_out_and_takes_the_cell_for_unchanged(keyword: str, value: str, cell: str) -> None:
    assert format_cell_with_escapes(keyword, {value: 2}) == cell
    line = "".join(format_sheet_lines([study({keyword: value})], Level.STUDY, [keyword]))
    assert not set(line.replace("\r\n", "").replace("\t", "").lstrip("\ufeff")) & {*map(chr, range(32)), "\x7f"}
    assert found(value, cell, keyword) == []


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (BAD, r"M\xfcller^Anna"),
        (BAD, r"\xfc"),
        (BAD, r"M\XFCLLER"),
        ("M\ufffdller", r"Mu\ufffdller"),
        ("00\x007", r"00\x008"),
        ("Doe", r"M\xfcller"),
        ("a\u202eb", r"c\u202eb"),
    ],
)
def test_a_changed_cell_with_an_escape_is_an_error(value: str, cell: str) -> None:
    assert found(value, cell) == ["sheet.escape-cell"]


def test_a_typed_value_takes_its_place() -> None:
    assert found(BAD, "Müller^Anna") == ["edit Müller^Anna"]
    assert found(BAD, "") == ["edit "]
    assert found("00\x007", "007", "PatientID") == ["edit 007"]
    assert found("007\r", "007", "PatientID") == ["edit 007"]


def test_letters_that_look_like_an_escape_are_letters_if_they_were_there() -> None:
    assert found(r"C:\x86\a", r"C:\x86\b", "PatientComments") == [r"edit C:\x86\b"]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("Müller", "M\ufffdller"),
        ("Müller", "M\ufffd\ufffdller"),  # its two bytes in UTF-8, read one by one
        ("Müller", "M?ller"),
        ("山田^太郎", "\ufffd\ufffd^\ufffd\ufffd"),
        ("山田^太郎", "??^??"),
        ("山田^太郎", "山?^太郎"),
        (BAD, "M\ufffdller"),
        (BAD, "M?ller"),
    ],
)
def test_a_cell_in_which_a_program_lost_characters_is_damaged(value: str, cell: str) -> None:
    assert found(value, cell) == ["sheet.damaged-cell"]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("Müller", "Mueller"),
        ("Müller", "Müller?"),
        ("Who?", "Who"),
        ("Weiß", "Weiß?"),
        ("Doe", "D?e"),
        ("Jörg", "J?org"),
    ],
)
def test_a_question_mark_that_somebody_typed_is_not(value: str, cell: str) -> None:
    assert not has_lost_characters(value, cell)


def test_damage_is_found_in_linear_time() -> None:
    assert has_lost_characters("äa" * 50_000, "?a" * 50_000)
    assert not has_lost_characters("ä" * 100_000 + "b", "?ä" * 50_000 + "c")


def test_differing_values_have_a_marker() -> None:
    assert format_cell_with_escapes("PatientName", {BAD: 1, "x": 1}) == "<2 different values>"


def test_no_edit_of_a_sheet_is_computed_from_what_was_there() -> None:
    sheet, _ = read_sheet("s.csv", b"StudyInstanceUID,PatientName\n1.2,typed\n", KEYWORDS)
    assert sheet is not None
    one = study({"PatientName": BAD})
    (edit,) = SheetEdits(sheet).edits_for_study(one)
    assert isinstance(edit, Edit)
    assert edit.computed_from == ()
    assert len(resolve_edits([one], SheetEdits(sheet), files_of(one)).overrides) == 1
