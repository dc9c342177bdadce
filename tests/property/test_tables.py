"""Tables fit the terminal, and nothing in them is broken that must be whole."""

from __future__ import annotations

import io
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dicommap.dicom.printable_text import make_printable
from dicommap.display.formatting import measure_text_width, pad_text, wrap_text
from dicommap.display.report import ColumnKind, TableColumn
from dicommap.display.table_layout import fit_table, format_row_by_field
from tests.support.example_counts import examples

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Co", "Cn", "Mn", "Me", "Cf", "Zs", "Zl", "Zp"]), max_size=30)
CELLS = TEXTS.map(make_printable)
ROWS = st.integers(1, 5).flatmap(
    lambda wide: st.lists(st.lists(CELLS, min_size=wide, max_size=wide), min_size=1, max_size=6)
)
UIDS = st.text("0123456789.", min_size=1, max_size=64)
NUMBERS = st.integers(0, 10**9).map(str)
CODES = st.sampled_from(["p10.truncated", "mapping.study-and-series", "edit.grouping-attribute"])
WORDS = st.lists(CELLS, max_size=30).map(" ".join)
KINDS = {
    ColumnKind.UID: UIDS,
    ColumnKind.NUMBER: NUMBERS,
    ColumnKind.CODE: CODES,
    ColumnKind.TEXT: CELLS,
    ColumnKind.PATH: CELLS.map("/".join),
    ColumnKind.SENTENCE: WORDS,
}
WHOLE = (ColumnKind.NUMBER, ColumnKind.CODE)


class ExampleTable(NamedTuple):
    """Columns and rows of a table."""

    columns: list[TableColumn]
    rows: list[list[str]]


@st.composite
def tables(draw: st.DrawFn) -> ExampleTable:
    kinds = draw(st.lists(st.sampled_from([*KINDS]), min_size=1, max_size=8))
    columns = [TableColumn(f"{kind.value} column {number}", kind) for number, kind in enumerate(kinds)]
    rows = draw(st.lists(st.tuples(*(KINDS[kind] for kind in kinds)).map(list), min_size=1, max_size=12))
    return ExampleTable(columns, rows)


@given(ROWS)
@examples(200)
def test_a_table_in_a_pipe_is_what_rich_draws(rows: list[list[str]]) -> None:
    numbers = range(0, len(rows[0]), 2)
    columns = [
        TableColumn(f"column {number}", ColumnKind.NUMBER if number in numbers else ColumnKind.TEXT)
        for number in range(len(rows[0]))
        if any(row[number] for row in rows)
    ]
    kept = [[cell for number, cell in enumerate(row) if any(other[number] for other in rows)] for row in rows]
    if not columns:
        return
    out = io.StringIO()
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column.name, justify="right" if column.kind is ColumnKind.NUMBER else "left", overflow="fold")
    for row in kept:
        table.add_row(*map(Text, row))
    Console(file=out, width=240, markup=False, emoji=False, highlight=False).print(table)
    layout = fit_table(columns, kept, None)
    lines = [layout.format_headings(), *(line for row in kept for line in layout.format_row_lines(row))]
    assert ["  ".join(line) for line in lines] == out.getvalue().split("\n")[:-1]


@given(tables(), st.sampled_from([80, 100, 120, 200]))
@examples(300)
def test_a_fitted_table_is_never_wider_than_the_terminal(table: ExampleTable, width: int) -> None:
    layout = fit_table(table.columns, table.rows, width)
    names = [fitted.column.name for fitted in layout.columns]
    assert [cell.strip() for cell in layout.format_headings()] == names
    empty = {column.name for index, column in enumerate(table.columns) if not any(row[index] for row in table.rows)}
    assert {column.name for column in table.columns} - empty <= {*names, *layout.hidden}
    for row in table.rows:
        lines = list(layout.format_row_lines(row))
        assert all(measure_text_width("  ".join(line)) <= width for line in [layout.format_headings(), *lines])
        assert len(lines) == 1 or ColumnKind.SENTENCE in {fitted.column.kind for fitted in layout.columns}
        for place, fitted in enumerate(layout.columns):
            if fitted.column.kind in WHOLE:
                assert lines[0][place].strip() == row[fitted.index]
            if fitted.column.kind is ColumnKind.SENTENCE:
                printed = "".join(line[place] for line in lines)
                assert printed.replace(" ", "") == row[fitted.index].replace(" ", "")


@given(tables(), st.sampled_from([80, 100, 120, 200]))
@examples(300)
def test_shortened_uids_differ_if_the_uids_do(table: ExampleTable, width: int) -> None:
    layout = fit_table(table.columns, table.rows, width)
    for place, fitted in enumerate(layout.columns):
        if fitted.column.kind is ColumnKind.UID:
            shown = {row[fitted.index]: next(layout.format_row_lines(row))[place] for row in table.rows}
            assert len({*shown.values()}) == len(shown)


@given(st.lists(CELLS, min_size=1, max_size=6), st.sampled_from([80, 120, None]))
@examples(200)
def test_a_card_has_whole_values_in_lines_that_fit(cells: list[str], width: int | None) -> None:
    columns = [TableColumn(f"column {number}") for number in range(len(cells))]
    cells = [cell * 5 for cell in cells]
    lines = list(format_row_by_field(columns, cells, width))
    assert width is None or all(measure_text_width(label + text) <= width for label, text in lines)
    assert "".join(text for _, text in lines) == "".join(cells)


@given(st.lists(CELLS, max_size=20).map(" ".join), st.integers(2, 100))
@examples(200)
def test_wrapped_text_has_all_characters_in_lines_that_fit(text: str, width: int) -> None:
    lines = wrap_text(text, width)
    assert all(measure_text_width(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_padding_counts_wide_characters() -> None:
    assert [pad_text("日本", 6), pad_text("日本", 6, is_right=True)] == ["日本  ", "  日本"]
