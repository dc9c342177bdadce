"""Rules apply where all their patterns match, and say where they could not."""

from __future__ import annotations

import tomllib

import pytest

from dicommap.edits.edit import Edit
from dicommap.edits.rule_edits import RuleEdits, rule_issues
from dicommap.edits.rules_file import RulesFile
from dicommap.edits.rules_toml import parse_rules_toml
from dicommap.issues import Issue
from dicommap.model.instance_values import InstanceValues
from dicommap.model.study import Study
from dicommap.validation.schema_check import check_schema
from tests.support.studies import KEYWORDS, instances_of, study

SECRET = "Zyzzyva Quark"


def rules(text: str) -> RulesFile:
    document = tomllib.loads(text)
    assert not check_schema("rules", document)
    return RulesFile.model_validate(document)


def work(rule: str, *studies: Study) -> tuple[list[Edit], list[Issue]]:
    given = rules(f"[[rule]]\nname = 'one'\n{rule}").rule[0]
    provider = RuleEdits("r.toml", given, KEYWORDS, instances=instances_of(*studies))
    found = [item for one in studies for item in provider.edits_for_study(one)]
    found += provider.unused_issues()
    return [item for item in found if isinstance(item, Edit)], [item for item in found if isinstance(item, Issue)]


SET_ID = "set = { PatientID = 'X' }"


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        ("CT", "CT", True),
        ("CT", "ct", False),
        ("C", "CT", False),
        ("C*", "CT", True),
        ("C?", "CT", True),
        ("[CM]?", "MR", True),
        ("[!C]*", "CT", False),
        ("", "", True),
        ("*", "", True),
        ("?*", "", False),
        ("a.c", "abc", False),
        ("*b", "a\nb", True),
        ("[*]", "*", True),
    ],
)
def test_a_pattern_holds_for_the_whole_value(pattern: str, value: str, matches: bool) -> None:
    edits, issues = work(
        f"level = 'study'\nmatch = {{ PatientName = '{pattern}' }}\n{SET_ID}", study({"PatientName": value})
    )
    assert bool(edits) is matches
    assert [found.code for found in issues] == ([] if matches else ["rules.unused"])


def test_without_patterns_everything_matches() -> None:
    edits, issues = work(f"level = 'study'\n{SET_ID}", study({}, {}), study({}, uid="1.3"))
    assert [edit.target.study_instance_uid for edit in edits] == ["1.2", "1.3"]
    assert {edit.origin for edit in edits} == {"r.toml rule 'one'"}
    assert not issues


def test_all_patterns_must_match() -> None:
    rule = f"level = 'study'\nmatch = {{ PatientID = 'a', StudyDate = '2026*' }}\n{SET_ID}"
    assert not work(rule, study({"PatientID": "a", "StudyDate": "20250101"}))[0]
    assert work(rule, study({"PatientID": "a", "StudyDate": "20260101"}))[0]


def test_a_list_of_uids_matches_these_studies() -> None:
    rule = f"level = 'study'\nmatch = {{ StudyInstanceUID = ['1.2', '1.4', '1.9'] }}\n{SET_ID}"
    edits, issues = work(rule, *(study({}, uid=uid) for uid in ("1.2", "1.3", "1.4")))
    assert [edit.target.study_instance_uid for edit in edits] == ["1.2", "1.4"]
    assert not issues


def test_a_series_rule_reaches_each_series_that_matches() -> None:
    rule = "level = 'series'\nmatch = { Modality = 'MR' }\nset = { SeriesDescription = 'x' }"
    edits, _ = work(rule, study({"Modality": "CT"}, {"Modality": "MR"}))
    assert [edit.target.series_instance_uid for edit in edits] == ["1.2.2"]


def test_a_study_rule_matches_a_series_attribute_that_one_series_has_as_a_whole() -> None:
    rule = f"level = 'study'\nmatch = {{ Modality = 'MR' }}\n{SET_ID}"
    assert len(work(rule, study({"Modality": "CT"}, {"Modality": "MR"}))[0]) == 1
    edits, issues = work(rule, study({"Modality": {"CT": 1, "MR": 1}}))
    assert not edits
    assert "rules.partial-match" in [found.code for found in issues]


@pytest.mark.parametrize("level", ["study", "series"])
def test_where_only_some_values_match_the_rule_is_not_applied(level: str) -> None:
    rule = f"level = '{level}'\nmatch = {{ PatientName = 'a' }}\n{SET_ID}"
    edits, issues = work(rule, study({"PatientName": {"a": 1, SECRET: 1}}))
    assert not edits
    assert [found.code for found in issues] == ["rules.partial-match"]
    place = issues[0].location
    assert (place.path, place.rule, place.keyword, place.study) == ("r.toml", "one", "PatientName", "1.2")
    assert place.series == ("1.2.1" if level == "series" else None)
    assert "1 of the 2" in issues[0].message
    assert not any(SECRET in str(found) for found in issues)


def test_what_the_inventory_does_not_hold_cannot_be_matched() -> None:
    edits, issues = work(f"level = 'study'\nmatch = {{ PatientWeight = '7*' }}\n{SET_ID}", study({}))
    assert not edits
    assert [(found.code, found.location.keyword) for found in issues] == [("rules.not-captured", "PatientWeight")]


def test_the_verbs_set_and_empty() -> None:
    edits, _ = work("level = 'study'\nset = { PatientID = 'X' }\nempty = ['StudyDate', 'PatientName']", study({}))
    assert [edit.attribute for edit in edits] == [{"vr": "LO", "Value": ["X"]}, {"vr": "DA"}, {"vr": "PN"}]


@pytest.mark.parametrize(
    ("text", "code", "keyword"),
    [
        (
            f"name = 'a'\nlevel = 'study'\n{SET_ID}\n[[rule]]\nname = 'a'\nlevel = 'study'\n{SET_ID}",
            "rules.repeated-name",
            None,
        ),
        ("name = 'a'\nlevel = 'study'\nset = { PatientId = 'x' }", "attribute.unknown", "PatientId"),
        ("name = 'a'\nlevel = 'study'\nempty = ['PatientId']", "attribute.unknown", "PatientId"),
        (f"name = 'a'\nlevel = 'study'\nmatch = {{ PatientId = 'x' }}\n{SET_ID}", "attribute.unknown", "PatientId"),
        ("name = 'a'\nlevel = 'study'\nset = { StudyInstanceUID = '1.2' }", "attribute.uid", "StudyInstanceUID"),
        ("name = 'a'\nlevel = 'study'\nset = { InstanceNumber = '1' }", "attribute.per-instance", "InstanceNumber"),
        ("name = 'a'\nlevel = 'study'\nset = { TransferSyntaxUID = '1' }", "attribute.forbidden", "TransferSyntaxUID"),
        (
            "name = 'a'\nlevel = 'study'\nset = { RequestAttributesSequence = '1' }",
            "attribute.not-text",
            "RequestAttributesSequence",
        ),
        (f"name = 'a'\nlevel = 'study'\nset = {{ StudyDate = '{SECRET[:8]}' }}", "value.format", "StudyDate"),
    ],
)
def test_rules_are_checked_on_their_own(text: str, code: str, keyword: str | None) -> None:
    found = list(rule_issues("r.toml", rules("[[rule]]\n" + text).rule))
    assert [(one.code, one.location.keyword) for one in found] == [(code, keyword)]
    assert {(one.location.path, one.location.rule) for one in found} == {("r.toml", "a")}
    assert SECRET[:8] not in str(found[0])


@pytest.mark.parametrize(
    "data",
    [
        f"PatientName = '{SECRET}' '{SECRET}'".encode(),
        f"PatientName = {SECRET}".encode(),
        f'["{SECRET}"]\n["{SECRET}"]'.encode(),
        b"['it\\'s']\n",
        f'["it\'s \\"{SECRET}\\" {SECRET}"]\n["it\'s \\"{SECRET}\\" {SECRET}"]'.encode(),
        f'"{SECRET}" = 1\n"{SECRET}" = 2'.encode(),
        f'a = {{ "{SECRET}" = 1, "{SECRET}" = 2 }}'.encode(),
        f'a = "{SECRET}'.encode(),
        f'a = "\\q{SECRET}"'.encode(),
        f"{SECRET}".encode(),
        b"a = 2026-13-45",
        b"a = " + b"9" * 5000,
        b"a = '\xff'",
        b"a = " + b"[" * 100_000,
        b"\xff\xfea",
    ],
)
def test_what_is_no_toml_is_said_without_its_content(data: bytes) -> None:
    document, (found,) = parse_rules_toml("r.toml", data)
    assert document is None
    assert (found.code, found.location.path) == ("rules.not-toml", "r.toml")
    assert not any(word in str(found) for word in SECRET.split())


@pytest.mark.parametrize(
    ("text", "code", "pointer"),
    [
        ("", "schema.required", ""),
        ("rule = []", "schema.count", "/rule"),
        ("[[rule]]\nlevel = 'study'\nempty = ['A']", "schema.required", "/rule/0"),
        ("[[rule]]\nname = 'a'\nlevel = 'patient'\nempty = ['A']", "schema.value", "/rule/0/level"),
        ("[[rule]]\nname = 'a'\nlevel = 'study'", "schema.required", "/rule/0"),
        ("[[rule]]\nname = 'a'\nlevel = 'study'\nset = {}", "schema.count", "/rule/0/set"),
        ("[[rule]]\nname = 'a'\nlevel = 'study'\nset = { A = 1 }", "schema.type", "/rule/0/set/A"),
        ("[[rule]]\nname = 'a'\nlevel = 'study'\nset = { A = 2026-01-02 }", "schema.type", "/rule/0/set/A"),
        ("[[rule]]\nname = 'a'\nlevel = 'study'\nempty = ['A', 'A']", "schema.value", "/rule/0/empty"),
        ("[[rule]]\nname = 'a'\nlevel = 'study'\nempty = ['A']\nwhen = 1", "schema.unknown-member", "/rule/0/when"),
        ("[[rule]]\nname = '" + "x" * 65 + "'\nlevel = 'study'\nempty = ['A']", "schema.length", "/rule/0/name"),
    ],
)
def test_a_rules_file_keeps_to_its_schema(text: str, code: str, pointer: str) -> None:
    found = [(one.code, one.location.pointer) for one in check_schema("rules", tomllib.loads(text))]
    assert (code, pointer) in found


def test_one_series_must_have_all_series_attributes_that_a_study_rule_asks_for() -> None:
    rule = f"level = 'study'\nmatch = {{ Modality = 'MR', SeriesDescription = 'x*' }}\n{SET_ID}"
    apart = study({"Modality": "MR", "SeriesDescription": ""}, {"Modality": "SR", "SeriesDescription": "xy"})
    together = study({"Modality": "MR", "SeriesDescription": "xy"}, {"Modality": "SR"})
    assert work(rule, apart)[0] == []
    assert len(work(rule, together)[0]) == 1


@pytest.mark.parametrize(
    ("level", "match", "count"),
    [
        ("study", "StudyInstanceUID = '1.2'", 1),
        ("study", "StudyInstanceUID = '1.3'", 0),
        ("study", "SeriesInstanceUID = '1.2.2'", 1),
        ("series", "SeriesInstanceUID = '1.2.2'", 1),
        ("series", "StudyInstanceUID = '1.2'", 2),
    ],
)
def test_uids_can_be_matched(level: str, match: str, count: int) -> None:
    rule = f"level = '{level}'\nmatch = {{ {match} }}\n{SET_ID}"
    assert len(work(rule, study({}, {}))[0]) == count


def test_a_rule_cannot_set_and_empty_the_same_attribute() -> None:
    rules = RulesFile.model_validate(
        {"rule": [{"name": "a", "level": "study", "set": {"StudyID": "1"}, "empty": ["StudyID"]}]}
    )
    assert [found.code for found in rule_issues("r.toml", rules.rule)] == ["rules.two-verbs"]


def test_a_partial_match_is_told_of_studies_that_the_rule_is_for_only() -> None:
    mixed = study({"PatientID": "7", "SeriesDescription": {"x": 1, "y": 1}})
    rule = f"level = 'study'\nmatch = {{ PatientID = 'NOBODY', SeriesDescription = 'x' }}\n{SET_ID}"
    assert [found.code for found in work(rule, mixed)[1]] == ["rules.unused"]


def test_a_byte_order_mark_does_not_matter() -> None:
    document, issues = parse_rules_toml("r.toml", "\ufeff[[rule]]\nname = 'a'".encode())
    assert document == {"rule": [{"name": "a"}]}
    assert not issues


INSTANCE = "level = 'instance'\n"


def test_an_instance_rule_edits_each_instance_that_matches() -> None:
    mixed = study({"Modality": {"CT": 2, "SR": 1}, "PatientID": {"7": 3}}, {"Modality": "MR"})
    rule = f"{INSTANCE}match = {{ Modality = 'CT' }}\nset = {{ ContentLabel = 'ID_{{PatientID}}' }}"
    edits, issues = work(rule, mixed)
    assert not issues
    assert [edit.target.sop_instance_uid for edit in edits] == ["1.2.1.1", "1.2.1.2"]
    assert {edit.target.series_instance_uid for edit in edits} == {"1.2.1"}
    assert [edit.attribute for edit in edits] == [{"vr": "CS", "Value": ["ID_7"]}] * 2


def test_instances_of_studies_without_a_matching_series_are_not_read() -> None:
    def read_nothing(uid: str) -> list[InstanceValues]:
        raise AssertionError(uid)

    given = rules(f"[[rule]]\nname = 'one'\n{INSTANCE}match = {{ Modality = 'PT' }}\nempty = ['ContentLabel']").rule[0]
    provider = RuleEdits("r.toml", given, KEYWORDS, instances=read_nothing)
    assert not list(provider.edits_for_study(study({"Modality": "CT"})))


def test_an_instance_rule_can_name_one_instance() -> None:
    edits, issues = work(
        f"{INSTANCE}match = {{ SOPInstanceUID = '1.2.1.2' }}\nset = {{ InstanceNumber = '5' }}",
        study({"Modality": "CT"}),
    )
    assert ([edit.target.sop_instance_uid for edit in edits], issues) == (["1.2.1.2"], [])


def test_only_an_instance_rule_sets_what_differs_between_instances() -> None:
    given = rules("[[rule]]\nname = 'one'\nlevel = 'series'\nset = { InstanceNumber = '5' }").rule
    assert [issue.code for issue in rule_issues("r.toml", given)] == ["attribute.per-instance"]


@pytest.mark.parametrize("level", ["study", "series", "instance"])
def test_the_verb_remove_names_keywords_and_tags(level: str) -> None:
    edits, issues = work(f"level = '{level}'\nremove = ['PatientAddress', '00091001']", study({"Modality": "CT"}))
    assert not issues
    assert all(edit.is_removal for edit in edits)
    assert {edit.tag for edit in edits} == {0x00101040, 0x00091001}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("PatientAdress", "attribute.unknown"),
        ("SOPInstanceUID", "attribute.uid"),
        ("PixelData", "attribute.content"),
        ("7FE00010", "attribute.content"),
        ("BitsAllocated", "attribute.describes-content"),
        ("00020010", "attribute.forbidden"),
    ],
)
def test_what_cannot_be_removed_is_refused(name: str, code: str) -> None:
    for level in ("study", "instance"):
        given = rules(f"[[rule]]\nname = 'one'\nlevel = '{level}'\nremove = ['{name}']").rule
        assert [issue.code for issue in rule_issues("r.toml", given)] == [code]


def test_a_rule_cannot_remove_and_empty_the_same_attribute() -> None:
    given = rules("[[rule]]\nname = 'one'\nlevel = 'study'\nremove = ['00100020']\nempty = ['PatientID']").rule
    assert [issue.code for issue in rule_issues("r.toml", given)] == ["rules.two-verbs"]
