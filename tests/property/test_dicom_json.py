"""The strict codec and the schema agree, and text goes through attributes unchanged."""

from __future__ import annotations

import base64
import copy
import json
from functools import cache
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from dicommap.dicom.dictionary import hex_of, tag_of, vrs_of
from dicommap.dicom.json_model import attribute_from_text, data_set_issues, dump_data_set, text_from_attribute
from dicommap.dicom.strict_json import parse_json
from dicommap.dicom.vr import ALL_VRS, SINGLE_VALUE_VRS
from dicommap.issues import Location, Severity
from dicommap.validation.schema_check import check_schema
from dicommap.validation.schema_registry import get_schema_validator
from tests.support.example_counts import examples

CREATOR = {"00090010": {"vr": "LO", "Value": ["ACME"]}}
BASE64 = st.binary(min_size=8, max_size=8).map(lambda data: base64.b64encode(data).decode())

names = st.text("AB^ \u5c71\u00e9", min_size=1, max_size=8)
ITEMS: dict[str, st.SearchStrategy[Any]] = {
    "LO": st.text("ABc 1\u00e9", min_size=1, max_size=8),
    "UT": st.text("ABc\n\\", min_size=1, max_size=8),
    "CS": st.text("AB_1", min_size=1, max_size=8),
    "DA": st.dates().map(lambda day: f"{day:%Y%m%d}".zfill(8)),
    "UI": st.sampled_from(["1.2", "1.2.840.10008.1"]),
    "DS": st.integers(-999, 999) | st.sampled_from([1.5, "1.50", "1E5", -0.25]),
    "IS": st.integers(-(2**31), 2**31 - 1) | st.sampled_from(["05", "+7"]),
    "US": st.integers(0, 65535),
    "SL": st.integers(-(2**31), 2**31 - 1),
    "UV": st.integers(0, 2**64 - 1) | st.just("18446744073709551615"),
    "FL": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "FD": st.floats(allow_nan=False, allow_infinity=False),
    "AT": st.sampled_from(["00100020", "FFFFFFFF"]),
    "PN": st.dictionaries(st.sampled_from(["Alphabetic", "Ideographic", "Phonetic"]), names, min_size=1),
}
SINGLE = {"UT"}


@cache
def attributes(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    kinds: list[st.SearchStrategy[Any]] = [st.sampled_from(sorted(ITEMS)).map(lambda vr: {"vr": vr})]
    for vr, items in ITEMS.items():
        values = st.lists(items | st.none(), min_size=1, max_size=3).filter(
            lambda found: any(v is not None for v in found)
        )
        values = st.lists(items, min_size=1, max_size=1) if vr in SINGLE else values
        kinds.append(st.fixed_dictionaries({"vr": st.just(vr), "Value": values}))
    kinds.append(st.fixed_dictionaries({"vr": st.sampled_from(["OB", "OW", "OD", "UN"]), "InlineBinary": BASE64}))
    kinds.append(st.fixed_dictionaries({"vr": st.sampled_from(["OB", "UT", "DS"]), "BulkDataURI": st.just("urn:x")}))
    if depth:
        items = st.lists(data_sets(depth - 1), min_size=1, max_size=2)
        kinds.append(st.fixed_dictionaries({"vr": st.just("SQ"), "Value": items}))
    return st.one_of(kinds)


@cache
def data_sets(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    """Return data sets of private attributes, which may have any value representation."""
    tags = st.integers(0x00091000, 0x000910FF).map(hex_of)
    made = st.dictionaries(tags, attributes(depth), max_size=3)
    return made.map(lambda found: CREATOR | dict(sorted(found.items())) if found else {})


ODD: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [None, True, 0, 1.5, 2**70, -1, "", "x", "a=b", "a\\b", "x\n", "A" * 65, [], {}, [None], [""], ["x"]]
    ),
    st.sampled_from([{"vr": "LO"}, {"vr": "SQ"}, {"Alphabetic": ""}, {"Alphabetic": "A=B"}, {"alphabetic": "A"}]),
    st.sampled_from(["AA==", "AAA", "AA==AA==", "AA=", "A===", "AAAA\n", "-_==", "AAAA====", "YQ==YQ=="]),
    st.sampled_from(sorted(ALL_VRS)),
).map(copy.deepcopy)

MEMBERS = st.sampled_from(["vr", "Value", "InlineBinary", "BulkDataURI", "value", "00100020", "00020010"])
MEMBERS |= st.sampled_from(["PatientID", "0010002a", "00080000", "00060010", "FFFEE000"])


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """Return a data set to which one to three odd things were done."""
    document = copy.deepcopy(draw(data_sets(2)))
    for _ in range(draw(st.integers(1, 3))):
        holder = draw(st.sampled_from(holders(document)))
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = draw(st.sampled_from(keys)) if keys else None
        if isinstance(holder, list) and (key is None or draw(st.booleans())):
            holder.append(draw(ODD))
        elif key is None or (isinstance(holder, dict) and draw(st.booleans())):
            holder[draw(MEMBERS)] = draw(ODD)
        elif draw(st.booleans()):
            del holder[key]
        else:
            holder[key] = draw(ODD)
    return document


def holders(value: Any) -> list[Any]:
    members = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    inner = [found for member in members for found in holders(member)]
    return [value, *inner] if isinstance(value, dict | list) else inner


def errors(document: object) -> list[str]:
    read, issues = parse_json(json.dumps(document).encode())
    found = [*issues, *(data_set_issues(read) if not issues else ())]
    return [one.code for one in found if one.severity is Severity.ERROR]


@given(data_sets(2))
@examples(60)
def test_good_data_sets_pass_the_codec_and_the_schema(document: dict[str, Any]) -> None:
    assert not errors(document)
    assert not check_schema("dicom-json", document)
    assert json.loads(dump_data_set(document)) == document


@given(spoilt())
@example({"00100020": {"vr": "LO", "Value": [None]}})
@example({"00101002": {"vr": "SQ", "Value": [None, {}]}})
@example({"00100020": {}})
@example([])
@examples(250)
def test_what_the_schema_rejects_is_an_error_for_the_codec_too(document: Any) -> None:
    found = errors(document)
    if not get_schema_validator("dicom-json").is_valid(document):
        assert found
    if not found:
        assert not check_schema("dicom-json", document)


KEYWORDS = {
    "LO": "PatientID",
    "SH": "AccessionNumber",
    "CS": "ImageType",
    "DA": "StudyDate",
    "TM": "StudyTime",
    "LT": "AdditionalPatientHistory",
    "AS": "PatientAge",
    "UI": "FrameOfReferenceUID",
    "UC": "LongCodeValue",
    "UR": "RetrieveURL",
    "AE": "RetrieveAETitle",
    "DT": "AcquisitionDateTime",
    "ST": "InstitutionAddress",
    "PN": "PatientName",
    "IS": "SeriesNumber",
    "DS": "ImageOrientationPatient",
}
TEXTS = (
    st.text(max_size=20)
    | st.from_regex(r"\A[-+ ]?[0-9]{1,6}([.][0-9]{0,3})?([eE][-+]?[0-9])? ?\Z")
    | st.lists(st.sampled_from(["1", "1.50", "-0", "1e5", "0.1", "+3", "AB", "", "20240229", "12"]), max_size=6).map(
        "\\".join
    )
    | st.lists(st.text("AB^ \u5c71", max_size=6), max_size=4).map("=".join)
    | st.floats(allow_nan=False).map(repr)
    | st.sampled_from(
        ["1.2.840", "https://example.org/x", "018Y", "235959.25", "20240229235959+0100", "===", "=", "A="]
    )
)


def test_each_text_value_representation_has_its_keyword() -> None:
    assert {vr: vrs_of(tag_of(keyword) or 0) for vr, keyword in KEYWORDS.items()} == {vr: (vr,) for vr in KEYWORDS}


@given(st.sampled_from(sorted(KEYWORDS)), TEXTS)
@example("PN", " =")
@example("PN", "Doe^J =")
@examples(400)
def test_text_comes_back_from_its_attribute(vr: str, text: str) -> None:
    tag = tag_of(KEYWORDS[vr]) or 0
    attribute = attribute_from_text(tag, text, Location())
    if isinstance(attribute, list):
        assert attribute
        return
    assert not errors({hex_of(tag): attribute})
    back = text_from_attribute(attribute)
    trimmed = [value.rstrip(" ") for value in ([text] if vr in SINGLE_VALUE_VRS else text.split("\\"))]
    expected = "\\".join(value.rstrip("=") if vr == "PN" else value for value in trimmed)
    assert back == (expected if expected.strip("\\") or vr in SINGLE_VALUE_VRS else "")
    if any(value.endswith(" ") for value in expected.split("\\")):
        return  # a space before the sign of an empty group of a name: without the sign, it is padding
    again = attribute_from_text(tag, back or "", Location())
    assert again == attribute
