"""Convert an inventory to an Arrow table, a pandas or Polars DataFrame, or a Parquet file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.choices import to_choice
from dicommap.inventory.frames.columns import FrameLevel
from dicommap.model.extras import require_extra
from dicommap.progress import progress_reporter

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    import pandas
    import polars
    import pyarrow

    from dicommap.progress import ProgressOption


def make_arrow_table(
    connection: sqlite3.Connection, keywords: tuple[str, ...], level: str, progress: ProgressOption
) -> pyarrow.Table:
    """Return the studies, series, instances, files or issues of an inventory as an Arrow table.

    `level` says which of these items are the rows. See `Inventory.to_arrow` for all arguments.
    """
    require_extra("arrow")
    from dicommap.inventory.frames.arrow import read_arrow_table

    with progress_reporter(progress, "rows") as report:
        return read_arrow_table(connection, _parse_frame_level(level), keywords, report)


def make_pandas_frame(
    connection: sqlite3.Connection, keywords: tuple[str, ...], level: str, progress: ProgressOption
) -> pandas.DataFrame:
    """Return the table of `make_arrow_table` as a pandas DataFrame.

    Two settings make sure that the type of a column never depends on its values:

    - `date_as_object=False` gives datetime64. Otherwise, dates would be Python objects, which pandas does not group
      as dates.
    - Int64 allows nulls. Otherwise, integers would become floats in the columns that have a null.
    """
    require_extra("pandas")
    import pandas
    import pyarrow

    table = make_arrow_table(connection, keywords, level, progress)
    types = {pyarrow.int64(): pandas.Int64Dtype()}
    return table.to_pandas(date_as_object=False, types_mapper=types.get)


def make_polars_frame(
    connection: sqlite3.Connection, keywords: tuple[str, ...], level: str, progress: ProgressOption
) -> polars.DataFrame:
    """Return the table of `make_arrow_table` as a Polars DataFrame."""
    require_extra("polars")
    import polars

    return polars.DataFrame(make_arrow_table(connection, keywords, level, progress))


def write_parquet_file(
    connection: sqlite3.Connection,
    keywords: tuple[str, ...],
    path: Path,
    level: str,
    *,
    overwrite: bool,
    progress: ProgressOption,
) -> int:
    """Write the table of `make_arrow_table` to a Parquet file, and return the number of rows.

    See `Inventory.to_parquet` for all arguments.
    """
    require_extra("arrow")
    from dicommap.inventory.frames.parquet import write_parquet

    frame_level = _parse_frame_level(level)
    with progress_reporter(progress, "rows") as report:
        return write_parquet(connection, path, frame_level, keywords, overwrite=overwrite, report=report)


def _parse_frame_level(name: str) -> FrameLevel:
    return to_choice(FrameLevel, name, "level")
