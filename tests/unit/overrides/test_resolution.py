"""Resolving the edits of all studies, with a result for each sheet row, lookup row, rule, function and keyword."""

from __future__ import annotations

from typing import Any

from dicommap.dicom.json_model import text_from_attribute
from dicommap.display.edit_result_rows import build_edit_result_row, format_edit_result_lines
from dicommap.edits.edit_provider import CombinedEdits, EditProvider
from dicommap.edits.edited_sheet import read_sheet
from dicommap.edits.function_edits import FunctionEdits
from dicommap.edits.harmonize_edits import HarmonizeEdits
from dicommap.edits.lookup_tables import read_lookup_table
from dicommap.edits.rule_edits import RuleEdits
from dicommap.edits.rules_file import LookupSettings, Rule
from dicommap.edits.sheet_edits import SheetEdits
from dicommap.issues import Location, Severity
from dicommap.overrides.resolution import resolve_edits
from tests.support.studies import KEYWORDS, files_of, study

STUDIES = [
    study({"PatientID": "1", "AccessionNumber": "A"}, uid="1.1"),
    study({"PatientID": "2", "AccessionNumber": "B"}, {"PatientID": "2", "AccessionNumber": "B"}, uid="1.2"),
    study({"PatientID": {"3": 5, "4": 1}, "AccessionNumber": "C"}, uid="1.3"),
]


def outcomes(*providers: EditProvider, harmonize: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    """Return, by edit, the outcome and the studies changed, unchanged, ambiguous and refused."""
    harmonizing = tuple(HarmonizeEdits(keyword) for keyword in harmonize)
    resolution = resolve_edits(STUDIES, CombinedEdits(providers, harmonizing), files_of(*STUDIES))
    rows = [build_edit_result_row(edit_result) for edit_result in resolution.edit_results]
    return {row.pop("edit"): tuple(row.values()) for row in rows}


def rule(name: str, **members: Any) -> RuleEdits:
    given = Rule.model_validate({"name": name, "level": "study", **members})
    tables = {}
    if given.lookup is not None:
        tables[name], _ = read_lookup_table(given.lookup, b"PatientID,N\n1,A^B\n3,C^D\n9,E^F\n1,G^H\n,I\n2,=1\n")
    return RuleEdits("r.toml", given, KEYWORDS, tables)


def sheet(text: str) -> SheetEdits:
    read, _ = read_sheet("s.csv", text.encode(), KEYWORDS)
    assert read is not None
    return SheetEdits(read)


def test_every_row_of_a_sheet_says_what_became_of_it() -> None:
    text = "StudyInstanceUID,PatientID\n1.1,7\n1.2,2\n1.9,7\n\n5,7\n1.3,***\n1.1,8\n"
    assert outcomes(sheet(text)) == {
        "s.csv row 2": ("applied", "1", "0", "0", "0"),
        "s.csv row 3": ("no change", "0", "1", "0", "0"),
        "s.csv row 4": ("unused", "0", "0", "0", "0"),
        "s.csv row 6": ("refused", "0", "0", "0", "0"),
        "s.csv row 7": ("refused", "0", "0", "0", "1"),
        "s.csv row 8": ("refused", "0", "0", "0", "0"),
    }


def test_every_rule_says_in_how_many_studies_it_did_what() -> None:
    rules = [
        rule("changes", set={"PatientName": "X"}),
        rule("has it", match={"PatientID": "2"}, set={"AccessionNumber": "B"}),
        rule("matches in part", match={"PatientID": "3"}, set={"StudyDate": "20260101"}),
        rule("matches nothing", match={"PatientID": "9"}, set={"StudyDate": "20260101"}),
        rule("makes no date", match={"PatientID": "1"}, shift_days={"StudyDate": 1}),
    ]
    assert outcomes(*rules) == {
        "r.toml rule 'changes'": ("applied", "3", "0", "0", "0"),
        "r.toml rule 'has it'": ("no change", "0", "1", "0", "0"),
        "r.toml rule 'matches in part'": ("ambiguous", "0", "0", "1", "0"),
        "r.toml rule 'matches nothing'": ("unused", "0", "0", "0", "0"),
        "r.toml rule 'makes no date'": ("no change", "0", "1", "0", "0"),
    }


def test_every_row_of_a_lookup_has_an_account_beside_its_rule() -> None:
    lookup = LookupSettings.model_validate({"file": "w.csv", "by": "PatientID", "set": {"PatientName": "N"}})
    assert outcomes(rule("joined", lookup=lookup)) == {
        "r.toml rule 'joined'": ("applied", "2", "0", "1", "0"),
        "w.csv row 2": ("applied", "1", "0", "0", "0"),
        "w.csv row 3": ("no change", "0", "1", "0", "0"),
        "w.csv row 4": ("unused", "0", "0", "0", "0"),
        "w.csv row 5": ("refused", "0", "0", "0", "0"),
        "w.csv row 6": ("refused", "0", "0", "0", "0"),
        "w.csv row 7": ("applied", "1", "0", "0", "0"),
    }


def test_functions_and_keywords_have_accounts_too() -> None:
    def named(one: Any) -> dict[str, str]:
        return {"AccessionNumber": "B"} if one.study_instance_uid != "1.3" else {}

    assert outcomes(FunctionEdits(by_study=named), harmonize=("PatientID", "StudyDate")) == {
        "function named": ("applied", "1", "1", "0", "0"),
        "harmonize PatientID": ("applied", "1", "0", "0", "0"),
        "harmonize StudyDate": ("unused", "0", "0", "0", "0"),
    }


def test_edits_that_contradict_each_other_are_ambiguous() -> None:
    found = outcomes(sheet("StudyInstanceUID,PatientID\n1.1,7\n"), rule("other", set={"PatientID": "8"}))
    assert found["s.csv row 2"] == ("ambiguous", "0", "0", "1", "0")
    assert found["r.toml rule 'other'"] == ("applied", "2", "0", "1", "0")


def test_an_edit_that_contradicts_none_is_applied_beside_a_contradiction() -> None:
    found = outcomes(
        rule("one", set={"PatientID": "7", "AccessionNumber": "X"}),
        rule("two", set={"PatientID": "8"}),
        rule("three", set={"StudyDate": "20260102"}),
    )
    assert found["r.toml rule 'one'"] == ("applied", "3", "0", "3", "0")
    assert found["r.toml rule 'two'"] == ("ambiguous", "0", "0", "3", "0")
    assert found["r.toml rule 'three'"] == ("applied", "3", "0", "0", "0")


def test_to_harmonize_takes_the_value_that_another_edit_sets() -> None:
    tied = study({"PatientID": {"3": 2, "4": 2}}, uid="1.4")
    providers = CombinedEdits((rule("told", match={"StudyInstanceUID": "1.4"}, set={"PatientID": "5"}),))
    harmonized = CombinedEdits(providers.providers, (HarmonizeEdits("PatientID"),))
    resolution = resolve_edits([*STUDIES, tied], harmonized, files_of(*STUDIES, tied))
    assert not [one for one in resolution.issues if one.code == "harmonize.tie"]
    assert {one.study_instance_uid: text_from_attribute(one.after) for one in resolution.changes} == {
        "1.3": "3",
        "1.4": "5",
    }


def test_an_edit_of_a_grouping_attribute_is_told_once_and_counts_its_studies() -> None:
    def named(one: Any) -> dict[str, str]:
        return {"AccessionNumber": "B"}

    providers = CombinedEdits(
        (
            sheet("StudyInstanceUID,PatientID\n1.1,7\n1.2,8\n"),
            rule("date", set={"StudyDate": "20260101", "PatientName": "X"}),
            rule("has it", match={"PatientID": "2"}, set={"AccessionNumber": "B"}),
            FunctionEdits(by_study=named),
        ),
        (HarmonizeEdits("PatientID"),),
    )
    resolution = resolve_edits(STUDIES, providers, files_of(*STUDIES))
    notes = {one.location: one.message for one in resolution.issues if one.code == "edit.grouping-attribute"}
    assert {place: message.rpartition(" ")[2] for place, message in notes.items()} == {
        Location(path="s.csv", column="PatientID"): "2.",
        Location(path="r.toml", rule="date", keyword="StudyDate"): "3.",
        Location(rule="named", keyword="AccessionNumber"): "2.",
        Location(keyword="PatientID"): "1.",
    }


def test_what_is_wrong_in_very_many_studies_is_counted() -> None:
    given = Rule.model_validate({"name": "r", "level": "study", "shift_days": {"StudyDate": 1}})
    dated = [study({"StudyDate": "2026"}, uid=f"1.{number}") for number in range(1, 1_200)]
    resolution = resolve_edits(dated, CombinedEdits((RuleEdits("r.toml", given, KEYWORDS),)), files_of())
    *first, last = resolution.issues
    assert {(one.code, one.location.path, one.location.rule) for one in first} == {("rules.no-result", "r.toml", "r")}
    assert len(first) == 1_000
    assert (last.code, last.severity, last.location) == (
        "document.more-issues",
        Severity.ERROR,
        Location(path="r.toml", rule="r"),
    )
    assert last.message == "Not listed here: 199 more issues of rules.no-result."


def test_the_rows_of_a_file_are_told_together_and_rules_one_by_one() -> None:
    providers = CombinedEdits(
        (sheet("StudyInstanceUID,PatientID\n1.1,7\n1.2,2\n1.9,7\n"), rule("r", set={"StudyDate": ""}))
    )
    assert list(format_edit_result_lines(resolve_edits(STUDIES, providers, files_of(*STUDIES)).edit_results)) == [
        "s.csv: 3 rows: 1 applied, 1 no change, 1 unused",
        "r.toml rule 'r': no change in 3 studies",
    ]
