"""Write a frame to a Parquet file, batch by batch."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyarrow.parquet import ParquetWriter

from dicommap.errors import DocumentError, os_error_reason
from dicommap.inventory.frames.arrow import read_record_batches
from dicommap.inventory.frames.frame_queries import open_frame_connection
from dicommap.reading import open_regular_file
from dicommap.writing.partial_files import partial_file, remove_leftovers

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow

    from dicommap.inventory.frames.columns import FrameLevel
    from dicommap.progress import OnProgress

_PARQUET_MAGIC = b"PAR1"
_COMPRESSION = "zstd"


def write_parquet(
    connection: sqlite3.Connection,
    path: Path,
    level: FrameLevel,
    keywords: tuple[str, ...],
    *,
    overwrite: bool,
    report: OnProgress | None = None,
) -> int:
    """Write a frame to a Parquet file and return the number of rows.

    Args:
        connection: The open inventory.
        path: The path of the file. The file appears only when it is complete.
        level: The kind of item in each row.
        keywords: The keywords of the captured attributes.
        overwrite: Whether an existing Parquet file is replaced.
        report: A function that is called with the number of rows written so far.

    Raises:
        DocumentError: The file exists and may not be replaced, or cannot be written.
    """
    try:
        _require_writable_path(path, overwrite=overwrite)
        remove_leftovers(path.absolute().parent, path.name)
        with open_frame_connection(connection) as tables:
            return _write_batches(path, *read_record_batches(tables, level, keywords, report), overwrite=overwrite)
    except FileExistsError:
        raise DocumentError(f"{path} exists already.", fix="Name another file, or overwrite it.") from None
    except OSError as error:
        raise DocumentError(f"{path} cannot be written: {os_error_reason(error)}.", fix="Name another file.") from None


def _require_writable_path(path: Path, *, overwrite: bool) -> None:
    if path.is_dir():
        raise DocumentError(f"{path} is a directory.", fix="Name a file.")
    if not os.path.lexists(path):
        return
    if not overwrite:
        raise FileExistsError
    if path.is_symlink():
        raise DocumentError(
            f"{path} is a symbolic link, which is not followed for writing.", fix="Name the file itself."
        )
    with open_regular_file(path) as file:
        if file.read(len(_PARQUET_MAGIC)) != _PARQUET_MAGIC:
            raise DocumentError(f"{path} is not a Parquet file; it is not replaced.", fix="Name another file.")


def _write_batches(
    path: Path, schema: pyarrow.Schema, batches: Iterator[pyarrow.RecordBatch], *, overwrite: bool
) -> int:
    """Write record batches to a partial file, move it to `path`, and return the number of rows."""
    rows = 0
    with partial_file(path) as partial:
        with partial.open() as file:
            with ParquetWriter(file, schema, compression=_COMPRESSION) as writer:
                for batch in batches:
                    writer.write_batch(batch)
                    rows += batch.num_rows
            file.flush()
            os.fsync(file.fileno())
        partial.put_in_place(path, overwrite=overwrite)
    return rows
