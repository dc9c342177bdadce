"""Conflicts as rows and on a screen: masked, bounded, and with what would cure them."""

from __future__ import annotations

from dataclasses import replace

import dicommap
from dicommap.display.conflict_report import FORECAST_COLUMNS, Conflicts, build_conflict_row, build_forecast_rows
from dicommap.model.masking import Masker
from dicommap.overrides.grouping_conflicts import GroupingConflict, NonPrimaryFile

SECRET = "Zyzzyva"
FILE = NonPrimaryFile(source="/one", path="a", series_instance_uid="1.2.1", sop_instance_uid="1.2.1.1", value=SECRET)
CONFLICT = GroupingConflict(
    study_instance_uid="1.2",
    series_instance_uid=None,
    keyword="PatientID",
    values={"8": 9, SECRET: 3, "7": 2, "": 1},
    primary="8",
    non_primary_files=6,
    listed=(FILE,),
    cure_value="8",
    is_harmonizable=True,
    edits=(),
)


def test_a_row_masks_values_unless_they_are_asked_for() -> None:
    row = build_conflict_row(CONFLICT, masker=Masker())
    assert row["values"] == "<PatientID 1> (9); <PatientID 2> (3); <PatientID 3> (2); and 1 more"
    assert (row["non-primary"], row["files"], row["cure"], row["cure value"]) == (
        "6",
        "15",
        "drafting with --harmonize PatientID",
        "<PatientID 1>",
    )
    assert (
        build_conflict_row(CONFLICT, masker=Masker(show_values=True))["values"]
        == f"8 (9); {SECRET} (3); 7 (2); and 1 more"
    )


def test_values_that_are_no_patients_are_shown() -> None:
    number = replace(CONFLICT, keyword="SeriesNumber", series_instance_uid="1.2.1")
    assert build_conflict_row(number, masker=Masker())["cure value"] == "8"
    assert next(build_forecast_rows([number], masker=Masker()))["primary value"] == "8"


def test_files_that_are_not_listed_are_counted() -> None:
    first, rest = build_forecast_rows([CONFLICT], masker=Masker(show_values=True))
    assert tuple(first) == tuple(rest) == FORECAST_COLUMNS
    assert (first["path"], first["value"], first["primary value"]) == ("a", SECRET, "8")
    assert (rest["path"], rest["SOPInstanceUID"], rest["cure"]) == (
        "(and 5 more files)",
        "",
        "drafting with --harmonize PatientID",
    )
    whole = replace(CONFLICT, non_primary_files=1)
    assert len(list(build_forecast_rows([whole], masker=Masker(show_values=True)))) == 1


def test_an_empty_value_is_said() -> None:
    emptied = replace(CONFLICT, listed=(replace(FILE, value=""),), primary="")
    row = next(build_forecast_rows([emptied], masker=Masker()))
    assert (row["value"], row["primary value"]) == ("(empty)", "(empty)")


def test_edits_that_stand_in_the_way_are_named_and_counted() -> None:
    edited = replace(CONFLICT, is_harmonizable=False, edits=("s.csv row 2", "s.csv row 3", "s.csv row 4"))
    assert edited.cure == "an edit of PatientID for the whole study instead of s.csv row 2 and 2 more"


def test_the_screen_is_bounded_and_says_that_it_is_a_forecast() -> None:
    many = Conflicts(replace(CONFLICT, study_instance_uid=f"1.{number}") for number in range(50))
    text, html = repr(many), many._repr_html_()
    assert text == str(many)
    assert text.startswith("Conflicts: 50 conflicts in 50 studies")
    assert "A forecast: AWS does not document which group becomes the primary image set" in text
    assert "more conflicts" in text
    assert html.count("--harmonize PatientID") == 20
    assert SECRET not in text + html
    assert "In this output, equal marks such as <PatientID 1> mask equal values" in text
    dicommap.show_values(True)
    try:
        assert SECRET in many._repr_html_()
        assert "equal marks such as" not in repr(many)
    finally:
        dicommap.show_values(False)


def test_no_conflicts_are_said_too() -> None:
    none = Conflicts()
    assert none == ()
    assert none != [CONFLICT]
    assert hash(none) == hash(())
    assert "Each grouping attribute has one value" in repr(none)


def test_conflicts_of_one_study_can_be_asked_for_and_taken_as_rows() -> None:
    two = Conflicts([CONFLICT, replace(CONFLICT, study_instance_uid="1.3")])
    assert two.of_study("1.3") == [two[1]]
    assert two.to_dicts() == [build_conflict_row(one, masker=Masker()) for one in two]
