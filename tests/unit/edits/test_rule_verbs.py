"""What each verb of a rule does to values, and what it refuses."""

from __future__ import annotations

import time
import tomllib

import pytest

from dicommap.dicom.dictionary import keyword_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.edits.edit import Edit
from dicommap.edits.rule_edits import RuleEdits, rule_issues
from dicommap.edits.rules_file import RulesFile
from dicommap.edits.rules_toml import parse_rules_toml, restore_number_texts
from dicommap.issues import Issue
from dicommap.validation.schema_check import check_schema
from tests.support.studies import study

SECRET = "Zyzzyva"
CAPTURED = [
    "PatientID",
    "PatientName",
    "StudyDate",
    "StudyID",
    "AccessionNumber",
    "Modality",
    "StudyDescription",
    "PatientComments",
]


def read(text: str) -> RulesFile:
    document = tomllib.loads(f"[[rule]]\nname = 'one'\nlevel = 'study'\n{text}")
    assert check_schema("rules", document) == []
    return RulesFile.model_validate(document)


def work(text: str, *series: dict[str, str | dict[str, int]]) -> tuple[dict[str, str | None], list[Issue]]:
    """Return the new values that a rule gives a study of these series, by keyword, and the findings."""
    rules = read(text)
    issues = list(rule_issues("r.toml", rules.rule))
    assert not issues
    provider = RuleEdits("r.toml", rules.rule[0], CAPTURED)
    members = [{**dict.fromkeys(CAPTURED, ""), **one} for one in series]
    found = [*provider.edits_for_study(study(*members)), *provider.unused_issues()]
    edits = {keyword_of(one.tag): text_from_attribute(one.attribute) for one in found if isinstance(one, Edit)}
    return edits, [one for one in found if isinstance(one, Issue)]


def codes(text: str, *series: dict[str, str | dict[str, int]]) -> list[str]:
    edits, issues = work(text, *series)
    assert not edits
    assert not any(SECRET in str(one) for one in issues)
    return [one.code for one in issues]


NAMES_SWAPPED = "replace = { PatientName = { pattern = '^([^^]*)\\^([^^]*)', with = '\\2^\\1' } }"


@pytest.mark.parametrize(
    ("rule", "current", "expected"),
    [
        ("set = { PatientID = 'SITE-{PatientID}' }", {"PatientID": "7"}, {"PatientID": "SITE-7"}),
        (
            "set = { StudyID = '{AccessionNumber}/{Modality}' }",
            {"AccessionNumber": "A", "Modality": "CT"},
            {"StudyID": "A/CT"},
        ),
        ("set = { StudyID = '{{x}}' }", {}, {"StudyID": "{x}"}),
        ("set = { PregnancyStatus = '4' }", {}, {"PregnancyStatus": "4"}),
        ("set = { PatientName = '{PatientName}^^Dr' }", {"PatientName": "A^B"}, {"PatientName": "A^B^^Dr"}),
        ("set = { PatientName = '{PatientName}=x' }", {"PatientName": "A=B"}, {"PatientName": "A=B=x"}),
        ("set = { PatientName = '{PatientName}' }", {"PatientName": "A=B"}, {"PatientName": "A=B"}),
        (
            "set = { PatientComments = 'of {PatientName}.' }",
            {"PatientName": "A=B"},
            {"PatientComments": "of A=B."},
        ),
        (
            "set = { PatientID = '{StudyID}', StudyID = '{PatientID}' }",
            {"PatientID": "a", "StudyID": "b"},
            {"PatientID": "b", "StudyID": "a"},
        ),
        ("replace = { PatientID = { pattern = '^0+', with = '' } }", {"PatientID": "007"}, {"PatientID": "7"}),
        (
            "replace = { StudyDescription = { pattern = '\u00dc', with = 'UE' } }",
            {"StudyDescription": "U\u0308BER"},
            {"StudyDescription": "UEBER"},
        ),
        (
            "replace = { StudyDescription = { pattern = 'U\u0308', with = 'UE' } }",
            {"StudyDescription": "\u00dcBER"},
            {"StudyDescription": "UEBER"},
        ),
        (
            "replace = { StudyDescription = { pattern = 'X', with = 'Y' } }",
            {"StudyDescription": "U\u0308BER"},
            {"StudyDescription": "U\u0308BER"},
        ),
        ("upper = ['PatientID']", {"PatientID": "N/A"}, {"PatientID": "N/A"}),
        (NAMES_SWAPPED, {"PatientName": "Jane^Doe"}, {"PatientName": "Doe^Jane"}),
        ("shift_days = { StudyDate = -31 }", {"StudyDate": "20260115"}, {"StudyDate": "20251215"}),
        ("shift_days = { StudyDate = 1 }", {"StudyDate": ""}, {"StudyDate": ""}),
        ("truncate_date = { StudyDate = 'month' }", {"StudyDate": "19870615"}, {"StudyDate": "19870601"}),
        ("upper = ['PatientName']", {"PatientName": "m\u00fcller^j"}, {"PatientName": "M\u00dcLLER^J"}),
        ("lower = ['StudyDescription']", {"StudyDescription": "KNEE"}, {"StudyDescription": "knee"}),
        ("strip = ['PatientName']", {"PatientName": " Doe ^ Jane = \u5c71 "}, {"PatientName": "Doe^Jane=\u5c71"}),
    ],
)
def test_a_verb_makes_the_new_value_of_the_current_ones(
    rule: str, current: dict[str, str], expected: dict[str, str]
) -> None:
    edits, issues = work(rule, dict(current))
    assert edits == expected
    assert not issues


@pytest.mark.parametrize(
    ("rule", "current"),
    [
        ("set = { PatientID = '{AccessionNumber}' }", {"AccessionNumber": "NULL"}),
        ("replace = { PatientID = { pattern = '^P', with = '' } }", {"PatientID": "Pnan"}),
    ],
)
def test_a_word_for_no_value_is_no_identifier_that_a_rule_computes(rule: str, current: dict[str, str]) -> None:
    edits, issues = work(rule, dict(current))
    assert edits == {}
    assert [one.code for one in issues] == ["edit.damaged-value"]


@pytest.mark.parametrize("text", ["NA", "nan", "***", "<2 different values>", "<PatientID 3>", "#REF!", "S-None"])
def test_a_rule_does_not_set_what_cannot_be_a_value(text: str) -> None:
    (issue,) = rule_issues("r.toml", read(f"set = {{ PatientID = '{text}' }}").rule)
    assert (issue.code, issue.location.rule, issue.location.keyword) == ("edit.damaged-value", "one", "PatientID")


def test_a_word_for_no_value_is_set_on_purpose_with_raw_but_a_mask_is_not() -> None:
    word, mask = (f"raw = {{ 00100020 = {{ vr = 'LO', Value = ['{text}'] }} }}" for text in ("NA", "***"))
    assert work(word, {"PatientID": "7"}) == ({"PatientID": "NA"}, [])
    (issue,) = rule_issues("r.toml", read(mask).rule)
    assert (issue.code, issue.location.keyword) == ("edit.damaged-value", "PatientID")


def test_several_values_of_an_attribute_are_changed_one_by_one() -> None:
    edits, _ = work("upper = ['Modality']", {"Modality": "ct\\mr"})
    # Modality has one value by the dictionary, so the result is refused rather than joined.
    assert edits == {}


def test_differing_values_that_come_to_the_same_are_no_difference() -> None:
    edits, issues = work("strip = ['PatientName']", {"PatientName": {"Doe^J": 1, " Doe^J": 2}})
    assert edits == {"PatientName": "Doe^J"}
    assert not issues


@pytest.mark.parametrize(
    ("rule", "current", "reason"),
    [
        ("shift_days = { StudyDate = 1 }", "202601", "a current value has no day"),
        ("shift_days = { StudyDate = 1 }", "20260230", "a current value is a date that does not exist"),
        ("shift_days = { StudyDate = 1 }", "2026.01.05", "does not begin with a date of the form YYYYMMDD"),
        ("shift_days = { StudyDate = 3000000 }", "20260105", "the date would leave the years 1 to 9999"),
        ("truncate_date = { StudyDate = 'month' }", "2026", "a current value has no month"),
        ("truncate_date = { StudyDate = 'year' }", "20260230", "a current value is a date that does not exist"),
        ("set = { StudyID = 'x{StudyDate}' }", "", "StudyDate, to which it refers, is empty"),
        ("set = { StudyID = 'x{StudyDate}' }", "20260105\\\\1", "StudyDate, to which it refers, has several values"),
        (
            "shift_days = { StudyDate = 1 }",
            {"2026": 1, "20260230": 1, "20260105": 1},
            "and a month; a current value is a date that does not exist",
        ),
    ],
)
def test_the_reason_why_nothing_can_be_made_is_told_without_a_value(
    rule: str, current: str | dict[str, int], reason: str
) -> None:
    edits, issues = work(rule, {"StudyDate": current})
    assert edits == {}
    (found,) = issues
    assert found.code == "rules.no-result"
    assert reason in found.message
    assert "2026" not in found.message


def test_several_component_groups_of_a_name_are_named_as_the_reason() -> None:
    _, (found,) = work("set = { PatientName = '{PatientName}^Dr' }", {"PatientName": "A=B"})
    assert "PatientName, to which it refers, has several component groups" in found.message


@pytest.mark.parametrize(
    ("rule", "current", "code"),
    [
        ("upper = ['PatientName']", {"PatientName": {SECRET: 1, "b": 1}}, "rules.differing-values"),
        ("set = { StudyID = 'x{PatientID}' }", {"PatientID": {SECRET: 1, "b": 1}}, "rules.differing-values"),
        ("set = { StudyID = 'x{PatientID}' }", {"PatientID": ""}, "rules.no-result"),
        ("set = { PatientName = '{PatientName}^Dr' }", {"PatientName": f"{SECRET}=B"}, "rules.no-result"),
        ("set = { PatientName = 'Dr {PatientName}' }", {"PatientName": f"{SECRET}=B"}, "rules.no-result"),
        ("set = { PatientName = '{StudyID}{PatientName}' }", {"PatientName": "A=B", "StudyID": "x"}, "rules.no-result"),
        ("set = { OtherPatientNames = '{PatientName}^Dr' }", {"PatientName": "A\\\\B"}, "rules.no-result"),
        ("set = { PatientID = '{StudyID}-x' }", {"StudyID": "A\\\\B"}, "rules.no-result"),
        ("shift_days = { StudyDate = 1 }", {"StudyDate": "2026"}, "rules.no-result"),
        ("shift_days = { StudyDate = 1 }", {"StudyDate": SECRET}, "rules.no-result"),
        ("truncate_date = { StudyDate = 'year' }", {"StudyDate": SECRET}, "rules.no-result"),
        ("set = { StudyID = '{PatientID}' }", {"PatientID": SECRET * 9}, "value.too-long"),
        ("shift_days = { AcquisitionDate = 1 }", {}, "rules.not-captured"),
        ("set = { PatientID = '{PatientWeight}' }", {}, "rules.not-captured"),
    ],
)
def test_what_cannot_be_made_is_an_error_and_no_edit(
    rule: str, current: dict[str, str | dict[str, int]], code: str
) -> None:
    assert codes(rule, current) == [code]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("set = { PatientID = 'a{b' }", "rules.template"),
        ("set = { PatientID = '}' }", "rules.template"),
        ("set = { PatientID = '{PatienID}' }", "attribute.unknown"),
        ("replace = { PatientID = { pattern = '(', with = '' } }", "rules.pattern"),
        ("replace = { PatientID = { pattern = '(?=a)', with = '' } }", "rules.pattern"),
        ("replace = { PatientID = { pattern = 'a', with = '\\2' } }", "rules.pattern"),
        ("replace = { PatientID = { pattern = 'a', with = '\\0' } }", "rules.pattern"),
        ("replace = { PatientID = { pattern = 'a', with = '\\x' } }", "rules.pattern"),
        ("replace = { PatientID = { pattern = 'a', with = 'b\\' } }", "rules.pattern"),
        ("shift_days = { PatientID = 1 }", "rules.verb-vr"),
        ("shift_days = { StudyTime = 1 }", "rules.verb-vr"),
        ("truncate_date = { PatientName = 'year' }", "rules.verb-vr"),
        ("upper = ['SeriesNumber']", "rules.verb-vr"),
        ("upper = ['PatientID']\nlower = ['PatientID']", "rules.two-verbs"),
        ("upper = ['SOPInstanceUID']", "attribute.per-instance"),
        ("upper = ['StudyInstanceUID']", "attribute.uid"),
        ("upper = ['Patient']", "attribute.unknown"),
    ],
)
def test_a_rule_that_can_never_work_is_found_when_it_is_read(rule: str, code: str) -> None:
    assert [one.code for one in rule_issues("r.toml", read(rule).rule)] == [code]


def test_a_pattern_that_would_backtrack_for_ever_takes_no_time() -> None:
    started = time.process_time()
    edits, issues = work(
        "replace = { PatientComments = { pattern = '^(a+)+$', with = 'b' } }", {"PatientComments": "a" * 9_000 + "!"}
    )
    assert time.process_time() - started < 5
    assert edits == {"PatientComments": "a" * 9_000 + "!"}
    assert not issues


@pytest.mark.parametrize(
    ("policy", "current", "expected"),
    [
        ("overwrite", "old", {"PatientID": "new"}),
        ("overwrite", "", {"PatientID": "new"}),
        ("only-if-empty", "old", {}),
        ("only-if-empty", "", {"PatientID": "new"}),
        ("only-if-different", "old", {"PatientID": "new"}),
    ],
)
def test_the_policy_says_what_happens_to_a_value_that_is_there(
    policy: str, current: str, expected: dict[str, str]
) -> None:
    edits, issues = work(f"set = {{ PatientID = 'new' }}\npolicy = '{policy}'", {"PatientID": current})
    assert edits == expected
    assert not issues


def test_an_attribute_that_only_some_files_have_is_not_only_empty() -> None:
    rule = "set = { PatientID = 'new' }\npolicy = 'only-if-empty'"
    assert codes(rule, {"PatientID": {"": 1, SECRET: 2}}) == ["rules.partial-match"]


@pytest.mark.parametrize("policy", ["only-if-empty", "only-if-different"])
def test_a_policy_needs_the_current_value(policy: str) -> None:
    assert codes(f"set = {{ Occupation = 'x' }}\npolicy = '{policy}'", {}) == ["rules.not-captured"]
    assert work("set = { Occupation = 'x' }", {})[0] == {"Occupation": "x"}


RAW_SEQUENCE = """
[rule.raw.00321064]
vr = "SQ"
[[rule.raw.00321064.Value]]
00080100 = { vr = "SH", Value = ["MRKNEE"] }
"""
RAW_PRIVATE = """
[rule.raw]
00110010 = { vr = "LO", Value = ["ACME"] }
00111001 = { vr = "OB", InlineBinary = "AAEC" }
"""


@pytest.mark.parametrize(("rule", "tags"), [(RAW_SEQUENCE, {0x00321064}), (RAW_PRIVATE, {0x00110010, 0x00111001})])
def test_what_text_cannot_express_is_given_as_dicom_json(rule: str, tags: set[int]) -> None:
    rules = read(rule)
    assert not list(rule_issues("r.toml", rules.rule))
    found = list(RuleEdits("r.toml", rules.rule[0], CAPTURED).edits_for_study(study(dict.fromkeys(CAPTURED, ""))))
    assert {one.tag: one.attribute for one in found if isinstance(one, Edit)} == {
        int(tag, 16): attribute for tag, attribute in rules.rule[0].raw.items()
    }
    assert {one.tag for one in found if isinstance(one, Edit)} == tags


@pytest.mark.parametrize(
    ("raw", "code", "pointer"),
    [
        ('00100020 = { vr = "LO", Value = [5] }', "dicom-json.value-form", "/raw/00100020/Value/0"),
        ('00111001 = { vr = "LO" }', "dicom-json.private-creator", "/raw/00111001"),
        ('00101030 = { vr = "DS", Value = [nan] }', "json.not-finite", "/raw/00101030/Value/0"),
        ('00080020 = { vr = "DA", Value = [2026-01-02] }', "dicom-json.value-form", "/raw/00080020/Value/0"),
        ('0020000D = { vr = "UI", Value = ["1.2"] }', "attribute.uid", None),
        ('00080018 = { vr = "UI", Value = ["1.2"] }', "attribute.per-instance", None),
    ],
)
def test_raw_attributes_are_checked_like_an_override(raw: str, code: str, pointer: str | None) -> None:
    document = tomllib.loads(f"[[rule]]\nname = 'one'\nlevel = 'study'\n[rule.raw]\n{raw}")
    found = list(rule_issues("r.toml", RulesFile.model_validate(document).rule))
    assert (code, pointer) in [(one.code, one.location.pointer) for one in found]


def test_a_reference_to_itself_needs_a_value_as_any_other() -> None:
    assert codes("set = { PatientID = 'SITE-{PatientID}' }", {"PatientID": ""}) == ["rules.no-result"]


def test_strip_leaves_the_inside_of_a_text_alone() -> None:
    edits, _ = work("strip = ['StudyDescription']", {"StudyDescription": " T1 = fat "})
    assert edits == {"StudyDescription": "T1 = fat"}


def test_a_study_rule_may_refer_to_its_series_only_where_there_is_one() -> None:
    rule = "set = { StudyDescription = '{SeriesInstanceUID}' }"
    assert work(rule, {})[0] == {"StudyDescription": "1.2.1"}
    assert codes(rule, {}, {}) == ["rules.differing-values"]


def test_so_many_different_values_are_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicommap.edits.new_values.COMBINATIONS_LIMIT", 2)
    current: dict[str, str | dict[str, int]] = {"PatientName": {" a": 1, "a ": 1, "a": 1}}
    assert codes("strip = ['PatientName']", current) == ["rules.differing-values"]


def test_a_backslash_before_a_backslash_refers_to_no_group() -> None:
    edits, _ = work("replace = { PatientComments = { pattern = '/', with = '\\\\2' } }", {"PatientComments": "a/b"})
    assert edits == {"PatientComments": "a\\2b"}


@pytest.mark.parametrize(
    ("with_", "expected"),
    [("Jürgen", "Jürgen^Müller"), (r"\1山田", "J山田^Müller"), (r"\\x41\2", r"\x41^Müller"), ("{}", "{}^Müller")],
)
def test_what_takes_the_place_of_a_match_is_written_as_it_stands(with_: str, expected: str) -> None:
    rule = f"replace = {{ PatientComments = {{ pattern = '^(J)(x)?[a-z]*', with = '{with_}' }} }}"
    assert work(rule, {"PatientComments": "Jim^Müller"}) == ({"PatientComments": expected}, [])


RAW_INVISIBLE = """
[rule.raw]
00104000 = { vr = "LT", Value = ["x"] }
00100010 = { vr = "PN", Value = [{ Alphabetic = "Doe\u200b" }] }
"""


def test_decimal_numbers_of_raw_attributes_keep_their_spelling() -> None:
    text = "[[rule]]\nname = 'one'\nlevel = 'study'\n[rule.raw]\n"
    text += '00101030 = { vr = "DS", Value = [71.50, 1_0.0, 71.5, 70, +1e2] }\n'
    text += '00189073 = { vr = "FD", Value = [71.50] }\n'
    text += '00081032 = { vr = "SQ", Value = [ { 00101030 = { vr = "DS", Value = [7.10] } } ] }\n'
    document, issues = parse_rules_toml("r.toml", text.encode())
    assert document is not None
    assert not issues
    assert check_schema("rules", document) == []
    rule = RulesFile.model_validate(document).rule[0]
    assert restore_number_texts(rule.raw) == {
        "00101030": {"vr": "DS", "Value": ["71.50", 10.0, 71.5, 70, "+1e2"]},
        "00189073": {"vr": "FD", "Value": [71.5]},
        "00081032": {"vr": "SQ", "Value": [{"00101030": {"vr": "DS", "Value": ["7.10"]}}]},
    }
    assert "value.multiplicity" in [one.code for one in rule_issues("r.toml", [rule])]
    single = text.replace("71.50, 1_0.0, 71.5, 70, +1e2", "71.50")
    document, _ = parse_rules_toml("r.toml", single.encode())
    provider = RuleEdits("r.toml", RulesFile.model_validate(document).rule[0], CAPTURED)
    found = {keyword_of(one.tag): one.attribute for one in provider.edits_for_study(study({})) if isinstance(one, Edit)}
    assert found["PatientWeight"] == {"vr": "DS", "Value": ["71.50"]}


def test_a_warning_about_a_raw_attribute_does_not_keep_it_from_being_set() -> None:
    rules = read(RAW_INVISIBLE)
    assert [one.code for one in rule_issues("r.toml", rules.rule)] == ["value.invisible-character"]
    found = list(RuleEdits("r.toml", rules.rule[0], CAPTURED).edits_for_study(study(dict.fromkeys(CAPTURED, ""))))
    assert [one.tag for one in found if isinstance(one, Edit)] == [0x00104000, 0x00100010]


@pytest.mark.parametrize(
    "rule",
    [
        "set = { '00100020' = 'x' }",
        "set = { '(0010,0020)' = 'x' }",
        "set = { '0010,0020' = 'x' }",
        "set = { StudyID = 'x{00100020}' }",
        "set = { StudyID = 'x{(0010,0020)}' }",
        "set = { StudyID = 'x{0010,0020}' }",
        "empty = ['0x00100020']",
        "replace = { '0010 0020' = { pattern = 'a', with = 'b' } }",
        "shift_days = { '(0010,0020)' = 1 }",
        "truncate_date = { '(0010,0020)' = 'year' }",
        "upper = ['(0010,0020)']",
        "match = { '(0010,0020)' = '*' }\nset = { StudyID = '1' }",
    ],
)
def test_a_tag_where_a_keyword_is_due_leads_to_the_keyword_in_every_verb(rule: str) -> None:
    found = list(rule_issues("r.toml", read(rule).rule))
    assert any("(0010,0020) is PatientID; write that" in one.message for one in found)


@pytest.mark.parametrize(
    "rule",
    [
        f"set = {{ '{SECRET}' = 'x' }}",
        f"set = {{ '{SECRET}' = '{{' }}",
        f"set = {{ StudyID = 'x{{{SECRET}}}' }}",
        f"set = {{ StudyID = 'x{{{SECRET}^A}}' }}",
        f"empty = ['{SECRET}']",
        f"replace = {{ '{SECRET}' = {{ pattern = '(', with = 'b' }} }}",
        f"shift_days = {{ '{SECRET}' = 1 }}",
        f"strip = ['{SECRET}']",
        f"match = {{ '{SECRET}' = '*' }}\nset = {{ StudyID = '1' }}",
    ],
)
def test_a_name_that_looks_like_no_attribute_is_not_repeated(rule: str) -> None:
    found = list(rule_issues("r.toml", read(rule).rule))
    assert found
    assert not any(SECRET in str(one) or SECRET in repr(one) for one in found)
