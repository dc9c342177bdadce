"""Frames as Arrow has them: the one conversion, batch by batch, which all others start from."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pyarrow

from dicommap.inventory import reading
from dicommap.inventory.frames.columns import Kind
from dicommap.inventory.frames.tables import frame_query, frame_size, tables_of
from dicommap.progress import followed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicommap.inventory.frames.columns import Column, FrameLevel
    from dicommap.progress import OnProgress

ROWS = 50_000
"""Rows of a batch: what is in memory at a time, and a row group of a Parquet file."""

_FETCHED = 5_000
"""Rows that are Python objects at a time, since those take many times the room."""

_TYPES = {
    Kind.TEXT: pyarrow.string(),
    Kind.WHOLE: pyarrow.int64(),
    Kind.NUMBER: pyarrow.float64(),
    Kind.DATE: pyarrow.date32(),
    Kind.TIME: pyarrow.timestamp("ns", tz="UTC"),
}
_CELLS = {Kind.TEXT: str, Kind.WHOLE: int, Kind.NUMBER: float, Kind.DATE: str, Kind.TIME: int}
"""What SQLite gives for each: a date is text, a time is nanoseconds since 1970."""


def record_batches(
    connection: sqlite3.Connection, level: FrameLevel, keywords: tuple[str, ...], report: OnProgress | None = None
) -> tuple[pyarrow.Schema, Iterator[pyarrow.RecordBatch]]:
    """Return the schema of a frame, and its rows in batches; `report` is told of rows.

    Raises InventoryError where the inventory is damaged.
    """
    columns, query = frame_query(connection, level, keywords)
    schema = pyarrow.schema([pyarrow.field(one.name, _TYPES[one.kind], nullable=one.optional) for one in columns])
    total = None if report is None else frame_size(connection, level)
    batches = _batches(connection, query, columns, schema)
    return schema, followed(batches, report, total, weight=len)


def table(
    connection: sqlite3.Connection, level: FrameLevel, keywords: tuple[str, ...], report: OnProgress | None = None
) -> pyarrow.Table:
    """Return a whole frame. Raises InventoryError where the inventory is damaged."""
    with tables_of(connection) as tables:
        schema, batches = record_batches(tables, level, keywords, report)
        return pyarrow.Table.from_batches(batches, schema)


def _batches(
    connection: sqlite3.Connection, query: str, columns: Sequence[Column], schema: pyarrow.Schema
) -> Iterator[pyarrow.RecordBatch]:
    waiting: list[pyarrow.RecordBatch] = []
    for rows in _fetched(connection, query):
        cells = [_array(column, list(found)) for column, found in zip(columns, zip(*rows, strict=True), strict=True)]
        waiting.append(pyarrow.RecordBatch.from_arrays(cells, schema=schema))
        if len(waiting) * _FETCHED >= ROWS:
            yield from _joined(waiting)
            waiting = []
    yield from _joined(waiting)


def _joined(batches: list[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
    if batches:
        yield from pyarrow.Table.from_batches(batches).combine_chunks().to_batches()


def _fetched(connection: sqlite3.Connection, query: str) -> Iterator[list[tuple[Any, ...]]]:
    try:
        cursor = connection.execute(query)
        while rows := cursor.fetchmany(_FETCHED):
            yield rows
    except sqlite3.DatabaseError as error:
        raise reading.told(error) from None


def _array(column: Column, cells: list[Any]) -> pyarrow.Array:
    kinds = set(map(type, cells))
    if column.optional:
        kinds.discard(type(None))
    if not kinds <= {_CELLS[column.kind]}:
        raise reading.damaged()
    if column.kind is Kind.DATE:
        return pyarrow.array(cells, pyarrow.string()).cast(pyarrow.date32())
    return pyarrow.array(cells, _TYPES[column.kind])
