"""Edits that carry on a value whose Specific Character Set is likely to be wrong: told once, and not refused."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.edits.edit_provider import CombinedEdits, EditProvider
from dicommap.edits.function_edits import FunctionEdits
from dicommap.edits.harmonize_edits import HarmonizeEdits
from dicommap.edits.lookup_tables import read_lookup_table
from dicommap.edits.rule_edits import RuleEdits
from dicommap.edits.rules_file import Rule
from dicommap.issues import Issue
from dicommap.model.study import Study
from dicommap.overrides.resolution import Resolution, resolve_edits
from tests.support.studies import KEYWORDS, files_of, study

MOJIBAKE = "MÃ¼ller^Eva"
WINDOWS = "Knie\x93links\x94"


def resolve(provider: EditProvider, *studies: Study, harmonize: tuple[str, ...] = ()) -> Resolution:
    providers = CombinedEdits((provider,), tuple(HarmonizeEdits(keyword) for keyword in harmonize))
    return resolve_edits(studies, providers, files_of(*studies))


def doubts(found: Resolution) -> list[Issue]:
    return [one for one in found.issues if one.code == "edit.doubtful-source"]


def rule(**members: Any) -> RuleEdits:
    made = Rule.model_validate({"name": "one", "level": "study", **members})
    tables = {}
    if made.lookup is not None:
        tables["one"], _ = read_lookup_table(made.lookup, f"PatientID,N\n{MOJIBAKE},A^B\n".encode())
    return RuleEdits("r.toml", made, KEYWORDS, tables)


def declared(value: str = MOJIBAKE, charset: str = "ISO_IR 100", **values: Any) -> dict[str, Any]:
    return {"PatientID": value, "SpecificCharacterSet": charset, **values}


@pytest.mark.parametrize(
    ("members", "keyword"),
    [
        ({"set": {"PatientName": "{PatientID}"}}, "PatientName"),
        ({"upper": ["PatientID"]}, "PatientID"),
        ({"replace": {"PatientID": {"pattern": "[KM]", "with": "N"}}}, "PatientID"),
    ],
)
def test_a_rule_that_reads_it_is_told_once_and_carried_out(members: dict[str, Any], keyword: str) -> None:
    found = resolve(rule(**members), study(declared(), declared()))
    (one,) = doubts(found)
    assert (one.location.study, one.location.keyword) == ("1.2", keyword)
    assert "PatientID" in one.message
    assert "ller" not in one.message
    assert len(found.overrides) == 1


def test_control_characters_are_refused_in_any_new_value() -> None:
    found = resolve(rule(upper=["PatientID"]), study(declared(WINDOWS)))
    assert [one.code for one in found.issues] == ["value.characters"]
    assert not found.overrides


def test_a_lookup_by_it_is_told() -> None:
    lookup = {"file": "w.csv", "by": "PatientID", "set": {"PatientName": "N"}}
    assert len(doubts(resolve(rule(lookup=lookup), study(declared())))) == 1


def test_harmonizing_to_it_is_told() -> None:
    one = study(declared(PatientID={MOJIBAKE: 3, "7": 1}))
    assert len(doubts(resolve(rule(match={"PatientID": "9"}), one, harmonize=("PatientID",)))) == 1


def test_each_study_and_attribute_is_told() -> None:
    studies = [study(declared(), uid="1.2"), study(declared(), uid="1.3")]
    found = doubts(resolve(rule(set={"PatientName": "{PatientID}"}, upper=["PatientID"]), *studies))
    assert sorted((str(one.location.study), str(one.location.keyword)) for one in found) == [
        ("1.2", "PatientID"),
        ("1.2", "PatientName"),
        ("1.3", "PatientID"),
        ("1.3", "PatientName"),
    ]


def test_a_function_that_returns_its_characters_is_told() -> None:
    provider = FunctionEdits(by_study=lambda one: {"PatientName": next(iter(one.values["PatientID"]))})
    assert len(doubts(resolve(provider, study(declared())))) == 1


@pytest.mark.parametrize(
    "provider",
    [
        rule(set={"PatientID": "Müller"}),
        rule(empty=["PatientID"]),
        rule(set={"PatientName": "{Modality}x"}),
        FunctionEdits(by_study=lambda _: {"PatientID": "Müller^Eva"}),
    ],
)
def test_a_typed_value_is_not_told(provider: EditProvider) -> None:
    found = resolve(provider, study(declared(Modality="CT")))
    assert doubts(found) == []
    assert len(found.overrides) == 1


def test_a_value_that_its_character_set_may_hold_is_not_told() -> None:
    upper = rule(upper=["PatientID"])
    assert doubts(resolve(upper, study(declared("Müller")))) == []
    assert doubts(resolve(rule(upper=["PatientID"]), study(declared(charset="ISO_IR 192")))) == []


def test_the_character_set_is_that_of_the_files_with_the_value() -> None:
    copies = rule(level="series", set={"SeriesDescription": "{PatientID}"})
    members = declared(), declared("Meier", "ISO_IR 192")
    assert len(doubts(resolve(copies, study(*members)))) == 1
    members = declared(charset="ISO_IR 192"), declared("Meier")
    assert doubts(resolve(copies, study(*members))) == []


def test_what_changes_nothing_carries_nothing_on() -> None:
    assert doubts(resolve(rule(set={"PatientID": "{PatientID}"}), study(declared()))) == []
