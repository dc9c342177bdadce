"""Return an inventory as an Arrow table, pandas or Polars frame, or write a Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicommap.dicom.choices import choice_of
from dicommap.model.extras import require_extra
from dicommap.progress import progress_reporter

if TYPE_CHECKING:
    import os
    import sqlite3
    from collections.abc import Mapping, Sequence

    import pandas
    import polars
    import pyarrow

    from dicommap.inventory.frames.columns import FrameLevel
    from dicommap.inventory.frames.sql_query import QueryResult
    from dicommap.progress import ProgressOption


class FrameMixin:
    """An inventory as frames, whose columns docs/formats/frames.md lists.

    A level is `study`, `series`, `instance`, `file` or `issue`. Frames hold patient values: whoever makes one asks for
    these. `progress` is told of rows as that of a scan is of files.

    Each method raises MissingExtraError where its extra is not installed, UsageError for a level that there is
    not, and InventoryError where the inventory cannot be read.
    """

    _connection: sqlite3.Connection
    keywords: tuple[str, ...]

    def to_arrow(self, level: str = "instance", *, progress: ProgressOption = None) -> pyarrow.Table:
        """Return a frame as an Arrow table; extra: arrow."""
        require_extra("arrow")
        from dicommap.inventory.frames.arrow import read_arrow_table

        with progress_reporter(progress, "rows") as report:
            return read_arrow_table(self._connection, _parse_level(level), self.keywords, report)

    def to_pandas(self, level: str = "instance", *, progress: ProgressOption = None) -> pandas.DataFrame:
        """Return a frame for pandas, dates and times as datetime64, integers as Int64; extra: pandas."""
        require_extra("pandas")
        from dicommap.inventory.frames.pandas_frame import to_pandas_frame

        return to_pandas_frame(self.to_arrow(level, progress=progress))

    def to_polars(self, level: str = "instance", *, progress: ProgressOption = None) -> polars.DataFrame:
        """Return a frame for Polars; extra: polars."""
        require_extra("polars")
        import polars

        return polars.DataFrame(self.to_arrow(level, progress=progress))

    def to_parquet(
        self,
        path: str | os.PathLike[str],
        level: str = "instance",
        *,
        overwrite: bool = False,
        progress: ProgressOption = None,
    ) -> int:
        """Write a frame to a Parquet file, in bounded memory, and return its number of rows; extra: arrow.

        The file appears when all is in it. Raises DocumentError where it cannot be written, or exists: `overwrite`
        replaces a Parquet file, and never another one.
        """
        require_extra("arrow")
        from dicommap.inventory.frames.parquet import write_parquet

        of, keywords = _parse_level(level), self.keywords
        with progress_reporter(progress, "rows") as report:
            return write_parquet(self._connection, Path(path), of, keywords, overwrite=overwrite, report=report)

    def sql(self, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> QueryResult:
        """Return the rows of an SQL query over the views study, series, instance, file and issue; no extra.

        `parameters` are the values of `?` or `:name` in it. Nothing can be written. What is asked for is shown, patient
        values among it. Raises QueryError where the query cannot be answered.
        """
        from dicommap.inventory.frames.sql_query import run_query

        return run_query(self._connection, self.keywords, query, parameters)


def _parse_level(name: str) -> FrameLevel:
    from dicommap.inventory.frames.columns import FrameLevel

    return choice_of(FrameLevel, name, "level")
