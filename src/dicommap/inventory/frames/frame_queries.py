"""The SQLite connection, views and SELECT statements of frames, which are tables with typed columns."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dicommap.errors import InventoryError
from dicommap.inventory import cells, sqlite_schema
from dicommap.inventory.connection import add_sql_functions, build_distinct_count_sql
from dicommap.inventory.frames.columns import FrameLevel, list_frame_columns, parse_date, parse_integer, parse_number
from dicommap.inventory.sqlite_schema import require_inventory_tables
from dicommap.issues import Severity
from dicommap.model.masking import escape_undecodable
from dicommap.model.study import Disposition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dicommap.inventory.frames.columns import FrameColumn


_IS_INSTANCE = "f.disposition IN ('instance', 'duplicate')"

# Files are first counted for each header. Distinct values are then searched in the headers, which are fewer than the
# files.
_HEADER_COUNTS = f"""(
    SELECT f.header AS number, COUNT(*) AS files, SUM(f.disposition = 'instance') AS instances, SUM(f.size) AS bytes
    FROM main.file AS f WHERE {_IS_INSTANCE} GROUP BY f.header
) JOIN main.header AS h ON h.id = number"""  # noqa: S608

_SUM_COLUMNS = "SUM(instances) AS instances, SUM(files) AS files, SUM(bytes) AS bytes"

_STUDY_COLUMNS = f"StudyInstanceUID, COUNT(DISTINCT SeriesInstanceUID) AS series, {_SUM_COLUMNS}"
_SERIES_COLUMNS = f"StudyInstanceUID, SeriesInstanceUID, {_SUM_COLUMNS}"

_FROM_CLAUSES = {
    FrameLevel.INSTANCE: "main.header AS h {join} main.file AS f ON f.header = h.id JOIN main.source AS s"
    f" ON s.id = f.source WHERE {_IS_INSTANCE}",
    FrameLevel.FILE: "main.file AS f JOIN main.source AS s ON s.id = f.source",
    # The issue about a file's size has a path but no file id. If there is one source, that path identifies the file.
    FrameLevel.ISSUE: "main.issue AS i LEFT JOIN main.file AS f ON f.id = IFNULL(i.file, (SELECT id FROM main.file"
    " WHERE (SELECT COUNT(*) FROM main.source) = 1 AND source = (SELECT id FROM main.source)"
    " AND path = frame_location(i.location, 'path'))) LEFT JOIN main.source AS s ON s.id = f.source",
}

_ORDER_CLAUSES = {
    FrameLevel.STUDY: "StudyInstanceUID",
    FrameLevel.SERIES: "StudyInstanceUID, SeriesInstanceUID",
    # This is the order of two indexes, so SQLite does not sort, even for millions of rows.
    FrameLevel.INSTANCE: "h.StudyInstanceUID, h.SeriesInstanceUID, h.id, f.id",
    FrameLevel.FILE: "f.source, f.path",
    FrameLevel.ISSUE: "i.id",
}


def build_view_query(level: FrameLevel, columns: Sequence[FrameColumn], keywords: Sequence[str]) -> str:
    """Return the SELECT statement for the view of this level. Its rows have no fixed order."""
    return f"SELECT {_build_select_list(columns)} FROM {_build_from_clause(level, keywords, 'JOIN')}"  # noqa: S608


def build_ordered_query(level: FrameLevel, columns: Sequence[FrameColumn], keywords: Sequence[str]) -> str:
    """Return the SELECT statement for all rows of the frame of this level, in the order of docs/formats/frames.md."""
    source = _build_from_clause(level, keywords, "CROSS JOIN")
    return f"SELECT {_build_select_list(columns)} FROM {source} ORDER BY {_ORDER_CLAUSES[level]}"  # noqa: S608


def build_count_query(level: FrameLevel) -> str:
    """Return the SELECT statement that counts the rows of the frame with this level."""
    if level is FrameLevel.ISSUE:
        return "SELECT COUNT(*) FROM main.issue"
    if level is FrameLevel.FILE:
        return "SELECT COUNT(*) FROM main.file"
    if level is FrameLevel.INSTANCE:
        return f"SELECT COUNT(*) FROM main.file AS f WHERE {_IS_INSTANCE}"  # noqa: S608
    keys = "StudyInstanceUID" + (", SeriesInstanceUID" if level is FrameLevel.SERIES else "")
    held = f"SELECT f.header FROM main.file AS f WHERE {_IS_INSTANCE}"  # noqa: S608
    return f"SELECT COUNT(*) FROM (SELECT DISTINCT {keys} FROM main.header WHERE id IN ({held}))"  # noqa: S608


def _build_select_list(columns: Sequence[FrameColumn]) -> str:
    return ", ".join(f'{column.sql} AS "{column.name}"' for column in columns)


def _build_from_clause(level: FrameLevel, keywords: Sequence[str], join: str) -> str:
    if level is FrameLevel.STUDY:
        return _build_summary_subquery(_STUDY_COLUMNS, "StudyInstanceUID", keywords)
    if level is FrameLevel.SERIES:
        return _build_summary_subquery(_SERIES_COLUMNS, "StudyInstanceUID, SeriesInstanceUID", keywords)
    return _FROM_CLAUSES[level].format(join=join)


def _build_summary_subquery(fixed: str, keys: str, keywords: Sequence[str]) -> str:
    """Return a subquery with a row for each study or series: counts, and the values that all its headers share."""
    values = "".join(
        f', CASE WHEN {build_distinct_count_sql(keyword)} = 1 THEN MAX("{keyword}") END AS "{keyword}",'
        f' {build_distinct_count_sql(keyword)} AS "{keyword}_distinct"'
        for keyword in keywords
    )
    return f"(SELECT {fixed}{values} FROM {_HEADER_COUNTS} GROUP BY {keys})"  # noqa: S608


_Cell = TypeVar("_Cell")

_CACHE_SIZE = 4096
"""Number of results that each SQL function caches, because dates and numbers repeat often."""

_DATABASE_PATH_QUERY = "SELECT CAST(file AS BLOB) FROM pragma_database_list WHERE name = 'main'"


@contextmanager
def open_frame_connection(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Yield a second, read-only connection to the inventory of `connection`, with the SQL functions of frames.

    If the inventory is in memory, the second connection is to a copy of it. Raises InventoryError if another file has
    replaced the inventory file.
    """
    reopened = _reopen_connection(connection)
    try:
        for name, parse in (("frame_date", parse_date), ("frame_whole", parse_integer), ("frame_number", parse_number)):
            reopened.create_function(name, 1, _make_cached_text_function(parse), deterministic=True)
        for name, kind in (("frame_disposition", Disposition), ("frame_severity", Severity)):
            reopened.create_function(name, 1, _make_enum_function(kind), deterministic=True)
        reopened.create_function("frame_value", 1, _format_undecodable_value, deterministic=True)
        reopened.create_function("frame_path", 1, _format_printable_path, deterministic=True)
        reopened.create_function("frame_location", 2, _get_location_member, deterministic=True)
        yield reopened
    finally:
        reopened.close()


def build_frame_query(
    connection: sqlite3.Connection, level: FrameLevel, keywords: tuple[str, ...]
) -> tuple[tuple[FrameColumn, ...], str]:
    """Return the columns of a frame and its SELECT statement.

    Raises InventoryError if the frame has more columns than SQLite allows.
    """
    columns = list_frame_columns(level, keywords)
    _require_column_limit(connection, columns)
    return columns, build_ordered_query(level, columns, keywords)


def count_frame_rows(connection: sqlite3.Connection, level: FrameLevel) -> int:
    """Return the number of rows in a frame. Raises InventoryError if the inventory is damaged."""
    ((size,),) = cells.read_rows(connection, build_count_query(level), (cells.read_integer,))
    return int(size)


def create_views(connection: sqlite3.Connection, keywords: tuple[str, ...]) -> None:
    """Create a temporary view for each level. Queries see the views `file` and `issue` instead of the tables."""
    for level in FrameLevel:
        columns = list_frame_columns(level, keywords)
        _require_column_limit(connection, columns)
        connection.execute(f"CREATE TEMP VIEW {level.value} AS {build_view_query(level, columns, keywords)}")


def _require_column_limit(connection: sqlite3.Connection, columns: tuple[FrameColumn, ...]) -> None:
    limit = connection.getlimit(sqlite3.SQLITE_LIMIT_COLUMN)
    if len(columns) > limit:
        raise InventoryError(
            f"The inventory's attributes need {len(columns):,} columns, and a frame has at most {limit:,}.",
            fix="Scan with fewer --attributes.",
        )


def _reopen_connection(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return a second connection to the same inventory; for an inventory in memory, a connection to a copy."""
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


def _make_cached_text_function(parse: Callable[[str], _Cell]) -> Callable[[str | None], _Cell | None]:
    """Return an SQL function that parses a text with `parse`, and caches results."""
    cached_parse = lru_cache(maxsize=_CACHE_SIZE)(parse)
    return lambda cell: None if cell is None else cached_parse(cells.read_text(cell))


def _make_enum_function(enum: type[Disposition] | type[Severity]) -> Callable[[object], str]:
    """Return an SQL function that checks that a cell is a value of `enum`."""
    read = cells.make_enum_reader(enum)
    return lambda cell: str(read(cell).value)


def _format_printable_path(cell: str | bytes | None) -> str | None:
    return None if cell is None else cells.read_printable_path(cell)


def _format_undecodable_value(cell: bytes) -> str:
    return escape_undecodable(cells.read_value(cell))


def _get_location_member(cell: str, member: str) -> str | None:
    """Return a member of an issue's location as text; None if the location does not have it."""
    value = getattr(cells.read_location(cell), member)
    return None if value is None else str(value)
