"""Each value representation takes what PS3.5 Table 6.2-1 gives it, and nothing beside."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from pydicom.config import RAISE
from pydicom.valuerep import validate_value

from dicommap.dicom.json_model import data_set_issues
from dicommap.dicom.vr import (
    ALL_VRS,
    INTEGER_RANGES,
    NUMBER_TEXT_VRS,
    PN_GROUPS,
    TEXT_VRS,
    has_control_character,
    integer_range_issues,
    is_uri,
    value_text_issues,
)
from dicommap.issues import Location
from dicommap.validation.schema_registry import get_schema_validator

HERE = Location(pointer="/x", keyword="PatientID")

TABLE = json.loads(Path(__file__).with_name("value_representations.json").read_bytes())
"""Each value representation: what PS3.5 Table 6.2-1 says in short, and items of Value on both sides of each limit."""


def item_of(written: Any) -> Any:
    """Return an item as it is meant: a long text is written in short."""
    if isinstance(written, dict) and "repeat" in written:
        return written.get("before", "") + written["repeat"] * written["times"] + written.get("after", "")
    return written


TAKEN = {row["vr"]: [item_of(one) for one in row["taken"]] for row in TABLE if "taken" in row}
REFUSED = {
    row["vr"]: [(item_of(one), code) for code, items in row["refused"].items() for one in items]
    for row in TABLE
    if "refused" in row
}
WITH_TEXT = [vr for vr in TAKEN if all(isinstance(item, str) for item in TAKEN[vr])]

taken = [pytest.param(vr, text, id=f"{vr}-{text[:20]!r}-{len(text)}") for vr in WITH_TEXT for text in TAKEN[vr]]
refused = [
    pytest.param(vr, text, code, id=f"{vr}-{text[:20]!r}-{len(text)}") for vr in WITH_TEXT for text, code in REFUSED[vr]
]
items = [
    pytest.param(vr, item, code, id=f"{vr}-{str(item)[:20]!r}-{code}") for vr in REFUSED for item, code in REFUSED[vr]
]


def codes(vr: str, text: str) -> set[str]:
    return {found.code.removeprefix("value.") for found in value_text_issues(vr, text, HERE)}


@pytest.mark.parametrize(
    ("vr", "text", "holds"),
    [
        ("LO", "a\tb", True),
        ("PN", "a\nb", True),
        ("SH", "a\0b", True),
        ("LO", "a\x1bb", True),
        ("LO", "a\x9bb", True),
        ("LT", "a\r\n\t\x0cb", False),
        ("ST", "a\x0bb", True),
        ("UT", "a\0b", True),
        ("UC", "a\nb", True),
        ("LO", "a\u3000b\xa0", False),
    ],
)
def test_lines_and_tabs_are_the_only_control_characters_and_of_long_texts_only(vr: str, text: str, holds: bool) -> None:
    assert has_control_character(vr, text) is holds


def test_every_value_representation_is_in_the_table_with_both_sides() -> None:
    assert [row["vr"] for row in TABLE] == sorted(ALL_VRS)
    assert all(row["rule"] for row in TABLE)
    assert all(row.get("taken") or row.get("bytesTaken") for row in TABLE)
    assert all(row.get("refused") or row.get("bytesRefused") for row in TABLE)
    assert set(WITH_TEXT) == TEXT_VRS | NUMBER_TEXT_VRS | {"AT", "PN"}


def private(vr: str, **members: Any) -> dict[str, Any]:
    return {"00090010": {"vr": "LO", "Value": ["ACME"]}, "00091002": {"vr": vr, **members}}


def as_json(vr: str, item: Any) -> Any:
    """Return an item as the DICOM JSON Model writes it; a text of PN by its groups."""
    if vr != "PN" or not isinstance(item, str):
        return item
    names = ["Alphabetic", "Ideographic", "Phonetic"]
    return {name: group for name, group in zip(names, item.split("="), strict=False) if group}


@pytest.mark.parametrize("vr", TAKEN)
def test_data_sets_take_what_the_standard_allows(vr: str) -> None:
    for item in TAKEN[vr]:
        data_set = private(vr, Value=[as_json(vr, item)])
        assert not list(data_set_issues(data_set))
        assert get_schema_validator("dicom-json").is_valid(data_set)


@pytest.mark.parametrize(("vr", "item", "code"), items)
def test_data_sets_refuse_what_the_standard_forbids(vr: str, item: Any, code: str) -> None:
    if vr == "PN" and item.count("=") >= PN_GROUPS:
        return  # more groups than three have no name in JSON
    found = {
        found.code.partition(".")[2]
        for found in data_set_issues(private(vr, Value=[{}, item] if vr == "SQ" else [as_json(vr, item)]))
    }
    assert code in found


@pytest.mark.parametrize("row", [row for row in TABLE if "bytesTaken" in row], ids=lambda row: str(row["vr"]))
def test_binary_values_are_of_whole_units(row: dict[str, Any]) -> None:
    for sizes, is_taken in [(row["bytesTaken"], True), (row["bytesRefused"], False)]:
        for size in sizes:
            binary = private(row["vr"], InlineBinary=base64.b64encode(bytes(size)).decode())
            assert bool(list(data_set_issues(binary))) is not is_taken


@pytest.mark.parametrize(("vr", "text"), taken)
def test_takes_what_the_standard_allows(vr: str, text: str) -> None:
    assert not codes(vr, text)


@pytest.mark.parametrize(("vr", "text", "code"), refused)
def test_refuses_what_the_standard_forbids(vr: str, text: str, code: str) -> None:
    assert code in codes(vr, text)


@pytest.mark.parametrize("vr", WITH_TEXT)
def test_an_empty_text_is_a_value_of_every_one(vr: str) -> None:
    assert not codes(vr, "")


@pytest.mark.parametrize(("vr", "text", "code"), refused)
def test_no_message_holds_the_value(vr: str, text: str, code: str) -> None:
    text = text.strip()
    if len(text) < 4 or code == "range":
        return  # too short to be told from the words of a message, or beside the limits that it names
    assert not any(text in str(found) for found in value_text_issues(vr, text, HERE))


@pytest.mark.parametrize("vr", sorted(INTEGER_RANGES))
def test_integers_have_the_range_of_their_value_representation(vr: str) -> None:
    bits = {"SS": 16, "US": 16, "IS": 32, "SL": 32, "UL": 32, "SV": 64, "UV": 64}[vr]
    low, high = (0, 2**bits - 1) if vr.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    assert not [*integer_range_issues(vr, low, HERE), *integer_range_issues(vr, high, HERE)]
    for outside in (low - 1, high + 1):
        assert [found.code for found in integer_range_issues(vr, outside, HERE)] == ["value.range"]


def test_bytes_count_where_the_standard_counts_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicommap.dicom.vr._LARGEST_VALUE_BYTES", 8)
    for vr in ("UC", "UT"):
        assert not codes(vr, "é" * 4)
        assert codes(vr, "é" * 4 + "x") == {"too-long"}


def test_long_texts_are_told_without_trying_their_form() -> None:
    for vr, text in {"UI": "1." * 2**20, "DS": "1" * 2**20 + "x", "IS": " " * 2**20 + "x"}.items():
        assert codes(vr, text) == {"too-long"}


@pytest.mark.parametrize(("text", "is_one"), [("urn:x", True), ("/a/b?c=%20#d", True), ("a b", False), ("é", False)])
def test_uris_have_the_characters_of_uris(text: str, is_one: bool) -> None:
    assert is_uri(text) is is_one


SAMPLE = [
    *(text for vr in WITH_TEXT for text in TAKEN[vr]),
    *(text for vr in WITH_TEXT for text, _ in REFUSED[vr]),
    "1.5.0.0",
    "1A",
    "x",
    "\n",
    "20249999",
    "M ",
    "0" * 300,
]
"""Every value of the tables, tried with every value representation."""

PADDED = {("TM", "1200 "), ("TM", "1200" + " " * 10)}
"""PS3.5 section 6.2 lets trailing spaces stand in a time; pydicom does not."""


def rejected_by_pydicom(vr: str, text: str) -> bool:
    try:
        validate_value(vr, text, RAISE)
    except ValueError:
        return True
    return False


@pytest.mark.parametrize("vr", ["DS", "IS", "LO", "SH", "PN", "UI", "DA", "TM", "CS", "AS"])
def test_refuses_everything_that_pydicom_refuses(vr: str) -> None:
    missed = {text for text in SAMPLE if rejected_by_pydicom(vr, text) and not codes(vr, text)}
    assert missed == {text for of, text in PADDED if of == vr}
    assert any(rejected_by_pydicom(vr, text) for text in SAMPLE)
