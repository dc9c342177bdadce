"""Create, check and open the SQLite tables of an inventory file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING

from dicommap.errors import AttributeNameError, InventoryError, os_error_reason
from dicommap.inventory.cells import damaged_inventory_error, encode_value, read_identifier, read_integer, read_rows
from dicommap.inventory.connection import add_sql_functions, connect_read_only, make_sql_placeholders
from dicommap.inventory.working_files import WorkingFiles
from dicommap.reading import open_regular_file
from dicommap.reading.sqlite_interrupts import raise_if_interrupted

if TYPE_CHECKING:
    from pathlib import Path

    from dicommap.inventory.rows import HeaderRow

APPLICATION_ID = 0x44434D50
"""The application id in the SQLite header of every inventory: the ASCII codes of 'DCMP'."""

FORMAT_VERSION = 5

_SQLITE_MAGIC = b"SQLite format 3\0"
_SQLITE_HEADER_BYTES = 100
_ROLLBACK_JOURNAL_BYTES = b"\x01\x01"
"""Bytes 18 and 19 of the SQLite header of a file that uses a rollback journal, not a write-ahead log."""

_FIXED_COLUMNS = 6
"""Number of columns of the table `header` that do not depend on the captured attributes."""

_CREATE_TABLES = """
CREATE TABLE scan (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    reading INTEGER NOT NULL,   -- how headers were read: another number, other values
    started_ns INTEGER NOT NULL,
    read INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    requests INTEGER NOT NULL,  -- to S3, for listing and for reading
    received INTEGER NOT NULL,  -- bytes of objects
    repeated INTEGER NOT NULL,  -- objects that took more than one request
    complete INTEGER NOT NULL
);
CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    root NOT NULL               -- TEXT, or BLOB where the name is not UTF-8
);
CREATE TABLE attribute (
    position INTEGER PRIMARY KEY,
    keyword TEXT NOT NULL UNIQUE
);
CREATE TABLE header (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    StudyInstanceUID TEXT NOT NULL,
    SeriesInstanceUID TEXT NOT NULL,
    SOPClassUID TEXT NOT NULL,
    TransferSyntaxUID TEXT NOT NULL{columns}  -- TEXT, or BLOB if bytes could not be decoded
);
CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source,
    path NOT NULL,              -- TEXT, or BLOB where the name is not UTF-8
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    etag TEXT NOT NULL,         -- of an object in S3, as S3 gives it; empty for other files
    disposition TEXT NOT NULL,
    header INTEGER REFERENCES header,
    SOPInstanceUID TEXT,
    InstanceNumber TEXT,        -- or BLOB, as in header
    UNIQUE (source, path)
);
CREATE TABLE directory (
    source INTEGER NOT NULL REFERENCES source,
    path NOT NULL,              -- TEXT or BLOB as in file; empty for the root
    mtime_ns INTEGER NOT NULL,
    entries INTEGER NOT NULL,   -- names in the directory
    PRIMARY KEY (source, path)
) WITHOUT ROWID;
CREATE TABLE issue (
    id INTEGER PRIMARY KEY,
    file INTEGER REFERENCES file,
    code TEXT NOT NULL,
    severity TEXT NOT NULL,
    location TEXT NOT NULL,     -- JSON
    message TEXT NOT NULL
);
CREATE INDEX issue_by_file ON issue (file);
"""

INSERT_FILE = "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
INSERT_ISSUE = "INSERT INTO issue (file, code, severity, location, message) VALUES (?, ?, ?, ?, ?)"

_CREATE_INDEXES = """
CREATE INDEX header_by_series ON header (StudyInstanceUID, SeriesInstanceUID);
CREATE INDEX file_by_header ON file (header);
CREATE INDEX file_by_instance ON file (SOPInstanceUID);
"""


def create_tables(connection: sqlite3.Connection, keywords: tuple[str, ...]) -> None:
    """Create the tables. The table `header` gets a column for each captured keyword.

    Raises:
        AttributeNameError: The keywords need more columns than SQLite allows.
    """
    limit = connection.getlimit(sqlite3.SQLITE_LIMIT_COLUMN) - _FIXED_COLUMNS
    if len(keywords) > limit:
        raise AttributeNameError(
            f"An inventory holds at most {limit:,} attributes, and {len(keywords):,} were asked for.",
            fix="Capture fewer attributes; the usual ones count as well.",
        )
    add_sql_functions(connection)
    columns = "".join(f',\n    "{keyword}" TEXT' for keyword in keywords)
    connection.executescript(_CREATE_TABLES.format(columns=columns))
    connection.executemany("INSERT INTO attribute VALUES (?, ?)", enumerate(keywords))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")


def insert_header(connection: sqlite3.Connection, number: int | None, digest: bytes, row: HeaderRow) -> int:
    """Insert a row into the table `header`, and return its number.

    Args:
        connection: The connection to the inventory.
        number: The number of the row, or None for the next free number.
        digest: A hash of the row. It is unique in the table.
        row: The UIDs of the header, and the values of the captured attributes.
    """
    marks = make_sql_placeholders(len(row) + 2)
    inserted = connection.execute(f"INSERT INTO header VALUES ({marks})", (number, digest, *map(encode_value, row)))  # noqa: S608  marks only
    return int(inserted.lastrowid or 0)


def create_indexes(connection: sqlite3.Connection) -> None:
    """Create the indexes that grouping and queries use.

    The indexes are created after all files are inserted, because inserting is faster without indexes.
    """
    connection.executescript(_CREATE_INDEXES)


def open_inventory_file(path: Path) -> sqlite3.Connection:
    """Open an inventory file for reading only.

    Raises:
        InventoryError: The file is missing, is not an inventory, or has another format version.
    """
    try:
        if not path.is_file() and WorkingFiles.for_inventory(path).unfinished.is_file():
            raise InventoryError(
                f"There is no inventory at {path}: the scan into it was not finished.",
                fix="Run the scan again to finish it; it goes on from where it was stopped.",
            )
        if not path.is_file():
            raise InventoryError(f"There is no inventory at {path}.", fix="Make one with 'dicommap scan'.")
        _require_current_format(path)
        connection = connect_read_only(path)
        add_sql_functions(connection)
        return connection
    except OSError as error:
        reason = os_error_reason(error)
        raise InventoryError(f"{path} cannot be read: {reason}.", fix="Check its name and your rights on it.") from None
    except sqlite3.Error as error:
        raise_if_interrupted(error)
        raise InventoryError(f"{path} cannot be opened.", fix="Check that you may read it.") from None


def is_inventory(path: Path) -> bool:
    """Return whether a file is an inventory of any version, even a damaged one. Raises OSError if it cannot be read."""
    return _read_sqlite_header(path)[0] == APPLICATION_ID


def _require_current_format(path: Path) -> None:
    application, version, journal = _read_sqlite_header(path)
    if application != APPLICATION_ID:
        raise InventoryError(f"{path} is not a dicommap inventory.", fix="Name the file that 'dicommap scan' wrote.")
    if version != FORMAT_VERSION:
        raise InventoryError(
            f"{path} is an inventory of format {version}; this dicommap reads format {FORMAT_VERSION}.",
            fix="Scan again, or use the dicommap that made it.",
        )
    if journal != _ROLLBACK_JOURNAL_BYTES:
        # If the file used a write-ahead log, SQLite would write files beside the inventory when it reads.
        raise damaged_inventory_error()


def _read_sqlite_header(path: Path) -> tuple[int, int, bytes]:
    """Return the application ID, user version and journal bytes of an SQLite file. Return 0, 0 and b"" for other files.

    The header is read without SQLite (sqlite.org/fileformat2.html), so that a damaged inventory is recognised too.
    """
    with open_regular_file(path) as file:
        head = file.read(_SQLITE_HEADER_BYTES)
    if len(head) < _SQLITE_HEADER_BYTES or not head.startswith(_SQLITE_MAGIC):
        return 0, 0, b""
    return int.from_bytes(head[68:72]), int.from_bytes(head[60:64]), head[18:20]


_DEFINITIONS_QUERY = "SELECT type, name, tbl_name, sql FROM sqlite_master LIMIT 100"
_ATTRIBUTES_QUERY = "SELECT keyword, position FROM attribute ORDER BY position LIMIT 32768"

_Definition = tuple[object, ...]


def require_inventory_tables(connection: sqlite3.Connection) -> None:
    """Raise InventoryError if the tables and indexes are not exactly those that a scan creates.

    After a stopped scan, indexes may be missing. The definition of the table `attribute` is checked before its rows are
    read.
    """
    definitions = frozenset(tuple(row) for row in read_rows(connection, _DEFINITIONS_QUERY, (_read_any_cell,) * 4))
    basis, _ = _build_expected_definitions(())
    if not {definition for definition in basis if definition[2] == "attribute"} <= definitions:
        raise damaged_inventory_error()
    keywords = tuple(
        keyword for keyword, _ in read_rows(connection, _ATTRIBUTES_QUERY, (read_identifier, read_integer))
    )
    try:
        tables, indexes = _build_expected_definitions(keywords)
    except sqlite3.Error:  # a repeated keyword, or more columns than SQLite allows
        raise damaged_inventory_error() from None
    if not tables <= definitions <= tables | indexes:
        raise damaged_inventory_error()


@lru_cache(maxsize=8)
def _build_expected_definitions(keywords: tuple[str, ...]) -> tuple[frozenset[_Definition], frozenset[_Definition]]:
    """Return the definitions of the tables, and then of the indexes, of an inventory with these captured keywords."""
    with closing(sqlite3.connect(":memory:")) as connection:
        create_tables(connection, keywords)
        tables = frozenset(connection.execute(_DEFINITIONS_QUERY).fetchall())
        create_indexes(connection)
        return tables, frozenset(connection.execute(_DEFINITIONS_QUERY).fetchall()) - tables


def _read_any_cell(cell: object) -> object:
    return cell
