"""Each value representation takes what PS3.5 Table 6.2-1 gives it, and nothing beside."""

from __future__ import annotations

import pytest
from pydicom.config import RAISE
from pydicom.valuerep import validate_value

from dicommap.issues import Location
from dicommap.model.vr import ALL_VRS, INTEGER_RANGES, integer_issues, text_issues

HERE = Location(pointer="/x", keyword="PatientID")

TAKEN: dict[str, list[str]] = {
    "AE": ["A" * 16, "A B", "!~"],
    "AS": ["000D", "018M", "999Y", "012W"],
    "AT": ["0018106F", "FFFFFFFF"],
    "CS": ["A" * 16, "A_B 9", " A "],
    "DA": ["20240229", "20000229", "00010101", "99991231"],
    "DS": ["1" * 16, "-1.5E-10", " 1.5 ", "+.5", "5.", "0"],
    "DT": ["2024", "202402", "20240229", "2024022923", "20240229235960.123456+1400", "2024-1200", "2024+0000"],
    "IS": ["2147483647", "-2147483648", " +5 ", "000000000007"],
    "LO": ["x" * 64, "é" * 64, " "],
    "LT": ["x" * 10240, "a\\b", "a\tb\nc\fd\re"],
    "PN": ["A" * 64 + "=" + "B" * 64 + "=" + "C" * 64, "a^b^c^d^e", "=\u5c71^\u7530", "^^^^"],
    "SH": ["x" * 16, "é" * 16],
    "ST": ["x" * 1024, "a\\b\nc"],
    "SV": [str(-(2**63)), str(2**63 - 1), "+5", "0" * 5000 + "1"],
    "TM": ["00", "2359", "235960", "235959.999999", "1200 "],
    "UC": ["x" * 100_000],
    "UI": ["1.2", "0.0", "2." + "9" * 62, "1.2.840.10008.1.2"],
    "UR": ["https://example.org/a?b=c#d%20", "urn:x  "],
    "UT": ["x" * 100_000, "a\\b\r\n"],
    "UV": ["0", str(2**64 - 1)],
}

REFUSED: dict[str, list[tuple[str, str]]] = {
    "AE": [
        ("A" * 17, "too-long"),
        ("a\\b", "characters"),
        ("é", "characters"),
        ("a\tb", "characters"),
        ("  ", "format"),
    ],
    "AS": [("18Y", "format"), ("018y", "format"), ("018Y ", "format"), ("1234", "format"), ("٠١٨Y", "characters")],
    "AT": [("0018106f", "format"), ("0018,106", "format"), ("00181063\n", "characters")],
    "CS": [("A" * 17, "too-long"), ("lower", "format"), ("A-B", "format"), ("    ", "format"), ("A\n", "characters")],
    "DA": [
        ("20240230", "format"),
        ("20230229", "format"),
        ("19000229", "format"),
        ("20240100", "format"),
        ("00000101", "format"),
        ("2024010", "format"),
        ("20240101-", "format"),
        ("20240101-20240201", "format"),
        ("2024-1-1", "format"),
        ("٢٠٢٤٠١٠١", "characters"),
    ],
    "DS": [
        ("1" * 17, "too-long"),
        ("NaN", "format"),
        ("inf", "format"),
        ("1d5", "format"),
        ("1,5", "format"),
        (".", "format"),
        ("1 5", "format"),
        ("1_000", "format"),
        ("1\\2", "characters"),
        ("1\n", "characters"),
    ],
    "DT": [
        ("2024-0000", "format"),
        ("2024+1401", "format"),
        ("2024-1201", "format"),
        ("202413", "format"),
        ("20240230", "format"),
        ("2024022924", "format"),
        ("20240229235960.1234567", "format"),
        ("20240229235959.123456+14000", "format"),
        ("20240101-20240102", "format"),
        ("0000", "format"),
    ],
    "IS": [
        ("2147483648", "range"),
        ("-2147483649", "range"),
        ("0000000000007", "too-long"),
        ("5.0", "format"),
        ("1e3", "format"),
        ("9" * 5000, "too-long"),
    ],
    "LO": [("x" * 65, "too-long"), ("a\\b", "characters"), ("a\nb", "characters"), ("a\x00", "characters")],
    "LT": [("x" * 10241, "too-long"), ("a\x00", "characters"), ("a\x1bb", "characters"), ("a\x85b", "characters")],
    "PN": [
        ("A" * 65, "too-long"),
        ("A=" + "B" * 65, "too-long"),
        ("a=b=c=d", "format"),
        ("a^b^c^d^e^f", "format"),
        ("a=a^b^c^d^e^f", "format"),
        ("a\\b", "characters"),
        ("a\nb", "characters"),
    ],
    "SH": [("x" * 17, "too-long"), ("a\\b", "characters"), ("a\x7f", "characters")],
    "ST": [("x" * 1025, "too-long"), ("a\x0b", "characters")],
    "SV": [(str(2**63), "range"), (str(-(2**63) - 1), "range"), ("1.0", "format"), ("9" * 5000, "range")],
    "TM": [
        ("24", "format"),
        ("2360", "format"),
        ("235961", "format"),
        ("12:00", "format"),
        ("12-13", "format"),
        ("235959.1234567", "format"),
        ("235959.12345678", "format"),
        ("12000", "format"),
        (" 1200", "format"),
    ],
    "UC": [("a\\b", "characters"), ("a\rb", "characters")],
    "UI": [
        ("1", "format"),
        ("3.1", "format"),
        ("1.02", "format"),
        ("1..2", "format"),
        ("1.2.", "format"),
        ("1.2 ", "format"),
        ("2." + "9" * 63, "too-long"),
        ("1.2\x00", "characters"),
    ],
    "UR": [(" urn:x", "format"), ("a b", "format"), ("a\\b", "characters"), ("é", "format"), ('"', "format")],
    "UT": [("a\x00", "characters"), ("a\x7f", "characters")],
    "UV": [("-1", "range-or-format"), (str(2**64), "range"), ("9" * 5000, "range")],
}

taken = [pytest.param(vr, text, id=f"{vr}-{text[:20]!r}-{len(text)}") for vr in TAKEN for text in TAKEN[vr]]
refused = [
    pytest.param(vr, text, code, id=f"{vr}-{text[:20]!r}-{len(text)}") for vr in REFUSED for text, code in REFUSED[vr]
]


def codes(vr: str, text: str) -> set[str]:
    return {found.code.removeprefix("value.") for found in text_issues(vr, text, HERE)}


def test_every_value_representation_of_text_is_in_both_tables() -> None:
    without_text = {"FD", "FL", "OB", "OD", "OF", "OL", "OV", "OW", "SL", "SQ", "SS", "UL", "UN", "US"}
    assert set(TAKEN) == set(REFUSED) == ALL_VRS - without_text


@pytest.mark.parametrize(("vr", "text"), taken)
def test_takes_what_the_standard_allows(vr: str, text: str) -> None:
    assert not codes(vr, text)


@pytest.mark.parametrize(("vr", "text", "code"), refused)
def test_refuses_what_the_standard_forbids(vr: str, text: str, code: str) -> None:
    assert codes(vr, text) & set(code.split("-or-"))


@pytest.mark.parametrize("vr", sorted(TAKEN))
def test_an_empty_text_is_a_value_of_every_one(vr: str) -> None:
    assert not codes(vr, "")


@pytest.mark.parametrize(("vr", "text", "code"), refused)
def test_no_message_holds_the_value(vr: str, text: str, code: str) -> None:
    text = text.strip()
    if len(text) < 4 or code == "range":
        return  # too short to be told from the words of a message, or beside the limits that it names
    assert not any(text in str(found) for found in text_issues(vr, text, HERE))


@pytest.mark.parametrize("vr", sorted(INTEGER_RANGES))
def test_integers_have_the_range_of_their_value_representation(vr: str) -> None:
    bits = {"SS": 16, "US": 16, "IS": 32, "SL": 32, "UL": 32, "SV": 64, "UV": 64}[vr]
    low, high = (0, 2**bits - 1) if vr.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    assert not [*integer_issues(vr, low, HERE), *integer_issues(vr, high, HERE)]
    for outside in (low - 1, high + 1):
        assert [found.code for found in integer_issues(vr, outside, HERE)] == ["value.range"]


SAMPLE = [
    *(text for texts in TAKEN.values() for text in texts),
    *(text for texts in REFUSED.values() for text, _ in texts),
    "1.5.0.0",
    "1A",
    "x",
    "\n",
    "20249999",
    "M ",
    "0" * 300,
]
"""Every value of the tables, tried with every value representation."""

PADDED = {("TM", "1200 ")}
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
