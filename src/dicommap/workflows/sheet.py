"""sheet(): an inventory's studies or series as a sheet that people edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dicommap.authoring.sheet_writing import sheet_columns, sheet_lines
from dicommap.model.levels import Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicommap.inventory import Inventory


def sheet(
    inventory: Inventory, *, level: Literal["study", "series"] = "study", columns: Sequence[str] = ()
) -> Iterator[str]:
    """Yield a sheet line by line: a row for each study or series, a column for each attribute.

    `columns` are keywords to have instead of the level's usual ones. Raises AttributeNameError where the inventory
    does not hold one of them.
    """
    of = Level(level)
    keywords = sheet_columns(of, inventory.keywords, columns)
    items = inventory.studies() if of is Level.STUDY else inventory.series()
    return sheet_lines(items, of, keywords)
