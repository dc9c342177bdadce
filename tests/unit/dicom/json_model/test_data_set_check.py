"""Data sets are checked against PS3.18 Annex F, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.dicom.json_model import data_set_issues
from dicommap.issues import Severity

PATIENT_ID, PATIENT_NAME, STUDY_DATE, OTHER_IDS = "00100020", "00100010", "00080020", "00101002"
PRIVATE = "00091002"


def found_in(data_set: object, pointer: str = "") -> list[tuple[str, str | None]]:
    return [(found.code, found.location.pointer) for found in data_set_issues(data_set, pointer)]


def value_of(vr: str, *values: Any) -> dict[str, Any]:
    """Return a data set whose one private attribute, which no dictionary knows, has these values."""
    return {"00090010": {"vr": "LO", "Value": ["ACME"]}, PRIVATE: {"vr": vr, "Value": list(values)}}


@pytest.mark.parametrize(
    "data_set",
    [
        {},
        {PATIENT_ID: {"vr": "LO"}},
        {PATIENT_ID: {"vr": "LO", "Value": ["007"]}},
        {PATIENT_NAME: {"vr": "PN", "Value": [{"Alphabetic": "A^B", "Ideographic": "\u5c71", "Phonetic": "x"}]}},
        {"00080008": {"vr": "CS", "Value": ["ORIGINAL", None, "AXIAL"]}},
        {"00101030": {"vr": "DS", "Value": ["70.50"]}},
        {"00101030": {"vr": "DS", "Value": [70.5]}},
        {"00201206": {"vr": "IS", "Value": [12]}},
        {OTHER_IDS: {"vr": "SQ"}},
        {OTHER_IDS: {"vr": "SQ", "Value": [{}, {PATIENT_ID: {"vr": "LO", "Value": ["x"]}}]}},
        {"00281203": {"vr": "OW", "BulkDataURI": "https://example.org/b"}},
        {"00420011": {"vr": "OB", "InlineBinary": "AAEC"}},
        value_of("AT", "00100020"),
        value_of("US", 0, 65535, None),
        value_of("FL", 1.5, -3.4e38),
        value_of("FD", 1e308),
        value_of("UV", 2**64 - 1, "18446744073709551615"),
    ],
)
def test_takes_what_annex_f_allows(data_set: dict[str, Any]) -> None:
    assert not found_in(data_set)


@pytest.mark.parametrize("value", [[], [{}], None, "x", 1, True])
def test_a_data_set_is_one_object(value: object) -> None:
    assert found_in(value, "/here") == [("dicom-json.not-object", "/here")]


@pytest.mark.parametrize("name", ["PatientID", "0010,0020", "0010002a", "(0010,0020)", "0x100020", ""])
def test_member_names_are_tags_of_eight_upper_case_digits(name: str) -> None:
    assert found_in({name: {"vr": "LO"}}) == [("dicom-json.tag", f"/{name}")]


@pytest.mark.parametrize("name", ["0010002", "001000200", "00100020\n", "Zyzzyva^Quark", "Zyzzyva"])
def test_a_name_that_may_be_a_value_is_masked(name: str) -> None:
    assert found_in({name: {"vr": "LO"}}) == [("dicom-json.tag", "/***")]


@pytest.mark.parametrize(
    "tag",
    [
        "00000002",
        "00020010",
        "00010010",
        "00030010",
        "00050010",
        "00060010",
        "00070010",
        "FFFEE000",
        "FFFFFFFF",
        "00080000",
        "00090000",
    ],
)
def test_groups_outside_a_data_set_and_group_lengths_are_refused(tag: str) -> None:
    assert ("attribute.forbidden", f"/{tag}") in found_in({tag: {"vr": "UL"}})


def test_order_is_ascending_at_every_level() -> None:
    out_of_order = {PATIENT_ID: {"vr": "LO"}, STUDY_DATE: {"vr": "DA"}, PATIENT_NAME: {"vr": "PN"}}
    found = list(data_set_issues({OTHER_IDS: {"vr": "SQ", "Value": [out_of_order]}}))
    assert [(one.code, one.location.pointer) for one in found] == [
        ("dicom-json.order", f"/{OTHER_IDS}/Value/0/{STUDY_DATE}"),
        ("dicom-json.order", f"/{OTHER_IDS}/Value/0/{PATIENT_NAME}"),
    ]
    assert {one.severity for one in found} == {Severity.WARNING}


@pytest.mark.parametrize("attribute", [{}, {"vr": None}, {"vr": "XX"}, {"vr": "lo"}, {"vr": ["LO"]}, {"Value": ["x"]}])
def test_every_attribute_names_its_value_representation(attribute: dict[str, Any]) -> None:
    assert found_in({PATIENT_ID: attribute}) == [("dicom-json.vr", f"/{PATIENT_ID}")]


@pytest.mark.parametrize(
    ("tag", "vr"), [(PATIENT_ID, "SH"), (PATIENT_NAME, "LO"), ("00280106", "UL"), ("00090010", "SH")]
)
def test_the_value_representation_is_the_dictionarys(tag: str, vr: str) -> None:
    assert found_in({tag: {"vr": vr}}) == [("dicom-json.vr-mismatch", f"/{tag}")]


@pytest.mark.parametrize("vr", ["US", "SS"])
def test_where_the_dictionary_allows_two_either_is_taken(vr: str) -> None:
    assert not found_in({"00280106": {"vr": vr, "Value": [1]}})


@pytest.mark.parametrize("attribute", ["LO", None, ["LO"], 5])
def test_an_attribute_is_an_object(attribute: object) -> None:
    assert found_in({PATIENT_ID: attribute}) == [("dicom-json.value-form", f"/{PATIENT_ID}")]


def test_unknown_members_are_refused() -> None:
    attribute = {"vr": "LO", "value": ["x"], "keyword": "PatientID"}
    assert found_in({PATIENT_ID: attribute}) == [
        ("dicom-json.member", f"/{PATIENT_ID}/value"),
        ("dicom-json.member", f"/{PATIENT_ID}/keyword"),
    ]


def test_at_most_one_kind_of_value() -> None:
    attribute = {"vr": "OB", "InlineBinary": "AAEC", "BulkDataURI": "https://example.org/b"}
    assert found_in({"00420011": attribute}) == [("dicom-json.several-values", "/00420011")]


BULK = [
    "DS",
    "FL",
    "FD",
    "IS",
    "LT",
    "OB",
    "OD",
    "OF",
    "OL",
    "OV",
    "OW",
    "SL",
    "SS",
    "ST",
    "SV",
    "UC",
    "UL",
    "UN",
    "US",
    "UT",
    "UV",
]
INLINE = ["OB", "OD", "OF", "OL", "OV", "OW", "UN"]
ALL = [*BULK, *["AE", "AS", "AT", "CS", "DA", "DT", "LO", "PN", "SH", "SQ", "TM", "UI", "UR"]]


@pytest.mark.parametrize("vr", ALL)
def test_each_kind_of_value_has_its_value_representations(vr: str) -> None:
    contents = {"Value": None, "InlineBinary": None, "BulkDataURI": "urn:x"}
    refused = set()
    for member, content in contents.items():
        data_set = {"00090010": {"vr": "LO", "Value": ["ACME"]}, PRIVATE: {"vr": vr, member: content}}
        if ("dicom-json.member-not-allowed", f"/{PRIVATE}/{member}") in found_in(data_set):
            refused.add(member)
    expected = {"Value"} if vr in INLINE else {"InlineBinary"}
    assert refused == expected | (set() if vr in BULK else {"BulkDataURI"})


@pytest.mark.parametrize("value", [[], [None], [None, None], "x", {}, None, 5])
@pytest.mark.parametrize("tag_vr", [(PATIENT_ID, "LO"), ("00080008", "CS"), ("00101030", "DS")])
def test_an_empty_attribute_has_no_value_at_all(tag_vr: tuple[str, str], value: object) -> None:
    tag, vr = tag_vr
    code = "dicom-json.empty-value" if isinstance(value, list) else "dicom-json.value-form"
    assert found_in({tag: {"vr": vr, "Value": value}}) == [(code, f"/{tag}/Value")]


def test_an_empty_sequence_has_no_value_at_all() -> None:
    assert found_in({OTHER_IDS: {"vr": "SQ", "Value": []}}) == [("dicom-json.empty-value", f"/{OTHER_IDS}/Value")]


@pytest.mark.parametrize("item", [None, [], "x", 0])
def test_sequence_items_are_data_sets(item: object) -> None:
    found = found_in({OTHER_IDS: {"vr": "SQ", "Value": [{}, item]}})
    assert found == [("dicom-json.not-object", f"/{OTHER_IDS}/Value/1")]


@pytest.mark.parametrize("uri", ["", None, 5, ["x"]])
def test_a_bulk_data_uri_is_a_text(uri: object) -> None:
    found = found_in({"00281203": {"vr": "OW", "BulkDataURI": uri}})
    code = "dicom-json.empty-value" if uri == "" else "dicom-json.value-form"
    assert found == [(code, "/00281203/BulkDataURI")]


@pytest.mark.parametrize("tag", ["00091002", "0009000F", "00090100", "00090FFF", "000911FF"])
def test_private_attributes_need_their_creator(tag: str) -> None:
    assert found_in({tag: {"vr": "LO"}}) == [("dicom-json.private-creator", f"/{tag}")]


def test_sequence_items_do_not_inherit_creators() -> None:
    item = {PRIVATE: {"vr": "LO"}}
    data_set = {"00090010": {"vr": "LO", "Value": ["ACME"]}, OTHER_IDS: {"vr": "SQ", "Value": [item]}}
    assert found_in(data_set) == [("dicom-json.private-creator", f"/{OTHER_IDS}/Value/0/{PRIVATE}")]


def test_no_message_holds_a_value() -> None:
    secret = "Zyzzyva-4711"
    data_set = {
        PATIENT_ID: {"vr": "DA", "Value": [secret], "keyword": secret},
        STUDY_DATE: {"vr": "DA", "Value": [secret, {secret: secret}]},
        PATIENT_NAME: {"vr": "PN", "Value": [{"Alphabetic": secret * 9}, secret]},
        "00081030": {"vr": secret},
    }
    found = list(data_set_issues(data_set))
    assert len(found) > 8
    assert not any(secret in str(one) for one in found)
