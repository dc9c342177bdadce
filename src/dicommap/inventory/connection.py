"""SQLite connections to inventory files, with the SQL function that compares person names."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from dicommap.dicom.person_names import is_person_name_keyword, normalize_person_name
from dicommap.reading.sqlite_interrupts import enable_interrupts

if TYPE_CHECKING:
    from pathlib import Path

MAX_CELL_BYTES = 64 * 2**20
"""Longest text, blob or row that SQLite reads, in bytes; a scan writes much shorter ones."""

# Definitions in the file cannot call functions with side effects; SQLite checks the size of a cell before reading it.
_UNTRUSTED_FILE_SETTINGS = """
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
"""


def connect(path: Path | str) -> sqlite3.Connection:
    """Open a database of this process for reading and writing. Signals interrupt its statements."""
    return enable_interrupts(sqlite3.connect(path))


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open an untrusted file for reading only, with safe settings of SQLite. Raises sqlite3.Error."""
    connection = enable_interrupts(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True))
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL_BYTES)
        connection.executescript(_UNTRUSTED_FILE_SETTINGS)
    except BaseException:
        connection.close()
        raise
    return connection


_COMPARABLE_NAME = "comparable_name"


def add_sql_functions(connection: sqlite3.Connection) -> None:
    """Add the SQL function that `distinct_count_sql` uses to a connection."""
    connection.create_function(_COMPARABLE_NAME, 1, _comparable_cell, deterministic=True)


def distinct_count_sql(keyword: str) -> str:
    """Return the SQL that counts the distinct values of a captured attribute; an absent one is the empty text."""
    value = f"IFNULL(\"{keyword}\", '')"
    return (
        f"COUNT(DISTINCT {_COMPARABLE_NAME}({value}))"
        if is_person_name_keyword(keyword)
        else f"COUNT(DISTINCT {value})"
    )


def _comparable_cell(cell: str | bytes) -> str | bytes:
    if isinstance(cell, bytes):  # a value that could not be decoded
        return normalize_person_name(cell.decode("utf-8", "surrogatepass")).encode("utf-8", "surrogatepass")
    return normalize_person_name(str(cell))
