"""An inventory to look at and to work from."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicommap.errors import AttributeNameError, InventoryError
from dicommap.inventory import schema
from dicommap.inventory.stored import real_path, stored_path
from dicommap.issues import Issue, Location, Severity
from dicommap.model.hierarchy import Disposition, File, Instance, Series, Study
from dicommap.model.paths import printable
from dicommap.render.html import inventory_html

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping
    from types import TracebackType
    from typing import Self

_SERIES = """
SELECT StudyInstanceUID, SeriesInstanceUID, files, instances, bytes, {columns}
FROM (
    SELECT header AS number, COUNT(*) AS files, SUM(disposition = 'instance') AS instances, SUM(size) AS bytes
    FROM file WHERE disposition IN ('instance', 'duplicate') GROUP BY header
) JOIN header ON header.id = number
ORDER BY StudyInstanceUID, SeriesInstanceUID, number
"""

_INSTANCES = """
SELECT path, size, mtime_ns, disposition, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, SOPClassUID,
    TransferSyntaxUID, IFNULL(InstanceNumber, '')
FROM file JOIN header ON file.header = header.id WHERE disposition IN ('instance', 'duplicate')
ORDER BY StudyInstanceUID, SeriesInstanceUID, source, path
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
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


class Inventory:
    """What a scan found. Reading only; close it, or use it as a context."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        rows = self._rows("SELECT keyword FROM attribute ORDER BY position")
        self.keywords: tuple[str, ...] = tuple(keyword for (keyword,) in rows)
        """The captured attributes."""
        rows = self._rows("SELECT root FROM source ORDER BY id")
        self.sources: tuple[str, ...] = tuple(root for (root,) in rows)
        """The roots that were scanned; paths are relative to them."""

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open an inventory file. Raises InventoryError where it is none, or one of another format."""
        connection = schema.open_existing(Path(path))
        try:
            return cls(connection)
        except InventoryError:
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

    def studies(self) -> Iterator[Study]:
        """Yield the studies in order of their UIDs, each with its series and their values."""
        for _, series in groupby(self.series(), key=lambda item: item.study_instance_uid):
            yield Study.of(series)

    def series(self) -> Iterator[Series]:
        """Yield the series in order of their study's and their own UIDs."""
        columns = ", ".join(f"IFNULL(\"{keyword}\", '')" for keyword in self.keywords)
        rows = self._rows(_SERIES.format(columns=columns))
        for (study, series), group in groupby(rows, key=lambda row: row[:2]):
            headers = list(group)
            values: dict[str, Counter[str]] = {keyword: Counter() for keyword in self.keywords}
            for row in headers:
                for keyword, value in zip(self.keywords, row[5:], strict=True):
                    values[keyword][value] += row[2]
            files, instances, size = (sum(row[column] for row in headers) for column in (2, 3, 4))
            yield Series(
                study_instance_uid=study,
                series_instance_uid=series,
                instances=instances,
                files=files,
                size=size,
                values=values,
            )

    def instances(self) -> Iterator[Instance]:
        """Yield instances and duplicates in order of study, series and path."""
        for path, size, mtime, disposition, *texts in self._rows(_INSTANCES):
            study, series, instance, sop_class, syntax, number = texts
            yield Instance(
                path=printable(real_path(path)),
                size=size,
                mtime_ns=mtime,
                disposition=Disposition(disposition),
                study_instance_uid=study,
                series_instance_uid=series,
                sop_instance_uid=instance,
                sop_class_uid=sop_class,
                transfer_syntax_uid=syntax,
                instance_number=number,
            )

    def files(self) -> Iterator[File]:
        """Yield every path that the scan met, in order."""
        rows = self._rows("SELECT path, size, mtime_ns, disposition FROM file ORDER BY source, path")
        for path, size, mtime, disposition in rows:
            yield File(path=printable(real_path(path)), size=size, mtime_ns=mtime, disposition=Disposition(disposition))

    def issues(self) -> Iterator[Issue]:
        """Yield what the scan found wrong, in the order of finding."""
        rows = self._rows("SELECT code, severity, location, message FROM issue ORDER BY id")
        for code, severity, location, message in rows:
            place = Location(**json.loads(location))
            yield Issue(code=code, severity=Severity(severity), location=place, message=message)

    def distinct(self, keyword: str, *, study: str | None = None, series: str | None = None) -> dict[str, int]:
        """Return the values of a captured attribute, each with its number of files, the most frequent first.

        `study` and `series` narrow it to one. An absent attribute counts as the empty text. Raises
        AttributeNameError where the inventory does not hold the attribute.
        """
        if keyword not in self.keywords:
            raise AttributeNameError(
                "The inventory does not hold this attribute.", fix=f"It holds {', '.join(self.keywords)}."
            )
        query = (
            f"SELECT IFNULL(\"{keyword}\", ''), COUNT(*) FROM file JOIN header ON file.header = header.id"  # noqa: S608
            " WHERE disposition IN ('instance', 'duplicate') AND StudyInstanceUID = IFNULL(?, StudyInstanceUID)"
            " AND SeriesInstanceUID = IFNULL(?, SeriesInstanceUID) GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        return dict(self._rows(query, study, series))

    def holds_path(self, path: str) -> bool:
        """Say whether a path, relative to its root, was met."""
        query = "SELECT 1 FROM file WHERE path = ? LIMIT 1"
        return next(self._rows(query, stored_path(path)), None) is not None

    def series_by_study(self) -> dict[str, set[str]]:
        """Return the Series Instance UIDs of each Study Instance UID."""
        known: dict[str, set[str]] = {}
        query = (
            "SELECT DISTINCT StudyInstanceUID, SeriesInstanceUID FROM header"
            " WHERE id IN (SELECT header FROM file WHERE disposition IN ('instance', 'duplicate'))"
        )
        for study, series in self._rows(query):
            known.setdefault(study, set()).add(series)
        return known

    def summary(self) -> Summary:
        """Count what there is."""
        dispositions = dict(self._rows("SELECT disposition, COUNT(*) FROM file GROUP BY 1 ORDER BY 2 DESC, 1"))
        found = self._rows("SELECT code, severity, COUNT(*) FROM issue GROUP BY 1, 2 ORDER BY MIN(id)")
        known = self.series_by_study()
        return Summary(
            studies=len(known),
            series=sum(map(len, known.values())),
            instances=dispositions.get(Disposition.INSTANCE.value, 0),
            files=sum(dispositions.values()),
            size=int(next(self._rows("SELECT TOTAL(size) FROM file"))[0]),
            dispositions=dispositions,
            issues={(code, Severity(severity)): count for code, severity, count in found},
        )

    def _rows(self, query: str, *parameters: str | bytes | None) -> Iterator[Any]:
        try:
            yield from self._connection.execute(query, parameters)
        except sqlite3.ProgrammingError:
            raise  # a closed inventory: our caller's fault
        except sqlite3.DatabaseError:
            raise InventoryError("The inventory is damaged.", fix="Scan again.") from None

    def __repr__(self) -> str:
        counts = self.summary()
        return f"<Inventory: {counts.studies} studies, {counts.series} series, {counts.instances} instances>"

    def _repr_html_(self) -> str:
        counts = self.summary()
        return inventory_html(self.studies(), counts.studies, counts.dispositions, counts.issues)
