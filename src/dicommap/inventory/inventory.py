"""The class Inventory: open an inventory file and read its studies, series, files and issues."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicommap.errors import InventoryError
from dicommap.inventory import cells, sqlite_schema
from dicommap.inventory.cells import (
    enum_reader,
    lookup_reader,
    read_byte_count,
    read_integer,
    read_location,
    read_number,
    read_text,
    read_uid,
    read_value,
)
from dicommap.inventory.frames.export import FrameMixin
from dicommap.inventory.queries import read_file_values, require_captured_keywords
from dicommap.inventory.search import SearchMixin
from dicommap.inventory.sqlite_schema import require_inventory_tables
from dicommap.inventory.studies import InventoryReportMixin, PicturedSeries, PicturedStudy, SeriesFiles, ShownInstance
from dicommap.issues import Issue, Severity
from dicommap.model.displayable import Displayable
from dicommap.model.source_files import NetworkTraffic
from dicommap.model.study import Disposition, File

if TYPE_CHECKING:
    import os
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from dicommap.display.report import Report
    from dicommap.inventory.cells import CellReader
    from dicommap.inventory.object_keys import InventoryObjects
    from dicommap.overrides.grouping_conflicts import FileValues
    from dicommap.plots.inventory_plots import InventoryPlots

_SERIES_QUERY = """
SELECT StudyInstanceUID, SeriesInstanceUID, files, instances, bytes, {columns}
FROM (
    SELECT header AS number, COUNT(*) AS files, SUM(disposition = 'instance') AS instances, SUM(size) AS bytes
    FROM file WHERE disposition IN ('instance', 'duplicate') GROUP BY header
) JOIN header ON header.id = number
ORDER BY StudyInstanceUID, SeriesInstanceUID, number
"""

_INSTANCES_QUERY = """
SELECT source, path, size, mtime_ns, disposition, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, SOPClassUID,
    TransferSyntaxUID, IFNULL(InstanceNumber, ''), etag
FROM file JOIN header ON file.header = header.id WHERE disposition IN ('instance', 'duplicate')
ORDER BY StudyInstanceUID, SeriesInstanceUID, source, path
"""

_STUDY_COUNT_QUERY = """
SELECT COUNT(DISTINCT StudyInstanceUID), COUNT(*) FROM (
    SELECT DISTINCT StudyInstanceUID, SeriesInstanceUID FROM header
    WHERE id IN (SELECT header FROM file WHERE disposition IN ('instance', 'duplicate'))
)
"""

# Paths that are not UTF-8 are blobs, which no text is equal to; see `member_path_ranges`.
_ARCHIVE_MEMBER_COUNT_QUERY = """
SELECT COUNT(*) FROM file AS archive CROSS JOIN file AS member ON member.source = archive.source AND (
    member.path >= archive.path || '!/' AND member.path < archive.path || '!0'
    OR member.path >= CAST(archive.path || '!/' AS BLOB) AND member.path < CAST(archive.path || '!0' AS BLOB)
)
WHERE archive.disposition = 'archive' AND member.disposition IN ('instance', 'duplicate')
"""

_DUPLICATE_COUNT_QUERY = """
SELECT code, COUNT(*) FROM issue WHERE code IN ('instance.duplicate', 'instance.conflict') GROUP BY code
"""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class InventorySummary(Displayable):
    """An inventory in numbers."""

    studies: int
    series: int
    instances: int
    files: int
    size: int
    """Bytes of all files."""
    dispositions: Mapping[str, int]
    """How many paths have each disposition; the sum is `files`."""
    issues: Mapping[tuple[str, Severity], int]
    """How often each code was found, with its severity."""
    read: int
    """Files that the scan opened."""
    unchanged: int
    """Files that it took from the scan before, since neither size nor time had changed, or size and ETag had not."""
    traffic: NetworkTraffic = field(default_factory=NetworkTraffic)
    """Requests to S3 and bytes received from there."""

    def _build_report(self) -> Report:
        from dicommap.display.inventory_report import build_summary_report

        return build_summary_report(self)


class Inventory(InventoryReportMixin, FrameMixin, SearchMixin):
    """What a scan found. Reading only; close it, or use it as a context.

    `FrameMixin` gives it as frames, `SearchMixin` answers questions.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        rows = self._rows("SELECT keyword FROM attribute ORDER BY position", (read_text,))
        self.keywords: tuple[str, ...] = tuple(keyword for (keyword,) in rows)
        """The captured attributes."""
        self._require_columns()
        self._require_complete()
        self._roots = dict(
            self._rows("SELECT id, root FROM source ORDER BY id", (read_integer, cells.read_printable_path))
        )
        self.sources: tuple[str, ...] = tuple(self._roots.values())
        """The roots that were scanned; paths are relative to them."""

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open an inventory file. Raises InventoryError where it is none, or one of another format."""
        connection = sqlite_schema.open_inventory_file(Path(path))
        try:
            require_inventory_tables(connection)
            return cls(connection)
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        """Close the file. An inventory in memory is gone then."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def studies(self) -> Iterator[PicturedStudy]:
        """Yield the studies in order of their UIDs, each with its series and their values."""
        for _, series in groupby(self.series(), key=lambda item: item.study_instance_uid):
            yield PicturedStudy.of(series)

    def series(self) -> Iterator[PicturedSeries]:
        """Yield the series in order of their study's and their own UIDs."""
        columns = ", ".join(f"IFNULL(\"{keyword}\", '')" for keyword in self.keywords)
        kinds = (
            read_uid,
            read_uid,
            read_byte_count,
            read_byte_count,
            read_byte_count,
            *(read_value for _ in self.keywords),
        )
        rows = self._rows(_SERIES_QUERY.format(columns=columns), kinds)
        files_of = SeriesFiles(self._connection)
        for (study, series), group in groupby(rows, key=lambda row: row[:2]):
            headers = list(group)
            values: list[dict[str, int]] = [{} for _ in self.keywords]
            for row in headers:
                for counts, found in zip(values, row[5:], strict=True):
                    counts[found] = counts.get(found, 0) + row[2]
            files, instances, total = (sum(row[column] for row in headers) for column in (2, 3, 4))
            yield PicturedSeries(
                study_instance_uid=study,
                series_instance_uid=series,
                instances=instances,
                files=files,
                size=total,
                values=dict(zip(self.keywords, values, strict=True)),
                files_of=files_of,
                unmasked=self._unmasked,
            )

    def instances(self) -> Iterator[ShownInstance]:
        """Yield instances and duplicates in order of study, series and path."""
        kinds = (
            lookup_reader(self._roots),
            cells.read_printable_path,
            read_byte_count,
            read_integer,
            enum_reader(Disposition),
        )
        more = (read_uid, read_uid, read_uid, read_value, read_value, read_value, read_text)
        for source, path, length, mtime, disposition, *texts in self._rows(_INSTANCES_QUERY, (*kinds, *more)):
            study, series, instance, sop_class, syntax, instance_number, etag = texts
            yield ShownInstance(
                source=source,
                path=path,
                size=length,
                mtime_ns=mtime,
                disposition=disposition,
                study_instance_uid=study,
                series_instance_uid=series,
                sop_instance_uid=instance,
                sop_class_uid=sop_class,
                transfer_syntax_uid=syntax,
                instance_number=instance_number,
                etag=etag,
            )

    def files(self) -> Iterator[File]:
        """Yield every path that the scan met, in order."""
        kinds = (
            lookup_reader(self._roots),
            cells.read_printable_path,
            read_byte_count,
            read_integer,
            enum_reader(Disposition),
            read_text,
        )
        query = "SELECT source, path, size, mtime_ns, disposition, etag FROM file ORDER BY source, path"
        for source, path, length, mtime, disposition, etag in self._rows(query, kinds):
            yield File(source=source, path=path, size=length, mtime_ns=mtime, disposition=disposition, etag=etag)

    def issues(self) -> Iterator[Issue]:
        """Yield what the scan found wrong, in the order of finding.

        Paths are relative to the source, and begin with its root where there are several sources.
        """
        kinds = (read_text, enum_reader(Severity), read_location, read_text)
        rows = self._rows("SELECT code, severity, location, message FROM issue ORDER BY id", kinds)
        for code, severity, place, message in rows:
            yield Issue(code=code, severity=severity, location=place, message=message)

    def values_by_file(self, study_instance_uid: str, keywords: Sequence[str]) -> Iterator[FileValues]:
        """Yield the files of one study with their values of captured attributes, in order of series and path.

        An absent attribute is the empty text. Raises AttributeNameError where the inventory does not hold one.
        """
        require_captured_keywords(keywords, self.keywords)
        return read_file_values(self._connection, self._roots, study_instance_uid, keywords)

    @property
    def plots(self) -> InventoryPlots:
        """Return the plots of this inventory; none is made before it is asked for."""
        from dicommap.plots.inventory_plots import InventoryPlots

        return InventoryPlots(self.studies, lambda: self.summary().studies)

    def located(self, offsets: Sequence[str] = ()) -> InventoryObjects:
        """Return the files as objects under one prefix; `offsets` are the folders there that each source lies in."""
        from dicommap.inventory.object_keys import InventoryObjects

        return InventoryObjects(self._connection, offsets)

    def series_by_study(self) -> dict[str, set[str]]:
        """Return the Series Instance UIDs of each Study Instance UID."""
        known: dict[str, set[str]] = {}
        query = (
            "SELECT DISTINCT StudyInstanceUID, SeriesInstanceUID FROM header"
            " WHERE id IN (SELECT header FROM file WHERE disposition IN ('instance', 'duplicate'))"
        )
        for study, series in self._rows(query, (read_uid, read_uid)):
            known.setdefault(study, set()).add(series)
        return known

    def count_files_in_archives(self) -> int:
        """Return how many files of instances are members of archives."""
        return int(next(self._rows(_ARCHIVE_MEMBER_COUNT_QUERY, (read_integer,)))[0])

    def count_duplicates(self) -> tuple[int, int]:
        """Return how many files have the SOP Instance UID of one before them, and how many of these differ from it."""
        rows = self._rows(_DUPLICATE_COUNT_QUERY, (read_text, read_integer))
        counts: dict[str, int] = dict(map(tuple, rows))
        return sum(counts.values()), counts.get("instance.conflict", 0)

    def summary(self) -> InventorySummary:
        """Count what there is."""
        query = "SELECT disposition, COUNT(*) FROM file GROUP BY 1 ORDER BY 2 DESC, 1"
        rows = self._rows(query, (enum_reader(Disposition), read_integer))
        dispositions = {disposition.value: count for disposition, count in rows}
        query = "SELECT code, severity, COUNT(*) FROM issue GROUP BY 1, 2 ORDER BY MIN(id)"
        found = self._rows(query, (read_text, enum_reader(Severity), read_integer))
        ((studies, series),) = self._rows(_STUDY_COUNT_QUERY, (read_integer, read_integer))
        query = "SELECT read, unchanged, requests, received, repeated FROM scan"
        ((read, unchanged, *traffic),) = self._rows(query, (read_integer,) * 5)
        return InventorySummary(
            studies=studies,
            series=series,
            instances=dispositions.get(Disposition.INSTANCE.value, 0),
            files=sum(dispositions.values()),
            size=int(next(self._rows("SELECT TOTAL(size) FROM file", (read_number,)))[0]),
            dispositions=dispositions,
            issues={(code, severity): count for code, severity, count in found},
            read=read,
            unchanged=unchanged,
            traffic=NetworkTraffic(*traffic),
        )

    def _rows(self, query: str, readers: Sequence[CellReader], *parameters: str | bytes | None) -> Iterator[list[Any]]:
        return cells.read_rows(self._connection, query, readers, parameters)

    def _require_columns(self) -> None:
        """Raise InventoryError unless each keyword is a column: keywords become part of queries."""
        columns = {name for (name,) in self._rows("SELECT name FROM pragma_table_info('header')", (read_text,))}
        if not all(keyword.isidentifier() and keyword in columns for keyword in self.keywords):
            raise cells.damaged_error()

    def _require_complete(self) -> None:
        """Raise InventoryError for what a stopped scan left: it would look like an inventory of fewer files."""
        complete = next(self._rows("SELECT complete FROM scan", (read_integer,)), None)
        if complete is None:
            raise cells.damaged_error()
        if not complete[0]:
            raise InventoryError(
                "The scan of this inventory was not finished.",
                fix="Run the scan again to finish it; it goes on from where it was stopped.",
            )
