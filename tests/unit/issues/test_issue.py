"""An issue as a line of text: its keyword is named once, in the place or in the message."""

from __future__ import annotations

import pytest

from dicommap.issues import Issue, Location, Severity


@pytest.mark.parametrize(
    ("keyword", "message", "line"),
    [
        ("PatientID", "PatientID has 2 values.", "error: r.toml: PatientID has 2 values. [code]"),
        ("PatientID", "The PatientIDs differ.", "error: r.toml: The PatientIDs differ. [code]"),
        ("PatientID", "The value is wrong.", "error: r.toml keyword PatientID: The value is wrong. [code]"),
        ("PatientNam", "Not PatientName?", "error: r.toml keyword PatientNam: Not PatientName? [code]"),
        ("Name", "Not PatientName?", "error: r.toml keyword Name: Not PatientName? [code]"),
        ("(0009,1010)", "(0009,1010) is private.", "error: r.toml: (0009,1010) is private. [code]"),
    ],
)
def test_a_keyword_is_named_once(keyword: str, message: str, line: str) -> None:
    place = Location(path="r.toml", keyword=keyword)
    assert str(Issue(code="code", severity=Severity.ERROR, location=place, message=message)) == line
