"""JSON is read as RFC 8259 says, and what it leaves open is found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.dicom.strict_json import (
    _build_json_object,
    _is_surely_valid,
    _nested_value_issues,
    dump_json,
    nesting_depth_issues,
    parse_json,
    pointer_token,
)
from dicommap.reading.document_limits import DEPTH_LIMIT
from tests.support.example_counts import examples


def found_in(text: bytes) -> list[tuple[str, str | None]]:
    _, issues = parse_json(text)
    return [(found.code, found.location.pointer) for found in issues]


@pytest.mark.parametrize(
    ("text", "code", "pointer"),
    [
        (b'{"a": 1, "a": 2}', "json.duplicate-key", "/a"),
        (b'[{"x": {"a/b": 1, "a/b": 1}}]', "json.duplicate-key", "/0/x/a~1b"),
        (b'{"a~": [1, {"b": NaN}]}', "json.not-finite", "/a~0/1/b"),
        (b"[Infinity]", "json.not-finite", "/0"),
        (b"[1, -Infinity]", "json.not-finite", "/1"),
        (b"[1e400]", "json.not-finite", "/0"),
        (b"-1e400", "json.not-finite", ""),
        (b'["\\ud800"]', "json.lone-surrogate", "/0"),
        (b'{"a": "\\udc00x"}', "json.lone-surrogate", "/a"),
        (b'{"\\ud800": 1}', "json.lone-surrogate", ""),
        (b"\xef\xbb\xbf{}", "json.byte-order-mark", ""),
        (b'{"a": "\xff"}', "json.not-utf8", ""),
        ("{}".encode("utf-16"), "json.not-utf8", ""),
        (b"", "json.not-json", ""),
        (b"{", "json.not-json", ""),
        (b"{} {}", "json.not-json", ""),
        (b"{'a': 1}", "json.not-json", ""),
        (b"[1,]", "json.not-json", ""),
        (b'["\n"]', "json.not-json", ""),
        (b"[" + b"9" * 5000 + b"]", "json.not-json", ""),
    ],
)
def test_finds_what_readers_disagree_on(text: bytes, code: str, pointer: str) -> None:
    assert found_in(text) == [(code, pointer)]


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert parse_json(b'["\\ud83d\\ude00"]') == (["\U0001f600"], [])


@pytest.mark.parametrize("depth", [DEPTH_LIMIT + 1, 500, 10_000, 200_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_depth_is_a_finding_and_never_a_crash(depth: int, opening: bytes, closing: bytes) -> None:
    inner = b"1"
    value, issues = parse_json(opening * depth + inner + closing * depth)
    assert value is None
    assert {found.code for found in issues} == {"json.too-deep"}


def test_the_deepest_document_allowed_is_read() -> None:
    value, issues = parse_json(b"[" * DEPTH_LIMIT + b"]" * DEPTH_LIMIT)
    assert value is not None
    assert not issues


def test_everything_is_found_not_only_the_first() -> None:
    text = b'{"a": NaN, "b": "\\ud800", "b": {"c": 1, "c": 1e999}}'
    assert found_in(text) == [
        ("json.duplicate-key", "/b"),
        ("json.not-finite", "/a"),
        ("json.duplicate-key", "/b/c"),
        ("json.not-finite", "/b/c"),
    ]


def test_null_is_a_value_and_no_failure() -> None:
    assert parse_json(b"null") == (None, [])


@pytest.mark.parametrize("text", [b'{"Doe^Jane": "Doe^Jane" "Doe^Jane"}', b'["Doe^Jane\\q"]', b'{"Doe^Jane'])
def test_no_message_quotes_the_document(text: bytes) -> None:
    _, issues = parse_json(text)
    assert issues
    assert not any("Doe" in str(found) for found in issues)


@pytest.mark.parametrize("text", [b'{"\\ud800": [NaN]}', b'{"\\udfff": 1, "\\udfff": 2}'])
def test_every_finding_can_be_printed(text: bytes) -> None:
    _, issues = parse_json(text)
    assert issues
    assert all(str(found).encode("utf-8") for found in issues)


def test_pointer_tokens_escape_as_rfc_6901_says() -> None:
    assert pointer_token("a/~") == "/a~1~0"
    assert pointer_token(7) == "/7"
    assert pointer_token("\ud800") == "/***"


def test_documents_end_with_one_newline_and_keep_utf_8() -> None:
    assert dump_json({"b": "é", "a": []}) == '{\n  "b": "é",\n  "a": []\n}\n'


def test_nan_is_never_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        dump_json([float("nan")])


def test_depth_is_found_in_values_that_were_no_json() -> None:
    value: Any = 1.5
    for _ in range(5000):
        value = {"a": [value]}
    (found,) = nesting_depth_issues({"b": value})
    assert (found.code, found.location.pointer) == ("json.too-deep", "/b" + "/a/0" * 31 + "/a")
    assert not nesting_depth_issues({"b": [{"a": [float("nan")]}]})
    while isinstance(value, dict):  # taken apart from the top: Python would do it by recursion
        value = value.pop("a").pop()


@pytest.mark.parametrize("depth", [DEPTH_LIMIT + 1, 10_000])
def test_depth_is_found_at_its_place_wherever_python_stops(depth: int) -> None:
    text = b'[1, {"x": [2, "]", ' + b'{"\\"/b":[' * (depth // 2) + b"]}" * (depth // 2) + b"]}]"
    place = "/1/x/2" + '/"~1b/0' * 30 + '/"~1b'
    assert [(code, pointer) for code, pointer in found_in(text)] == [("json.too-deep", place)]


def test_more_findings_than_anybody_reads_are_counted() -> None:
    assert found_in(b"[" + b"NaN," * 1005 + b"1]")[-1] == ("document.more-issues", "")
    value, issues = parse_json(b"[" + b"NaN," * 20_000 + b"[" * 70 + b"]" * 70 + b"]")
    assert value is None
    assert "at least 10,000" in issues[-1].message


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES, st.integers(0, DEPTH_LIMIT + 1))
@examples(200)
def test_a_value_that_the_fast_test_passes_has_no_issue(value: object, levels: int) -> None:
    for _ in range(levels):
        value = [value]
    too_deep: list[str] = []
    issues = list(_nested_value_issues(value, too_deep))
    if _is_surely_valid(value, DEPTH_LIMIT):
        assert not issues
        assert not too_deep
    else:
        assert issues or too_deep or not str(value).isascii() or not json.dumps(value, ensure_ascii=False).isascii()


def test_the_fast_test_passes_usual_values_and_no_repeated_members() -> None:
    usual, _ = parse_json(b'{"a": [1, 2.5, true, null, "x", {"b": {}}], "c": "d"}')
    repeated = json.loads('{"x": {"a": 1, "a": 2}}', object_pairs_hook=_build_json_object)
    assert _is_surely_valid(usual, DEPTH_LIMIT)
    assert not _is_surely_valid(repeated, DEPTH_LIMIT)


FINITE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(FINITE)
@examples(200)
def test_documents_have_the_text_that_python_writes(value: object) -> None:
    assert dump_json(value) == json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    assert dump_json((value, ())) == dump_json([value, []])
