"""Read the data files of an S3 Inventory in Parquet or ORC. This module is imported only for these formats.

Columns: Amazon S3 user guide, "Locating your inventory list". The column names are not those of CSV files, and keys are
not URL-encoded.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import repeat
from typing import TYPE_CHECKING, Any

import pyarrow
from pyarrow.dataset import OrcFileFormat
from pyarrow.parquet import ParquetFile

from dicommap.errors import DocumentError
from dicommap.model.source_files import S3Object, clamp_time_ns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

ROWS_PER_BATCH = 4_000
"""The number of rows in a batch. A batch needs up to a megabyte, and pyarrow may read tens of batches ahead."""

_BUFFERED_BYTES = 2**20
"""The size of each column's buffer in bytes. Without a buffer, pyarrow reads a column of a whole row group at once."""

_REQUIRED_COLUMNS = ("key", "size", "e_tag")
_TEXT = (pyarrow.binary(), pyarrow.string())  # Parquet does not always say that its bytes are text
_NANOSECONDS = (pyarrow.timestamp("ns", "UTC"), pyarrow.int64())
_TIME = "last_modified_date"
_TYPES = {
    "key": _TEXT,
    "size": (pyarrow.int64(),),
    "e_tag": _TEXT,
    _TIME: _NANOSECONDS,
    "is_latest": (pyarrow.bool_(),),
    "is_delete_marker": (pyarrow.bool_(),),
}
"""Column to read -> Arrow types. The values are converted to the first type, and the result to the next type.

If a conversion fails, the file is damaged.
"""


def read_parquet_objects(file: BinaryIO) -> Iterator[S3Object]:
    """Yield the objects of a Parquet file. Raises ValueError if it is damaged."""
    with _convert_damage_errors():
        opened = ParquetFile(file, buffer_size=_BUFFERED_BYTES)
        columns = _choose_column_names(opened.schema_arrow)
        yield from _select_current_objects(opened.iter_batches(ROWS_PER_BATCH, columns=columns, use_threads=False))


def read_orc_objects(file: BinaryIO) -> Iterator[S3Object]:
    """Yield the objects of an ORC file.

    Raises:
        ValueError: The file is damaged.
        DocumentError: The system has no time zone files, which ORC files need.

    """
    with _convert_damage_errors():
        # Not pyarrow's ORCFile: it reads whole stripes only, which are hundreds of megabytes in memory.
        opened = OrcFileFormat().make_fragment(pyarrow.PythonFile(file, "r"))
        columns = _choose_column_names(opened.physical_schema)
        scanner = opened.scanner(columns=columns, batch_size=ROWS_PER_BATCH, batch_readahead=1, use_threads=False)
        yield from _select_current_objects(scanner.to_batches())


def _choose_column_names(schema: pyarrow.Schema) -> list[str]:
    missing = [name for name in _REQUIRED_COLUMNS if name not in schema.names]
    if missing:
        raise ValueError(f"it has no column {missing[0]}")
    return [name for name in _TYPES if name in schema.names]


def _select_current_objects(batches: Iterable[pyarrow.RecordBatch]) -> Iterator[S3Object]:
    """Yield the objects in batches of rows. Delete markers and old versions are left out."""
    for batch in batches:
        columns = [_convert_column_values(batch, name) for name in _TYPES]
        for key, size, etag, mtime_ns, is_latest, is_delete_marker in zip(*columns, strict=False):
            if is_delete_marker or is_latest is False:
                continue
            if key is None or size is None:
                raise ValueError("a cell is empty")
            yield S3Object(key, size, etag or "", mtime_ns or 0)


def _convert_column_values(batch: pyarrow.RecordBatch, name: str) -> Iterable[Any]:
    """Return the values of a column. If the column is missing, return an endless iterator of None."""
    if name not in batch.schema.names:
        return repeat(None)
    column = batch.column(name)
    if name == _TIME and pyarrow.types.is_timestamp(column.type):
        # Times after 2262 do not fit into 64 bits of nanoseconds. They may be inexact, because changes are detected by
        # ETags.
        microseconds = column.cast(pyarrow.timestamp("us", "UTC"), safe=False).cast(pyarrow.int64())
        return [None if time is None else clamp_time_ns(time * 1_000) for time in microseconds.to_pylist()]
    for kind in _TYPES[name]:
        column = column.cast(kind)
    values: list[Any] = column.to_pylist()
    return values


@contextmanager
def _convert_damage_errors() -> Iterator[None]:
    """Raise ValueError instead of pyarrow's errors about damaged bytes."""
    try:
        yield
    except MemoryError:
        raise
    except (pyarrow.ArrowException, OSError) as error:
        if "time zone" in str(error).lower():
            raise DocumentError(
                "ORC files cannot be read without the time zones of the system.",
                fix="Install the package tzdata, or set the environment variable TZDIR to a directory of time zones.",
            ) from None
        raise ValueError("it cannot be decoded") from error
