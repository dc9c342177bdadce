"""Planned jobs and their objects, and objects.csv, the table of one job's objects."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from dicommap.model.spreadsheet_formulas import escape_formulas, unescape_formulas
from dicommap.model.study import Disposition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.healthimaging.s3_uri import S3Uri

OBJECTS_COLUMNS = (
    "Key",
    "Size",
    "ETag",
    "ModifiedNs",
    "Disposition",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "Root",
    "Source",
)

_ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedObject:
    """One object of a job: an instance, or another file under its prefix."""

    key: str
    """Relative to the job's inputS3Uri."""
    size: int
    etag: str = ""
    """As S3 gave it when it was scanned; empty where the source is no bucket."""
    modified_ns: int | None = None
    """When a local file was last changed as it was scanned, in nanoseconds since 1970; None where an ETag tells."""
    disposition: Disposition
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    sop_instance_uid: str = ""
    root: int
    """Which of the plan's sources it comes from, counted from 0."""
    source: str
    """Its path there."""

    def row(self) -> tuple[str, ...]:
        """Return its cells, in the order of COLUMNS; no spreadsheet takes a key or path for a formula."""
        return (
            escape_formulas(self.key),
            str(self.size),
            escape_formulas(self.etag),
            "" if self.modified_ns is None else str(self.modified_ns),
            self.disposition.value,
            self.study_instance_uid,
            self.series_instance_uid,
            self.sop_instance_uid,
            str(self.root),
            escape_formulas(self.source),
        )


def dump_objects_csv(objects: Iterable[PlannedObject]) -> str:
    """Return the text of a job's objects.csv: RFC 4180, a header first, an object on each row."""
    return "".join(iterate_objects_csv(objects))


def iterate_objects_csv(objects: Iterable[PlannedObject]) -> Iterator[str]:
    """Yield the text of an objects.csv piece by piece."""
    rows = iter(objects)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(OBJECTS_COLUMNS)
    while text := buffer.getvalue():
        yield text
        buffer.seek(0)
        buffer.truncate()
        writer.writerows(one.row() for one in islice(rows, _ROWS_AT_ONCE))


def parse_objects_csv(lines: Iterable[str]) -> Iterator[PlannedObject]:
    """Yield the objects of an objects.csv. Raises ValueError if it is not one, UnicodeDecodeError as the lines do."""
    rows = csv.reader(lines, strict=True)
    try:
        if tuple(next(rows, ())) != OBJECTS_COLUMNS:
            raise ValueError("its columns are not those of objects.csv")
        for row in rows:
            key, size, etag, modified, disposition, study, series, instance, root, source = row
            yield PlannedObject(
                key=unescape_formulas(key),
                size=int(size),
                etag=unescape_formulas(etag),
                modified_ns=int(modified) if modified else None,
                disposition=Disposition(disposition),
                study_instance_uid=study,
                series_instance_uid=series,
                sop_instance_uid=instance,
                root=int(root),
                source=unescape_formulas(source),
            )
    except UnicodeDecodeError:
        raise
    except (csv.Error, ValueError):
        # Neither the csv module's words nor a cell's text: they may hold a name.
        raise ValueError(f"row {rows.line_num} is not a row of objects.csv") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedJob:
    """One import job of a plan. It gets the overrides of the studies and series that it takes."""

    id: str
    """Four to six digits."""
    uri: S3Uri
    """Its inputS3Uri."""
    staged: bool = False
    """Whether its objects have to be copied there."""
    objects: Iterable[PlannedObject] = field(repr=False)
    """What it takes, in the order of the keys' UTF-8; can be gone through again and again."""
