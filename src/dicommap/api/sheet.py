"""sheet(): write the studies or series of an inventory as a sheet for editing."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Literal

from dicommap.arguments import convert_arguments, to_path, to_text, to_texts
from dicommap.dicom.choices import unknown_choice
from dicommap.edits.csv_reader import require_delimiter
from dicommap.edits.sheet_csv import choose_sheet_columns, format_sheet_lines
from dicommap.healthimaging.levels import Level
from dicommap.inventory.inventory_argument import require_inventory
from dicommap.model.displayable import Displayable
from dicommap.model.masking import make_repr_masker
from dicommap.writing.new_file import write_new_text_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from _typeshed import StrPath

    from dicommap.display.report import Report
    from dicommap.inventory import Inventory
    from dicommap.model.study import Series, Study

_LEVELS = {"study": Level.STUDY, "series": Level.SERIES}


class Sheet(Displayable):
    """A sheet of an open inventory. Each iteration generates its lines."""

    def __init__(self, inventory: Inventory, level: Level, keywords: Sequence[str], delimiter: str) -> None:
        """Make a sheet of an inventory.

        Args:
            inventory: The open inventory.
            level: The level of the rows: study or series.
            keywords: The keywords of the attributes that are columns.
            delimiter: The character between cells.

        """
        self._inventory = inventory
        self._level = level
        self._keywords = keywords
        self._delimiter = delimiter

    def __iter__(self) -> Iterator[str]:
        return format_sheet_lines(self._iterate_groups(), self._level, self._keywords, self._delimiter)

    def save(self, path: StrPath) -> int:
        """Write the sheet to a new file, and return the number of rows. An existing file is never overwritten.

        Raises DocumentError if the file exists or cannot be written.
        """
        return write_sheet(to_path("path", path), self)

    def _iterate_groups(self) -> Iterator[Study] | Iterator[Series]:
        return self._inventory.studies() if self._level is Level.STUDY else self._inventory.series()

    def _build_report(self) -> Report:
        from dicommap.display.study_report import MAX_SHEET_ROWS, build_sheet_report

        numbers = self._inventory.summary()
        total = numbers.studies if self._level is Level.STUDY else numbers.series
        first: list[Study | Series] = list(islice(self._iterate_groups(), MAX_SHEET_ROWS))
        masker = make_repr_masker(unmasked=self._inventory._unmasked)
        return build_sheet_report(first, total, self._level.value, self._keywords, masker=masker)


@convert_arguments(columns=to_texts, delimiter=to_text)
def sheet(
    inventory: Inventory | StrPath,
    *,
    level: Literal["study", "series"] = "study",
    columns: str | Sequence[str] = (),
    delimiter: str = ",",
) -> Sheet:
    """Return a sheet with a row for each study or series and a column for each attribute.

    Args:
        inventory: The open inventory, or the path of an inventory file.
        level: The level of the rows: "study" or "series".
        columns: Keywords of the attributes that are columns, or one keyword. The default is the level's usual columns.
        delimiter: The character between cells: a comma, semicolon, tab or vertical bar.

    Raises:
        AttributeNameError: The inventory does not contain an attribute of `columns`.
        UsageError: The level or the delimiter is unknown.

    """
    of = _LEVELS.get(str(level))
    if of is None:
        raise unknown_choice("level", level, _LEVELS)
    require_delimiter(delimiter)
    opened = require_inventory(inventory)
    keywords = choose_sheet_columns(of, opened.keywords, columns)
    return Sheet(opened, of, keywords, delimiter)


def write_sheet(path: Path, lines: Iterable[str]) -> int:
    """Write the lines of a sheet to a new file, and return the number of rows without the header.

    An existing file is never overwritten. Raises DocumentError if the file exists or cannot be written.
    """
    written = list(lines)
    write_new_text_file(path, written)
    return len(written) - 1
