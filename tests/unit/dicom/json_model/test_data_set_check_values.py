"""Values have the JSON types of PS3.18 Table F.2.3-1 and keep the rules of their value representation."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.dicom.json_model import data_set_issues
from dicommap.issues import Severity

PATIENT_ID, PATIENT_NAME, PRIVATE = "00100020", "00100010", "00091002"
CREATOR: dict[str, Any] = {"00090010": {"vr": "LO", "Value": ["ACME"]}}


def found_in(data_set: object) -> list[tuple[str, str | None]]:
    return [(found.code, found.location.pointer) for found in data_set_issues(data_set)]


def value_of(vr: str, *values: Any) -> dict[str, Any]:
    """Return a data set whose one private attribute, which no dictionary knows, has these values."""
    return CREATOR | {PRIVATE: {"vr": vr, "Value": list(values)}}


WRONG_TYPES: dict[str, list[Any]] = {
    "LO": [5, True, {}, ["x"], 1.5],
    "UC": [5],
    "UI": [1.2],
    "AT": [0x00100020],
    "DS": [True, [], {}],
    "IS": [True, 5.5, 5.0],
    "SV": [1.0],
    "US": ["1", 1.0, True, {}],
    "SL": ["1", 1.5],
    "FL": ["1.5", True, []],
    "FD": ["NaN", "1"],
}


@pytest.mark.parametrize(("vr", "item"), [(vr, item) for vr, items in WRONG_TYPES.items() for item in items])
def test_values_have_the_json_type_of_their_value_representation(vr: str, item: object) -> None:
    filler = "00100020" if vr == "AT" else "1.2" if vr in ("LO", "UC", "UI") else 1
    assert found_in(value_of(vr, filler, item)) == [("dicom-json.value-form", f"/{PRIVATE}/Value/1")]


@pytest.mark.parametrize("vr", WRONG_TYPES)
def test_an_empty_text_is_told_as_empty(vr: str) -> None:
    filler = "00100020" if vr == "AT" else "1.2" if vr in ("LO", "UC", "UI") else 1
    assert found_in(value_of(vr, filler, "")) == [("dicom-json.empty-value", f"/{PRIVATE}/Value/1")]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (0.007909681754268, "value.long-number"),
        (10**17, "value.long-number"),
        (-0.00790968175426, "value.long-number"),
        (1e-300 / 3, "value.too-long"),
        (-0.007909681754268, "value.too-long"),
        (10**17 + 1, "value.too-long"),
    ],
)
def test_a_long_number_is_a_warning_if_a_ds_has_its_value(number: float, code: str) -> None:
    issues = list(data_set_issues(value_of("DS", number)))
    assert [issue.code for issue in issues] == [code]
    assert (issues[0].severity is Severity.WARNING) is (code == "value.long-number")


@pytest.mark.parametrize(
    ("vr", "item", "code"),
    [
        ("LO", "x" * 65, "value.too-long"),
        ("DA", "20240230", "value.format"),
        ("IS", 2**31, "value.range"),
        ("IS", str(2**31), "value.range"),
        ("US", 65536, "value.range"),
        ("SS", -32769, "value.range"),
        ("SV", 2**63, "value.range"),
        ("UV", -1, "value.range"),
        ("FL", 3.5e38, "value.range"),
        ("FL", 10**400, "value.range"),
        ("FD", 10**400, "value.range"),
        ("DS", 0.1 + 0.2, "value.too-long"),
        ("DS", 10**17 + 1, "value.too-long"),
        ("AT", "0010002a", "value.format"),
        ("UV", "9" * 5000, "value.range"),
    ],
)
def test_values_keep_the_rules_of_their_value_representation(vr: str, item: object, code: str) -> None:
    assert found_in(value_of(vr, item)) == [(code, f"/{PRIVATE}/Value/0")]


@pytest.mark.parametrize(
    "item",
    [
        "A^B",
        {"alphabetic": "A"},
        {"Alphabetic": None},
        {"Alphabetic": "A=B"},
        {"Alphabetic": 1},
        {"Alphabetic": "A", "Other": "x"},
        ["A"],
        5,
    ],
)
def test_person_names_are_objects_of_component_groups(item: object) -> None:
    data_set = {PATIENT_NAME: {"vr": "PN", "Value": [item]}}
    assert found_in(data_set) == [("dicom-json.person-name", f"/{PATIENT_NAME}/Value/0")]


@pytest.mark.parametrize(
    "item", [{}, {"Alphabetic": ""}, {"Alphabetic": "", "Phonetic": ""}, {"Alphabetic": "A", "Phonetic": ""}]
)
def test_an_empty_name_or_group_is_told_as_empty(item: object) -> None:
    data_set = {PATIENT_NAME: {"vr": "PN", "Value": [item]}}
    assert found_in(data_set) == [("dicom-json.empty-value", f"/{PATIENT_NAME}/Value/0")]


@pytest.mark.parametrize("vr", ["OB", "OW", "UN"])
def test_an_empty_inline_binary_is_told_as_empty(vr: str) -> None:
    data_set = CREATOR | {PRIVATE: {"vr": vr, "InlineBinary": ""}}
    assert found_in(data_set) == [("dicom-json.empty-value", f"/{PRIVATE}/InlineBinary")]


@pytest.mark.parametrize(("group", "code"), [("A" * 65, "too-long"), ("A\\B", "characters"), ("a^b^c^d^e^f", "format")])
def test_component_groups_keep_the_rules_of_person_names(group: str, code: str) -> None:
    data_set = {PATIENT_NAME: {"vr": "PN", "Value": [{"Ideographic": group}]}}
    assert found_in(data_set) == [(f"value.{code}", f"/{PATIENT_NAME}/Value/0/Ideographic")]


@pytest.mark.parametrize(
    ("tag", "vr", "values"),
    [
        (PATIENT_ID, "LO", ["a", "b"]),
        ("00080008", "CS", ["A"]),
        ("00280030", "DS", [1]),
        ("00081030", "LO", ["a", None]),
    ],
)
def test_the_number_of_values_is_the_dictionarys(tag: str, vr: str, values: list[Any]) -> None:
    assert found_in({tag: {"vr": vr, "Value": values}}) == [("value.multiplicity", f"/{tag}/Value")]


@pytest.mark.parametrize(
    ("vr", "text", "fits"),
    [
        ("OB", "AA==", True),
        ("OB", "A", False),
        ("OB", "AA=", False),
        ("OB", "AA\n==", False),
        ("OB", "-_==", False),
        ("OB", "AA==AA==", False),
        ("OB", "é", False),
        ("OW", "AAE=", True),
        ("OW", "AAEC", False),
        ("OL", "AAECAw==", True),
        ("OF", "AAE=", False),
        ("OD", "AAECAwQFBgc=", True),
        ("OV", "AAECAw==", False),
        ("UN", "AAEC", True),
        ("OB", ["AA=="], False),
        ("OB", None, False),
    ],
)
def test_inline_binary_is_base64_of_whole_units(vr: str, text: object, fits: bool) -> None:
    data_set = {"00090010": {"vr": "LO", "Value": ["ACME"]}, PRIVATE: {"vr": vr, "InlineBinary": text}}
    expected = [] if fits else [("dicom-json.inline-binary", f"/{PRIVATE}/InlineBinary")]
    assert found_in(data_set) == expected
