"""Attributes in the form of image set metadata, as documents of UpdateImageSetMetadata have them."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.dicom.dictionary import tag_of
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.updates.stored_form import allows_several_values, get_stored_name, has_known_form, make_stored_value

DEFAULT = Assumptions()
NAME = {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
CODE: Any = {
    "vr": "SQ",
    "Value": [
        {
            "00080100": {"vr": "SH", "Value": ["113100"]},
            "00080104": {"vr": "LO"},
            "00080070": {"vr": "LO", "Value": ["ACME"]},
        }
    ],
}
CASES: list[tuple[str, Any, Any]] = [
    ("PatientName", {"vr": "PN", "Value": [NAME]}, "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ("PatientName", {"vr": "PN", "Value": [{"Phonetic": "a"}]}, "==a"),
    ("PatientName", {"vr": "PN"}, None),
    ("PatientID", {"vr": "LO", "Value": ["7"]}, "7"),
    ("PatientComments", {"vr": "LT", "Value": ["a\\b"]}, "a\\b"),
    ("PatientWeight", {"vr": "DS", "Value": ["70.50"]}, "70.50"),
    ("PatientWeight", {"vr": "DS", "Value": [70]}, "70"),
    ("ImageType", {"vr": "CS", "Value": ["ORIGINAL", "PRIMARY"]}, ["ORIGINAL", "PRIMARY"]),
    ("ImageType", {"vr": "CS", "Value": ["ORIGINAL", None, "AXIAL"]}, ["ORIGINAL", None, "AXIAL"]),
    ("WindowCenter", {"vr": "DS", "Value": ["40"]}, ["40"]),
    ("OtherPatientNames", {"vr": "PN", "Value": [{"Alphabetic": "A^B"}, {"Alphabetic": "C"}]}, ["A^B", "C"]),
    ("ReferencedFrameNumber", {"vr": "IS", "Value": [1, 2]}, ["1", "2"]),
    ("Rows", {"vr": "US", "Value": [512]}, 512),
    ("ProcedureCodeSequence", CODE, [{"CodeValue": "113100", "CodeMeaning": None, "Manufacturer": "ACME"}]),
    ("ProcedureCodeSequence", {"vr": "SQ"}, None),
    ("FrameIncrementPointer", {"vr": "AT", "Value": ["00181063"]}, ["00181063"]),
]


@pytest.mark.parametrize(("keyword", "attribute", "expected"), CASES)
def test_values_have_the_form_of_image_set_metadata(keyword: str, attribute: Any, expected: Any) -> None:
    tag = tag_of(keyword)
    assert tag is not None
    assert has_known_form(attribute)
    assert make_stored_value(tag, attribute, DEFAULT) == expected


@pytest.mark.parametrize(
    ("setting", "keyword", "attribute", "expected"),
    [
        ("updateEmpty=text", "PatientID", {"vr": "LO"}, ""),
        ("updateEmpty=text", "ProcedureCodeSequence", {"vr": "SQ"}, ""),
        ("updateValues=text", "ImageType", {"vr": "CS", "Value": ["ORIGINAL", None, "AXIAL"]}, "ORIGINAL\\\\AXIAL"),
        ("updateValues=text", "WindowCenter", {"vr": "DS", "Value": ["40"]}, "40"),
        ("updateValues=text", "SmallestImagePixelValue", {"vr": "US", "Value": [1]}, 1),
        ("updateValues=text", "OtherPatientNames", {"vr": "PN", "Value": [{"Alphabetic": "A"}]}, ["A"]),
        ("updatePersonNames=object", "PatientName", {"vr": "PN", "Value": [NAME]}, NAME),
    ],
)
def test_assumptions_change_the_form(setting: str, keyword: str, attribute: Any, expected: Any) -> None:
    tag = tag_of(keyword)
    assert tag is not None
    assert make_stored_value(tag, attribute, Assumptions.from_settings([setting])) == expected


def test_standard_attributes_are_named_by_keyword_and_private_ones_by_tag() -> None:
    assert [get_stored_name(tag) for tag in (0x00100010, 0x00190010, 0x001910F9)] == [
        "PatientName",
        "00190010",
        "001910F9",
    ]


def test_the_multiplicity_of_private_elements_is_not_known() -> None:
    assert [allows_several_values(tag) for tag in (0x00080008, 0x00100010, 0x001910F9)] == [True, False, False]


@pytest.mark.parametrize(
    ("attribute", "is_known"),
    [
        ({"vr": "OB", "InlineBinary": "AAA="}, False),
        ({"vr": "LT", "BulkDataURI": "http://x"}, False),
        ({"vr": "UN"}, True),
        ({"vr": "SQ", "Value": [{"00190010": {"vr": "LO", "Value": ["ACME"]}}]}, False),
        ({"vr": "SQ", "Value": [{"00400555": {"vr": "SQ", "Value": [{"00191001": {"vr": "LO"}}]}}]}, False),
        (CODE, True),
    ],
)
def test_binary_values_and_private_elements_in_items_have_no_known_form(attribute: Any, is_known: bool) -> None:
    assert has_known_form(attribute) is is_known
