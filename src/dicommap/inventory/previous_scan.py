"""Find unchanged files in the inventory of a previous scan, so that they are not read again.

A local file is unchanged if it has the same size and time, and if its time is at least two seconds before the start of
the previous scan. An object in S3 is unchanged if it has the same size and ETag.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dicommap.errors import InventoryError
from dicommap.inventory import sqlite_schema
from dicommap.inventory.cells import (
    DamagedCellError,
    decode_path,
    encode_path,
    make_enum_reader,
    make_member_path_ranges,
    read_integer,
    read_location,
    read_optional_text,
    read_optional_value,
    read_rows,
    read_text,
    read_uid,
    read_value,
)
from dicommap.inventory.connection import make_sql_placeholders
from dicommap.inventory.rows import FileRow, HeaderRow, IssueRow, hash_header, relabel_issue_rows
from dicommap.inventory.sqlite_schema import require_inventory_tables
from dicommap.issues import Severity
from dicommap.issues.codes import instance, series, study
from dicommap.model.study import Disposition
from dicommap.reading.sqlite_interrupts import raise_if_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from dicommap.inventory.whole_scan_checks import FileIdentity
    from dicommap.model.study import SourceFile

FILE_QUERY = "SELECT id, path, size, mtime_ns, etag, disposition, header, SOPInstanceUID, InstanceNumber FROM file"
FILE_RANGE_QUERY = """
SELECT source, path, size, mtime_ns, etag, disposition, header FROM file WHERE id > ? AND id <= ?
AND typeof(SOPInstanceUID) IN ('text', 'null') AND typeof(InstanceNumber) IN ('text', 'null')
AND typeof(header) IN ('integer', 'null')
"""

REUSED_FILES_QUERY = """
SELECT id, source, path, size, mtime_ns, etag, CASE disposition WHEN 'duplicate' THEN 'instance' ELSE disposition END,
    header, SOPInstanceUID, InstanceNumber
FROM file WHERE id <= ? ORDER BY id
"""

ARCHIVE_QUERY = """
SELECT id FROM file WHERE (source, path, size, mtime_ns, disposition) = (?, ?, ?, ?, 'archive') AND mtime_ns < ?
"""

MEMBERS_QUERY = """
SELECT path, size, disposition FROM file
WHERE source = ? AND (path >= ? AND path < ? OR path >= ? AND path < ?) ORDER BY id
"""

DUPLICATE_QUERY = """
SELECT 1 FROM file AS other JOIN file AS first
ON first.SOPInstanceUID = other.SOPInstanceUID AND first.disposition = 'instance'
WHERE (other.source, other.path, other.size, other.mtime_ns, other.etag) = (?, ?, ?, ?, ?) AND other.mtime_ns < ?
AND (first.source, first.path, first.size, first.mtime_ns, first.etag) = (?, ?, ?, ?, ?) AND first.mtime_ns < ?
AND other.id IN (SELECT file FROM issue WHERE code = 'instance.duplicate' AND file = other.id)
"""


FILE_TIME_STEP_NS = 2_000_000_000
"""The coarsest step of file times (on FAT). A file may change twice within this time and keep its time."""

_MAX_CACHED_HEADERS = 4_096
_PAGES_PER_COPY_STEP = 4_096
"""Number of database pages that SQLite copies before Python checks for signals such as Ctrl-C."""

_GROUPING_CODES = frozenset(code.name for family in (instance, series, study) for code in family.CODES)

# `p10.nonconformant-uid` is not in this set. Grouping reports it too, but those issues have no file and are not copied.
_CODES_FOUND_AGAIN = _GROUPING_CODES | {"s3.key", "s3.object-and-folder"}
"""Codes of issues that are not copied with a file. Each scan reports them again, while it walks or groups the files."""

_REUSED_DISPOSITIONS: dict[object, str] = {
    disposition.value: (Disposition.INSTANCE if disposition is Disposition.DUPLICATE else disposition).value
    for disposition in Disposition
    if disposition not in (Disposition.UNREADABLE, Disposition.LINK, Disposition.SPECIAL, Disposition.ARCHIVE)
}
"""Disposition in the previous inventory -> disposition in the new one, for files that are not read again.

Duplicates become instances, because each scan marks duplicates again. Links, special files and archives are missing,
because the walk finds them again. Unreadable files are missing, because they may be readable now.
"""


class PreviousScan:
    """The inventory of an earlier scan, which may be unfinished. The new scan reuses the rows of unchanged files.

    Attributes:
        roots: The roots of the scanned sources in the order of their numbers, in the form of cells (see `encode_path`).
        complete: Whether the earlier scan was finished. If not, its duplicates and issues are not complete.
        connection: The database of the earlier inventory.
        sources: Root -> number of the source, with roots in the form of cells.
        stable_before_ns: A file with this or a later time may have changed and kept its time, so it is read again.
    """

    def __init__(self, connection: sqlite3.Connection, keywords: tuple[str, ...]) -> None:
        """Read from an open inventory which sources were scanned, when the scan began, and whether it was finished.

        Raises InventoryError if the inventory is damaged. `keywords` are the captured attributes of the inventory.
        """
        self.connection = connection
        columns = ", ".join(f'"{keyword}"' for keyword in keywords)
        self._header_query = (
            "SELECT StudyInstanceUID, SeriesInstanceUID, SOPClassUID, TransferSyntaxUID"  # noqa: S608  keywords only
            f"{', ' if columns else ''}{columns} FROM header WHERE id = ?"
        )
        self._header_readers = (read_uid, read_uid, read_value, read_value) + (read_optional_value,) * len(keywords)
        self._headers: dict[int, tuple[bytes, HeaderRow]] = {}
        self._last = 0
        sources = read_rows(connection, "SELECT id, root FROM source ORDER BY id", (read_integer, _read_stored_path))
        self.sources = {root: number for number, root in sources}
        self.roots = list(self.sources)
        ((started, complete),) = read_rows(
            connection, "SELECT started_ns, complete FROM scan", (read_integer, read_integer)
        )
        self.stable_before_ns: int = started - FILE_TIME_STEP_NS
        self.complete = bool(complete)

    @classmethod
    def open(cls, path: Path, keywords: tuple[str, ...], reading: int) -> PreviousScan | None:
        """Open the inventory at `path`.

        Args:
            path: The path of an inventory, or of the unfinished file of a stopped scan.
            keywords: The keywords that the new scan captures.
            reading: The version number of the header reader of the new scan.

        Returns:
            The open inventory. None if the file is missing or damaged, or was made with other keywords or another
            header reader.
        """
        connection = None
        try:
            connection = sqlite_schema.open_inventory_file(path)
            require_inventory_tables(connection)
            rows = read_rows(connection, "SELECT keyword FROM attribute ORDER BY position", (read_text,))
            captured = tuple(keyword for (keyword,) in rows)
            ((number,),) = read_rows(connection, "SELECT reading FROM scan", (read_integer,))
            if (captured, number) == (keywords, reading):
                return cls(connection, keywords)
        except (InventoryError, ValueError):
            pass  # the file is damaged, missing or of another format, so all files are read
        if connection is not None:
            connection.close()
        return None

    def close(self) -> None:
        """Close the inventory of the earlier scan."""
        self.connection.close()

    def find_unchanged_rows(
        self, root: str, files: Sequence[SourceFile], label: Callable[[str], str], headers: dict[bytes, HeaderRow]
    ) -> dict[str, FileRow]:
        """Return the rows of the files that have not changed since the earlier scan.

        Args:
            root: The root of the files.
            files: The files as the new walk lists them.
            label: A function that returns a path in the form that issues of the new scan show.
            headers: Digest -> header. The headers of the returned rows are added to this dict.

        Returns:
            Path -> row. Files that have changed are missing.
        """
        source = self.sources.get(encode_path(root))
        if source is None:
            return {}
        stable_before = self.stable_before_ns
        # An S3 object gets another ETag when it changes, so its time is not compared.
        candidates = {
            encode_path(file.path): file
            for file in files
            if file.disposition is None and (file.mtime_ns < stable_before or file.etag)
        }
        taken: dict[str, FileRow] = {}
        with suppress(InventoryError, DamagedCellError):  # the rows that were read before the error are used
            rows = self._read_file_rows(source, candidates, len(files))
            issues = self._read_issue_rows([row[0] for row in rows])
            known: dict[int | None, bytes | None] = {None: None}
            for number, path, size, mtime_ns, etag, old_disposition, header, instance, instance_number in rows:
                file = candidates[path]
                disposition = _REUSED_DISPOSITIONS.get(old_disposition)
                # An ETag identifies the bytes of an object, even if it was uploaded again.
                same = file.etag == etag and (etag or file.mtime_ns == mtime_ns)
                if not same or file.size != size or disposition is None:
                    continue
                if header not in known:
                    known[header] = self._read_header_digest(header, headers)
                own = relabel_issue_rows(issues[number], label(file.path)) if number in issues else ()
                taken[file.path] = (
                    disposition,
                    known[header],
                    instance if type(instance) is str else read_optional_text(instance),
                    instance_number if type(instance_number) is str else read_optional_value(instance_number),
                    own,
                )
        return taken

    def matches_walk(self, after: int, source: int, files: Sequence[SourceFile]) -> bool:
        """Return whether a batch of the new walk continues this inventory: the same files in the same order, unchanged.

        This method checks all cells of these files, so that `copy_first_files` can copy them without another check.

        Args:
            after: The number of files of this inventory that have been matched so far.
            source: The index of the root of `files`.
            files: The files as the new walk lists them.
        """
        bounds = (after, after + len(files))
        rows = self.connection.execute(f"{FILE_RANGE_QUERY} ORDER BY id", bounds).fetchall()
        stable_before = self.stable_before_ns
        if len(rows) != len(files):
            return False
        if any(file.disposition is not None or (file.mtime_ns >= stable_before and not file.etag) for file in files):
            return False
        walk_rows = [(source, encode_path(file.path), file.size, file.mtime_ns, file.etag) for file in files]
        if walk_rows != [row[:5] for row in rows] or not {row[5] for row in rows} <= _REUSED_DISPOSITIONS.keys():
            return False
        for header in {row[6] for row in rows if row[6] is not None}:
            self._read_header_digest(header, {})
        if self.connection.execute("SELECT 1 FROM issue WHERE file > ? AND file <= ? LIMIT 1", bounds).fetchone():
            self._read_issue_rows(range(after + 1, after + len(files) + 1))
        return True

    def can_be_copied_whole(self, count: int) -> bool:
        """Return whether the new inventory can be a copy of this one, if the first `count` files are unchanged.

        This inventory must have no other files, and no issue `instance.conflict`: every scan compares such files again.
        """
        ((files,),) = self.connection.execute("SELECT MAX(id) FROM file").fetchall()
        conflict = self.connection.execute("SELECT 1 FROM issue WHERE code = 'instance.conflict' LIMIT 1").fetchone()
        return bool(files == count and conflict is None)

    def copy_all(self, connection: sqlite3.Connection) -> None:
        """Copy the whole inventory into the database of `connection`."""
        self.connection.backup(connection, pages=_PAGES_PER_COPY_STEP, progress=lambda *_: None)

    def copy_first_files(self, count: int, connection: sqlite3.Connection) -> None:
        """Copy the first `count` files, with their headers and issues, into the empty inventory of `connection`.

        `matches_walk` must have checked these files. Some issues are not copied, because the new scan reports them
        again.
        """
        ((headers,),) = self.connection.execute("SELECT MAX(header) FROM file WHERE id <= ?", (count,)).fetchall()
        for number in range(1, (headers or 0) + 1):
            digest = self._read_header_digest(number, {})
            sqlite_schema.insert_header(connection, number, digest, self._headers[number][1])
        files = self.connection.execute(REUSED_FILES_QUERY, (count,))
        connection.executemany(sqlite_schema.INSERT_FILE, files)
        issues = self.connection.execute(
            "SELECT file, code, severity, location, message FROM issue WHERE file <= ? ORDER BY id", (count,)
        )
        connection.executemany(
            sqlite_schema.INSERT_ISSUE,
            (row for row in issues if row[1] not in _GROUPING_CODES),
        )

    def has_unchanged_archive(self, root: str, archive: SourceFile) -> bool:
        """Return whether the earlier scan read this archive and the archive has not changed since then."""
        return self._find_unchanged_archive(root, archive) is not None

    def find_unchanged_archive_members(self, root: str, archive: SourceFile) -> list[tuple[str, int]] | None:
        """Return the members of an unchanged archive, in the order of the archive.

        Returns:
            The name and size of each member. None if the archive has changed or has an issue, if a member could not be
                read, or if the earlier scan was stopped.
        """
        number = self._find_unchanged_archive(root, archive) if self.complete else None
        if number is None:
            return None
        begin = len(archive.path) + len("!/")
        parameters = (self.sources[encode_path(root)], *make_member_path_ranges(archive.path))
        try:
            if self._read_issue_rows([number]):
                return None
            rows = list(
                read_rows(self.connection, MEMBERS_QUERY, (_read_stored_path, read_integer, read_text), parameters)
            )
        except (InventoryError, DamagedCellError):
            return None
        if any(disposition not in _REUSED_DISPOSITIONS for _, _, disposition in rows):
            return None
        return [(decode_path(path)[begin:], size) for path, size, _ in rows]

    def is_known_duplicate(self, first: FileIdentity, other: FileIdentity, roots: Sequence[str]) -> bool:
        """Return whether the earlier scan found `other` to be a copy of `first`, byte by byte, and both are unchanged.

        Args:
            first: The file that is the instance.
            other: A file with the same SOP Instance UID.
            roots: The roots of the new scan, by source number.
        """
        if not self.complete:
            return False  # a stopped scan has not compared files
        parameters: list[int | str | bytes] = []
        for place in (other, first):
            source = self.sources.get(encode_path(roots[place.source]))
            if source is None:
                return False
            parameters += [source, encode_path(place.path), place.size, place.mtime_ns, place.etag]
            parameters.append(self.stable_before_ns)
        try:
            return self.connection.execute(DUPLICATE_QUERY, parameters).fetchone() is not None
        except sqlite3.Error as error:
            raise_if_interrupted(error)
            return False

    def _find_unchanged_archive(self, root: str, archive: SourceFile) -> int | None:
        """Return the row number of an archive that has not changed since the previous scan; None for other archives."""
        source = self.sources.get(encode_path(root))
        place = (source, encode_path(archive.path), archive.size, archive.mtime_ns, self.stable_before_ns)
        try:
            row = self.connection.execute(ARCHIVE_QUERY, place).fetchone()
        except sqlite3.Error as error:
            raise_if_interrupted(error)
            return None
        return None if row is None else row[0]

    def _read_file_rows(self, source: int, paths: Collection[str | bytes], count: int) -> list[Any]:
        """Return the rows of `source` with a path in `paths`. Their cells are not checked.

        The wanted rows usually follow the last row of the previous call, because files are numbered in the order of the
        walk. So the next `count` rows are read first. Only the remaining paths are looked up, which is slower.

        Args:
            source: The number of the source.
            paths: The paths in the form of cells (see `encode_path`).
            count: The number of rows that are read first.
        """
        execute, last = self.connection.execute, self._last
        try:
            rows = execute(f"{FILE_QUERY} WHERE id > ? AND id <= ? AND +source = ?", (last, last + count, source))
            path_rows = [row for row in rows if row[1] in paths]
            if len(path_rows) < len(paths):
                left = set(paths).difference(row[1] for row in path_rows)
                path_rows += execute(
                    f"{FILE_QUERY} WHERE source = ? AND path IN ({make_sql_placeholders(len(left))})", (source, *left)
                )
        except sqlite3.Error as error:
            raise_if_interrupted(error)
            raise DamagedCellError from None
        self._last = max((row[0] for row in path_rows), default=last)
        return path_rows

    def _read_issue_rows(self, numbers: Sequence[int]) -> dict[int, list[IssueRow]]:
        query = (
            "SELECT file, code, severity, location, message FROM issue"  # noqa: S608  marks only
            f" WHERE file IN ({make_sql_placeholders(len(numbers))}) ORDER BY id"
        )
        readers = (read_integer, read_text, make_enum_reader(Severity), _read_location_text, read_text)
        issues: dict[int, list[IssueRow]] = {}
        for number, code, severity, place, message in read_rows(self.connection, query, readers, numbers):
            if code not in _CODES_FOUND_AGAIN:
                issues.setdefault(number, []).append((code, severity.value, place, message))
        return issues

    def _read_header_digest(self, number: int, headers: dict[bytes, HeaderRow]) -> bytes:
        """Return the digest of the header with this number, and add the header to `headers`."""
        if number not in self._headers:
            if len(self._headers) >= _MAX_CACHED_HEADERS:
                self._headers.clear()
            rows = list(read_rows(self.connection, self._header_query, self._header_readers, (number,)))
            if not rows:
                raise DamagedCellError
            row = tuple(rows[0])
            # The digest is computed and not read: with an altered digest, other files would get this header's values.
            self._headers[number] = hash_header(row), row
        digest, row = self._headers[number]
        headers[digest] = row
        return digest


def _read_stored_path(cell: object) -> str | bytes:
    if not isinstance(cell, str | bytes):
        raise DamagedCellError
    return cell


def _read_location_text(cell: object) -> str:
    """Return the text of a location. Raises DamagedCellError if it is not a valid location."""
    read_location(cell)
    return read_text(cell)
