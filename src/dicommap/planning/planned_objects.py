"""Planned jobs and their objects. The file objects.csv lists the objects of one job."""

from __future__ import annotations

import csv
import io
from collections import Counter
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

INSTANCE_DISPOSITIONS = frozenset({Disposition.INSTANCE, Disposition.DUPLICATE})
"""Dispositions of files that an import job imports."""
_ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedObject:
    """One S3 object of a job: an instance, or another file under the job's prefix."""

    key: str
    """The key of the object, relative to the inputS3Uri of the job."""
    size: int
    etag: str = ""
    """The ETag that S3 returned in the scan. Empty if the source is not in S3."""
    modified_ns: int | None = None
    """The modification time of a local file in the scan, in nanoseconds since 1970. None if there is an ETag."""
    disposition: Disposition
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    sop_instance_uid: str = ""
    root: int
    """The index of the object's source in the `sources` of the plan."""
    source: str
    """The path of the source file, relative to its source root."""

    def row(self) -> tuple[str, ...]:
        """Return the cells of the object's row in objects.csv.

        Texts that a spreadsheet could run as formulas are escaped.
        """
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
    """Return the text of objects.csv (RFC 4180): a header, then a row for each object."""
    return "".join(iterate_objects_csv(objects))


def iterate_objects_csv(objects: Iterable[PlannedObject]) -> Iterator[str]:
    """Yield the text of objects.csv in pieces: the header, then groups of rows."""
    rows = iter(objects)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(OBJECTS_COLUMNS)
    while text := buffer.getvalue():
        yield text
        buffer.seek(0)
        buffer.truncate()
        writer.writerows(planned.row() for planned in islice(rows, _ROWS_AT_ONCE))


def parse_objects_csv(lines: Iterable[str]) -> Iterator[PlannedObject]:
    """Yield the objects that objects.csv lists. Raises ValueError if a line is not a row of objects.csv."""
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
        # The message repeats no text of the module csv or of a cell, because such a text may contain a patient's name.
        raise ValueError(f"row {rows.line_num} is not a row of objects.csv") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedJob:
    """A planned import job: its ID, its S3 prefix and its objects."""

    id: str
    """The ID of the job in the package: four to six digits."""
    uri: S3Uri
    """The inputS3Uri of the job."""
    staged: bool = False
    """Whether the objects must be copied to the job's inputS3Uri."""
    objects: Iterable[PlannedObject] = field(repr=False)
    """The objects of the job, sorted by the UTF-8 bytes of their keys. They can be iterated several times."""


def count_series_files(jobs: Iterable[PlannedJob]) -> Counter[tuple[str, str]]:
    """Return a Counter: Study and Series Instance UID -> number of files that jobs import, duplicates included."""
    return Counter(
        (planned.study_instance_uid, planned.series_instance_uid)
        for job in jobs
        for planned in job.objects
        if planned.disposition in INSTANCE_DISPOSITIONS
    )
