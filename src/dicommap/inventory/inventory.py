"""The class Inventory: open an inventory file and read its studies, series, files and issues."""

from __future__ import annotations

from copy import copy
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicommap.errors import InventoryError
from dicommap.inventory import cells, queries, search
from dicommap.inventory.cells import read_integer, read_printable_path, read_text
from dicommap.inventory.series_pictures import InventoryPictureSource
from dicommap.inventory.sqlite_schema import open_inventory_file, require_inventory_tables
from dicommap.model.displayable import Displayable
from dicommap.model.masking import is_unmasked_in_repr
from dicommap.model.study import Study

if TYPE_CHECKING:
    import os
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    import pandas
    import polars
    import pyarrow

    from dicommap.display.inventory_report import InventoryOverview
    from dicommap.display.report import Report
    from dicommap.inventory.frames.sql_query import QueryResult
    from dicommap.inventory.object_keys import InventoryObjects
    from dicommap.issues import Issue
    from dicommap.model.inventory_summary import InventorySummary
    from dicommap.model.study import File, FileValues, Instance, Series
    from dicommap.plots.inventory_plots import InventoryPlots
    from dicommap.progress import ProgressOption


class Inventory(Displayable):
    """The result of a scan: an inventory file that is open for reading. Close it, or use it as a context manager.

    All methods raise InventoryError if the inventory is closed or its file is damaged.

    Attributes:
        keywords: The captured attributes.
        sources: The roots that were scanned; paths are relative to them.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._unmasked = False
        self._overview: InventoryOverview | None = None
        rows = cells.read_rows(connection, "SELECT keyword FROM attribute ORDER BY position", (read_text,))
        self.keywords: tuple[str, ...] = tuple(keyword for (keyword,) in rows)
        _require_keyword_columns(connection, self.keywords)
        _require_complete_scan(connection)
        readers = (read_integer, read_printable_path)
        self._roots = dict(cells.read_rows(connection, "SELECT id, root FROM source ORDER BY id", readers))
        self.sources: tuple[str, ...] = tuple(self._roots.values())

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open an inventory file.

        Raises:
            InventoryError: The file is not an inventory, has another format, or is of a scan that was not finished.
        """
        connection = open_inventory_file(Path(path))
        try:
            require_inventory_tables(connection)
            return cls(connection)
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        """Close the file. An inventory in memory is lost then."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def unmasked(self) -> Self:
        """Return this inventory with patient values in its reprs, and in the reprs of its studies and series.

        Both share one open file: closing one closes both.
        """
        view = copy(self)
        view._unmasked = True
        return view

    # Studies, series, files and issues.

    def studies(self) -> Iterator[Study]:
        """Yield the studies in the order of their UIDs, each with its series and their values."""
        for _, series in groupby(self.series(), key=lambda item: item.study_instance_uid):
            yield Study.from_series(series)

    def series(self) -> Iterator[Series]:
        """Yield the series in the order of their Study and Series Instance UIDs."""
        source = InventoryPictureSource(self._connection)
        return queries.read_series(self._connection, self.keywords, unmasked=self._unmasked, picture_source=source)

    def instances(self) -> Iterator[Instance]:
        """Yield instances and duplicates in the order of study, series and path."""
        return queries.read_instances(self._connection, self._roots)

    def files(self) -> Iterator[File]:
        """Yield every path that the scan found, in order."""
        return queries.read_files(self._connection, self._roots)

    def issues(self) -> Iterator[Issue]:
        """Yield the issues of the scan in the order in which they were found.

        Paths are relative to the source. If the inventory has several sources, paths begin with the root.
        """
        return queries.read_issues(self._connection)

    def values_by_file(self, study_instance_uid: str, keywords: Sequence[str]) -> Iterator[FileValues]:
        """Yield the files of one study with their values of some attributes, in the order of series and path.

        Args:
            study_instance_uid: The study.
            keywords: Captured attributes. The value of an absent attribute is the empty text.

        Raises:
            AttributeNameError: The inventory does not have one of the attributes.
        """
        queries.require_captured_keywords(keywords, self.keywords)
        return queries.read_file_values(self._connection, self._roots, study_instance_uid, keywords)

    def series_by_study(self) -> dict[str, set[str]]:
        """Return the Series Instance UIDs of each Study Instance UID."""
        return queries.read_series_uids(self._connection)

    # Counts.

    def summary(self) -> InventorySummary:
        """Return the numbers of studies, series, instances, files, bytes and issues."""
        return queries.read_summary(self._connection)

    def count_files_in_archives(self) -> int:
        """Return the number of instances and duplicates that are members of archives."""
        return queries.count_archive_members(self._connection)

    def count_duplicates(self) -> tuple[int, int]:
        """Return the number of duplicates, and how many of them differ from the instance with the same UID."""
        return queries.count_duplicates(self._connection)

    # Search.

    def find(self, **match: str | Iterable[str]) -> search.Studies:
        """Find studies by the values of one of their series: `inventory.find(Modality="MR", PatientID="98*")`.

        Args:
            **match: Keyword of a captured attribute, StudyInstanceUID or SeriesInstanceUID -> pattern, or several
                patterns of which one must match. Patterns are those of rules (`*`, `?`, `[...]`); they match whole
                values and are case-sensitive. Without any, all studies are found.

        Returns:
            The studies with a series that matches all keywords, in the order of their UIDs.

        Raises:
            AttributeNameError: The inventory does not have one of the attributes.
            UsageError: A pattern is not a text.
        """
        for keyword in match.keys() - {*search.UID_KEYWORDS}:
            queries.require_captured_keywords([keyword], self.keywords)
        patterns = search.parse_patterns(match)
        return search.Studies(search.find_studies(self.studies(), patterns), unmasked=self._unmasked)

    def distinct(self, keyword: str, *, study: str | None = None, series: str | None = None) -> dict[str, int]:
        """Count the distinct values of a captured attribute.

        Args:
            keyword: The attribute.
            study: Count the files of this Study Instance UID only.
            series: Count the files of this Series Instance UID only.

        Returns:
            Value -> number of files, the most frequent first. An absent attribute counts as the empty text.

        Raises:
            AttributeNameError: The inventory does not have the attribute.
        """
        queries.require_captured_keywords([keyword], self.keywords)
        return search.count_values(self._connection, keyword, study=study, series=series)

    def inconsistencies(self) -> search.Inconsistencies:
        """Return each attribute that differs inside a study or series, with its values and their numbers of files.

        They are the issues `study.inconsistent-attribute` and `series.inconsistent-attribute` of the scan.
        """
        return search.Inconsistencies(search.find_inconsistencies(self._connection), unmasked=self._unmasked)

    def sql(self, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> QueryResult:
        """Run an SQL query over the views study, series, instance, file and issue.

        The query can only read. Its result shows patient values, because the query asked for them.

        Args:
            query: One SELECT statement; docs/formats/frames.md lists the columns of each view.
            parameters: Values of `?` or `:name` in the query.

        Raises:
            QueryError: SQLite cannot answer the query.
        """
        from dicommap.inventory.frames.sql_query import run_query

        return run_query(self._connection, self.keywords, query, parameters)

    # Frames, whose columns docs/formats/frames.md lists. They have patient values: whoever makes one asks for them.

    def to_arrow(self, level: str = "instance", *, progress: ProgressOption = None) -> pyarrow.Table:
        """Return a frame as an Arrow table; extra: arrow.

        Args:
            level: What a row is: study, series, instance, file or issue.
            progress: Reports how many rows are read; see `scan`.

        Raises:
            MissingExtraError: The extra is not installed.
            UsageError: The level is unknown.
        """
        from dicommap.inventory.frames.export import make_arrow_table

        return make_arrow_table(self._connection, self.keywords, level, progress)

    def to_pandas(self, level: str = "instance", *, progress: ProgressOption = None) -> pandas.DataFrame:
        """Return a frame for pandas, dates and times as datetime64, integers as Int64; extra: pandas.

        Arguments and errors are those of `to_arrow`.
        """
        from dicommap.inventory.frames.export import make_pandas_frame

        return make_pandas_frame(self._connection, self.keywords, level, progress)

    def to_polars(self, level: str = "instance", *, progress: ProgressOption = None) -> polars.DataFrame:
        """Return a frame for Polars; extra: polars. Arguments and errors are those of `to_arrow`."""
        from dicommap.inventory.frames.export import make_polars_frame

        return make_polars_frame(self._connection, self.keywords, level, progress)

    def to_parquet(
        self,
        path: str | os.PathLike[str],
        level: str = "instance",
        *,
        overwrite: bool = False,
        progress: ProgressOption = None,
    ) -> int:
        """Write a frame to a Parquet file, in bounded memory; extra: arrow.

        The file appears when it is complete.

        Args:
            path: The file.
            level: What a row is: study, series, instance, file or issue.
            overwrite: Replace an existing Parquet file. Other files are never replaced.
            progress: Reports how many rows are written; see `scan`.

        Returns:
            The number of rows.

        Raises:
            MissingExtraError: The extra is not installed.
            UsageError: The level is unknown.
            DocumentError: The file exists, or cannot be written.
        """
        from dicommap.inventory.frames.export import write_parquet_file

        keywords = self.keywords
        return write_parquet_file(self._connection, keywords, Path(path), level, overwrite=overwrite, progress=progress)

    # Plots, S3 object keys, and the report.

    @property
    def plots(self) -> InventoryPlots:
        """Return the plots of this inventory; each is made when its method is called."""
        from dicommap.plots.inventory_plots import InventoryPlots

        return InventoryPlots(self.studies, lambda: self.summary().studies)

    def s3_objects(self, offsets: Sequence[str] = ()) -> InventoryObjects:
        """Return the files of this inventory as S3 objects under one prefix.

        Args:
            offsets: For each source, the folder under the prefix that its files are in.
        """
        from dicommap.inventory.object_keys import InventoryObjects

        return InventoryObjects(self._connection, offsets)

    def _build_report(self) -> Report:
        from dicommap.display.inventory_report import build_inventory_report, build_unreadable_report
        from dicommap.inventory.overview_queries import read_overview

        try:
            if self._overview is None:  # read once: an open inventory does not change
                self._overview = read_overview(self._connection, self.keywords, self.sources, self.summary())
        except InventoryError as error:
            return build_unreadable_report(str(error))
        return build_inventory_report(self._overview, show_values=is_unmasked_in_repr(unmasked=self._unmasked))


def _require_keyword_columns(connection: sqlite3.Connection, keywords: Sequence[str]) -> None:
    """Raise InventoryError unless each keyword is a column of `header`: keywords become part of queries."""
    rows = cells.read_rows(connection, "SELECT name FROM pragma_table_info('header')", (read_text,))
    columns = {name for (name,) in rows}
    if not all(keyword.isidentifier() and keyword in columns for keyword in keywords):
        raise cells.damaged_error()


def _require_complete_scan(connection: sqlite3.Connection) -> None:
    """Raise InventoryError for the file of a stopped scan: it would look like an inventory of fewer files."""
    scan = next(cells.read_rows(connection, "SELECT complete FROM scan", (read_integer,)), None)
    if scan is None:
        raise cells.damaged_error()
    if not scan[0]:
        raise InventoryError(
            "The scan of this inventory was not finished.",
            fix="Run the scan again to finish it; it goes on from where it was stopped.",
        )
