"""Queries on an inventory file: its series, instances, files, issues, values and counts.

Each function takes an SQLite connection and returns or yields objects of `dicommap.model`. Every cell is checked when
it is read, because another person or program may have changed the file. A damaged cell raises InventoryError.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from dicommap.dicom.keywords import make_not_captured_error
from dicommap.display.issue_groups import IssueGroup
from dicommap.inventory.cells import (
    make_enum_reader,
    make_lookup_reader,
    read_byte_count,
    read_int_or_float,
    read_integer,
    read_location,
    read_printable_path,
    read_rows,
    read_text,
    read_uid,
    read_value,
)
from dicommap.inventory.selection import SqlCondition
from dicommap.issues import Issue, Severity
from dicommap.model.inventory_summary import InventorySummary
from dicommap.model.masked_dicts import MaskedValues, make_counts_class
from dicommap.model.source_files import NetworkTraffic
from dicommap.model.study import Disposition, File, FileValues, Instance, Series

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from dicommap.inventory.cells import CellReader
    from dicommap.model.study import PictureSource

_ALL = SqlCondition()

_SERIES_QUERY = """
SELECT StudyInstanceUID, SeriesInstanceUID, files, instances, bytes, {columns}
FROM (
    SELECT header AS number, COUNT(*) AS files, SUM(disposition = 'instance') AS instances, SUM(size) AS bytes
    FROM file WHERE disposition IN ('instance', 'duplicate'){selected} GROUP BY header
) JOIN header ON header.id = number
ORDER BY StudyInstanceUID, SeriesInstanceUID, number
"""

_INSTANCES_QUERY = """
SELECT source, path, size, mtime_ns, disposition, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, SOPClassUID,
    TransferSyntaxUID, IFNULL(InstanceNumber, ''), etag
FROM {tables} ON file.header = header.id WHERE disposition IN ('instance', 'duplicate'){selected}
ORDER BY StudyInstanceUID, SeriesInstanceUID, source, path{limit}
"""

_FILES_QUERY = """
SELECT source, path, size, mtime_ns, disposition, etag FROM file WHERE TRUE{selected} ORDER BY source, path{limit}
"""

_ISSUES_QUERY = "SELECT code, severity, location, message FROM issue WHERE TRUE{selected} ORDER BY id{limit}"

_ISSUE_GROUPS_QUERY = """
SELECT code, severity, COUNT(*), MIN(id), MAX(id), MIN(message), MAX(message) FROM issue WHERE TRUE{selected}
GROUP BY code, severity
"""

# With CROSS JOIN, SQLite first finds the headers of the study by their index, then the files of each header.
FILE_VALUES_QUERY = """
SELECT source, path, SeriesInstanceUID, SOPInstanceUID{columns}
FROM header CROSS JOIN file ON file.header = header.id
WHERE StudyInstanceUID = ? AND disposition IN ('instance', 'duplicate')
ORDER BY SeriesInstanceUID, source, path
"""

_SERIES_UIDS_QUERY = """
SELECT DISTINCT StudyInstanceUID, SeriesInstanceUID FROM header
WHERE id IN (SELECT header FROM file WHERE disposition IN ('instance', 'duplicate'))
"""

_STUDY_COUNT_QUERY = f"SELECT COUNT(DISTINCT StudyInstanceUID), COUNT(*) FROM ({_SERIES_UIDS_QUERY})"  # noqa: S608

# Paths that are not UTF-8 are stored as BLOBs, which are never equal to a text; see `cells.make_member_path_ranges`.
ARCHIVES_WITH_MEMBERS = """
file AS archive CROSS JOIN file AS member ON member.source = archive.source AND (
    member.path >= archive.path || '!/' AND member.path < archive.path || '!0'
    OR member.path >= CAST(archive.path || '!/' AS BLOB) AND member.path < CAST(archive.path || '!0' AS BLOB)
)
"""
"""SQL text for FROM: a row `archive` of the table `file` and a row `member`, for each member of each archive."""

_ARCHIVE_MEMBER_COUNT_QUERY = f"""
SELECT COUNT(*) FROM {ARCHIVES_WITH_MEMBERS}
WHERE archive.disposition = 'archive' AND member.disposition IN ('instance', 'duplicate')
"""  # noqa: S608  no text of users

_DUPLICATE_COUNT_QUERY = """
SELECT code, COUNT(*) FROM issue WHERE code IN ('instance.duplicate', 'instance.conflict') GROUP BY code
"""

_DISPOSITION_COUNT_QUERY = "SELECT disposition, COUNT(*) FROM file GROUP BY 1 ORDER BY 2 DESC, 1"
_ISSUE_COUNT_QUERY = "SELECT code, severity, COUNT(*) FROM issue GROUP BY 1, 2 ORDER BY MIN(id)"
_SCAN_COST_QUERY = "SELECT read, unchanged, requests, received, repeated FROM scan"


def read_series(
    connection: sqlite3.Connection,
    keywords: Sequence[str],
    *,
    unmasked: bool,
    picture_source: PictureSource,
    selected: SqlCondition = _ALL,
) -> Iterator[Series]:
    """Yield the series in the order of their Study and Series Instance UIDs.

    Args:
        connection: An open inventory.
        keywords: The keywords of the captured attributes. They become columns of the query.
        unmasked: Whether the text and HTML of a series show patient values.
        picture_source: An object that draws pictures of the series.
        selected: The condition on the rows of the table `header`.
    """
    columns = ", ".join(f"IFNULL(\"{keyword}\", '')" for keyword in keywords)
    readers = (read_uid, read_uid, *(read_byte_count,) * 3, *(read_value,) * len(keywords))
    headers_selected = f" AND header IN (SELECT id FROM header WHERE TRUE{selected.text})" if selected else ""  # noqa: S608
    query = _SERIES_QUERY.format(columns=columns, selected=headers_selected)
    rows = read_rows(connection, query, readers, selected.parameters)
    count_classes = [make_counts_class(keyword, is_unmasked=unmasked) for keyword in keywords]
    for (study, series), group in groupby(rows, key=itemgetter(0, 1)):
        headers = list(group)
        values = [make_counts() for make_counts in count_classes]
        for row in headers:
            for counts, value in zip(values, row[5:], strict=True):
                counts[value] = counts.get(value, 0) + row[2]
        files, instances, size = (sum(row[column] for row in headers) for column in (2, 3, 4))
        yield Series(
            study_instance_uid=study,
            series_instance_uid=series,
            instances=instances,
            files=files,
            size=size,
            values=MaskedValues(zip(keywords, values, strict=True)),
            unmasked=unmasked,
            picture_source=picture_source,
        )


def read_instances(
    connection: sqlite3.Connection, roots: Mapping[int, str], selected: SqlCondition = _ALL, limit: int | None = None
) -> Iterator[Instance]:
    """Yield instances and duplicates in the order of study, series and path.

    Args:
        connection: An open inventory.
        roots: Source number -> root.
        selected: The condition on the rows of the tables `header` and `file`.
        limit: The maximum number of instances.
    """
    readers = (*_make_file_readers(roots), *(read_uid,) * 3, *(read_value,) * 3, read_text)
    # With CROSS JOIN, SQLite reads the headers in the order of their index and stops early. It is slower for all files.
    tables = "file JOIN header" if limit is None and not selected else "header CROSS JOIN file"
    query = _INSTANCES_QUERY.format(tables=tables, selected=selected.text, limit=_build_limit_clause(limit))
    for source, path, size, mtime, disposition, *texts in read_rows(connection, query, readers, selected.parameters):
        study, series, instance, sop_class, transfer_syntax, instance_number, etag = texts
        yield Instance(
            source=source,
            path=path,
            size=size,
            mtime_ns=mtime,
            disposition=disposition,
            study_instance_uid=study,
            series_instance_uid=series,
            sop_instance_uid=instance,
            sop_class_uid=sop_class,
            transfer_syntax_uid=transfer_syntax,
            instance_number=instance_number,
            etag=etag,
        )


def read_files(
    connection: sqlite3.Connection, roots: Mapping[int, str], selected: SqlCondition = _ALL, limit: int | None = None
) -> Iterator[File]:
    """Yield a File for each scanned path of any disposition, in the order of source and path.

    Args:
        connection: An open inventory.
        roots: Source number -> root.
        selected: The condition on the rows of the table `file`.
        limit: The maximum number of files.
    """
    readers = (*_make_file_readers(roots), read_text)
    query = _FILES_QUERY.format(selected=selected.text, limit=_build_limit_clause(limit))
    for source, path, size, mtime, disposition, etag in read_rows(connection, query, readers, selected.parameters):
        yield File(source=source, path=path, size=size, mtime_ns=mtime, disposition=disposition, etag=etag)


def _make_file_readers(roots: Mapping[int, str]) -> tuple[CellReader, ...]:
    return make_lookup_reader(roots), read_printable_path, read_byte_count, read_integer, make_enum_reader(Disposition)


def _build_limit_clause(limit: int | None) -> str:
    return "" if limit is None else f" LIMIT {limit:d}"


def read_issues(
    connection: sqlite3.Connection, selected: SqlCondition = _ALL, limit: int | None = None
) -> Iterator[Issue]:
    """Yield the issues of the scan in the order in which the scan found them.

    Args:
        connection: An open inventory.
        selected: The condition on the rows of the table `issue`.
        limit: The maximum number of issues.
    """
    readers = (read_text, make_enum_reader(Severity), read_location, read_text)
    query = _ISSUES_QUERY.format(selected=selected.text, limit=_build_limit_clause(limit))
    for code, severity, location, message in read_rows(connection, query, readers, selected.parameters):
        yield Issue(code=code, severity=severity, location=location, message=message)


def read_first_issues(connection: sqlite3.Connection, code: str, severity: Severity, limit: int) -> list[Issue]:
    """Return the first `limit` issues with this code and severity, in the order in which the scan found them."""
    return list(read_issues(connection, SqlCondition(" AND code = ? AND severity = ?", (code, severity.value)), limit))


def read_issue_groups(connection: sqlite3.Connection, selected: SqlCondition = _ALL) -> list[IssueGroup]:
    """Return the issues in groups. The issues of a group have the same code and severity.

    The most severe groups are first; groups of equal severity are in the order of their codes. The issues of a group
    are read only when they are iterated.

    Args:
        connection: An open inventory.
        selected: The condition on the rows of the table `issue`.
    """
    readers = (read_text, make_enum_reader(Severity), *(read_integer,) * 3, read_text, read_text)
    query = _ISSUE_GROUPS_QUERY.format(selected=selected.text)
    groups = []
    for code, severity, count, first, last, *messages in read_rows(connection, query, readers, selected.parameters):
        # The first and the last row number of each group limit the search, so that SQLite does not read all rows for a
        # rare code.
        of_group = SqlCondition(
            " AND id BETWEEN ? AND ? AND code = ? AND severity = ?", (first, last, code, severity.value)
        )
        message = messages[0] if messages[0] == messages[1] else None
        issues = read_issues(connection, selected + of_group)
        groups.append(IssueGroup(code=code, severity=severity, count=count, message=message, issues=issues))
    return sorted(groups, key=lambda group: (-group.severity.rank, group.code))


def require_captured_keywords(keywords: Sequence[str], captured: Sequence[str]) -> None:
    """Raise AttributeNameError if a keyword is not in `captured`, the keywords of all captured attributes."""
    if not set(keywords) <= set(captured):
        raise make_not_captured_error(keywords, captured)


def read_file_values(
    connection: sqlite3.Connection, roots: Mapping[int, str], study_instance_uid: str, keywords: Sequence[str]
) -> Iterator[FileValues]:
    """Yield the values of some attributes for each file of one study, in the order of series and path.

    Args:
        connection: An open inventory.
        roots: Source number -> root.
        study_instance_uid: The UID of the study.
        keywords: Keywords of captured attributes. They become columns of the query.
    """
    columns = "".join(f", IFNULL(\"{keyword}\", '')" for keyword in keywords)
    readers = (make_lookup_reader(roots), read_printable_path, read_uid, read_uid, *(read_value for _ in keywords))
    for source, path, series, instance, *values in read_rows(
        connection, FILE_VALUES_QUERY.format(columns=columns), readers, (study_instance_uid,)
    ):
        yield FileValues(
            source=source,
            path=path,
            series_instance_uid=series,
            sop_instance_uid=instance,
            values=tuple(values),
        )


def read_series_uids(connection: sqlite3.Connection) -> dict[str, set[str]]:
    """Return a dict: Study Instance UID -> Series Instance UIDs of the study."""
    series_by_study: dict[str, set[str]] = {}
    for study, series in read_rows(connection, _SERIES_UIDS_QUERY, (read_uid, read_uid)):
        series_by_study.setdefault(study, set()).add(series)
    return series_by_study


def count_archive_members(connection: sqlite3.Connection) -> int:
    """Return the number of instances and duplicates that are members of archives."""
    ((count,),) = read_rows(connection, _ARCHIVE_MEMBER_COUNT_QUERY, (read_integer,))
    return int(count)


def count_duplicates(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return two numbers: all duplicates, and those whose bytes differ from the first file of the instance."""
    rows = read_rows(connection, _DUPLICATE_COUNT_QUERY, (read_text, read_integer))
    counts: dict[str, int] = dict(map(tuple, rows))
    return sum(counts.values()), counts.get("instance.conflict", 0)


def read_summary(connection: sqlite3.Connection) -> InventorySummary:
    """Return the numbers of studies, series, instances, files, bytes and issues, and the cost of the scan."""
    rows = read_rows(connection, _DISPOSITION_COUNT_QUERY, (make_enum_reader(Disposition), read_integer))
    dispositions = {disposition.value: count for disposition, count in rows}
    issue_rows = read_rows(connection, _ISSUE_COUNT_QUERY, (read_text, make_enum_reader(Severity), read_integer))
    issues = {(code, severity): count for code, severity, count in issue_rows}
    ((studies, series),) = read_rows(connection, _STUDY_COUNT_QUERY, (read_integer, read_integer))
    ((read, unchanged, *traffic),) = read_rows(connection, _SCAN_COST_QUERY, (read_integer,) * 5)
    ((size,),) = read_rows(connection, "SELECT TOTAL(size) FROM file", (read_int_or_float,))
    return InventorySummary(
        studies=studies,
        series=series,
        instances=dispositions.get(Disposition.INSTANCE.value, 0),
        files=sum(dispositions.values()),
        size=int(size),
        dispositions=dispositions,
        issues=issues,
        read=read,
        unchanged=unchanged,
        traffic=NetworkTraffic(*traffic),
    )
