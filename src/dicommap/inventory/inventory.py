"""The class Inventory: open an inventory file and read its studies, series, files and issues."""

from __future__ import annotations

from copy import copy
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dicommap.arguments import to_path
from dicommap.errors import InventoryError
from dicommap.inventory import cells, queries, search
from dicommap.inventory.cells import read_integer, read_printable_path, read_text
from dicommap.inventory.selection import FILE_KEYWORDS, HEADER_KEYWORDS, SelectionSql
from dicommap.inventory.series_pictures import InventoryPictureSource
from dicommap.inventory.sqlite_schema import open_inventory_file, require_inventory_tables
from dicommap.model.displayable import Displayable
from dicommap.model.masking import make_repr_masker
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
    from dicommap.display.issue_groups import IssueGroup
    from dicommap.display.report import Report
    from dicommap.inventory.frames.sql_query import QueryResult
    from dicommap.inventory.inventory_objects import InventoryObjects
    from dicommap.inventory.selection import Selection, SqlCondition
    from dicommap.issues import Issue
    from dicommap.model.inventory_summary import InventorySummary
    from dicommap.model.study import File, FileValues, Instance, Series
    from dicommap.plots.inventory_plots import InventoryPlots
    from dicommap.progress import ProgressOption


class Inventory(Displayable):
    """The result of a scan: an inventory file that is open for reading. Close it, or use it in a `with` statement.

    All methods raise InventoryError if the inventory is closed or its file is damaged.

    Attributes:
        keywords: The keywords of the captured attributes: those whose values the scan stored.
        sources: The scanned roots. The path of a file is relative to its root.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open an inventory file.

        Args:
            path: The file that a scan has written.

        Raises:
            InventoryError: The file is missing, damaged or not an inventory, has another format version, or was not
                finished.
            UsageError: `path` is not a path.
        """
        connection = open_inventory_file(to_path("path", path))
        try:
            require_inventory_tables(connection)
            self._load_scan(connection)
        except BaseException:
            connection.close()
            raise

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open an inventory file. `Inventory(path)` and `dicommap.open(path)` do the same."""
        return cls(path)

    @classmethod
    def from_connection(cls, connection: sqlite3.Connection) -> Self:
        """Return the inventory in the database of `connection`, which is an open file or in memory."""
        inventory = cls.__new__(cls)
        inventory._load_scan(connection)
        return inventory

    def _load_scan(self, connection: sqlite3.Connection) -> None:
        """Set the attributes of this inventory from its database. Raises InventoryError if the scan is not finished."""
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

    def close(self) -> None:
        """Close the inventory file. If the inventory is only in memory, its content is lost."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def unmasked(self) -> Self:
        """Return a view of this inventory that does not mask patient values in its text and HTML.

        The studies and series of the view do not mask patient values either. The view and this inventory share one
        open file: closing one closes both.
        """
        view = copy(self)
        view._unmasked = True
        return view

    # Studies, series, files and issues.

    def studies(self, selection: Selection | None = None) -> Iterator[Study]:
        """Yield the studies in the order of their UIDs. Each study has its series and their attribute values.

        Args:
            selection: Yield only the selected studies; by default, yield all. A study is selected if one of its files
                is selected. It is then yielded with all of its series, not only with the selected ones.
        """
        rows = self._read_series(self._make_selection_sql(selection).for_studies())
        for _, series in groupby(rows, key=lambda item: item.study_instance_uid):
            yield Study.from_series(series)

    def series(self, selection: Selection | None = None) -> Iterator[Series]:
        """Yield the series in the order of their Study and Series Instance UIDs.

        Args:
            selection: Yield only the selected series; by default, yield all. A series is selected if one of its files
                is selected.
        """
        return self._read_series(self._make_selection_sql(selection).for_series())

    def _read_series(self, selected: SqlCondition) -> Iterator[Series]:
        return queries.read_series(
            self._connection,
            self.keywords,
            unmasked=self._unmasked,
            picture_source=InventoryPictureSource(self._connection),
            selected=selected,
        )

    def instances(self, selection: Selection | None = None) -> Iterator[Instance]:
        """Yield all instances and duplicates, or the selected ones, in the order of study, series and path."""
        select = self._make_selection_sql(selection)
        return queries.read_instances(self._connection, self._roots, select.for_instances(), select.limit)

    def files(self, selection: Selection | None = None) -> Iterator[File]:
        """Yield all scanned paths, or the selected ones, in the order of source and path."""
        select = self._make_selection_sql(selection)
        return queries.read_files(self._connection, self._roots, select.for_files(), select.limit)

    def issues(self, selection: Selection | None = None) -> Iterator[Issue]:
        """Yield all issues of the scan, or the selected ones, in the order in which the scan found them.

        Paths in the issues are relative to their root. If the inventory has several sources, these paths begin with the
        root.
        """
        select = self._make_selection_sql(selection)
        return queries.read_issues(self._connection, select.for_issues(), select.limit)

    def issue_groups(self, selection: Selection | None = None) -> list[IssueGroup]:
        """Return groups of all issues, or of the selected ones. The issues of a group have the same code and severity.

        The most severe group is first. The issues of a group are read only when they are iterated.
        """
        return queries.read_issue_groups(self._connection, self._make_selection_sql(selection).for_issues())

    def _make_selection_sql(self, selection: Selection | None) -> SelectionSql:
        """Return the SQL of a selection. Raises AttributeNameError if its `where` has an attribute not captured."""
        if selection is not None:
            unknown = selection.where.keys() - {*HEADER_KEYWORDS, *FILE_KEYWORDS}
            queries.require_captured_keywords([*unknown], self.keywords)
        return SelectionSql(selection, self._connection)

    def values_by_file(self, study_instance_uid: str, keywords: Sequence[str]) -> Iterator[FileValues]:
        """Yield the values of some attributes for each file of one study, in the order of series and path.

        Args:
            study_instance_uid: The UID of the study.
            keywords: Keywords of captured attributes, or InstanceNumber. An absent attribute has the empty text.

        Raises:
            AttributeNameError: A keyword is not a captured attribute of this inventory.
        """
        queries.require_captured_keywords(keywords, (*self.keywords, *FILE_KEYWORDS))
        return queries.read_file_values(self._connection, self._roots, study_instance_uid, keywords)

    def series_by_study(self) -> dict[str, set[str]]:
        """Return a dict: Study Instance UID -> Series Instance UIDs of the study."""
        return queries.read_series_uids(self._connection)

    # Counts.

    def summary(self) -> InventorySummary:
        """Return the numbers of studies, series, instances, files, bytes and issues, and the cost of the scan."""
        return queries.read_summary(self._connection)

    def count_files_in_archives(self) -> int:
        """Return the number of instances and duplicates that are members of archives."""
        return queries.count_archive_members(self._connection)

    def count_duplicates(self) -> tuple[int, int]:
        """Return two numbers: all duplicates, and those whose bytes differ from the first file of the instance."""
        return queries.count_duplicates(self._connection)

    # Search.

    def find(self, **match: str | Iterable[str]) -> search.Studies:
        """Return the studies that have a series with matching values: `inventory.find(Modality="MR", PatientID="98*")`.

        Args:
            **match: Keyword of a captured attribute, StudyInstanceUID or SeriesInstanceUID -> a pattern, or several
                patterns of which at least one must match. Patterns are written as in rules (`*`, `?`, `[...]`), match
                whole values and are case-sensitive. Without a keyword, all studies are returned.

        Returns:
            The studies with a series that matches all keywords, in the order of their UIDs.

        Raises:
            AttributeNameError: A keyword is not a captured attribute of this inventory.
            UsageError: A pattern is not a text.
        """
        for keyword in match.keys() - {*search.UID_KEYWORDS}:
            queries.require_captured_keywords([keyword], self.keywords)
        patterns = search.parse_patterns(match)
        return search.Studies(search.find_studies(self.studies(), patterns), unmasked=self._unmasked)

    def distinct(self, keyword: str, *, study: str | None = None, series: str | None = None) -> dict[str, int]:
        """Count the distinct values of a captured attribute.

        Args:
            keyword: The keyword of the attribute.
            study: Count the files of this Study Instance UID only.
            series: Count the files of this Series Instance UID only.

        Returns:
            Value -> number of files, the most frequent value first. An absent attribute counts as the empty text. The
            keys of the dict are the values themselves; only the repr of the dict masks them.

        Raises:
            AttributeNameError: The keyword is not a captured attribute of this inventory.
        """
        queries.require_captured_keywords([keyword], self.keywords)
        return search.count_values(self._connection, keyword, study=study, series=series, unmasked=self._unmasked)

    def inconsistencies(self) -> search.Inconsistencies:
        """Return each attribute that has different values in one study or series, with a count of files for each value.

        The scan reports each of these attributes as an issue: `study.inconsistent-attribute` or
        `series.inconsistent-attribute`.
        """
        return search.Inconsistencies(
            search.find_inconsistencies(self._connection, unmasked=self._unmasked), unmasked=self._unmasked
        )

    def sql(self, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> QueryResult:
        """Run an SQL query over the views study, series, instance, file and issue.

        The query can only read. Its result shows patient values without masking.

        Args:
            query: One SELECT statement; docs/formats/frames.md lists the columns of each view.
            parameters: Values for the `?` or `:name` in the query.

        Returns:
            The column names and the rows of the result.

        Raises:
            QueryError: The query is not valid SQL, or does more than reading.
        """
        from dicommap.inventory.frames.sql_query import run_query

        return run_query(self._connection, self.keywords, query, parameters)

    # Frames (tables with typed columns): docs/formats/frames.md lists the columns. Their values are never masked.

    def to_arrow(self, level: str = "instance", *, progress: ProgressOption = None) -> pyarrow.Table:
        """Return the studies, series, instances, files or issues as an Arrow table. Needs the extra `arrow`.

        Args:
            level: The kind of item in each row: study, series, instance, file or issue.
            progress: Reports the number of rows that are read; see `scan`.

        Raises:
            MissingExtraError: The extra is not installed.
            UsageError: The level is unknown.
        """
        from dicommap.inventory.frames.export import make_arrow_table

        return make_arrow_table(self._connection, self.keywords, level, progress)

    def to_pandas(self, level: str = "instance", *, progress: ProgressOption = None) -> pandas.DataFrame:
        """Return the table of `to_arrow` as a pandas DataFrame. Needs the extra `pandas`.

        Dates and times have the type datetime64, integers the type Int64. Arguments and errors are those of `to_arrow`.
        """
        from dicommap.inventory.frames.export import make_pandas_frame

        return make_pandas_frame(self._connection, self.keywords, level, progress)

    def to_polars(self, level: str = "instance", *, progress: ProgressOption = None) -> polars.DataFrame:
        """Return the table of `to_arrow` as a Polars DataFrame. Needs the extra `polars`.

        Arguments and errors are those of `to_arrow`.
        """
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
        """Write the table of `to_arrow` to a Parquet file, in bounded memory. Needs the extra `arrow`.

        The file appears at `path` only when it is complete.

        Args:
            path: The path of the Parquet file.
            level: The kind of item in each row: study, series, instance, file or issue.
            overwrite: Replace an existing Parquet file. Other files are never replaced.
            progress: Reports the number of rows that are written; see `scan`.

        Returns:
            The number of rows in the file.

        Raises:
            MissingExtraError: The extra is not installed.
            UsageError: The level is unknown.
            DocumentError: The file exists, or cannot be written.
        """
        from dicommap.inventory.frames.export import write_parquet_file

        place, keywords = to_path("path", path), self.keywords
        return write_parquet_file(self._connection, keywords, place, level, overwrite=overwrite, progress=progress)

    # Plots, S3 object keys, and the report.

    @property
    def plots(self) -> InventoryPlots:
        """Return the plots of this inventory. A notebook displays all of them; each method of the result draws one."""
        from dicommap.plots.inventory_plots import InventoryPlots

        return InventoryPlots(self.studies, lambda: self.summary().studies, unmasked=self._unmasked)

    def s3_objects(self, offsets: Sequence[str] = ()) -> InventoryObjects:
        """Return the files of this inventory as S3 objects with a common prefix.

        Args:
            offsets: For each source, the folder below the prefix that has its files. It is empty or ends with a slash.
                By default, all folders are empty.
        """
        from dicommap.inventory.inventory_objects import InventoryObjects

        return InventoryObjects(self._connection, offsets)

    def _build_report(self) -> Report:
        from dicommap.display.inventory_report import build_inventory_report, build_unreadable_report
        from dicommap.inventory.overview_queries import read_overview

        try:
            if self._overview is None:  # read once: an open inventory does not change
                self._overview = read_overview(self._connection, self.keywords, self.sources, self.summary())
        except InventoryError as error:
            return build_unreadable_report(str(error))
        return build_inventory_report(self._overview, masker=make_repr_masker(unmasked=self._unmasked))


def _require_keyword_columns(connection: sqlite3.Connection, keywords: Sequence[str]) -> None:
    """Raise InventoryError if a keyword is not a column of the table `header`. Keywords become part of SQL queries."""
    rows = cells.read_rows(connection, "SELECT name FROM pragma_table_info('header')", (read_text,))
    columns = {name for (name,) in rows}
    if not all(keyword.isidentifier() and keyword in columns for keyword in keywords):
        raise cells.damaged_inventory_error()


def _require_complete_scan(connection: sqlite3.Connection) -> None:
    """Raise InventoryError if the scan did not finish. The inventory then lacks files of the sources."""
    scan = next(cells.read_rows(connection, "SELECT complete FROM scan", (read_integer,)), None)
    if scan is None:
        raise cells.damaged_inventory_error()
    if not scan[0]:
        raise InventoryError(
            "The scan of this inventory was not finished.",
            fix="Run the scan again to finish it; it goes on from where it was stopped.",
        )
