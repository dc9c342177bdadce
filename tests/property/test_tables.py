"""Tables that fit are padded text: the same that rich draws."""

from __future__ import annotations

import io
import sys
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dicommap.cli.drawing import draw_table
from dicommap.dicom.printable_text import make_printable
from dicommap.display.formatting import PIPE_WIDTH
from tests.support.example_counts import examples

CELLS = st.text(st.characters(exclude_categories=["Cs", "Co", "Cn", "Mn", "Me", "Cf", "Zs", "Zl", "Zp"]), max_size=30)
ROWS = st.integers(1, 5).flatmap(
    lambda wide: st.lists(st.lists(CELLS.map(make_printable), min_size=wide, max_size=wide), max_size=6)
)


def drawn_by_rich(columns: list[str], rows: list[list[str]], numbers: list[str]) -> str:
    out = io.StringIO()
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console(file=out, width=PIPE_WIDTH, markup=False, emoji=False, highlight=False).print(table)
    return out.getvalue()


@given(ROWS)
@examples(200)
def test_a_table_in_a_pipe_is_what_rich_draws(rows: list[list[str]]) -> None:
    columns = [f"column {number}" for number in range(len(rows[0]) if rows else 2)]
    numbers = columns[::2]
    drawn = io.StringIO()
    with patch.object(sys, "stdout", drawn):
        draw_table(columns, rows, numbers=numbers)
    assert drawn.getvalue() == drawn_by_rich(columns, rows, numbers)


def test_a_table_in_a_pipe_has_two_blanks_between_columns() -> None:
    drawn = io.StringIO()
    with patch.object(sys, "stdout", drawn):
        draw_table(["name", "count"], [["a", "1"], ["Müller", "20"], ["日本", "300"]], numbers=["count"])
    assert drawn.getvalue() == "name    count\na           1\nMüller     20\n日本      300\n"
