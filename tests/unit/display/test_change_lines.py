"""Changes as lines of a terminal: one line a change, nothing wider than the terminal, no value lost from its place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydicom.datadict import keyword_dict
from rich.cells import cell_len

from dicommap.dicom.json_model import Attribute
from dicommap.dicom.printable_text import make_printable
from dicommap.display.change_lines import (
    OriginNames,
    choose_update_legend,
    format_change_lines,
    summarize_changes,
)
from dicommap.edits.edit_result import EditResult
from dicommap.model.masking import Masker, has_mask_or_mark
from dicommap.overrides.attribute_change import AttributeChange, UpdateReason

PATIENT_ID, STUDY_TIME, SERIES_DESCRIPTION = 0x00100020, 0x00080030, 0x0008103E
SHEET, RULE = "s.csv row 2", "r.toml rule 'x'"
NAMES = OriginNames([EditResult(source="r.toml", rule="x"), EditResult(source="s.csv", row=2)])


def change(
    before: dict[str, int] | None,
    after: str,
    *origins: str,
    tag: int = PATIENT_ID,
    uid: str = "1.2",
    series: str | None = None,
    instance: str | None = None,
    update: UpdateReason | None = None,
) -> AttributeChange:
    attribute: Attribute = {"vr": "LO", "Value": [after]} if after else {"vr": "LO"}
    return AttributeChange(
        study_instance_uid=uid,
        series_instance_uid=series,
        sop_instance_uid=instance,
        update_reason=update,
        tag=tag,
        before=before,
        after=attribute,
        origins=origins or (RULE,),
    )


def lines(
    *changes: AttributeChange, limit: int | None = None, width: int | None = None, shown: bool = True
) -> list[str]:
    pieces = format_change_lines(changes, NAMES, Masker(show_values=shown), limit=limit, width=width)
    return ["".join(text for text, _ in line) for line in pieces]


def test_changes_are_grouped_by_study_and_series_and_signed() -> None:
    assert lines(
        change({"050743": 2}, "", tag=STUDY_TIME),
        change({"12345": 2}, "HOSP-1", SHEET, RULE),
        change({"": 1}, "Pilot", tag=SERIES_DESCRIPTION, series="1.2.1"),
        change(None, "P", uid="1.3"),
        change({"": 1, "a": 2}, "P", uid="1.4"),
    ) == [
        "study 1.2",
        "  - StudyTime  050743           rule 'x'",
        "  ~ PatientID  12345 -> HOSP-1  s.csv row 2 and 1 more",
        "  series 1.2.1",
        "    + SeriesDescription  Pilot  rule 'x'",
        "study 1.3",
        "  ~ PatientID  (not captured) -> P  rule 'x'",
        "study 1.4",
        "  ~ PatientID  a (2); (empty) (1) -> P  rule 'x'",
    ]


def test_marks_show_what_becomes_the_same() -> None:
    masked = lines(change({"a": 1}, "c"), change({"b": 1}, "c", uid="1.3"), shown=False)
    assert [line for line in masked if "PatientID" in line] == [
        "  ~ PatientID  <PatientID 1> -> <PatientID 2>  rule 'x'",
        "  ~ PatientID  <PatientID 3> -> <PatientID 2>  rule 'x'",
    ]


def test_a_narrow_line_keeps_the_numbers_of_marks_and_rows() -> None:
    (_, line) = lines(change({"a": 1}, "c", "a long name of a sheet.csv row 1234"), width=60, shown=False)
    assert cell_len(line) <= 60
    assert "… 1> -> <" in line
    assert "… 2>" in line
    assert line.endswith("row 1234")
    assert has_mask_or_mark(line)


LONGEST_KEYWORD = keyword_dict[max(keyword_dict, key=len)]
LONG_KEYWORDS = [0x00080023, 0x00200037, 0x0018A001, 0x00189758, 0x00091010, 0x00221612]


@given(
    before=st.text(max_size=90),
    after=st.text(max_size=90),
    tag=st.sampled_from([*LONG_KEYWORDS, LONGEST_KEYWORD]),
    reason=st.sampled_from([None, *UpdateReason]),
    shown=st.booleans(),
)
@example(before="000000", after="0", tag=0x00200037, reason=UpdateReason.REMOVAL, shown=False)
def test_no_change_of_an_instance_is_wider_than_the_terminal(
    before: str, after: str, tag: int, reason: UpdateReason | None, shown: bool
) -> None:
    edited = change({before: 1}, after, "a long name of a sheet.csv row 1234", tag=tag, series="1.2.1", instance="1.3")
    printed = lines(replace(edited, update_reason=reason), width=80, shown=shown)
    assert all(cell_len(line) <= 80 for line in printed)
    assert any("1234" in line for line in printed)
    assert reason is None or printed[-1].endswith(f"update: {reason}")


def test_a_long_keyword_has_its_edit_on_a_second_line() -> None:
    edited = change(
        {r"1.000000\0.000000": 1}, "1", tag=0x00200037, series="1.2.1", instance="1.3", update=UpdateReason.INSTANCE
    )
    assert lines(edited, width=80)[-2:] == [
        r"      ~ ImageOrientationPatient  1.000000\0.000000 -> 1",
        "          rule 'x'  update: instance",
    ]


@pytest.mark.parametrize("is_stored", [False, True])
def test_the_legend_of_updates_says_after_the_import_for_files_only(is_stored: bool) -> None:
    assert ("after the import" in choose_update_legend(is_stored=is_stored)) is not is_stored


TEXTS = st.text(st.characters(codec="utf-8"), max_size=90)


@given(before=TEXTS, after=TEXTS, origin=TEXTS, width=st.sampled_from([80, 100, 120, 200]), shown=st.booleans())
def test_no_line_is_wider_than_the_terminal(before: str, after: str, origin: str, width: int, shown: bool) -> None:
    changes = [
        change({before: 2, "x": 1}, after, f"{origin} row 2"),
        change({before: 1}, "", tag=SERIES_DESCRIPTION, series="1.2.1"),
    ]
    for line in lines(*changes, width=width, shown=shown):
        assert cell_len(line) <= width
        assert line == make_printable(line)


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (
            200,
            "~ PatientID  <PatientID 1> (3); <PatientID 2> (1) -> <PatientID 1>  harmonize PatientID: the value of 3",
        ),
        (80, "~ PatientID  <2 different values> -> <PatientID 1>  harmonize PatientID"),
        (60, "~ PatientID  <2 different val… -> <PatientID 1>  harmonize"),
    ],
)
def test_several_values_before_are_never_shown_as_one(width: int, line: str) -> None:
    harmonized = change({"a": 3, "b": 1}, "a", "harmonize PatientID: the value of 3")
    assert lines(harmonized, width=width, shown=False)[1].strip() == line
    assert max(map(len, lines(harmonized, width=width, shown=False))) <= width


def test_the_first_changes_are_shown() -> None:
    assert len(lines(*[change({"a": 1}, "b", uid=f"1.{number}") for number in range(9)], limit=3)) == 6


@pytest.mark.parametrize(
    ("origins", "summary"),
    [
        ([(SHEET,), ("s.csv row 3",), (RULE,)], "3 studies, 3 changes: 2 by s.csv, 1 by rule 'x'"),
        ([(SHEET, "s.csv row 3", RULE)], "1 study, 1 change: 1 by s.csv and rule 'x'"),
        (
            [(f"harmonize {number}",) for number in range(9)],
            "9 studies, 9 changes: 1 by harmonize 0, 1 by harmonize 1, "
            "1 by harmonize 2, 1 by harmonize 3, 5 by 5 others",
        ),
        (
            [("r.toml rule 'x' (w.csv row 2)",), ("r.toml rule 'x' (w.csv row 30)",)],
            "2 studies, 2 changes: 2 by rule 'x' (w.csv)",
        ),
        ([], "0 studies, 0 changes"),
    ],
)
def test_the_summary_counts_changes_by_sheet_and_rule(origins: list[tuple[str, ...]], summary: str) -> None:
    changes = [change({"a": 1}, "b", *of_change, uid=f"1.{number}") for number, of_change in enumerate(origins)]
    assert summarize_changes(changes, NAMES) == summary


def test_rules_of_two_files_are_named_with_their_files() -> None:
    names = OriginNames([EditResult(source="a.toml", rule="x"), EditResult(source="b.toml", rule="x")])
    assert summarize_changes([change({"a": 1}, "b", "a.toml rule 'x'")], names).endswith("1 by a.toml rule 'x'")
