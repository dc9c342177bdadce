"""The inventory of a scan before: what it read of files that have not changed since."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dicommap.errors import InventoryError
from dicommap.inventory import previous_queries as queries
from dicommap.inventory import schema
from dicommap.inventory.reading import (
    DamagedCell,
    location,
    member,
    optional_text,
    optional_value,
    read_rows,
    text,
    uid,
    value,
    whole,
)
from dicommap.inventory.rows import FileRow, HeaderRow, IssueRow, header_digest, relabelled
from dicommap.inventory.stored import members_between, real_path, stored_path
from dicommap.inventory.tables_check import require_own_tables
from dicommap.issues import Severity
from dicommap.issues.codes import instance, series, study
from dicommap.model.hierarchy import Disposition
from dicommap.reading.interrupts import raise_if_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from dicommap.inventory.grouping import Place
    from dicommap.model.hierarchy import SourceFile

RACY_NS = 2_000_000_000
"""Coarsest step of file times, FAT's: a file this young when a scan began may change again and not show it."""

_REMEMBERED_HEADERS = 4_096
_COPIED_PAGES = 4_096
"""Pages of a file that are copied before Python looks for signals."""

_MADE_BY_GROUPING = frozenset(code.name for family in (instance, series, study) for code in family.CODES)

_FOUND_ANEW = _MADE_BY_GROUPING | {"s3.key", "s3.object-and-folder"}
"""Findings that are not taken over with a file: grouping and the walk find them each time."""

_TAKEN_AS: dict[object, str] = {
    one.value: (Disposition.INSTANCE if one is Disposition.DUPLICATE else one).value
    for one in Disposition
    if one not in (Disposition.UNREADABLE, Disposition.LINK, Disposition.SPECIAL, Disposition.ARCHIVE)
}
"""What files of each disposition are taken as. Grouping finds duplicates anew; the walk says what links and archives
are, and what could not be read may be readable by now."""


class Previous:
    """Looks up files in an earlier inventory, finished or not. What it cannot give is read again."""

    def __init__(self, connection: sqlite3.Connection, keywords: tuple[str, ...]) -> None:
        """Take over an open inventory of the same keywords. Raises InventoryError where it is damaged."""
        self._connection = connection
        columns = ", ".join(f'"{keyword}"' for keyword in keywords)
        self._header_query = (
            "SELECT StudyInstanceUID, SeriesInstanceUID, SOPClassUID, TransferSyntaxUID"  # noqa: S608  keywords only
            f"{', ' if columns else ''}{columns} FROM header WHERE id = ?"
        )
        self._header_readers = (uid, uid, value, value) + (optional_value,) * len(keywords)
        self._headers: dict[int, tuple[bytes, HeaderRow]] = {}
        self._last = 0
        sources = read_rows(connection, "SELECT id, root FROM source ORDER BY id", (whole, _stored))
        self._sources = {root: number for number, root in sources}
        self.roots = list(self._sources)
        """Of its sources in order, as they are stored."""
        ((started, complete),) = read_rows(connection, "SELECT started_ns, complete FROM scan", (whole, whole))
        self._stable_before_ns: int = started - RACY_NS
        self.complete = bool(complete)
        """Whether the scan was finished, with all that grouping shows."""

    @classmethod
    def open(cls, path: Path, keywords: tuple[str, ...], reading: int) -> Previous | None:
        """Open what there is at `path`; None where nothing of it could be taken."""
        connection = None
        try:
            connection = schema.open_existing(path)
            require_own_tables(connection)
            rows = read_rows(connection, "SELECT keyword FROM attribute ORDER BY position", (text,))
            known = tuple(keyword for (keyword,) in rows)
            ((number,),) = read_rows(connection, "SELECT reading FROM scan", (whole,))
            if (known, number) == (keywords, reading):
                return cls(connection, keywords)
        except (InventoryError, ValueError):
            pass  # it is damaged, of another format or not there: then everything is read
        if connection is not None:
            connection.close()
        return None

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def take(
        self, root: str, files: Sequence[SourceFile], label: Callable[[str], str], headers: dict[bytes, HeaderRow]
    ) -> dict[str, FileRow]:
        """Return the rows of those files, by path, that have not changed since; `headers` gains theirs."""
        source = self._sources.get(stored_path(root))
        if source is None:
            return {}
        settled = self._stable_before_ns
        # An object that changes gets another ETag: nothing about it has to settle.
        asked = {
            stored_path(file.path): file
            for file in files
            if file.disposition is None and (file.mtime_ns < settled or file.etag)
        }
        taken: dict[str, FileRow] = {}
        with suppress(InventoryError, DamagedCell):  # what was read until then is good
            found = self._found(source, asked, len(files))
            issues = self._issues([row[0] for row in found])
            known: dict[int | None, bytes | None] = {None: None}
            for number, path, size, mtime_ns, etag, found_as, header, instance, instance_number in found:
                file = asked[path]
                disposition = _TAKEN_AS.get(found_as)
                # An ETag stands for the bytes of an object, whenever it was put there.
                same = file.etag == etag and (etag or file.mtime_ns == mtime_ns)
                if not same or file.size != size or disposition is None:
                    continue
                if header not in known:
                    known[header] = self._header(header, headers)
                own = relabelled(issues[number], label(file.path)) if number in issues else ()
                taken[file.path] = (
                    disposition,
                    known[header],
                    instance if type(instance) is str else optional_text(instance),
                    instance_number if type(instance_number) is str else optional_value(instance_number),
                    own,
                )
        return taken

    def holds(self, after: int, source: int, files: Sequence[SourceFile]) -> bool:
        """Say whether these files, all unchanged, are those that come behind the number `after`, in this order.

        All that it holds of them is looked at, so that it can be copied as it is.
        """
        bounds = (after, after + len(files))
        rows = self._connection.execute(f"{queries.WHOLE_FILE} ORDER BY id", bounds).fetchall()
        settled = self._stable_before_ns
        if len(rows) != len(files):
            return False
        if any(file.disposition is not None or (file.mtime_ns >= settled and not file.etag) for file in files):
            return False
        asked = [(source, stored_path(file.path), file.size, file.mtime_ns, file.etag) for file in files]
        if asked != [row[:5] for row in rows] or not {row[5] for row in rows} <= _TAKEN_AS.keys():
            return False
        for header in {row[6] for row in rows if row[6] is not None}:
            self._header(header, {})
        if self._connection.execute("SELECT 1 FROM issue WHERE file > ? AND file <= ? LIMIT 1", bounds).fetchone():
            self._issues(range(after + 1, after + len(files) + 1))
        return True

    def is_whole(self, count: int) -> bool:
        """Say whether so many files are all it holds, and none of them has to be compared with another again."""
        ((files,),) = self._connection.execute("SELECT MAX(id) FROM file").fetchall()
        conflict = self._connection.execute("SELECT 1 FROM issue WHERE code = 'instance.conflict' LIMIT 1").fetchone()
        return bool(files == count and conflict is None)

    def copy_all(self, connection: sqlite3.Connection) -> None:
        """Copy all it holds into another inventory."""
        self._connection.backup(connection, pages=_COPIED_PAGES, progress=lambda *_: None)

    def copy_first(self, count: int, connection: sqlite3.Connection) -> None:
        """Copy the first files, which `holds` has looked at, with headers and findings, into an empty inventory."""
        ((headers,),) = self._connection.execute("SELECT MAX(header) FROM file WHERE id <= ?", (count,)).fetchall()
        for number in range(1, (headers or 0) + 1):
            digest = self._header(number, {})
            schema.insert_header(connection, number, digest, self._headers[number][1])
        files = self._connection.execute(queries.TAKEN_FILES, (count,))
        connection.executemany(schema.INSERT_FILE, files)
        issues = self._connection.execute(
            "SELECT file, code, severity, location, message FROM issue WHERE file <= ? ORDER BY id", (count,)
        )
        connection.executemany(
            schema.INSERT_ISSUE,
            (row for row in issues if row[1] not in _MADE_BY_GROUPING),
        )

    def has_unchanged_archive(self, root: str, archive: SourceFile) -> bool:
        """Say whether this archive was entered as it is now."""
        return self._archive(root, archive) is not None

    def members(self, root: str, archive: SourceFile) -> list[tuple[str, int]] | None:
        """Return the names and sizes of an archive's members in its order.

        None where the archive is another now, or where anything of it was not read or has a finding of the walk.
        """
        number = self._archive(root, archive) if self.complete else None
        if number is None:
            return None
        begin = len(archive.path) + len("!/")
        parameters = (self._sources[stored_path(root)], *members_between(archive.path))
        try:
            if self._issues([number]):
                return None
            rows = list(read_rows(self._connection, queries.MEMBERS, (_stored, whole, text), parameters))
        except (InventoryError, DamagedCell):
            return None
        if any(disposition not in _TAKEN_AS for _, _, disposition in rows):
            return None
        return [(real_path(path)[begin:], size) for path, size, _ in rows]

    def is_duplicate(self, first: Place, other: Place, roots: Sequence[str]) -> bool:
        """Say whether `other` was found to be a copy of `first`, and neither has changed since."""
        if not self.complete:
            return False  # it was stopped before it compared anything
        parameters: list[int | str | bytes] = []
        for place in (other, first):
            source = self._sources.get(stored_path(roots[place.source]))
            if source is None:
                return False
            parameters += [source, stored_path(place.path), place.size, place.mtime_ns, place.etag]
            parameters.append(self._stable_before_ns)
        try:
            return self._connection.execute(queries.COPY, parameters).fetchone() is not None
        except sqlite3.Error as error:
            raise_if_interrupted(error)
            return False

    def _archive(self, root: str, archive: SourceFile) -> int | None:
        source = self._sources.get(stored_path(root))
        place = (source, stored_path(archive.path), archive.size, archive.mtime_ns, self._stable_before_ns)
        try:
            found = self._connection.execute(queries.ARCHIVE, place).fetchone()
        except sqlite3.Error as error:
            raise_if_interrupted(error)
            return None
        return None if found is None else found[0]

    def _found(self, source: int, asked: Collection[str | bytes], count: int) -> list[Any]:
        """Return what the inventory holds of these paths. Its cells are not trusted: who uses one looks at it.

        Numbers go by the order of the walk, so the rows behind those found last are most likely the ones; only what
        is not among them is looked up by its path, which takes longer.
        """
        execute, last = self._connection.execute, self._last
        try:
            rows = execute(f"{queries.FILE} WHERE id > ? AND id <= ? AND +source = ?", (last, last + count, source))
            found = [row for row in rows if row[1] in asked]
            if len(found) < len(asked):
                left = set(asked).difference(row[1] for row in found)
                found += execute(f"{queries.FILE} WHERE source = ? AND path IN ({_marks(len(left))})", (source, *left))
        except sqlite3.Error as error:
            raise_if_interrupted(error)
            raise DamagedCell from None
        self._last = max((row[0] for row in found), default=last)
        return found

    def _issues(self, numbers: Sequence[int]) -> dict[int, list[IssueRow]]:
        query = (
            "SELECT file, code, severity, location, message FROM issue"  # noqa: S608  marks only
            f" WHERE file IN ({_marks(len(numbers))}) ORDER BY id"
        )
        readers = (whole, text, member(Severity), _location_text, text)
        issues: dict[int, list[IssueRow]] = {}
        for number, code, severity, place, message in read_rows(self._connection, query, readers, numbers):
            if code not in _FOUND_ANEW:
                issues.setdefault(number, []).append((code, severity.value, place, message))
        return issues

    def _header(self, number: int, headers: dict[bytes, HeaderRow]) -> bytes:
        """Return the digest of a header; `headers` gains it."""
        if number not in self._headers:
            if len(self._headers) >= _REMEMBERED_HEADERS:
                self._headers.clear()
            rows = list(read_rows(self._connection, self._header_query, self._header_readers, (number,)))
            if not rows:
                raise DamagedCell
            row = tuple(rows[0])
            # Made anew: a digest that somebody altered would lend this header's values to others.
            self._headers[number] = header_digest(row), row
        digest, row = self._headers[number]
        headers[digest] = row
        return digest


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _stored(cell: object) -> str | bytes:
    if not isinstance(cell, str | bytes):
        raise DamagedCell
    return cell


def _location_text(cell: object) -> str:
    location(cell)
    return text(cell)
