"""Check that a scan may overwrite the file at its output path, and find out whether an inventory has a given source."""

from __future__ import annotations

import stat
from contextlib import closing
from typing import TYPE_CHECKING

from dicommap.errors import InventoryError, os_error_reason
from dicommap.inventory import sqlite_schema
from dicommap.inventory.cells import encode_path, read_integer, read_rows
from dicommap.inventory.sqlite_schema import require_inventory_tables

if TYPE_CHECKING:
    from pathlib import Path


def require_replaceable(path: Path) -> None:
    """Raise InventoryError if a scan may not write an inventory to `path`.

    It may replace an inventory or an empty file, but no other file. The directory of `path` must exist.
    """
    try:
        _require_inventory_or_nothing(path)
        if not path.absolute().parent.is_dir():
            raise InventoryError(f"The directory of {path} does not exist.", fix="Make the directory first.")
    except OSError as error:
        raise InventoryError(
            f"{path} cannot be written: {os_error_reason(error)}.",
            fix="Name a file in a directory that you may write to.",
        ) from None


def _require_inventory_or_nothing(path: Path) -> None:
    """Raise InventoryError if the file at `path` exists, is not empty, and is not an inventory."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return
    if stat.S_ISLNK(status.st_mode):
        raise InventoryError(
            f"{path} is a symbolic link, which is not followed for writing.",
            fix="Name the inventory file itself.",
        )
    if not stat.S_ISREG(status.st_mode):
        kind = "a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise InventoryError(f"{path} is {kind}.", fix="Name a file for the inventory.")
    if status.st_size and not sqlite_schema.is_inventory(path):
        raise InventoryError(
            f"{path} exists and is not a dicommap inventory.", fix="Name another file; this one is kept."
        )


_ANY_FILE_QUERY = "SELECT 1 FROM file WHERE source IN (SELECT id FROM source WHERE root = ?) LIMIT 1"


def has_files_of_source(path: Path, root: str) -> bool:
    """Return whether the inventory at `path` contains files of the source `root`. Return False if it cannot be read."""
    try:
        with closing(sqlite_schema.open_inventory_file(path)) as connection:
            require_inventory_tables(connection)
            return any(read_rows(connection, _ANY_FILE_QUERY, (read_integer,), (encode_path(root),)))
    except InventoryError:
        return False
