"""What an inventory that is about to be replaced has of a source."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from dicommap.errors import InventoryError
from dicommap.inventory import sqlite_schema
from dicommap.inventory.cells import read_integer, read_rows
from dicommap.inventory.cells_inventory_stored_part import encode_path
from dicommap.inventory.sqlite_schema_inventory_tables_check_part import require_inventory_tables

if TYPE_CHECKING:
    from pathlib import Path

_ANY_FILE_QUERY = "SELECT 1 FROM file WHERE source IN (SELECT id FROM source WHERE root = ?) LIMIT 1"


def has_files_of_source(path: Path, root: str) -> bool:
    """Return whether the inventory at a path has files of a source; one that cannot be read has none."""
    try:
        with closing(sqlite_schema.open_inventory_file(path)) as connection:
            require_inventory_tables(connection)
            return any(read_rows(connection, _ANY_FILE_QUERY, (read_integer,), (encode_path(root),)))
    except InventoryError:
        return False
