"""Whether a file has the tables that a scan creates, and nothing else, since views and triggers run SQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import lru_cache

from dicommap.inventory import schema
from dicommap.inventory.reading import damaged, identifier, read_rows, whole

_MASTER = "SELECT type, name, tbl_name, sql FROM sqlite_master LIMIT 100"
_ATTRIBUTES = "SELECT keyword, position FROM attribute ORDER BY position LIMIT 32768"

_Definition = tuple[object, ...]


def require_own_tables(connection: sqlite3.Connection) -> None:
    """Raise InventoryError unless everything in a file is defined as a scan defines it, word for word.

    Indexes of a stopped scan may be missing. Nothing but SQLite's own list of definitions is read before it is checked.
    """
    found = frozenset(tuple(row) for row in read_rows(connection, _MASTER, (_any,) * 4))
    basis, _ = _definitions(())
    if not {one for one in basis if one[2] == "attribute"} <= found:
        raise damaged()
    keywords = tuple(keyword for keyword, _ in read_rows(connection, _ATTRIBUTES, (identifier, whole)))
    try:
        tables, indexes = _definitions(keywords)
    except sqlite3.Error:  # a column twice, or more than there can be
        raise damaged() from None
    if not tables <= found <= tables | indexes:
        raise damaged()


@lru_cache(maxsize=8)
def _definitions(keywords: tuple[str, ...]) -> tuple[frozenset[_Definition], frozenset[_Definition]]:
    """Return the definitions of all tables, and those of the indexes that are made last."""
    with closing(sqlite3.connect(":memory:")) as connection:
        schema.create(connection, keywords)
        tables = frozenset(connection.execute(_MASTER).fetchall())
        schema.create_indexes(connection)
        return tables, frozenset(connection.execute(_MASTER).fetchall()) - tables


def _any(cell: object) -> object:
    return cell
