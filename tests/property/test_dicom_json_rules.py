"""Every rule of the DICOM JSON Model from both sides: what keeps it, and what breaks it and nothing else."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from dicommap.dicom import json_model, vr
from dicommap.dicom.json_model import data_set_issues
from dicommap.dicom.strict_json import parse_json
from dicommap.issues.bounded_list import ATTRIBUTE_ISSUE_LIMIT, DOCUMENT_ISSUE_LIMIT
from dicommap.validation.schema_registry import get_schema_validator
from tests.property.dicom_json_rules import CREATOR, RULES, TAG, Rule
from tests.property.dicom_json_values import VALID
from tests.support.example_counts import examples

ROOM = Path(json_model.__file__).parents[1]
CHECKED = ["vr.py", "strict_json.py", "confusable_characters.py", "json_model/data_set_check.py"]
ELSEWHERE = {
    "json.not-json": "test_what_is_cut_off_is_no_json",
    "json.not-utf8": "test_bytes_that_are_no_utf_8_are_found",
    "json.byte-order-mark": "test_a_byte_order_mark_is_found",
    "json.duplicate-key": "test_a_member_that_stands_twice_is_found_at_its_place",
    "document.more-issues": "test_findings_are_counted_where_they_are_too_many",
    "document.too-many-values": "test_a_document_of_too_many_values_is_refused",
    "value.replacement-character": "test_a_character_that_was_lost_is_found_at_its_place",
}
"""Codes about bytes, which no data set shows, or about many findings -> their tests below."""

each_rule = pytest.mark.parametrize("rule", RULES, ids=str)
few = examples(15, least=1, suppress_health_check=[HealthCheck.too_slow])


def found_in(text: bytes) -> list[tuple[str, str | None]]:
    read, issues = parse_json(text)
    found = [*issues, *(data_set_issues(read) if not issues else ())]
    return [(one.code, one.location.pointer) for one in found]


@st.composite
def placed(draw: st.DrawFn, data_set: Any, *, nested: bool) -> tuple[Any, str]:
    """Return a data set as it is, or as an item among others of a sequence, and its pointer there."""
    document, pointer = data_set, ""
    for _ in range(draw(st.integers(0, 3)) if nested else 0):
        before = draw(st.integers(0, 2))
        items = [*({} for _ in range(before)), document, *draw(st.just([]) | st.just([CREATOR]))]
        tag = draw(st.sampled_from(["00091001", "00400275", "00101002"]))
        document = (CREATOR if tag == "00091001" else {}) | {tag: {"vr": "SQ", "Value": items}}
        pointer = f"/{tag}/Value/{before}{pointer}"
    return document, pointer


@each_rule
@given(data=st.data())
@few
def test_what_keeps_a_rule_is_taken_by_codec_and_schema(rule: Rule, data: st.DataObject) -> None:
    document, _ = data.draw(placed(data.draw(rule.keeps), nested=rule.nested))
    assert not found_in(json.dumps(document).encode())
    assert get_schema_validator("dicom-json").is_valid(document)


@each_rule
@given(data=st.data())
@few
def test_what_breaks_a_rule_is_found_at_its_place_and_nothing_else_is(rule: Rule, data: st.DataObject) -> None:
    data_set, pointer = data.draw(rule.breaks)
    document, place = data.draw(placed(data_set, nested=rule.nested))
    assert found_in(json.dumps(document).encode()) == [(rule.code, place + pointer)]
    assert get_schema_validator("dicom-json").is_valid(document) is bool(rule.not_in_schema)


def test_every_code_that_the_codec_can_give_has_its_rule() -> None:
    given_codes = set()
    for name in [*CHECKED, "../issues/bounded_list.py"]:
        for node in ast.walk(ast.parse((ROOM / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "make_issue":
                assert isinstance(node.args[0], ast.Constant)
                given_codes.add(node.args[0].value)
    assert given_codes == {rule.code for rule in RULES} | ELSEWHERE.keys()
    assert not [test for test in ELSEWHERE.values() if test not in globals()]


def test_the_modules_looked_at_are_all_that_give_findings() -> None:
    giving = {
        path.relative_to(ROOM).as_posix()
        for path in [*ROOM.glob("*.py"), *ROOM.glob("json_model/*.py")]
        if "make_issue(" in path.read_text(encoding="utf-8")
    }
    others = {"json_model/attributes.py", "json_model/from_pydicom.py", "defined_terms.py"}
    assert giving - others == set(CHECKED)


def test_every_value_representation_has_the_rules_that_it_has_in_code() -> None:
    about = {(rule.code, rule.about) for rule in RULES}
    assert VALID.keys() == vr.ALL_VRS - vr.BINARY_VRS - {"SQ"}
    in_text = vr._FORMS.keys() - vr.INTEGER_VRS - vr.FLOAT_VRS  # which are JSON numbers, and text in sheets and rules
    assert not {("value.format", one) for one in in_text} - about
    assert not {("value.range", one) for one in vr.INTEGER_RANGES} - about
    in_form = vr._LENGTH_IN_FORM - {"DT", "TM"}
    limited = (vr._BYTE_LIMITS.keys() | vr._CHARACTER_LIMITS.keys()) - in_form - {"PN"}
    assert {("value.too-long", one) for one in limited} <= about


@given(st.data())
@few
def test_what_is_cut_off_is_no_json(data: st.DataObject) -> None:
    text = json.dumps(data.draw(data.draw(st.sampled_from(RULES)).keeps)).encode()
    cut = data.draw(st.integers(0, len(text) - 1))
    assert found_in(text[:cut]) == [("json.not-json", "")]


def test_a_document_of_too_many_values_is_refused() -> None:
    text = json.dumps({"00080060": {"vr": "CS", "Value": ["MR"] * 100}}).encode()
    read, issues = parse_json(text, values_limit=50)
    assert read is None
    assert [one.code for one in issues] == ["document.too-many-values"]


def test_a_character_that_was_lost_is_found_at_its_place() -> None:
    text = json.dumps({"00081030": {"vr": "LO", "Value": ["Sch\ufffddel"]}}).encode()
    assert found_in(text) == [("value.replacement-character", "/00081030/Value/0")]


@given(st.integers(0, 60))
@few
def test_bytes_that_are_no_utf_8_are_found(place: int) -> None:
    text = json.dumps(CREATOR).encode()
    assert found_in(text[:place] + b"\xff" + text[place:]) == [("json.not-utf8", "")]


@given(st.data())
@few
def test_a_byte_order_mark_is_found(data: st.DataObject) -> None:
    text = json.dumps(data.draw(data.draw(st.sampled_from(RULES)).keeps)).encode()
    assert found_in(b"\xef\xbb\xbf" + text) == [("json.byte-order-mark", "")]


@given(data=st.data(), member=st.sampled_from([TAG, "vr", "Alphabetic"]))
@few
def test_a_member_that_stands_twice_is_found_at_its_place(data: st.DataObject, member: str) -> None:
    again = "A MEMBER AGAIN"
    name: dict[str, Any] = {"Alphabetic": "A"}
    attribute: dict[str, Any] = {"vr": "PN", "Value": [name]}
    data_set: dict[str, Any] = {**CREATOR, TAG: attribute}
    holder, pointer = {TAG: (data_set, ""), "vr": (attribute, f"/{TAG}"), "Alphabetic": (name, f"/{TAG}/Value/0")}[
        member
    ]
    holder[again] = holder[member]
    document, place = data.draw(placed(data_set, nested=True))
    text = json.dumps(document).replace(again, member)
    assert found_in(text.encode()) == [("json.duplicate-key", f"{place}{pointer}/{member}")]


@given(st.integers(1, 50), st.sampled_from([("LO", 5), ("DA", "x"), ("SQ", None)]))
@few
def test_findings_are_counted_where_they_are_too_many(more: int, of: tuple[str, Any]) -> None:
    vr, item = of
    document = CREATOR | {
        TAG: {"vr": vr, "Value": [item] * ATTRIBUTE_ISSUE_LIMIT + [item] * more + [{} if vr == "SQ" else None]}
    }
    issues = list(data_set_issues(document))
    assert len(issues) == ATTRIBUTE_ISSUE_LIMIT + 1
    assert (issues[-1].code, issues[-1].location.pointer) == ("document.more-issues", f"/{TAG}/Value")
    assert f" {more} " in issues[-1].message
    many = {f"x{number:05}": {"vr": "LO"} for number in range(DOCUMENT_ISSUE_LIMIT + more)}
    issues = list(data_set_issues(many))
    assert [one.code for one in issues] == ["dicom-json.tag"] * DOCUMENT_ISSUE_LIMIT + ["document.more-issues"]
    assert issues[-1].severity is issues[0].severity
