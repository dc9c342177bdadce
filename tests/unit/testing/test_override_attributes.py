"""Which attributes of an override file change the stored ones, for each answer about values and levels."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.healthimaging.levels import Level
from dicommap.healthimaging.override_questions import OverrideAnswers
from dicommap.testing.override_attributes import apply_attributes, select_attributes
from dicommap.testing.override_contents import RefusedOverrideError

ATTRIBUTES: dict[str, Any] = {
    "patient": {"00100020": {"vr": "LO", "Value": ["P2"]}},
    "study": {"00081030": {"vr": "LO", "Value": ["new"]}},
    "series": {"0008103E": {"vr": "LO", "Value": ["new"]}},
    "instance": {"00080008": {"vr": "CS", "Value": ["DERIVED"]}},
}
STUDY_DESCRIPTION = "00081030"


def effect(data_set: Any, override: Level = Level.STUDY, **answers: Any) -> str:
    """Return what happens to the only attribute of a file."""
    try:
        selected = select_attributes(data_set, override, OverrideAnswers(**answers))
    except RefusedOverrideError:
        return "refused"
    (tag,) = data_set
    if tag not in selected:
        return "ignored"
    return "applied" if len(selected[tag]) > 1 else "cleared"


@pytest.mark.parametrize("answer", ["applied", "ignored", "refused"])
@pytest.mark.parametrize("override", [Level.STUDY, Level.SERIES])
@pytest.mark.parametrize("level", list(ATTRIBUTES))
def test_levels(level: str, override: Level, answer: str) -> None:
    question = f"{level}In{override.value.capitalize()}"
    assert effect(ATTRIBUTES[level], override, **{question: answer}) == answer
    others = [f"{one}In{other}" for one in ATTRIBUTES for other in ("Study", "Series")]
    assert effect(ATTRIBUTES[level], override, **dict.fromkeys(set(others) - {question}, answer)) == "applied"


@pytest.mark.parametrize("answer", ["cleared", "ignored", "refused"])
@pytest.mark.parametrize(
    ("question", "attribute"),
    [
        ("emptyNoValue", {"vr": "LO"}),
        ("emptyNull", {"vr": "LO", "Value": [None]}),
        ("emptyNull", {"vr": "LO", "Value": [None, None]}),
        ("emptyList", {"vr": "LO", "Value": []}),
    ],
)
def test_empty_forms(question: str, attribute: Any, answer: str) -> None:
    everything_else = dict.fromkeys({"emptyNoValue", "emptyNull", "emptyList"} - {question}, "refused")
    answers: dict[str, Any] = {**everything_else, question: answer}
    assert effect({STUDY_DESCRIPTION: attribute}, **answers) == answer


def test_an_attribute_beside_an_ignored_one_is_applied() -> None:
    data_set = ATTRIBUTES["patient"] | ATTRIBUTES["study"]
    selected = select_attributes(data_set, Level.STUDY, OverrideAnswers(patientInStudy="ignored"))
    assert selected == ATTRIBUTES["study"]


def test_a_value_with_a_gap_is_not_empty() -> None:
    attribute = {"vr": "LO", "Value": [None, "x"]}
    assert effect({"00101000": attribute}, emptyNull="refused") == "applied"


@pytest.mark.parametrize("answer", ["applied", "ignored", "refused"])
def test_private_elements(answer: str) -> None:
    private = {"00190010": {"vr": "LO", "Value": ["CREATOR"]}}
    nested = {"00081110": {"vr": "SQ", "Value": [private]}}
    for data_set in (private, nested):
        assert effect(data_set, privateElements=answer, instanceInStudy="refused") == answer


@pytest.mark.parametrize("answer", ["applied", "ignored", "refused"])
@pytest.mark.parametrize(("question", "value"), [("numbersAsText", "70.5"), ("numbersAsNumber", 70.5)])
def test_numbers(question: str, value: Any, answer: str) -> None:
    other = {"numbersAsText": "numbersAsNumber", "numbersAsNumber": "numbersAsText"}[question]
    data_set = {"00101030": {"vr": "DS", "Value": [value]}}
    nested = {"00101002": {"vr": "SQ", "Value": [data_set]}}
    answers: dict[str, Any] = {question: answer, other: "refused"}
    for one in (data_set, nested):
        assert effect(one, **answers) == answer


@pytest.mark.parametrize("answer", ["applied", "cut", "ignored", "refused"])
@pytest.mark.parametrize(
    ("tag", "attribute", "cut"),
    [
        ("00100020", {"vr": "LO", "Value": ["x" * 257]}, "x" * 256),
        ("00100010", {"vr": "PN", "Value": [{"Alphabetic": "x" * 250, "Phonetic": "y" * 10}]}, None),
        ("00100010", {"vr": "PN", "Value": [{"Alphabetic": "x" * 257}]}, {"Alphabetic": "x" * 256}),
    ],
)
def test_long_values(tag: str, attribute: Any, cut: Any, answer: str) -> None:
    data_set = {tag: attribute}
    assert effect(data_set, longValues=answer) == ("applied" if answer == "cut" else answer)
    if answer == "cut":
        (value,) = select_attributes(data_set, Level.STUDY, OverrideAnswers(longValues="cut"))[tag]["Value"]
        assert value == (cut or {"Alphabetic": "x" * 250, "Phonetic": "y" * 4})


def test_a_value_at_its_limit_is_not_long() -> None:
    assert effect({"00100020": {"vr": "LO", "Value": ["x" * 256]}}, longValues="refused") == "applied"


@pytest.mark.parametrize(
    ("answer", "items"),
    [
        ("replaced", [{"00080104": {"vr": "LO", "Value": ["new"]}}]),
        (
            "merged",
            [
                {"00080100": {"vr": "SH", "Value": ["a"]}, "00080104": {"vr": "LO", "Value": ["new"]}},
                {"00080100": {"vr": "SH", "Value": ["b"]}},
            ],
        ),
    ],
)
def test_sequences(answer: Any, items: list[Any]) -> None:
    stored: Any = {
        "00081032": {
            "vr": "SQ",
            "Value": [{"00080100": {"vr": "SH", "Value": ["a"]}}, {"00080100": {"vr": "SH", "Value": ["b"]}}],
        }
    }
    override: Any = {"00081032": {"vr": "SQ", "Value": [{"00080104": {"vr": "LO", "Value": ["new"]}}]}}
    result = apply_attributes(stored, override, OverrideAnswers(sequences=answer))
    assert result["00081032"]["Value"] == items
    assert stored["00081032"]["Value"][0] == {"00080100": {"vr": "SH", "Value": ["a"]}}


def test_merged_sequences_can_become_longer_and_empty() -> None:
    answers = OverrideAnswers(sequences="merged")
    longer: Any = {"00081032": {"vr": "SQ", "Value": [{}, {"00080100": {"vr": "SH", "Value": ["c"]}}]}}
    result = apply_attributes({}, longer, answers)
    assert result == longer
    assert apply_attributes(result, {"00081032": {"vr": "SQ"}}, answers) == {"00081032": {"vr": "SQ"}}


def test_other_attributes_stay() -> None:
    stored: Any = {"00100020": {"vr": "LO", "Value": ["P1"]}, "00100010": {"vr": "PN"}}
    result = apply_attributes(stored, {"00100020": {"vr": "LO"}}, OverrideAnswers())
    assert result == {"00100020": {"vr": "LO"}, "00100010": {"vr": "PN"}}
