"""Characters that nobody sees, and ones that look like others."""

from __future__ import annotations

import pytest

from dicommap.dicom.confusable_characters import confusable_character_issues
from dicommap.dicom.dictionary import tag_of
from dicommap.issues import Location, Severity


def codes(keyword: str, vr: str, text: str, group: str = "Alphabetic") -> list[str]:
    found = list(confusable_character_issues(tag_of(keyword) or 0, vr, text, Location(), group=group))
    assert all(one.severity is Severity.WARNING for one in found)
    assert not any(text in one.message for one in found)
    return [one.code.removeprefix("value.") for one in found]


UNSEEN = "\u00ad\u034f\u061c\u115f\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\u2069\u3164\ufeff\uffa0"
LIKE_ASCII = "\uff11\uff21\uff5a\uff0d\u00a0\u2003\u2007\u202f\u205f\u3000\u2028\U0001d7ce\U0001d400"


@pytest.mark.parametrize("character", [*UNSEEN, "\U000e0041", "\U000e0001", "\ufe0f", "\U000e0100"])
@pytest.mark.parametrize(
    ("keyword", "vr"), [("PatientID", "LO"), ("StudyDescription", "LO"), ("AccessionNumber", "SH")]
)
def test_unseen_characters_are_found(keyword: str, vr: str, character: str) -> None:
    assert "invisible-character" in codes(keyword, vr, f"HOSP{character}1")
    assert "invisible-character" in codes(keyword, vr, f"HOSP-1{character}")


@pytest.mark.parametrize(
    "text",
    [
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
        "\u0645\u06cc\u200c\u0646\u0627",
        "\u0915\u094d\u200d\u0937",
        "\u0915\u094d\u200c\u0937",
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
        "\u845b\U000e0100\u57ce",
        "\u8fbb\ufe00",
        "A\u0308rzte",
        "\u0e01\u0e33",
        "\u05d0\u05dc\u05d9\u05e2\u05d6\u05e8",
    ],
)
def test_what_scripts_need_is_no_finding(text: str) -> None:
    assert not codes("PatientName", "PN", text)
    assert not codes("StudyDescription", "LO", text)


@pytest.mark.parametrize(
    "text", ["\u200cA", "A\u200cB", "\u0639\u200c", "\u0639\u200cA", "\u0639\u200d\u0639", "\u200d"]
)
def test_joiners_elsewhere_are_found(text: str) -> None:
    assert codes("StudyDescription", "LO", text) == ["invisible-character"]


@pytest.mark.parametrize("character", LIKE_ASCII)
def test_other_forms_of_ascii_are_found_in_identifiers_and_names(character: str) -> None:
    for keyword, vr in [("PatientID", "LO"), ("AccessionNumber", "SH"), ("StudyID", "SH"), ("OtherPatientIDs", "LO")]:
        assert codes(keyword, vr, f"A{character}") == ["confusable"]
    assert codes("PatientName", "PN", f"Roe^{character}") == ["confusable"]
    assert not codes("PatientName", "PN", f"Roe^{character}", "Ideographic")
    assert not codes("StudyDescription", "LO", f"A{character}")


@pytest.mark.parametrize("character", "\u00b2\u00bd\u2160\u2122\u00e9\u5c71\uff76\u0661\u0410")
def test_what_means_something_of_its_own_is_no_finding(character: str) -> None:
    assert not codes("PatientID", "LO", f"A{character}")


@pytest.mark.parametrize("vr", ["LT", "ST", "UT", "DA", "UR"])
def test_text_of_several_lines_and_what_is_ascii_anyway_is_not_looked_at(vr: str) -> None:
    assert not codes("PatientID", vr, "A\u200b\u00a0")
