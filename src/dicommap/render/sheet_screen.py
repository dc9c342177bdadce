"""The screen of a sheet: its columns, and how many rows it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.model.masking import mask_value_counts
from dicommap.render.inventory_screen import MASKED_NOTE
from dicommap.render.screen import CellKind, FactList, Note, Report, ReportTable, TableColumn, TableRow
from dicommap.render.text import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.model.hierarchy import Series, Study
    from dicommap.render.screen import Block

MAX_SHEET_ROWS = 10
MAX_SHEET_COLUMNS = 5


def build_sheet_report(
    first: Sequence[Study | Series], total: int, level: str, keywords: Sequence[str], *, show_values: bool
) -> Report:
    """Return the first rows of a sheet of studies or series, with its first columns."""
    shown = keywords[:MAX_SHEET_COLUMNS]
    columns = (TableColumn("UID", CellKind.UID), *map(TableColumn, shown))
    rows = [_sheet_row(item, shown, show_values=show_values) for item in first[:MAX_SHEET_ROWS]]
    blocks: list[Block] = [
        FactList(pairs=[("columns", ", ".join(keywords))]),
        ReportTable(columns=columns, rows=rows, total=total, noun="row"),
        Note(text="Next: save('FILE.csv') writes it; change cells there, then draft(sheets='FILE.csv')."),
    ]
    if not show_values:
        blocks.append(Note(text=MASKED_NOTE))
    return Report(title="Sheet", counts=(f"{format_count(total, 'row')}, one for each {level}",), blocks=blocks)


def _sheet_row(item: Study | Series, keywords: Sequence[str], *, show_values: bool) -> TableRow:
    uid = getattr(item, "series_instance_uid", item.study_instance_uid)
    return TableRow(
        cells=(
            uid,
            *(mask_value_counts(keyword, item.values[keyword], show_values=show_values) for keyword in keywords),
        )
    )
