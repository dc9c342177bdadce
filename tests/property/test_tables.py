"""A table in a pipe has cells beside each other, as wide as the widest of their column, with two blanks between."""

from __future__ import annotations

import io
import sys
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from dicommap.cli.drawing import draw_table
from tests.support.example_counts import examples

CELLS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.strip)


def layout(columns: list[str], rows: list[list[str]], numbers: list[str]) -> str:
    lines = [columns, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = ""
    for row in lines:
        cells = zip(columns, row, widths, strict=True)
        text += (
            "  ".join(cell.rjust(size) if name in numbers else cell.ljust(size) for name, cell, size in cells) + "\n"
        )
    return text


@given(st.integers(1, 5).flatmap(lambda wide: st.lists(st.lists(CELLS, min_size=wide, max_size=wide), max_size=6)))
@examples(150)
def test_a_table_in_a_pipe_is_plain_text(rows: list[list[str]]) -> None:
    columns = [f"column {number}" for number in range(len(rows[0]) if rows else 2)]
    numbers = columns[::2]
    drawn = io.StringIO()
    with patch.object(sys, "stdout", drawn):
        draw_table(columns, rows, numbers=numbers)
    assert drawn.getvalue() == layout(columns, rows, numbers)
