"""Where pydicom 3.0.2 is wrong or silent about the DICOM JSON Model: what it does, and what is found here.

What pydicom does is asserted too, so that it is noticed when it changes.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.config import RAISE
from pydicom.dataelem import DataElement
from pydicom.valuerep import PersonName, validate_value

from dicommap.dicom.json_model import Attribute, data_set_issues, dump_data_set
from dicommap.dicom.json_model.from_pydicom import data_set_from_pydicom
from dicommap.dicom.strict_json import parse_json
from dicommap.dicom.vr import value_text_issues
from dicommap.issues import Location

CREATOR: dict[str, Any] = {"00090010": {"vr": "LO", "Value": ["ACME"]}}


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    """Take pydicom's warnings for silence: nobody who reads millions of files reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def ours(data_set: Any) -> list[tuple[str, str | None]]:
    read, issues = parse_json(json.dumps(data_set).encode())
    found = issues or data_set_issues(read)
    return [(one.code, one.location.pointer) for one in found]


TAKEN_BY_PYDICOM: dict[str, tuple[dict[str, Any], str, str]] = {
    "DS of 17 digits": (
        {"00101030": {"vr": "DS", "Value": ["0.123456789012345"]}},
        "value.too-long",
        "/00101030/Value/0",
    ),
    "DS that is NaN": ({"00101030": {"vr": "DS", "Value": [float("nan")]}}, "json.not-finite", "/00101030/Value/0"),
    "IS with a fraction": ({"00200011": {"vr": "IS", "Value": [5.7]}}, "dicom-json.value-form", "/00200011/Value/0"),
    "IS that is true": ({"00200011": {"vr": "IS", "Value": [True]}}, "dicom-json.value-form", "/00200011/Value/0"),
    "IS out of range": ({"00200011": {"vr": "IS", "Value": [2**31]}}, "value.range", "/00200011/Value/0"),
    "US with a fraction": ({"00280108": {"vr": "US", "Value": [1.9]}}, "dicom-json.value-form", "/00280108/Value/0"),
    "US as text": ({"00280108": {"vr": "US", "Value": ["512"]}}, "dicom-json.value-form", "/00280108/Value/0"),
    "US out of range": ({"00280108": {"vr": "US", "Value": [70000]}}, "value.range", "/00280108/Value/0"),
    "PN as text": ({"00100010": {"vr": "PN", "Value": ["A^B"]}}, "dicom-json.person-name", "/00100010/Value/0"),
    "PN without groups": ({"00100010": {"vr": "PN", "Value": [{}]}}, "dicom-json.empty-value", "/00100010/Value/0"),
    "PN of an unknown group": (
        {"00100010": {"vr": "PN", "Value": [{"Latin": "A"}]}},
        "dicom-json.person-name",
        "/00100010/Value/0",
    ),
    "PN with = in a group": (
        {"00100010": {"vr": "PN", "Value": [{"Alphabetic": "A=B"}]}},
        "dicom-json.person-name",
        "/00100010/Value/0",
    ),
    "PN with a backslash": (
        {"00100010": {"vr": "PN", "Value": [{"Alphabetic": "A\\B"}]}},
        "value.characters",
        "/00100010/Value/0/Alphabetic",
    ),
    "PN of 7 components": (
        {"00100010": {"vr": "PN", "Value": [{"Alphabetic": "a^b^c^d^e^f^g"}]}},
        "value.format",
        "/00100010/Value/0/Alphabetic",
    ),
    "LO with a backslash": ({"00100020": {"vr": "LO", "Value": ["a\\b"]}}, "value.characters", "/00100020/Value/0"),
    "LO with a line feed": ({"00100020": {"vr": "LO", "Value": ["a\nb"]}}, "value.characters", "/00100020/Value/0"),
    "LO with a NUL": ({"00100020": {"vr": "LO", "Value": ["a\0"]}}, "value.characters", "/00100020/Value/0"),
    "LO as number": ({"00100020": {"vr": "LO", "Value": [5]}}, "dicom-json.value-form", "/00100020/Value/0"),
    "LT of two values": ({"001021B0": {"vr": "LT", "Value": ["a", "b"]}}, "value.multiplicity", "/001021B0/Value"),
    "too few values": ({"00280030": {"vr": "DS", "Value": [1]}}, "value.multiplicity", "/00280030/Value"),
    "AT of two digits": ({"00280009": {"vr": "AT", "Value": ["18"]}}, "value.format", "/00280009/Value/0"),
    "AT of 9 digits": ({"00280009": {"vr": "AT", "Value": ["001810630"]}}, "value.format", "/00280009/Value/0"),
    "US with InlineBinary": (
        {"00280108": {"vr": "US", "InlineBinary": "AAEC"}},
        "dicom-json.member-not-allowed",
        "/00280108/InlineBinary",
    ),
    "AT with a comma": ({"00280009": {"vr": "AT", "Value": ["0018,1063"]}}, "value.format", "/00280009/Value/0"),
    "SQ of null": ({"00101002": {"vr": "SQ", "Value": [None]}}, "dicom-json.not-object", "/00101002/Value/0"),
    "SQ of nothing": ({"00101002": {"vr": "SQ", "Value": []}}, "dicom-json.empty-value", "/00101002/Value"),
    "LO of nothing": ({"00100020": {"vr": "LO", "Value": [""]}}, "dicom-json.empty-value", "/00100020/Value/0"),
    "an unknown vr": ({"00100020": {"vr": "XX", "Value": ["a"]}}, "dicom-json.vr", "/00100020"),
    "vr in lower case": ({"00080060": {"vr": "cs", "Value": ["CT"]}}, "dicom-json.vr", "/00080060"),
    "another vr than the dictionary's": ({"00100020": {"vr": "SH"}}, "dicom-json.vr-mismatch", "/00100020"),
    "a misspelt member": ({"00100020": {"vr": "LO", "value": ["a"]}}, "dicom-json.member", "/00100020/value"),
    "a tag in lower case": ({"0010002a": {"vr": "LO"}}, "dicom-json.tag", "/0010002a"),
    "a keyword": ({"Modality": {"vr": "CS"}}, "dicom-json.tag", "/Modality"),
    "a tag with 0x": ({"0x00080060": {"vr": "CS"}}, "dicom-json.tag", "/0x00080060"),
    "a tag of 5 digits": ({"80060": {"vr": "CS"}}, "dicom-json.tag", "/***"),
    "a tag of 9 digits": ({"000800600": {"vr": "CS"}}, "dicom-json.tag", "/***"),
    "a tag with _": ({"0008_0060": {"vr": "CS"}}, "dicom-json.tag", "/0008_0060"),
    "group 0002": ({"00020010": {"vr": "UI", "Value": ["1.2"]}}, "attribute.forbidden", "/00020010"),
    "a group length": ({"00080000": {"vr": "UL", "Value": [4]}}, "attribute.forbidden", "/00080000"),
    "an item's tag": ({"FFFEE000": {"vr": "UL"}}, "attribute.forbidden", "/FFFEE000"),
    "InlineBinary in a list": (
        {"00420011": {"vr": "OB", "InlineBinary": ["AA=="]}},
        "dicom-json.inline-binary",
        "/00420011/InlineBinary",
    ),
    "base64 of no such letters": (
        {"00420011": {"vr": "OB", "InlineBinary": "!!!!"}},
        "dicom-json.inline-binary",
        "/00420011/InlineBinary",
    ),
    "base64 for URLs": (
        {"00420011": {"vr": "OB", "InlineBinary": "_-__"}},
        "dicom-json.inline-binary",
        "/00420011/InlineBinary",
    ),
    "base64 with a line feed": (
        {"00420011": {"vr": "OB", "InlineBinary": "AA\n=="}},
        "dicom-json.inline-binary",
        "/00420011/InlineBinary",
    ),
    "half a unit": (
        {"00281201": {"vr": "OW", "InlineBinary": "AA=="}},
        "dicom-json.inline-binary",
        "/00281201/InlineBinary",
    ),
    "InlineBinary of LO": (
        {"00100020": {"vr": "LO", "InlineBinary": "AA=="}},
        "dicom-json.member-not-allowed",
        "/00100020/InlineBinary",
    ),
    "UN with Value": (
        CREATOR | {"00091002": {"vr": "UN", "Value": ["x"]}},
        "dicom-json.member-not-allowed",
        "/00091002/Value",
    ),
    "BulkDataURI of LO": (
        {"00100020": {"vr": "LO", "BulkDataURI": "urn:x"}},
        "dicom-json.member-not-allowed",
        "/00100020/BulkDataURI",
    ),
    "two kinds of value": (
        {"00420011": {"vr": "OB", "InlineBinary": "AA==", "BulkDataURI": "urn:x"}},
        "dicom-json.several-values",
        "/00420011",
    ),
    "a private attribute without creator": ({"00091002": {"vr": "LO"}}, "dicom-json.private-creator", "/00091002"),
    "half a character": ({"00100020": {"vr": "LO", "Value": ["\ud800"]}}, "json.lone-surrogate", "/00100020/Value/0"),
}


@pytest.mark.parametrize("name", TAKEN_BY_PYDICOM)
def test_what_pydicom_takes_is_found(name: str) -> None:
    data_set, code, pointer = TAKEN_BY_PYDICOM[name]
    for element in Dataset.from_json(json.dumps(data_set)):
        assert element.VR
    assert ours(data_set) == [(code, pointer)]


CRASHES_IN_PYDICOM: dict[str, tuple[Any, str, str]] = {
    "IS that is empty": ({"00200011": {"vr": "IS", "Value": [""]}}, "dicom-json.empty-value", "/00200011/Value/0"),
    "DS that is empty": ({"00101030": {"vr": "DS", "Value": [""]}}, "dicom-json.empty-value", "/00101030/Value/0"),
    "IS as text with a fraction": ({"00200011": {"vr": "IS", "Value": ["5.0"]}}, "value.format", "/00200011/Value/0"),
    "PN of null": (
        {"00100010": {"vr": "PN", "Value": [{"Alphabetic": None}]}},
        "dicom-json.person-name",
        "/00100010/Value/0",
    ),
    "Value that is no array": ({"00100020": {"vr": "LO", "Value": "x"}}, "dicom-json.value-form", "/00100020/Value"),
    "AT as number": ({"00280009": {"vr": "AT", "Value": [5]}}, "dicom-json.value-form", "/00280009/Value/0"),
    "no vr": ({"00100020": {"Value": ["x"]}}, "dicom-json.vr", "/00100020"),
    "no vr in an item": (
        {"00101002": {"vr": "SQ", "Value": [{"00100020": {"Value": ["x"]}}]}},
        "dicom-json.vr",
        "/00101002/Value/0/00100020",
    ),
    "SQ of a text": ({"00101002": {"vr": "SQ", "Value": ["x"]}}, "dicom-json.not-object", "/00101002/Value/0"),
    "InlineBinary of nothing": (
        {"00420011": {"vr": "OB", "InlineBinary": []}},
        "dicom-json.inline-binary",
        "/00420011/InlineBinary",
    ),
    "an array of data sets": ([{"00100020": {"vr": "LO"}}], "dicom-json.not-object", ""),
}


@pytest.mark.parametrize("name", CRASHES_IN_PYDICOM)
def test_where_pydicom_raises_whatever_comes_a_place_is_named(name: str) -> None:
    data_set, code, pointer = CRASHES_IN_PYDICOM[name]
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError, IndexError)):
        list(Dataset.from_json(json.dumps(data_set)))
    assert ours(data_set) == [(code, pointer)]


def test_a_member_that_stands_twice_is_not_silently_the_last() -> None:
    text = '{"00100020": {"vr": "LO", "Value": ["A"]}, "00100020": {"vr": "LO", "Value": ["B"]}}'
    assert Dataset.from_json(text).PatientID == "B"
    assert [(one.code, one.location.pointer) for one in parse_json(text.encode())[1]] == [
        ("json.duplicate-key", "/00100020")
    ]


@pytest.mark.parametrize(
    ("vr", "text"),
    [
        ("AE", "a\\b"),
        ("AE", "   "),
        ("CS", "   "),
        ("DA", "20240231"),
        ("DA", "20240100"),
        ("DA", "20240101-20240201"),
        ("DA", "-20240101"),
        ("DT", "20240231"),
        ("DT", "2024+1500"),
        ("DT", "2024-0000"),
        ("DT", "20240101-20240201"),
        ("IS", "2147483648"),
        ("LO", "a\\b"),
        ("LO", "a\nb"),
        ("SH", "a\0"),
        ("LT", "a\0"),
        ("ST", "a\x1b"),
        ("PN", "a^b^c^d^e^f"),
        ("PN", "a\\b"),
        ("PN", "a\nb"),
        ("TM", "12-13"),
        ("UI", "3.999"),
        ("UI", "1"),
        ("UC", "a\\b"),
        ("UT", "a\0"),
        ("AT", "x"),
    ],
)
def test_values_that_pydicom_validates_wrongly(vr: str, text: str) -> None:
    validate_value(vr, text, RAISE)
    assert list(value_text_issues(vr, text, Location()))


@pytest.mark.parametrize(("vr", "text"), [("DT", "2024 "), ("TM", "1200 ")])
def test_trailing_spaces_that_pydicom_refuses_are_padding(vr: str, text: str) -> None:
    with pytest.raises(ValueError, match="Invalid value"):
        validate_value(vr, text, RAISE)
    assert not list(value_text_issues(vr, text, Location()))


def element(tag: int, vr: str, value: Any) -> Dataset:
    made = Dataset()
    made.add(DataElement(tag, vr, value))
    return made


def test_numbers_keep_the_text_that_they_were_read_from() -> None:
    dataset = element(0x00200032, "DS", ["-1.0E+02", "1.50", "0"])
    assert dataset.to_json_dict()["00200032"]["Value"] == [-100.0, 1.5, 0.0]
    assert data_set_from_pydicom(dataset)[0]["00200032"]["Value"] == ["-1.0E+02", "1.50", "0"]


EMPTY: dict[str, tuple[int, str, Any, Any, Attribute]] = {
    "a sequence": (0x00101002, "SQ", [], [], {"vr": "SQ"}),
    "a text among others": (0x00080008, "CS", ["A", "", "B"], ["A", "", "B"], {"vr": "CS", "Value": ["A", None, "B"]}),
    "a name among others": (
        0x00101001,
        "PN",
        [PersonName("A"), PersonName("")],
        [{"Alphabetic": "A"}, {"Alphabetic": ""}],
        {"vr": "PN", "Value": [{"Alphabetic": "A"}, None]},
    ),
    "a group of a name": (
        0x00100010,
        "PN",
        "=山",
        [{"Alphabetic": "", "Ideographic": "山"}],
        {"vr": "PN", "Value": [{"Ideographic": "山"}]},
    ),
}


@pytest.mark.parametrize("name", EMPTY)
def test_what_is_empty_is_written_as_annex_f_says(name: str) -> None:
    tag, vr, value, theirs, expected = EMPTY[name]
    dataset = element(tag, vr, value)
    assert dataset.to_json_dict()[f"{tag:08X}"]["Value"] == theirs
    converted, issues = data_set_from_pydicom(dataset)
    assert converted == {f"{tag:08X}": expected}
    assert not issues
    assert not ours(converted)


def test_nan_is_left_out_and_never_written() -> None:
    dataset = element(0x00189073, "FD", float("nan"))
    assert "NaN" in dataset.to_json()
    converted, issues = data_set_from_pydicom(dataset)
    assert not converted
    assert [one.code for one in issues] == ["dicom-json.left-out"]


def test_group_lengths_are_left_out() -> None:
    dataset = element(0x00080000, "UL", 4)
    assert "00080000" in dataset.to_json_dict()
    assert data_set_from_pydicom(dataset) == ({}, [])


def test_attributes_are_written_in_order_at_every_level() -> None:
    item = element(0x00100020, "LO", "A")
    item.add(DataElement(0x00080020, "DA", "20240101"))
    dataset = element(0x00101002, "SQ", [item])
    converted, _ = data_set_from_pydicom(dataset)
    text = dump_data_set(dict(reversed(converted.items())))
    assert text.index("00080020") < text.index("00100020")
    assert not ours(json.loads(text))


def test_big_endian_values_become_little_endian() -> None:
    dataset = element(0x00281201, "OW", b"\x00\x01")
    dataset.set_original_encoding(False, False)
    assert dataset.to_json_dict()["00281201"]["InlineBinary"] == "AAE="
    assert data_set_from_pydicom(dataset)[0]["00281201"]["InlineBinary"] == "AQA="


def test_what_is_unsettled_or_belongs_nowhere_does_not_stop_the_rest() -> None:
    dataset = element(0x00100020, "LO", "A")
    dataset.add(DataElement(0x00280106, "US or SS", b"\0\0"))
    converted, issues = data_set_from_pydicom(dataset)
    assert set(converted) == {"00100020"}
    assert [(one.code, one.location.pointer) for one in issues] == [("dicom-json.left-out", "/00280106")]
    with pytest.raises(ValueError, match="invalid literal"):
        dataset.to_json_dict()
