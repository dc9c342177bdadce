"""Read a table from the bytes of a workbook or a CSV file. The content of the file shows its format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.edits.csv_reader import read_csv_table
from dicommap.edits.table_formats import is_workbook
from dicommap.model.item_store import MEMORY, ItemStore

if TYPE_CHECKING:
    from dicommap.edits.table import Table
    from dicommap.edits.table_formats import TextEncoding
    from dicommap.issues import Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvSettings:
    """The settings that a user can give for reading CSV files. For workbooks they are not needed."""

    delimiter: str | None = None
    """The delimiter of cells; None if it shall be detected."""
    encoding: TextEncoding | None = None
    """The encoding of the text; None for UTF-8, or UTF-16 with a byte order mark."""


DEFAULT_CSV_SETTINGS = CsvSettings()


def read_table(
    name: str, data: bytes, key: str, settings: CsvSettings = DEFAULT_CSV_SETTINGS, store: ItemStore = MEMORY
) -> Table | Issue:
    """Read a table from the bytes of a workbook (.xlsx) or a CSV file. The content decides, and not the file's name.

    Args:
        name: The file name for messages.
        data: The bytes of the file.
        key: A column that the table must have.
        settings: Settings that apply only if the file is CSV.
        store: The store that keeps the rows of a CSV file. The rows of a workbook are kept in memory.

    Returns:
        The table, or the issue that prevents reading it.

    """
    if is_workbook(data):
        # Most tables are CSV. The reader of workbooks is imported only if it is needed.
        from dicommap.edits.workbook_reader import read_workbook_table

        return read_workbook_table(name, data, key)
    return read_csv_table(name, data, key, settings.delimiter, settings.encoding, store)
