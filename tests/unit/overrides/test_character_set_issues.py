"""Edits whose new value would be made of one that cannot be decoded: refused, whatever they come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dicommap.dicom.json_model import text_from_attribute
from dicommap.dicom.printable_text import convert_bytes_to_surrogates
from dicommap.edits.edit_provider import CombinedEdits, EditProvider
from dicommap.edits.function_edits import FunctionEdits
from dicommap.edits.harmonize_edits import HarmonizeEdits
from dicommap.edits.lookup_tables import read_lookup_table
from dicommap.edits.rule_edits import RuleEdits
from dicommap.edits.rules_file import LookupSettings, Rule
from dicommap.edits.shell_patterns import ShellPatterns
from dicommap.model.study import Study
from dicommap.overrides.resolution import Resolution, resolve_edits
from tests.support.studies import KEYWORDS, files_of, study

BAD = "M" + convert_bytes_to_surrogates(b"\xfc") + "ller"
OTHER = "M" + convert_bytes_to_surrogates(b"\xf6") + "ller"
LOST = "M\ufffdller"
UNDECODABLE = [BAD, LOST]


def resolve(provider: EditProvider, *studies: Study, harmonize: tuple[str, ...] = ()) -> Resolution:
    providers = CombinedEdits((provider,), tuple(HarmonizeEdits(keyword) for keyword in harmonize))
    return resolve_edits(studies, providers, files_of(*studies))


def rule(**members: Any) -> RuleEdits:
    made = Rule.model_validate({"name": "one", "level": "study", **members})
    tables = {}
    if made.lookup is not None:
        tables["one"], _ = read_lookup_table(made.lookup, b"PatientID,N\nMller,A^B\n")
    return RuleEdits("r.toml", made, KEYWORDS, tables)


def codes(found: Resolution) -> list[str]:
    return [one.code for one in found.issues if one.code not in ("edit.grouping-attribute", "forecast.non-primary")]


def assert_refused(found: Resolution, keyword: str, source: str) -> None:
    (issue,) = [one for one in found.issues if one.code == "edit.undecodable-source"]
    assert (issue.location.study, issue.location.keyword) == ("1.2", keyword)
    assert keyword in issue.message
    assert source in issue.message
    assert "/one/1.2.1/1" in issue.message
    assert "ller" not in issue.message
    assert not [override for override in found.overrides if override.data_set]
    assert not {"PatientID", "PatientName"} & {change.tag for change in found.changes}


@pytest.mark.parametrize("value", UNDECODABLE)
@pytest.mark.parametrize(
    "members",
    [
        {"upper": ["PatientID"]},
        {"lower": ["PatientID"]},
        {"strip": ["PatientID"]},
        {"replace": {"PatientID": {"pattern": "[^ -~]", "with": "u"}}},
        {"replace": {"PatientID": {"pattern": ".*", "with": "typed"}}},
        {"set": {"PatientID": "{PatientID}-1"}},
        {"upper": ["PatientID"], "level": "series"},
        {"upper": ["PatientID"], "policy": "only-if-different"},
    ],
)
def test_no_verb_makes_a_value_of_it(value: str, members: dict[str, Any]) -> None:
    assert_refused(resolve(rule(**members), study({"PatientID": value})), "PatientID", "PatientID")


@pytest.mark.parametrize(
    "value", ["2026" + convert_bytes_to_surrogates(b"\xff"), "20260102" + convert_bytes_to_surrogates(b"\0")]
)
@pytest.mark.parametrize("members", [{"shift_days": {"StudyDate": 3}}, {"truncate_date": {"StudyDate": "year"}}])
def test_no_date_moves_from_it(value: str, members: dict[str, Any]) -> None:
    assert_refused(resolve(rule(**members), study({"StudyDate": value})), "StudyDate", "StudyDate")


def test_a_reference_to_it_names_what_it_refers_to() -> None:
    one = study({"PatientName": BAD, "PatientID": "7"})
    assert_refused(resolve(rule(set={"PatientID": "{PatientID}-{PatientName}"}), one), "PatientID", "PatientName")


def test_no_row_is_looked_up_by_it() -> None:
    provider = rule(lookup=LookupSettings(file="l.csv", by="PatientID", set={"PatientName": "N"}).model_dump())
    found = resolve(provider, study({"PatientID": BAD}))
    assert_refused(found, "PatientName", "PatientID")
    assert "lookup.no-row" not in codes(found)


@pytest.mark.parametrize("value", UNDECODABLE)
def test_nothing_is_harmonized_to_it(value: str) -> None:
    found = resolve(rule(match={"PatientID": "9"}), study({"PatientID": {value: 3, "7": 1}}), harmonize=("PatientID",))
    assert_refused(found, "PatientID", "PatientID")


def test_it_is_harmonized_to_a_value_that_is_one() -> None:
    one = study({"PatientID": {BAD: 1, "7": 3}})
    (override,) = resolve(rule(match={"PatientID": "9"}), one, harmonize=("PatientID",)).overrides
    assert override.data_set["00100020"] == {"vr": "LO", "Value": ["7"]}


def test_different_bytes_are_different_values() -> None:
    one = study({"PatientID": {BAD: 1, OTHER: 1}})
    found = resolve(rule(match={"PatientID": "9"}), one, harmonize=("PatientID",))
    assert "harmonize.tie" in codes(found)
    (conflict,) = found.conflicts
    assert conflict.values == {BAD: 1, OTHER: 1}
    assert conflict.cure_value is None


@pytest.mark.parametrize("members", [{"set": {"PatientID": "typed"}}, {"empty": ["PatientID"]}])
def test_a_typed_value_takes_its_place(members: dict[str, Any]) -> None:
    found = resolve(rule(**members), study({"PatientID": BAD}))
    assert codes(found) == []
    (override,) = found.overrides
    assert text_from_attribute(override.data_set["00100020"]) == members.get("set", {}).get("PatientID", "")


def read_first(one: Study) -> dict[str, str]:
    return {"PatientName": next(iter(one.values["PatientID"])).encode("ascii", "ignore").decode()}


def letters_only(one: Study) -> dict[str, str]:
    return {"PatientName": "".join(letter for letter in sorted(one.values["PatientID"])[0] if letter.isalnum())}


def a_test(one: Study) -> dict[str, str]:
    return {"PatientName": "typed"} if "7" not in one.values["PatientID"] else {}


def of_series(one: Study) -> dict[str, str]:
    return {"PatientName": next(iter(one.series[0].values["PatientID"].items()))[0][:1]}


def of_a_copy(one: Study) -> dict[str, str]:
    return {"PatientName": str({key: dict(value) for key, value in one.values.items()})[:9]}


@pytest.mark.parametrize("function", [read_first, letters_only, a_test, of_series, of_a_copy])
def test_a_function_that_read_it_is_refused(function: Callable[[Study], dict[str, str]]) -> None:
    assert_refused(resolve(FunctionEdits(by_study=function), study({"PatientID": BAD})), "PatientName", "PatientID")


def test_a_function_of_series_that_read_it_is_refused() -> None:
    provider = FunctionEdits(by_series=lambda one: {"SeriesDescription": next(iter(one.values["PatientID"]))[:1]})
    found = resolve(provider, study({"PatientID": BAD}, {"PatientID": "7"}))
    (issue,) = [one for one in found.issues if one.code == "edit.undecodable-source"]
    assert issue.location.series == "1.2.1"
    (override,) = found.overrides
    assert override.series_instance_uid == "1.2.2"


def test_a_function_that_read_others_only_is_not() -> None:
    def function(one: Study) -> dict[str, str]:
        assert len(one.values["PatientID"]) == 1
        assert sorted(one.values) == sorted(KEYWORDS)
        return {"PatientID": next(iter(one.values["PatientName"]))}

    found = resolve(FunctionEdits(by_study=function), study({"PatientID": BAD, "PatientName": "Doe"}))
    assert codes(found) == []
    assert len(found.overrides) == 1


@pytest.mark.parametrize("text", [BAD, LOST, "a\ud800b"])
def test_a_function_returns_whole_characters(text: str) -> None:
    found = resolve(FunctionEdits(by_study=lambda _: {"PatientID": text}), study({"PatientID": "7"}))
    assert codes(found)[:1] == ["value.characters"]
    assert not found.overrides


@pytest.mark.parametrize("text", [r"M\xfcller", r"M\XFCLLER"])
def test_what_was_shown_is_not_a_value(text: str) -> None:
    provider = FunctionEdits(by_study=lambda _: {"PatientComments": text})
    assert_refused(resolve(provider, study({"PatientID": BAD})), "PatientComments", "PatientID")
    assert "edit.undecodable-source" not in codes(resolve(provider, study({"PatientID": "Müller"})))


def test_what_was_shown_is_not_a_value_in_a_lookup_either() -> None:
    lookup = LookupSettings(file="l.csv", by="PatientID", set={"PatientComments": "C"})
    table, _ = read_lookup_table(lookup, b"PatientID,C\n7,M\\xfcller\n")
    made = Rule.model_validate({"name": "one", "level": "study", "lookup": lookup.model_dump()})
    provider = RuleEdits("r.toml", made, KEYWORDS, {"one": table})
    assert_refused(resolve(provider, study({"PatientID": "7", "PatientName": BAD})), "PatientComments", "PatientName")


def test_it_is_told_in_the_account_of_the_edit() -> None:
    found = resolve(rule(upper=["PatientID"]), study({"PatientID": BAD}))
    (edit_result,) = found.edit_results
    assert (edit_result.refused, edit_result.changed) == (1, 0)


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        ("*", BAD, True),
        ("M*", BAD, True),
        ("M**", LOST, True),
        ("Mü*", BAD, None),
        ("Müller", BAD, None),
        ("M", BAD, None),  # the bytes may stand for nothing, such as an escape sequence
        ("*ller", BAD, None),
        ("M?ller", BAD, None),
        ("[M]*", BAD, None),
        ("T*", BAD, False),
        ("Maier*", "Maier" + convert_bytes_to_surrogates(b"\xfc"), True),
        ("Mueller", "Maier" + convert_bytes_to_surrogates(b"\xfc"), False),
        ("", BAD, False),
        ("7", BAD, False),
        ("M*", "Mü", True),
        ("T*", "Mü", False),
    ],
)
def test_a_pattern_is_certain_or_it_is_not_known(pattern: str, value: str, matches: bool | None) -> None:
    patterns = ShellPatterns.from_texts(pattern)
    assert patterns.is_certain_match(value) is (matches is True)
    assert patterns.is_match_unknown(value) is (matches is None)


def test_a_rule_that_tests_it_says_so() -> None:
    one = study({"PatientName": {BAD: 1, "Müller": 1}}, {"PatientName": "Müller"})
    found = resolve(rule(match={"PatientName": "Müller"}, set={"PatientID": "X"}), one)
    (issue,) = found.issues
    assert (issue.code, issue.location.keyword, issue.location.study) == (
        "rules.undecodable-match",
        "PatientName",
        "1.2",
    )
    assert not found.overrides
    assert found.edit_results[0].ambiguous == 1


def test_a_study_rule_that_tests_series_says_so() -> None:
    one = study({"SeriesDescription": BAD}, {"SeriesDescription": "neck"})
    found = resolve(rule(match={"SeriesDescription": "Müller"}, set={"PatientID": "X"}), one)
    assert [(one.code, one.location.series) for one in found.issues] == [("rules.undecodable-match", "1.2.1")]
    sure = study({"SeriesDescription": BAD}, {"SeriesDescription": "Müller"})
    assert len(resolve(rule(match={"SeriesDescription": "Müller"}, set={"PatientID": "X"}), sure).overrides) == 1


def test_a_rule_whose_pattern_is_contradicted_says_nothing() -> None:
    found = resolve(rule(match={"PatientName": "TEST*"}, set={"PatientID": "X"}), study({"PatientName": BAD}))
    assert codes(found) == ["rules.unused"]
