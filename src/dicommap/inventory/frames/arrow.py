"""Read a frame from SQLite as Arrow record batches."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pyarrow

from dicommap.inventory.cells import damaged_inventory_error, make_inventory_error
from dicommap.inventory.frames.columns import CellType
from dicommap.inventory.frames.frame_queries import build_frame_query, count_frame_rows, open_frame_connection
from dicommap.progress import track_progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicommap.inventory.frames.columns import FrameColumn, FrameLevel
    from dicommap.progress import OnProgress

BATCH_ROWS = 50_000
"""Number of rows in a batch. Only one batch is in memory at a time. In a Parquet file, it is one row group."""

_FETCH_ROWS = 5_000
"""Number of rows that SQLite returns at a time. They are Python objects, which take much more memory than Arrow."""

_ARROW_TYPES = {
    CellType.TEXT: pyarrow.string(),
    CellType.INTEGER: pyarrow.int64(),
    CellType.NUMBER: pyarrow.float64(),
    CellType.DATE: pyarrow.date32(),
    CellType.TIME: pyarrow.timestamp("ns", tz="UTC"),
}
_PYTHON_TYPES = {
    CellType.TEXT: str,
    CellType.INTEGER: int,
    CellType.NUMBER: float,
    CellType.DATE: str,
    CellType.TIME: int,
}
"""Column type -> Python type of the cells from SQLite. A date is text; a time is the nanoseconds since 1970."""


def read_record_batches(
    connection: sqlite3.Connection, level: FrameLevel, keywords: tuple[str, ...], report: OnProgress | None = None
) -> tuple[pyarrow.Schema, Iterator[pyarrow.RecordBatch]]:
    """Return the schema of a frame, and an iterator over its record batches.

    Args:
        connection: A connection from `open_frame_connection`.
        level: The kind of item in each row.
        keywords: The keywords of the captured attributes.
        report: A function that is called with the number of rows read so far.

    Raises:
        InventoryError: The inventory is damaged.
    """
    columns, query = build_frame_query(connection, level, keywords)
    schema = pyarrow.schema(
        [pyarrow.field(column.name, _ARROW_TYPES[column.kind], nullable=column.is_nullable) for column in columns]
    )
    total = None if report is None else count_frame_rows(connection, level)
    batches = _read_batches(connection, query, columns, schema)
    return schema, track_progress(batches, report, total, weight=len)


def read_arrow_table(
    connection: sqlite3.Connection, level: FrameLevel, keywords: tuple[str, ...], report: OnProgress | None = None
) -> pyarrow.Table:
    """Return a whole frame as an Arrow table. Raises InventoryError if the inventory is damaged."""
    with open_frame_connection(connection) as tables:
        schema, batches = read_record_batches(tables, level, keywords, report)
        return pyarrow.Table.from_batches(batches, schema)


def _read_batches(
    connection: sqlite3.Connection, query: str, columns: Sequence[FrameColumn], schema: pyarrow.Schema
) -> Iterator[pyarrow.RecordBatch]:
    """Yield the rows of a query as record batches of BATCH_ROWS rows."""
    waiting: list[pyarrow.RecordBatch] = []
    for rows in _read_row_chunks(connection, query):
        cells = [
            _make_arrow_array(column, list(values))
            for column, values in zip(columns, zip(*rows, strict=True), strict=True)
        ]
        waiting.append(pyarrow.RecordBatch.from_arrays(cells, schema=schema))
        if len(waiting) * _FETCH_ROWS >= BATCH_ROWS:
            yield from _combine_batches(waiting)
            waiting = []
    yield from _combine_batches(waiting)


def _combine_batches(batches: list[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
    """Yield one record batch with the rows of all batches; none if the list is empty."""
    if batches:
        yield from pyarrow.Table.from_batches(batches).combine_chunks().to_batches()


def _read_row_chunks(connection: sqlite3.Connection, query: str) -> Iterator[list[tuple[Any, ...]]]:
    try:
        cursor = connection.execute(query)
        while rows := cursor.fetchmany(_FETCH_ROWS):
            yield rows
    except sqlite3.DatabaseError as error:
        raise make_inventory_error(error) from None


def _make_arrow_array(column: FrameColumn, cells: list[Any]) -> pyarrow.Array:
    """Return the cells of a column as an Arrow array. Raises InventoryError if a cell has the wrong type."""
    kinds = set(map(type, cells))
    if column.is_nullable:
        kinds.discard(type(None))
    if not kinds <= {_PYTHON_TYPES[column.kind]}:
        raise damaged_inventory_error()
    if column.kind is CellType.DATE:
        return pyarrow.array(cells, pyarrow.string()).cast(pyarrow.date32())
    return pyarrow.array(cells, _ARROW_TYPES[column.kind])
