"""What a row from another state of the inventory may be: rewritten by a program, sorted apart, or really stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.authoring.cells import is_same, plain
from dicommap.authoring.near_matches import differences, near_key
from dicommap.authoring.shown_cells import shown_cell
from dicommap.model.formulas import unguarded

if TYPE_CHECKING:
    from dicommap.authoring.sheet_reading import Row
    from dicommap.model.hierarchy import Values

_COLUMNS_NAMED = 3


def stale_hint(row: Row, values: Values, other: int | None) -> str:
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
        before, after = plain(shown_cell(keyword, values[keyword])), plain(unguarded(cell.strip(" ")))
        if not is_same(before, after):
            differing += 1
            if near_key(before) == near_key(after):
                near.append(f"; {keyword} differs from the current value by {differences(before, after)}")
    if not differing and row.cells:
        return "; each of its cells holds the current value, so that another attribute has changed"
    return "".join(near[:_COLUMNS_NAMED])
