"""What a row from another state of the inventory may be: rewritten by a program, sorted apart, or really stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.edits.near_matches import compute_near_key, describe_differences
from dicommap.edits.sheet_cells import is_same_value, normalize_cell
from dicommap.edits.sheet_cells_authoring_shown_cells_part import format_cell_with_escapes
from dicommap.model.spreadsheet_formulas import unescape_formulas

if TYPE_CHECKING:
    from dicommap.edits.sheet_csv import SheetRow
    from dicommap.model.study import AttributeValues

_COLUMNS_LIMIT = 3


def describe_stale_row(row: SheetRow, values: AttributeValues, other: int | None) -> str:
    """Return what comes close to a row whose state is not that of its study or series.

    Args:
        row: The row.
        values: The current values of its study or series.
        other: The number of another row that has the state of this study or series, if there is one.

    """
    if other is not None and other != row.number:
        return f"; row {other} has their state, as happens if only some columns are sorted"
    differing, near = 0, []
    for keyword, cell in row.cells.items():
        before, after = (
            normalize_cell(format_cell_with_escapes(keyword, values[keyword])),
            normalize_cell(unescape_formulas(cell.strip(" "))),
        )
        if not is_same_value(before, after):
            differing += 1
            if compute_near_key(before) == compute_near_key(after):
                near.append(f"; {keyword} differs from the current value by {describe_differences(before, after)}")
    if not differing and row.cells:
        return "; each of its cells holds the current value, so that another attribute has changed"
    return "".join(near[:_COLUMNS_LIMIT])
