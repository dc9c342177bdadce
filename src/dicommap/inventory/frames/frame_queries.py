"""A connection of its own for frames: it reads what the inventory reads, and knows the functions that frames need."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dicommap.errors import InventoryError
from dicommap.inventory import cells, sqlite_schema
from dicommap.inventory.connection_inventory_comparing_part import add_sql_functions
from dicommap.inventory.frames.columns import FrameLevel, frame_columns
from dicommap.inventory.frames.columns_inventory_frames_values_part import parse_date, parse_integer, parse_number
from dicommap.inventory.frames.frame_queries_inventory_frames_selection_part import (
    count_query,
    ordered_query,
    view_query,
)
from dicommap.inventory.sqlite_schema_inventory_tables_check_part import require_inventory_tables
from dicommap.issues import Severity
from dicommap.model.masking_model_visible_part import escape_undecodable
from dicommap.model.study import Disposition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.inventory.frames.columns import FrameColumn

_Cell = TypeVar("_Cell")

_CACHE_SIZE = 4096
"""Texts whose cells each function keeps: dates and numbers come again and again."""

_DATABASE_PATH_QUERY = "SELECT CAST(file AS BLOB) FROM pragma_database_list WHERE name = 'main'"


@contextmanager
def open_frame_connection(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Open what an inventory's connection has open once more, for reading, with the functions of frames.

    An inventory in memory is copied. Raises InventoryError where the file is another one by now.
    """
    found = _reopen(connection)
    try:
        for name, of in (("frame_date", parse_date), ("frame_whole", parse_integer), ("frame_number", parse_number)):
            found.create_function(name, 1, _cached_text_function(of), deterministic=True)
        for name, kind in (("frame_disposition", Disposition), ("frame_severity", Severity)):
            found.create_function(name, 1, _enum_function(kind), deterministic=True)
        found.create_function("frame_value", 1, _decodable_value, deterministic=True)
        found.create_function("frame_path", 1, _printable_path, deterministic=True)
        found.create_function("frame_location", 2, _location_member, deterministic=True)
        yield found
    finally:
        found.close()


def frame_query(
    connection: sqlite3.Connection, level: FrameLevel, keywords: tuple[str, ...]
) -> tuple[tuple[FrameColumn, ...], str]:
    """Return a level's columns and the SELECT that gives them. Raises InventoryError where SQLite has not as many."""
    columns = frame_columns(level, keywords)
    _require_column_limit(connection, columns)
    return columns, ordered_query(level, columns, keywords)


def count_frame_rows(connection: sqlite3.Connection, level: FrameLevel) -> int:
    """Return the number of a frame's rows. Raises InventoryError where the inventory is damaged."""
    ((size,),) = cells.read_rows(connection, count_query(level), (cells.read_integer,))
    return int(size)


def create_views(connection: sqlite3.Connection, keywords: tuple[str, ...]) -> None:
    """Make a view of each level, of its name; two of them stand before the tables that have the same."""
    for level in FrameLevel:
        columns = frame_columns(level, keywords)
        _require_column_limit(connection, columns)
        connection.execute(f"CREATE TEMP VIEW {level.value} AS {view_query(level, columns, keywords)}")


def _require_column_limit(connection: sqlite3.Connection, columns: tuple[FrameColumn, ...]) -> None:
    limit = connection.getlimit(sqlite3.SQLITE_LIMIT_COLUMN)
    if len(columns) > limit:
        raise InventoryError(
            f"The inventory's attributes need {len(columns):,} columns, and a frame has at most {limit:,}.",
            fix="Scan with fewer --attributes.",
        )


def _reopen(connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        ((name,),) = connection.execute(_DATABASE_PATH_QUERY)
    except sqlite3.ProgrammingError as error:
        cells.raise_if_closed(error)
        raise
    if not name:
        copy = sqlite3.connect(":memory:")
        connection.backup(copy)
        add_sql_functions(copy)
        return copy
    opened = sqlite_schema.open_inventory_file(Path(os.fsdecode(name)))
    try:
        require_inventory_tables(opened)
        scans = [
            list(cells.read_rows(each, "SELECT started_ns FROM scan", (cells.read_integer,)))
            for each in (connection, opened)
        ]
        if scans[0] != scans[1]:
            raise InventoryError("The inventory's file was replaced since it was opened.", fix="Open it again.")
    except BaseException:
        opened.close()
        raise
    return opened


def _cached_text_function(of: Callable[[str], _Cell]) -> Callable[[str | None], _Cell | None]:
    remembered = lru_cache(maxsize=_CACHE_SIZE)(of)
    return lambda cell: None if cell is None else remembered(cells.read_text(cell))


def _enum_function(of: type[Disposition] | type[Severity]) -> Callable[[object], str]:
    read = cells.enum_reader(of)
    return lambda cell: str(read(cell).value)


def _printable_path(cell: str | bytes | None) -> str | None:
    return None if cell is None else cells.read_printable_path(cell)


def _decodable_value(cell: bytes) -> str:
    return escape_undecodable(cells.read_value(cell))


def _location_member(cell: str, member: str) -> str | None:
    found = getattr(cells.read_location(cell), member)
    return None if found is None else str(found)
