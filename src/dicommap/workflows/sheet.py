"""sheet(): an inventory's studies or series as a sheet that people edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dicommap.authoring.sheet_writing import sheet_columns, sheet_lines
from dicommap.authoring.tables import require_delimiter
from dicommap.errors import UsageError
from dicommap.model.levels import Level
from dicommap.workflows.writing import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from dicommap.inventory import Inventory

_LEVELS = {"study": Level.STUDY, "series": Level.SERIES}


def sheet(
    inventory: Inventory,
    *,
    level: Literal["study", "series"] = "study",
    columns: Sequence[str] = (),
    delimiter: str = ",",
) -> Iterator[str]:
    """Yield a sheet line by line: a row for each study or series, a column for each attribute.

    `columns` are keywords to have instead of the level's usual ones. `delimiter` stands between cells: a comma,
    semicolon, tab or bar. Raises AttributeNameError where the inventory does not hold one of the columns, and
    UsageError where there is no such level or delimiter.
    """
    of = _LEVELS.get(level)
    if of is None:
        raise UsageError("A sheet has no such level.", fix="It is 'study' or 'series'.")
    require_delimiter(delimiter)
    keywords = sheet_columns(of, inventory.keywords, columns)
    items = inventory.studies() if of is Level.STUDY else inventory.series()
    return sheet_lines(items, of, keywords, delimiter)


def write_sheet(path: Path, lines: Iterable[str]) -> int:
    """Write a sheet to a file that must not exist yet, since it may hold somebody's work; return the number of rows.

    Raises DocumentError where the file exists or cannot be written.
    """
    written = list(lines)
    write_text(path, "".join(written))
    return len(written) - 1
