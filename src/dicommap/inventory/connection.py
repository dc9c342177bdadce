"""Connect to inventory files with SQLite, and register the SQL function that normalizes person names."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from dicommap.dicom.person_name_comparison import is_person_name_keyword, normalize_person_name
from dicommap.reading.sqlite_interrupts import enable_interrupts

if TYPE_CHECKING:
    from pathlib import Path

MAX_CELL_BYTES = 64 * 2**20
"""Maximum size in bytes of a text, BLOB or row that SQLite reads from an inventory. A scan writes much smaller ones."""

# trusted_schema = OFF: views and indexes in the file cannot call functions with side effects.
# cell_size_check = ON: SQLite checks the size of each cell before it reads the cell.
_UNTRUSTED_FILE_SETTINGS = """
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
"""


def connect_for_writing(path: Path | str) -> sqlite3.Connection:
    """Open a database for reading and writing. A signal, for example from Ctrl-C, interrupts its statements."""
    return enable_interrupts(sqlite3.connect(path))


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open an untrusted SQLite file read-only, with safe settings. Raises sqlite3.Error if SQLite cannot open it."""
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
    """Register the SQL function that normalizes person names.

    The expressions from `build_distinct_count_sql` call this function.
    """
    connection.create_function(_COMPARABLE_NAME, 1, _normalize_name_cell, deterministic=True)


def make_sql_placeholders(count: int) -> str:
    """Return question marks for the values of an SQL statement, such as `?, ?, ?` for three values."""
    return ", ".join("?" * count)


def build_distinct_count_sql(keyword: str) -> str:
    """Return the SQL expression that counts the different values of a captured attribute.

    An absent attribute counts as the empty text. Person names are normalized before they are compared.
    """
    value = f"IFNULL(\"{keyword}\", '')"
    return (
        f"COUNT(DISTINCT {_COMPARABLE_NAME}({value}))"
        if is_person_name_keyword(keyword)
        else f"COUNT(DISTINCT {value})"
    )


def _normalize_name_cell(cell: str | bytes) -> str | bytes:
    """Return a person name in a cell in its normalized form, as text or bytes like the cell."""
    if isinstance(cell, bytes):  # a value that could not be decoded
        return normalize_person_name(cell.decode("utf-8", "surrogatepass")).encode("utf-8", "surrogatepass")
    return normalize_person_name(str(cell))
