"""Connections to inventories: signals are heeded while SQLite works, and nothing in a file is trusted."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from dicommap.reading.sqlite_interrupts import enable_interrupts

if TYPE_CHECKING:
    from pathlib import Path

MAX_CELL_BYTES = 64 * 2**20
"""Bytes of a text, a blob or a row that SQLite reads; a scan writes none that is nearly as long."""

# A file's own definitions call no functions that do more than reading; cells are checked before they are read.
_UNTRUSTED_FILE_SETTINGS = """
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
"""


def connect(path: Path | str) -> sqlite3.Connection:
    """Open a database of this process's own for reading and writing, so that signals are heeded."""
    return enable_interrupts(sqlite3.connect(path))


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a file that somebody may have altered, for reading only. Raises sqlite3.Error."""
    connection = enable_interrupts(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True))
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL_BYTES)
        connection.executescript(_UNTRUSTED_FILE_SETTINGS)
    except BaseException:
        connection.close()
        raise
    return connection
