"""DS and IS values become JSON numbers and texts without becoming other numbers."""

from __future__ import annotations

import pytest

from dicommap.dicom.decimal_strings import format_decimal_string, is_exact_number, parse_exact_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("70", 70),
        ("+7", 7),
        (" 007 ", 7),
        ("1.50", 1.5),
        ("1.", 1.0),
        ("1E5", 100000.0),
        (".007909681754268", 0.007909681754268),
        ("9007199254740992", 2**53),
    ],
)
def test_a_text_becomes_the_number_that_it_says(text: str, number: float) -> None:
    parsed = parse_exact_number("DS", text)
    assert (type(parsed), parsed) == (type(number), number)


@pytest.mark.parametrize("text", ["9007199254740993", "1E400", "1E-400", "1E99999999999999"])
def test_a_text_that_no_64_bit_number_has_is_none(text: str) -> None:
    assert parse_exact_number("DS", text) is None


def test_minus_zero_is_kept_in_ds_and_no_integer_in_is() -> None:
    assert repr(parse_exact_number("DS", "-0")) == "-0.0"
    assert repr(parse_exact_number("IS", "-0")) == "0"


@pytest.mark.parametrize(
    ("number", "is_exact"), [(2**53, True), (2**53 + 1, False), (-(2**53) - 1, False), (1e300, True)]
)
def test_integers_above_two_to_53_are_not_exact(number: float, is_exact: bool) -> None:
    assert is_exact_number(number) is is_exact


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.5, "0.5"),
        (70, "70"),
        (0.007909681754268, ".007909681754268"),
        (-0.00790968175426, "-.00790968175426"),
        (10**20, "1E20"),
        (123 * 10**30, "123E30"),
        (1e-300 / 3, None),
        (-0.007909681754268, None),
        (10**36 + 1, None),
    ],
)
def test_the_shortest_spelling_is_used_if_the_usual_one_is_too_long(number: float, text: str | None) -> None:
    assert format_decimal_string(number) == text
