"""Attributes from text as people write it, and back."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from dicommap.dicom.character_sets import SpecificCharacterSet
from dicommap.dicom.dictionary import hex_of, tag_of
from dicommap.dicom.json_model import attribute_from_text, data_set_issues, dump_data_set, text_from_attribute
from dicommap.issues import Location
from dicommap.p10.text_decoding import decode_value


def tag(keyword: str) -> int:
    found = tag_of(keyword)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("keyword", "text", "attribute"),
    [
        ("PatientID", "", {"vr": "LO"}),
        ("PatientID", "007", {"vr": "LO", "Value": ["007"]}),
        ("StudyDate", "20260102", {"vr": "DA", "Value": ["20260102"]}),
        ("ImageType", "A\\\\B", {"vr": "CS", "Value": ["A", None, "B"]}),
        ("ImageType", "\\", {"vr": "CS"}),
        ("ImageType", "A \\ \\B  ", {"vr": "CS", "Value": ["A", None, "B"]}),
        ("PatientID", " 007  ", {"vr": "LO", "Value": [" 007"]}),
        ("PatientID", "  ", {"vr": "LO"}),
        ("PatientName", "A^B =  ", {"vr": "PN", "Value": [{"Alphabetic": "A^B "}]}),
        ("AdditionalPatientHistory", "a\\b", {"vr": "LT", "Value": ["a\\b"]}),
        ("PatientName", "A^B", {"vr": "PN", "Value": [{"Alphabetic": "A^B"}]}),
        ("PatientName", "=\u5c71=x", {"vr": "PN", "Value": [{"Ideographic": "\u5c71", "Phonetic": "x"}]}),
        ("PatientName", "A=", {"vr": "PN", "Value": [{"Alphabetic": "A"}]}),
        ("PatientName", "=", {"vr": "PN"}),
        ("PatientName", "==", {"vr": "PN"}),
        ("SeriesNumber", "5", {"vr": "IS", "Value": [5]}),
        ("SeriesNumber", "05", {"vr": "IS", "Value": ["05"]}),
        ("SeriesNumber", "+5", {"vr": "IS", "Value": ["+5"]}),
        ("PatientWeight", "70.5", {"vr": "DS", "Value": [70.5]}),
        ("PatientWeight", "70.50", {"vr": "DS", "Value": ["70.50"]}),
        ("PatientWeight", "-0", {"vr": "DS", "Value": ["-0"]}),
        ("PatientWeight", "1E5", {"vr": "DS", "Value": ["1E5"]}),
        ("PregnancyStatus", "4", {"vr": "US", "Value": [4]}),
        ("PregnancyStatus", "+004 ", {"vr": "US", "Value": [4]}),
        ("PregnancyStatus", "0" * 5000 + "4", {"vr": "US", "Value": [4]}),
        ("PregnancyStatus", "", {"vr": "US"}),
        ("ReferencePixelX0", "-7", {"vr": "SL", "Value": [-7]}),
        ("SelectorSSValue", "1\\\\3", {"vr": "SS", "Value": [1, None, 3]}),
        ("ExaminedBodyThickness", "29.97", {"vr": "FL", "Value": [29.97]}),
        ("EventTimeOffset", "1e3", {"vr": "FD", "Value": [1000.0]}),
    ],
)
def test_text_becomes_the_attribute_that_it_means(keyword: str, text: str, attribute: dict[str, Any]) -> None:
    found = attribute_from_text(tag(keyword), text, Location())
    assert found == attribute
    assert isinstance(found, dict)
    assert not list(data_set_issues({hex_of(tag(keyword)): found}))


def test_a_number_keeps_its_type() -> None:
    found = attribute_from_text(tag("PatientWeight"), "70", Location())
    assert isinstance(found, dict)
    assert type(found["Value"][0]) is int


@pytest.mark.parametrize(
    ("keyword", "text", "code"),
    [
        ("PatientID", "x" * 65, "value.too-long"),
        ("PatientID", "a\\b", "value.multiplicity"),
        ("StudyDate", "2026-01-02", "value.format"),
        ("SeriesNumber", "9" * 5000, "value.too-long"),
        ("PatientName", "a=b=c=d", "value.format"),
        ("PatientName", "===", "value.format"),
        ("OtherPatientIDsSequence", "x", "attribute.not-text"),
        ("PregnancyStatus", "65536", "value.range"),
        ("PregnancyStatus", "-1", "value.range"),
        ("PregnancyStatus", "9" * 5000, "value.range"),
        ("PregnancyStatus", "4.0", "value.format"),
        ("PregnancyStatus", "1\\2", "value.multiplicity"),
        ("ExaminedBodyThickness", "1e39", "value.range"),
        ("EventTimeOffset", "1e400", "value.range"),
        ("EventTimeOffset", "nan", "value.format"),
        ("EventTimeOffset", "1_0", "value.format"),
        ("EventTimeOffset", "9" * 5000, "value.format"),
        ("PixelPaddingValue", "0", "attribute.not-text"),
        ("FrameIncrementPointer", "00181063", "attribute.not-text"),
        ("EncapsulatedDocument", "", "attribute.not-text"),
    ],
)
def test_what_text_cannot_say_is_found(keyword: str, text: str, code: str) -> None:
    found = attribute_from_text(tag(keyword), text, Location(row=3))
    assert isinstance(found, list)
    assert code in [one.code for one in found]
    assert {one.location.row for one in found} == {3}


@pytest.mark.parametrize(
    "attribute",
    [
        {"vr": "SQ", "Value": [{}]},
        {"vr": "OB", "InlineBinary": "AA=="},
        {"vr": "UT", "BulkDataURI": "urn:x"},
    ],
)
def test_what_has_no_text_gives_none(attribute: Any) -> None:
    assert text_from_attribute(attribute) is None


@pytest.mark.parametrize(("value", "text"), [([4], "4"), ([1, 2], "1\\2"), (None, "")])
def test_binary_integers_have_the_text_of_an_inventory(value: list[int] | None, text: str) -> None:
    attribute: Any = {"vr": "US"} if value is None else {"vr": "US", "Value": value}
    assert text_from_attribute(attribute) == text


@pytest.mark.parametrize(
    ("vr", "value", "text"),
    [("FD", 0.1, "0.1"), ("FD", 1, "1.0"), ("FL", 0.1, "0.10000000149011612"), ("FL", 0.5, "0.5")],
)
def test_floats_have_the_text_of_an_inventory(vr: str, value: float, text: str) -> None:
    attribute: Any = {"vr": vr, "Value": [value]}
    assert text_from_attribute(attribute) == text
    code = {"FL": "<f", "FD": "<d"}[vr]
    assert decode_value(vr, struct.pack(code, value), SpecificCharacterSet(), "<") == text


def test_tags_have_the_text_of_an_inventory() -> None:
    assert text_from_attribute({"vr": "AT", "Value": ["00181063", "00181065"]}) == "00181063\\00181065"


def test_data_sets_are_written_in_order_at_every_level() -> None:
    inner: Any = {"00100020": {"vr": "LO"}, "00080020": {"vr": "DA"}}
    text = dump_data_set({"00101002": {"vr": "SQ", "Value": [inner]}, "00081030": {"vr": "LO"}})
    places = [text.index(name) for name in ("00081030", "00101002", "00080020", "00100020")]
    assert places == sorted(places)
    assert dump_data_set({"00101002": {"vr": "SQ"}, "00081030": {"vr": "LO"}}).endswith("}\n")
