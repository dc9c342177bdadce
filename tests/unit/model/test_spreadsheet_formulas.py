"""No cell is a formula to a spreadsheet, in whatever way it separates cells, and every text comes back."""

from __future__ import annotations

import csv
import io
import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dicommap.model.spreadsheet_formulas import escape_formulas, unescape_formulas
from tests.support.example_counts import examples

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
BLANKS = ["", " ", "\u00a0", "\ufeff", "\u200b", "\u3000", "\t", "\n", "\r", "\r\n", "\0", "  \t "]
hostile = st.text(st.sampled_from([*SIGNS, *"',;|\t\r\n \u00a0\ufeff\"a1\u200b"]), max_size=24)


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("apostrophes", ["", "'", "''"])
def test_what_begins_like_a_formula_gets_an_apostrophe(sign: str, blank: str, apostrophes: str) -> None:
    text = f"{apostrophes}{blank}{sign}HYPERLINK(A1)"
    assert escape_formulas(text).startswith("'" + apostrophes)
    assert escape_formulas(text) != text
    assert unescape_formulas(escape_formulas(text)) == text


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("separator", [",", ";", "|", "\t", "\n", "\r", "\r\n"])
@pytest.mark.parametrize("blank", ["", " ", "\u00a0", "\ufeff"])
def test_what_could_be_a_formula_behind_a_separator_gets_an_apostrophe(sign: str, separator: str, blank: str) -> None:
    text = f"a{separator}{blank}{sign}HYPERLINK(A1)"
    assert escape_formulas(text) == f"a{separator}'{blank}{sign}HYPERLINK(A1)"
    assert unescape_formulas(escape_formulas(text)) == text


@pytest.mark.parametrize("text", ["\tx", "\nx", "\rx", " \tx"])
def test_a_tab_or_line_break_at_the_beginning_is_guarded(text: str) -> None:
    assert escape_formulas(text) == "'" + text
    assert unescape_formulas("'" + text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-5",
        "+1.5",
        "'t Hart^Jan",
        "a=b",
        "A-1",
        "\u5c71=x",
        "Doe^Jane=\u5c71^=x",
        "a; b",
        "O'Brien; 'x'",
        "two\nlines",
        "1.2.840-7",
        "folder/-x.dcm",
        "ORIGINAL\\PRIMARY\\-",
        " x",
        'say "x"',
    ],
)
def test_other_texts_are_left_alone(text: str) -> None:
    assert escape_formulas(text) == text
    assert unescape_formulas(text) == text


@given(hostile)
@examples(400)
def test_every_text_comes_back(text: str) -> None:
    assert unescape_formulas(escape_formulas(text)) == text


@given(st.text(max_size=40))
@examples(200)
def test_every_text_of_any_characters_comes_back(text: str) -> None:
    assert unescape_formulas(escape_formulas(text)) == text


@given(hostile, hostile)
@examples(200)
def test_two_texts_are_two_cells(one: str, other: str) -> None:
    assert (escape_formulas(one) == escape_formulas(other)) == (one == other)


@given(st.lists(hostile, min_size=1, max_size=3), st.sampled_from(",;\t|"), st.sampled_from(",;\t|"))
@example(["-1"], ",", ",")  # a plain number is no formula, and stays as it is
@examples(300)
def test_no_cell_begins_like_a_formula_however_a_program_separates(texts: list[str], ours: str, theirs: str) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=ours, lineterminator="\r\n").writerow(map(escape_formulas, texts))
    lines = buffer.getvalue()
    naive = [cell for line in lines.splitlines() for cell in line.split(theirs)]
    for cell in naive:
        beginning = cell.strip('" \u00a0\ufeff\u200b\t\r\n')
        assert not beginning.startswith(tuple(SIGNS)) or PLAIN_NUMBER.fullmatch(beginning), cell


def test_line_endings_that_a_spreadsheet_changes_lead_to_the_same_text() -> None:
    assert unescape_formulas(escape_formulas("a\r\n=b").replace("\r\n", "\n")) == "a\n=b"


@pytest.mark.parametrize("unit", ["\t", "'", " ", ";", "\r\n", "\t'", ";=", "=", "'="])
def test_the_time_grows_with_the_length_only(unit: str) -> None:
    text = unit * 100_000
    started = time.perf_counter()
    assert unescape_formulas(escape_formulas(text)) == text
    assert time.perf_counter() - started < 20
