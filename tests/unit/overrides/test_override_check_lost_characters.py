"""U+FFFD and half characters in overrides, whoever wrote them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.issues import Severity
from dicommap.validation.configuration_check import check_override_file

LOST = "M\ufffdller"


def found(attribute: dict[str, Any], tag: str = "00100010") -> dict[str, Severity]:
    document = json.dumps({tag: attribute}, ensure_ascii=True).encode()
    return {one.code: one.severity for one in check_override_file(document, None, Assumptions())}


@pytest.mark.parametrize(
    ("tag", "attribute"),
    [
        ("00100010", {"vr": "PN", "Value": [{"Alphabetic": LOST}]}),
        ("00100010", {"vr": "PN", "Value": [{"Alphabetic": "Doe", "Ideographic": LOST}]}),
        ("00100010", {"vr": "PN", "Value": [{"Alphabetic": "Doe", "Phonetic": LOST}]}),
        ("00100020", {"vr": "LO", "Value": [LOST]}),
        ("00101001", {"vr": "PN", "Value": [None, {"Alphabetic": LOST}]}),
        ("00104000", {"vr": "LT", "Value": [LOST]}),
        ("00080050", {"vr": "SH", "Value": [LOST]}),
        (
            "00101002",
            {
                "vr": "SQ",
                "Value": [{"00100020": {"vr": "LO", "Value": ["1"]}}, {"00100020": {"vr": "LO", "Value": [LOST]}}],
            },
        ),
    ],
)
def test_a_lost_character_is_a_warning(tag: str, attribute: dict[str, Any]) -> None:
    assert found(attribute, tag).get("value.replacement-character") is Severity.WARNING
    whole = json.loads(json.dumps(attribute).replace("\\ufffd", "u"))
    assert "value.replacement-character" not in found(whole, tag)


def test_it_is_an_error_where_only_ascii_can_be() -> None:
    assert found({"vr": "DA", "Value": ["2026\ufffd"]}, "00080020")["value.characters"] is Severity.ERROR
    reference = {"vr": "LT", "BulkDataURI": "s3://bucket/M\ufffdller"}
    assert found(reference, "00104000")["dicom-json.value-form"] is Severity.ERROR


@pytest.mark.parametrize("half", ["\udcfc", "a\udfffb"])
def test_half_a_character_is_an_error(half: str) -> None:
    assert found({"vr": "LO", "Value": [half]}, "00100020")["json.lone-surrogate"] is Severity.ERROR
    assert found({"vr": "PN", "Value": [{"Phonetic": half}]})["json.lone-surrogate"] is Severity.ERROR
