"""Lookups: rows of a worklist joined to studies."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.dicom.dictionary import keyword_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.edits.edit import Edit
from dicommap.edits.edit_provider import CombinedEdits
from dicommap.edits.lookup_tables import missing_column_issues, read_lookup_table, repeated_row_issues
from dicommap.edits.rule_edits import RuleEdits, rule_issues
from dicommap.edits.rules_file import LookupSettings, Rule
from dicommap.issues import Issue, Location
from dicommap.model.instance_values import InstanceValues
from dicommap.model.study import Study
from dicommap.overrides.resolution import resolve_edits
from tests.support.studies import KEYWORDS, files_of, study

SECRET = "Zyzzyva"


def work(
    csv: str, *studies: Study, by: str = "PatientID", **lookup: Any
) -> tuple[dict[str, dict[str, Any]], list[Issue]]:
    """Return the new values by study and keyword, and the findings."""
    found = LookupSettings.model_validate({"file": "w.csv", "by": by, "set": {"PatientName": "Name"}, **lookup})
    table, issues = read_lookup_table(found, csv.encode())
    issues += repeated_row_issues(found, table)
    rule = Rule.model_validate({"name": "one", "level": "study", "lookup": found})
    provider = RuleEdits("r.toml", rule, KEYWORDS, {"one": table})
    edits: dict[str, dict[str, Any]] = {}
    for one in studies:
        for item in provider.edits_for_study(one):
            if isinstance(item, Issue):
                issues.append(item)
            else:
                assert isinstance(item, Edit)
                uid = item.target.study_instance_uid
                edits.setdefault(uid, {})[keyword_of(item.tag)] = text_from_attribute(item.attribute), item.origin
    issues += provider.unused_issues()
    assert not any(SECRET in str(one) for one in issues)
    return edits, issues


@pytest.mark.parametrize("csv", ["PatientID,Name\n7,Doe^J\n", "Name;x;PatientID\r\nDoe^J;1; 7 \r\n"])
def test_a_row_gives_its_values_to_the_study_that_has_its_key(csv: str) -> None:
    edits, issues = work(csv, study({"PatientID": "7"}))
    assert edits == {"1.2": {"PatientName": ("Doe^J", "r.toml rule 'one' (w.csv row 2)")}}
    assert not issues


def test_the_key_column_may_have_another_name_and_the_key_be_the_uid() -> None:
    edits, _ = work("UID,Name\n1.3,B\n1.2,A\n", study({}), study({}, uid="1.3"), by="StudyInstanceUID", column="UID")
    assert {uid: found["PatientName"][0] for uid, found in edits.items()} == {"1.2": "A", "1.3": "B"}


def test_an_empty_cell_changes_nothing() -> None:
    edits, issues = work("PatientID,Name\n7,\n", study({"PatientID": "7"}))
    assert not edits
    assert not issues


def test_a_study_without_a_row_is_told_once_however_many_attributes_are_wanted() -> None:
    wanted = {"PatientName": "Name", "AccessionNumber": "Acc"}
    edits, issues = work("PatientID,Name,Acc\n8,A,B\n", study({"PatientID": SECRET}), set=wanted)
    assert not edits
    assert [one.code for one in issues] == ["lookup.no-row", "lookup.unused-row"]
    assert (issues[0].location.study, issues[1].location.row) == ("1.2", 2)


def test_a_study_with_two_keys_is_left_alone() -> None:
    edits, issues = work("PatientID,Name\n7,A\n", study({"PatientID": {"7": 1, SECRET: 1}}))
    assert not edits
    assert "lookup.ambiguous" in [one.code for one in issues]


@pytest.mark.parametrize(("by", "told"), [("AccessionNumber", True), ("PatientID", False)])
def test_several_studies_of_one_accession_are_told(by: str, told: bool) -> None:
    both = {"AccessionNumber": "7", "PatientID": "7"}
    edits, issues = work(f"{by},Name\n7,A\n", study(both), study(both, uid="1.3"), by=by)
    assert len(edits) == 2
    assert [one.code for one in issues] == (["lookup.several-studies"] if told else [])


@pytest.mark.parametrize(
    ("csv", "code"),
    [
        (f"PatientID,Name\n{SECRET},A\n{SECRET},B\n", "lookup.duplicate-key"),
        ("PatientID,Name\n,A\n", "lookup.empty-key"),
        ("PatientID,Name\n7\n", "sheet.ragged-row"),
        ("Name\nA\n", "sheet.no-key-column"),
        ('PatientID,Name\n"7,A\n', "sheet.unreadable-text"),
    ],
)
def test_faults_of_the_table_have_their_code(csv: str, code: str) -> None:
    lookup = LookupSettings.model_validate({"file": "w.csv", "by": "PatientID", "set": {"PatientName": "Name"}})
    table, issues = read_lookup_table(lookup, csv.encode())
    issues += repeated_row_issues(lookup, table)
    assert [one.code for one in issues] == [code]
    assert not any(SECRET in str(one) for one in issues)


def test_a_column_that_the_table_does_not_have_is_found_for_each_rule_that_needs_it() -> None:
    lookup = LookupSettings.model_validate(
        {"file": "w.csv", "by": "PatientID", "set": {"PatientName": "N", "StudyID": "N"}}
    )
    table, issues = read_lookup_table(lookup, b"PatientID,Other\n7,A\n")
    assert not issues
    (found,) = missing_column_issues(lookup, table)
    assert (found.code, found.location) == ("lookup.no-column", Location(path="w.csv", row=1, column="N"))
    unread, _ = read_lookup_table(lookup, b"Name\nA\n")
    assert not list(missing_column_issues(lookup, unread))


def test_rules_that_share_a_worklist_share_its_rows() -> None:
    lookup = LookupSettings.model_validate({"file": "w.csv", "by": "AccessionNumber", "set": {"PatientName": "Name"}})
    table, _ = read_lookup_table(lookup, b"AccessionNumber,Name\n7,A\n8,B\n9,C\n")
    rules = [
        RuleEdits(
            "r.toml",
            Rule.model_validate({"name": name, "level": "study", "match": match, "lookup": lookup}),
            KEYWORDS,
            {name: table},
        )
        for name, match in [("one", {"PatientID": "1"}), ("two", {"PatientID": "2"}), ("three", {})]
    ]
    studies = [
        study({"AccessionNumber": "7", "PatientID": "1"}),
        study({"AccessionNumber": "7", "PatientID": "2"}, uid="1.3"),
        study({"AccessionNumber": "8", "PatientID": "2"}, uid="1.4"),
    ]
    resolution = resolve_edits(studies, CombinedEdits(tuple(rules)), files_of(*studies))
    told = [(one.code, one.location.row) for one in resolution.issues]
    assert told == [("lookup.several-studies", 2), ("lookup.unused-row", 4)]
    assert [str(one) for one in resolution.edit_results if one.row] == ["w.csv row 2", "w.csv row 3", "w.csv row 4"]
    assert [one.studies for one in resolution.edit_results if one.row] == [2, 1, 0]


def test_a_table_by_instance_names_the_instances_to_change_and_no_others() -> None:
    lookup = LookupSettings.model_validate({"file": "w.csv", "by": "SOPInstanceUID", "set": {"ImageComments": "Text"}})
    table, issues = read_lookup_table(lookup, b"SOPInstanceUID,Text\n1.2.1.1,scout\n1.2.1.9,never used\n")
    assert not issues
    scanned = study({"PatientID": "7"})
    instances = [
        InstanceValues(
            study_instance_uid="1.2",
            series_instance_uid=scanned.series[0].series_instance_uid,
            sop_instance_uid=f"1.2.1.{number}",
            files=1,
            path=f"{number}.dcm",
            values={"ImageComments": {"": 1}},
        )
        for number in (1, 2, 3)
    ]
    rule = Rule.model_validate({"name": "x", "level": "instance", "lookup": lookup})
    edits = RuleEdits("r.toml", rule, KEYWORDS, {"x": table}, instances=lambda _: instances)
    found = [*edits.edits_for_study(scanned), *edits.unused_issues()]
    assert [(one.target.sop_instance_uid, one.attribute) for one in found if isinstance(one, Edit)] == [
        ("1.2.1.1", {"vr": "LT", "Value": ["scout"]})
    ]
    told = [(one.code, one.location.instance, one.location.row) for one in found if isinstance(one, Issue)]
    assert told == [("lookup.unused-row", None, 3)]


@pytest.mark.parametrize(
    ("by", "level", "is_right"),
    [
        ("SOPInstanceUID", "study", False),
        ("SOPInstanceUID", "series", False),
        ("SOPInstanceUID", "instance", True),
        ("SeriesInstanceUID", "study", False),
        ("SeriesInstanceUID", "series", True),
        ("SeriesInstanceUID", "instance", True),
        ("PatientID", "study", True),
    ],
)
def test_a_rule_looks_up_by_uids_of_its_own_level(by: str, level: str, is_right: bool) -> None:
    settings = {"file": "w.csv", "by": by, "set": {"PatientID": "N"}}
    rule = Rule.model_validate({"name": "x", "level": level, "lookup": settings})
    codes = [issue.code for issue in rule_issues("r.toml", [rule])]
    assert codes == ([] if is_right else ["lookup.level"])


def test_values_are_checked_like_any_other() -> None:
    edits, issues = work(f"PatientID,Name\n7,{SECRET * 20}\n", study({"PatientID": "7"}))
    assert not edits
    assert [(one.code, one.location.path, one.location.row, one.location.column) for one in issues] == [
        ("value.too-long", "w.csv", 2, "Name")
    ]


@pytest.mark.parametrize("cell", ["#N/A", "1.2E+10", "***", "<2 different values>"])
def test_a_damaged_cell_is_no_value(cell: str) -> None:
    edits, issues = work(f"PatientID,Name\n7,{cell}\n", study({"PatientID": "7"}))
    assert not edits
    assert issues[0].code in ("sheet.damaged-cell", "sheet.placeholder-cell")


def test_a_column_that_stands_twice_is_refused() -> None:
    lookup = LookupSettings.model_validate({"file": "w.csv", "by": "PatientID", "set": {"PatientName": "Name"}})
    _, issues = read_lookup_table(lookup, b"PatientID,Name,Name\n7,A,B\n")
    assert [one.code for one in issues] == ["sheet.repeated-column"]


def test_no_key_is_in_a_repr() -> None:
    lookup = LookupSettings.model_validate({"file": "w.csv", "by": "PatientID", "set": {"PatientName": "Name"}})
    assert SECRET not in repr(read_lookup_table(lookup, f"PatientID,Name\n{SECRET},A\n".encode()))


def test_a_key_that_is_kept_from_being_a_formula_is_the_key() -> None:
    edits, issues = work("PatientID,Name\n'@7,A\n", study({"PatientID": "@7"}))
    assert edits["1.2"]["PatientName"][0] == "A"
    assert not issues


def test_what_is_wrong_with_a_cell_is_told_once_and_noted_for_every_study() -> None:
    lookup = LookupSettings.model_validate({"file": "w.csv", "by": "PatientID", "set": {"PatientName": "Name"}})
    table, _ = read_lookup_table(lookup, b"PatientID,Name\n7,#N/A\n")
    rule = Rule.model_validate({"name": "one", "level": "study", "lookup": lookup})
    studies = [study({"PatientID": "7"}), study({"PatientID": "7"}, uid="1.3"), study({"PatientID": "8"}, uid="1.4")]
    providers = CombinedEdits((RuleEdits("r.toml", rule, KEYWORDS, {"one": table}),))
    resolution = resolve_edits(studies, providers, files_of(*studies))
    assert [(one.code, one.location.row, one.location.study) for one in resolution.issues] == [
        ("sheet.damaged-cell", 2, None),
        ("lookup.no-row", None, "1.4"),
    ]
    assert [(str(one), one.refused) for one in resolution.edit_results] == [
        ("r.toml rule 'one'", 2),
        ("w.csv row 2", 2),
    ]


@pytest.mark.parametrize(
    ("current", "key", "words"),
    [
        ("0012345", "12345", "leading zeros"),
        ("A-0002", "a-0002", "letter case"),
        ("12347", "12347.0", ".0 at its end"),
        ("A 17", "A17", "spaces"),
        ("1234567", '"1,234,567"', "groups of digits"),
    ],
)
def test_the_near_row_and_the_near_study_are_named(current: str, key: str, words: str) -> None:
    edits, issues = work(f"PatientID,Name\nother,A\n{key},B\n", study({"PatientID": current}))
    assert not edits
    assert [(one.code, one.location.row, one.location.study) for one in issues] == [
        ("lookup.no-row", None, "1.2"),
        ("lookup.unused-row", 2, None),
        ("lookup.unused-row", 3, "1.2"),
    ]
    assert f"; row 3 comes close: it differs by {words}." in issues[0].message
    assert "close" not in issues[1].message
    assert f"; that of the study comes close: it differs by {words}." in issues[2].message
    assert current not in "".join(one.message for one in issues)


def test_a_study_without_a_key_is_near_to_no_row() -> None:
    _, issues = work("PatientID,Name\n7,A\n", study({"PatientID": ""}))
    assert [one.code for one in issues] == ["lookup.no-row", "lookup.unused-row"]
    assert not [one for one in issues if "close" in one.message]


@pytest.mark.parametrize(("current", "key"), [("Mu\u0308", "M\u00fc"), ("M\u00fc", "Mu\u0308")])
def test_keys_in_another_normal_form_match(current: str, key: str) -> None:
    edits, issues = work(f"PatientID,Name\n{key},Mu\u0308ller\n", study({"PatientID": {current: 1}}))
    assert edits["1.2"]["PatientName"][0] == "Mu\u0308ller"
    assert not issues


def test_values_that_differ_by_normal_form_alone_are_one_key() -> None:
    edits, issues = work("PatientID,Name\n\u00fc,A\n", study({"PatientID": {"u\u0308": 1, "\u00fc": 1}}))
    assert edits
    assert not issues


def test_rows_that_are_equal_in_what_the_rule_takes_are_a_note() -> None:
    edits, (found,) = work("PatientID,Name,Step\n7,A,1\n7, A,2\n", study({"PatientID": "7"}))
    assert edits["1.2"]["PatientName"][0] == "A"
    assert (found.code, found.severity, found.location.row) == ("lookup.repeated-row", "note", 3)
    assert "row 2" in found.message


@pytest.mark.parametrize("second", ["7,B", "7,", "7,a"])
def test_rows_that_differ_in_what_the_rule_takes_are_an_error(second: str) -> None:
    lookup = LookupSettings.model_validate({"file": "w.csv", "by": "PatientID", "set": {"PatientName": "Name"}})
    table, issues = read_lookup_table(lookup, f"PatientID,Name\n7,A\n{second}\n".encode())
    assert not issues
    (found,) = repeated_row_issues(lookup, table)
    assert (found.code, found.severity, found.location.row) == ("lookup.duplicate-key", "error", 3)
    assert "row 2" in found.message


def test_each_row_of_a_study_has_the_account_of_the_first() -> None:
    lookup = LookupSettings.model_validate({"file": "w.csv", "by": "PatientID", "set": {"PatientName": "Name"}})
    table, _ = read_lookup_table(lookup, b"PatientID,Name\n7,A\n8,B\n7,A\n")
    rule = Rule.model_validate({"name": "one", "level": "study", "lookup": lookup})
    studies = [study({"PatientID": "7"}), study({"PatientID": "7"}, uid="1.3")]
    resolution = resolve_edits(
        studies, CombinedEdits((RuleEdits("r.toml", rule, KEYWORDS, {"one": table}),)), files_of(*studies)
    )
    rows = [(one.row, one.changed, one.outcome) for one in resolution.edit_results if one.row]
    assert rows == [(2, 2, "applied"), (3, 0, "unused"), (4, 2, "applied")]


WORDS = ["NULL", "None", "nan", "NA", "<NA>", "N/A", "\\N", "-"]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_for_no_value_is_no_key_and_no_identifier(word: str) -> None:
    edits, issues = work(f"PatientID,Name\n{word},A\n", study({"PatientID": word}))
    assert not edits
    assert [(one.code, one.severity, one.location.row) for one in issues if one.location.row] == [
        ("sheet.no-value-word", "warning", 2)
    ]
    taken = {"AccessionNumber": "Acc"}
    edits, (found,) = work(f"PatientID,Acc\n7,{word}\n", study({"PatientID": "7"}), set=taken)
    assert not edits
    assert (found.code, found.severity, found.location.row, found.location.column) == (
        "sheet.no-value-word",
        "error",
        2,
        "Acc",
    )


@pytest.mark.parametrize("key", ["1.23E+11", "1,2E+10", "#REF!", "#N/A", "02-Jan", "Mar-24", "2024-01-05 00:00:00"])
def test_a_key_of_which_a_part_is_lost_is_joined_to_nothing(key: str) -> None:
    edits, issues = work(f'PatientID,Name\n"{key}",A\n', study({"PatientID": key}))
    assert not edits
    assert [(one.code, one.severity, one.location.row) for one in issues if one.location.row] == [
        ("sheet.damaged-cell", "error", 2)
    ]


@pytest.mark.parametrize("cell", ["1.23E+11", "12345.0", '"1,234,567"', "02-Jan", "TRUE", "50%"])
def test_an_identifier_that_a_program_rewrote_is_no_value(cell: str) -> None:
    edits, issues = work(f"PatientID,Acc\n7,{cell}\n", study({"PatientID": "7"}), set={"AccessionNumber": "Acc"})
    assert not edits
    assert [(one.code, one.location.row, one.location.column) for one in issues] == [("sheet.damaged-cell", 2, "Acc")]


@pytest.mark.parametrize("cell", ["05.01.2024", "1/5/2024", "2024-01-05", "5-Jan-24", "45296"])
def test_a_date_that_a_program_rewrote_is_no_value(cell: str) -> None:
    edits, issues = work(f"PatientID,Day\n7,{cell}\n", study({"PatientID": "7"}), set={"StudyDate": "Day"})
    assert not edits
    assert [(one.code, one.severity, one.location.row) for one in issues] == [("value.format", "error", 2)]


@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_near_rows_of_a_large_table_are_found_in_linear_time(count: int) -> None:
    lookup = LookupSettings.model_validate({"file": "w.csv", "by": "PatientID", "set": {"PatientName": "Name"}})
    rows = "".join(f"{number},A\n" for number in range(1, count + 1))
    table, _ = read_lookup_table(lookup, f"PatientID,Name\n{rows}".encode())
    for number in range(1, count + 1, 10):
        values = {"PatientID": {f"00{number}": 1}}
        table.record_study(values, f"1.2.{number}")
        found = table.find_row(values, Location())
        assert isinstance(found, Issue)
        assert f"row {number + 1} comes close" in found.message
    assert sum(one.location.study is not None for one in table.unused_issues()) == count // 10
