"""Find duplicates, and issues of whole studies and series, after all files are read.

A device that makes one nonconformant UID usually makes them in every file. So there is only one issue for all files
whose UIDs have the same root and the same problem. The issue has the number of files.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dicommap.dicom.dictionary import tag_of, vrs_of
from dicommap.dicom.uid import UID_LENGTH_LIMIT, describe_uid_violation, uid_root_of
from dicommap.dicom.vr import is_date
from dicommap.healthimaging.levels import Level, level_of
from dicommap.healthimaging.limits import MAX_P10_BYTES, SUPPORTED_TRANSFER_SYNTAXES
from dicommap.inventory.cells import decode_path
from dicommap.inventory.connection import build_distinct_count_sql
from dicommap.issues import Issue, Location, make_issue
from dicommap.model.study import Disposition

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_MAY_BE_NONCONFORMANT = f"""(length({{0}}) > {UID_LENGTH_LIMIT} OR {{0}} NOT GLOB '[012].*' OR {{0}} GLOB '0[0-9]*'
    OR {{0}} GLOB '*.0[0-9]*' OR {{0}} GLOB '[01].[4-9][0-9]*' OR {{0}} GLOB '[01].[0-9][0-9][0-9]*')"""
"""SQL condition that selects all nonconformant UIDs and a few conformant ones. Python then checks the selected UIDs."""

_HEADER_UID_QUERY = """
SELECT uid_problem({0}) AS found, SUM(files), MIN(StudyInstanceUID), SeriesInstanceUID
FROM temp.counted JOIN header USING (id) WHERE {1} GROUP BY found HAVING found IS NOT NULL ORDER BY found
"""
_INSTANCE_UID_QUERY = """
SELECT uid_problem({0}) AS found, COUNT(*), MIN(StudyInstanceUID), SeriesInstanceUID
FROM file JOIN header ON header.id = file.header
WHERE disposition IN ('instance', 'duplicate') AND {1} GROUP BY found HAVING found IS NOT NULL ORDER BY found
"""
_UID_QUERIES = {
    "StudyInstanceUID": _HEADER_UID_QUERY,
    "SeriesInstanceUID": _HEADER_UID_QUERY,
    "SOPClassUID": _HEADER_UID_QUERY,
    "SOPInstanceUID": _INSTANCE_UID_QUERY,
}


def check_uids(connection: sqlite3.Connection) -> Iterator[Issue]:
    """Yield an issue for all nonconformant UIDs of one keyword that have the same root and the same problem.

    The Study, Series and SOP Instance UIDs and the SOP Class UIDs are checked. The location of an issue is the first
    study with such a UID. The table temp.counted must exist: it has the number of files of each header.
    """
    connection.create_function("uid_problem", 1, _describe_uid_problem, deterministic=True)
    for keyword, query in _UID_QUERIES.items():
        rows = connection.execute(query.format(keyword, _MAY_BE_NONCONFORMANT.format(keyword)))
        for problem_and_root, count, study, series in rows:
            root, problem = problem_and_root.split(" ", 1)
            place = Location(keyword=keyword, study=study, series=None if keyword == "StudyInstanceUID" else series)
            yield make_issue("p10.nonconformant-uid", place, keyword=keyword, problem=problem, root=root, count=count)


def _describe_uid_problem(uid: str) -> str | None:
    """Return the root of a nonconformant UID, a space and its problem. Return None for a conformant UID."""
    problem = describe_uid_violation(uid)
    return None if problem is None else f"{uid_root_of(uid)} {problem}"


class FileIdentity(NamedTuple):
    """The source and path of a file, and the size, time and ETag that show whether its content has changed."""

    source: int
    path: str
    size: int
    mtime_ns: int
    etag: str = ""


HasSameContent = Callable[[FileIdentity, FileIdentity], bool]
"""A function that returns whether two files of equal size have the same bytes."""

PathLabel = Callable[[int, str], str]
"""A function that takes the number of a source and a path, and returns the path as issues show it."""

# The rows are in a temporary table for two reasons: they may need more memory than there is, and the table `file` is
# updated while they are read.
_CREATE_REPEATED_TABLE = """
CREATE TEMP TABLE repeated AS SELECT id, SOPInstanceUID, source, path, size, mtime_ns, etag FROM file
WHERE disposition = 'instance' AND SOPInstanceUID IN (
    SELECT SOPInstanceUID FROM file WHERE disposition = 'instance' GROUP BY SOPInstanceUID HAVING COUNT(*) > 1
)
ORDER BY SOPInstanceUID, source, path
"""


def mark_duplicates(
    connection: sqlite3.Connection, same_content: HasSameContent, label: PathLabel, *, are_stored: bool = False
) -> Iterator[tuple[int, Issue]]:
    """Mark each file as a duplicate if an earlier file has the same SOP Instance UID.

    Files are compared in the order of source and path.

    Args:
        connection: The inventory that is being written.
        same_content: A function that returns whether two files of equal size have the same bytes.
        label: A function that returns a path in the form that issues show.
        are_stored: Whether the files are instances of a data store, whose content is not compared.

    Yields:
        The number of each duplicate, and its issue: `instance.duplicate` if the file has the same bytes as the first
        file, `instance.conflict` if its bytes differ, `instance.in-two-image-sets` if the files are stored instances.
    """
    connection.execute(_CREATE_REPEATED_TABLE)
    rows = connection.execute(
        "SELECT id, SOPInstanceUID, source, path, size, mtime_ns, etag FROM temp.repeated ORDER BY rowid"
    )
    current, first = None, FileIdentity(0, "", 0, 0)
    for number, instance, source, path, size, mtime_ns, etag in rows:
        place = FileIdentity(source, decode_path(path), size, mtime_ns, etag)
        if instance != current:
            current, first = instance, place
            continue
        if are_stored:
            code = "instance.in-two-image-sets"
        else:
            same = first.size == place.size and same_content(first, place)
            code = "instance.duplicate" if same else "instance.conflict"
        connection.execute("UPDATE file SET disposition = ? WHERE id = ?", (Disposition.DUPLICATE.value, number))
        where = Location(path=label(place.source, place.path))
        yield number, make_issue(code, where, other=label(first.source, first.path))
    connection.execute("DROP TABLE temp.repeated")


# This table saves time: without it, each query would count the files of all headers again.
_CREATE_COUNTED_TABLE = """
CREATE TEMP TABLE counted AS
SELECT header AS id, COUNT(*) AS files FROM file WHERE disposition IN ('instance', 'duplicate') GROUP BY header
"""
_COUNTED_HEADERS = "temp.counted JOIN header USING (id)"


def find_whole_scan_issues(
    connection: sqlite3.Connection, keywords: tuple[str, ...], label: PathLabel
) -> Iterator[Issue]:
    """Yield the issues of whole studies and series, then an issue for each file that is too large for import jobs.

    The location of an issue is given by UIDs for a study or series, and by the path for a file.
    """
    connection.execute(_CREATE_COUNTED_TABLE)
    yield from _check_series_have_one_study(connection)
    yield from _check_inconsistent_attributes(connection, keywords, Level.STUDY)
    yield from _check_inconsistent_attributes(connection, keywords, Level.SERIES)
    yield from _check_dates(connection, keywords)
    yield from _check_transfer_syntaxes(connection)
    yield from check_uids(connection)
    connection.execute("DROP TABLE temp.counted")
    yield from _check_file_sizes(connection, label)


def _check_series_have_one_study(connection: sqlite3.Connection) -> Iterator[Issue]:
    query = f"""
        SELECT SeriesInstanceUID, COUNT(DISTINCT StudyInstanceUID) AS studies FROM {_COUNTED_HEADERS}
        GROUP BY SeriesInstanceUID HAVING studies > 1 ORDER BY SeriesInstanceUID
    """  # noqa: S608
    for series, count in connection.execute(query):
        yield make_issue("series.in-two-studies", Location(series=series), count=count)


def _check_inconsistent_attributes(
    connection: sqlite3.Connection, keywords: tuple[str, ...], level: Level
) -> Iterator[Issue]:
    """Yield an issue for each attribute that has different values in one study or series."""
    levels = {Level.STUDY: (Level.PATIENT, Level.STUDY), Level.SERIES: (Level.SERIES,)}[level]
    compared = [keyword for keyword in keywords if level_of(tag_of(keyword) or 0) in levels]
    if not compared:
        return
    keys = ["StudyInstanceUID"] if level is Level.STUDY else ["StudyInstanceUID", "SeriesInstanceUID"]
    counts = ", ".join(map(build_distinct_count_sql, compared))
    group = ", ".join(keys)
    query = f"SELECT {group}, {counts} FROM {_COUNTED_HEADERS} GROUP BY {group} ORDER BY {group}"  # noqa: S608
    for row in connection.execute(query):
        uids, counts_of_values = row[: len(keys)], row[len(keys) :]
        for keyword, count in zip(compared, counts_of_values, strict=True):
            if count > 1:
                place = Location(keyword=keyword, study=uids[0], series=uids[1] if len(uids) > 1 else None)
                yield make_issue(f"{level.value}.inconsistent-attribute", place, keyword=keyword, count=count)


def _check_dates(connection: sqlite3.Connection, keywords: tuple[str, ...]) -> Iterator[Issue]:
    """Yield an issue for each study in which a date of the patient or study is not a valid date.

    Each issue has the number of files with an invalid value of the attribute.
    """
    connection.create_function("is_date", 1, lru_cache(maxsize=65_536)(_is_date_cell), deterministic=True)
    for keyword in keywords:
        tag = tag_of(keyword) or 0
        if vrs_of(tag) != ("DA",) or level_of(tag) not in (Level.PATIENT, Level.STUDY):
            continue
        query = f"""
            SELECT StudyInstanceUID, SUM(files) FROM {_COUNTED_HEADERS}
            WHERE "{keyword}" != '' AND NOT is_date("{keyword}") GROUP BY 1 ORDER BY 1
        """  # noqa: S608
        for study, files in connection.execute(query):
            yield make_issue("study.invalid-date", Location(keyword=keyword, study=study), keyword=keyword, files=files)


def _is_date_cell(cell: str | bytes) -> bool:
    """Return whether a cell contains a valid date. A cell of bytes has an undecodable value, which is not a date."""
    return isinstance(cell, str) and is_date(cell)


def _check_transfer_syntaxes(connection: sqlite3.Connection) -> Iterator[Issue]:
    query = f"""
        SELECT StudyInstanceUID, SeriesInstanceUID, TransferSyntaxUID, SUM(files) FROM {_COUNTED_HEADERS}
        WHERE TransferSyntaxUID != '' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """  # noqa: S608
    for study, series, syntax, count in connection.execute(query):
        if syntax not in SUPPORTED_TRANSFER_SYNTAXES:
            place = Location(keyword="TransferSyntaxUID", study=study, series=series)
            yield make_issue("instance.unsupported-transfer-syntax", place, count=count)


def _check_file_sizes(connection: sqlite3.Connection, label: PathLabel) -> Iterator[Issue]:
    query = """
        SELECT source, path, size FROM file WHERE size > ? AND disposition IN ('instance', 'duplicate')
        ORDER BY source, path
    """
    for source, path, size in connection.execute(query, (MAX_P10_BYTES,)):
        place = Location(path=label(source, decode_path(path)))
        yield make_issue("instance.too-large", place, size=size, limit=MAX_P10_BYTES)
