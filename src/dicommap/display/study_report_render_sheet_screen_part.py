"""The screen of a sheet: its columns, and how many rows it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.display.csv_json import format_count
from dicommap.display.inventory_report import MASKED_NOTE
from dicommap.display.report import CellKind, FactList, Note, Report, ReportTable, TableColumn, TableRow
from dicommap.model.masking import mask_value_counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.display.report import Block
    from dicommap.model.study import Series, Study

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
