"""Whether a file has the tables that a scan creates, and nothing else, since views and triggers run SQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import lru_cache

from dicommap.inventory import sqlite_schema
from dicommap.inventory.cells import damaged_error, read_identifier, read_integer, read_rows

_DEFINITIONS_QUERY = "SELECT type, name, tbl_name, sql FROM sqlite_master LIMIT 100"
_ATTRIBUTES_QUERY = "SELECT keyword, position FROM attribute ORDER BY position LIMIT 32768"

_Definition = tuple[object, ...]


def require_inventory_tables(connection: sqlite3.Connection) -> None:
    """Raise InventoryError unless everything in a file is defined as a scan defines it, word for word.

    Indexes of a stopped scan may be missing. Nothing but SQLite's own list of definitions is read before it is checked.
    """
    found = frozenset(tuple(row) for row in read_rows(connection, _DEFINITIONS_QUERY, (_read_any,) * 4))
    basis, _ = _expected_definitions(())
    if not {one for one in basis if one[2] == "attribute"} <= found:
        raise damaged_error()
    keywords = tuple(
        keyword for keyword, _ in read_rows(connection, _ATTRIBUTES_QUERY, (read_identifier, read_integer))
    )
    try:
        tables, indexes = _expected_definitions(keywords)
    except sqlite3.Error:  # a column twice, or more than there can be
        raise damaged_error() from None
    if not tables <= found <= tables | indexes:
        raise damaged_error()


@lru_cache(maxsize=8)
def _expected_definitions(keywords: tuple[str, ...]) -> tuple[frozenset[_Definition], frozenset[_Definition]]:
    """Return the definitions of all tables, and those of the indexes that are made last."""
    with closing(sqlite3.connect(":memory:")) as connection:
        sqlite_schema.create_tables(connection, keywords)
        tables = frozenset(connection.execute(_DEFINITIONS_QUERY).fetchall())
        sqlite_schema.create_indexes(connection)
        return tables, frozenset(connection.execute(_DEFINITIONS_QUERY).fetchall()) - tables


def _read_any(cell: object) -> object:
    return cell
