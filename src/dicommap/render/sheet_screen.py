"""The screen of a sheet: its columns, and how many rows it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.model.masking import one_line
from dicommap.render.inventory_screen import MASKED_NOTE
from dicommap.render.screen import Column, Facts, Kind, Note, Row, Rows, Screen
from dicommap.render.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.model.hierarchy import Series, Study
    from dicommap.render.screen import Block

ROWS_SHOWN = 10
COLUMNS_SHOWN = 5


def sheet_screen(
    first: Sequence[Study | Series], total: int, level: str, keywords: Sequence[str], *, show_values: bool
) -> Screen:
    """Return the first rows of a sheet of studies or series, with its first columns."""
    shown = keywords[:COLUMNS_SHOWN]
    columns = (Column("UID", Kind.UID), *map(Column, shown))
    rows = [_row(item, shown, show_values=show_values) for item in first[:ROWS_SHOWN]]
    blocks: list[Block] = [
        Facts(pairs=[("columns", ", ".join(keywords))]),
        Rows(columns=columns, rows=rows, total=total, noun="row"),
        Note(text="Next: save('FILE.csv') writes it; change cells there, then draft(sheets='FILE.csv')."),
    ]
    if not show_values:
        blocks.append(Note(text=MASKED_NOTE))
    return Screen(title="Sheet", counts=(f"{counted(total, 'row')}, one for each {level}",), blocks=blocks)


def _row(item: Study | Series, keywords: Sequence[str], *, show_values: bool) -> Row:
    uid = getattr(item, "series_instance_uid", item.study_instance_uid)
    return Row(cells=(uid, *(one_line(keyword, item.values[keyword], show_values=show_values) for keyword in keywords)))
