"""Write an inventory file batch by batch, and move it to its final path when the scan is complete.

A second scan of the same files is fast, because the rows of unchanged files are copied together. An `UnchangedRun`
collects the files at the beginning of the walk while they are the same files as at the beginning of the previous
inventory, unchanged and in the same order. If all files are in the run, the whole previous inventory is copied, and the
checks of whole studies and series are skipped. Rows of files after the run are looked up and inserted one by one.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.errors import InventoryError, SourceError
from dicommap.healthimaging.data_stores import has_data_store
from dicommap.inventory import sqlite_schema
from dicommap.inventory.cells import encode_path, encode_value
from dicommap.inventory.connection import connect_for_writing
from dicommap.inventory.directories import DirectoryCollector
from dicommap.inventory.overwrite_check import require_replaceable
from dicommap.inventory.previous_scan import PreviousScan
from dicommap.inventory.rows import make_issue_row
from dicommap.inventory.unchanged_run import UnchangedRun
from dicommap.inventory.whole_scan_checks import find_whole_scan_issues, mark_duplicates
from dicommap.inventory.working_files import (
    ScanLock,
    WorkingFiles,
    create_unfinished_inventory,
    keep_larger_unfinished_scan,
    make_write_error,
    remove_files,
)
from dicommap.model.source_files import NetworkTraffic
from dicommap.writing.partial_files import remove_leftovers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from dicommap.inventory.rows import FileRow, HeaderRow, IssueRow
    from dicommap.inventory.whole_scan_checks import HasSameContent
    from dicommap.model.source_files import ListedDirectory
    from dicommap.model.study import SourceFile


_MAX_CACHED_HEADERS = 65_536
_COMMIT_INTERVAL_SECONDS = 1.0
"""Seconds between commits. A scan that is killed loses only its work since the last commit."""

# cache_size limits memory. EXCLUSIVE locking saves time; no other program uses the unfinished file.
_SETTINGS = """
PRAGMA journal_mode = TRUNCATE;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA cache_size = -16384;
"""


class InventoryWriter:
    """A writer of one inventory: `add_batch` writes some files, and `finish` moves the inventory to its final path.

    If the `with` block ends without `finish`, the previous inventory stays unchanged. The batches that were added stay
    in an unfinished file beside it, and the next scan reuses them.

    Attributes:
        previous: The inventories in which unchanged files are looked up: first the inventory of a stopped scan, then
            the last finished inventory.
        unchanged_run: The files at the beginning of the walk that are unchanged since the previous scan.
    """

    def __init__(
        self,
        path: Path | None,
        keywords: tuple[str, ...],
        roots: Iterable[str],
        *,
        reading: int = 0,
        started_ns: int = 0,
        cache: bool = True,
    ) -> None:
        """Start an inventory.

        Args:
            path: The inventory file; None keeps the inventory in memory.
            keywords: The keywords of the captured attributes.
            roots: The roots of the sources.
            reading: Version number of the header reader. Rows of another version are not reused.
            started_ns: Time before the first file is read, in nanoseconds since 1970.
            cache: Whether unchanged files are taken from previous scans.

        Raises:
            InventoryError: The inventory cannot be written at `path`.
        """
        self._path = path
        self._roots = tuple(roots)
        self._keywords = keywords
        self._headers: dict[bytes, int] = {}
        self._files = self._committed_files = self._read = self._unchanged = 0
        self._traffic = NetworkTraffic()
        self._is_batch_complete = True
        self._finished = False
        self._lock: ScanLock | None = None
        self._connection: sqlite3.Connection | None = None
        self.previous: tuple[PreviousScan, ...] = ()
        self._files_to_copy = 0
        """Number of files of the unchanged run that are not yet copied to this inventory."""
        if path is not None:
            require_replaceable(path)
            remove_leftovers(path.absolute().parent, path.name)
            self._places = WorkingFiles.for_inventory(path)
            self._lock = ScanLock(self._places.lock)
        try:
            self._open_unfinished_inventory(reading, started_ns, cache=cache)
        except BaseException as error:
            self._close_and_keep_unfinished()
            if isinstance(error, sqlite3.Error):
                raise make_write_error(error) from None
            raise
        self.unchanged_run = UnchangedRun(self.previous, self._roots)
        self._directories = DirectoryCollector(self._database)
        self._last_commit = time.monotonic()

    @property
    def own_files(self) -> frozenset[Path]:
        """Return the paths of the inventory and its working files. A scan must not read these files as its input."""
        return frozenset() if self._path is None else frozenset(path.absolute() for path in self._places.paths())

    def make_path_label(self, source: int, path: str) -> str:
        """Return a path in the form that issues show: printable, and after its root if there are several sources."""
        return self.make_path_prefix(source) + make_printable(path)

    def make_path_prefix(self, source: int) -> str:
        """Return the text before each path in issues: the root and a slash if there are several sources, else ""."""
        return make_printable(self._roots[source]).rstrip("/") + "/" if len(self._roots) > 1 else ""

    def add_batch(
        self, source: int, files: Sequence[SourceFile], rows: Sequence[FileRow], headers: Mapping[bytes, HeaderRow]
    ) -> None:
        """Add a batch of files. Files are numbered in the order in which they are added.

        Args:
            source: The index of the files' source, from 0.
            files: The files, in the order of the walk.
            rows: The row of each file, in the same order.
            headers: Digest -> header, for the digests in `rows`.
        """
        self._copy_unchanged_run()
        inserted = []
        issue_rows: list[tuple[int, IssueRow]] = []
        self._is_batch_complete = False
        known, number = self._headers, self._files
        for file, (disposition, digest, instance, number_in_series, issues) in zip(files, rows, strict=True):
            number += 1
            header = (
                None if digest is None else known.get(digest) or self._find_or_insert_header(digest, headers[digest])
            )
            inserted.append(
                (
                    number,
                    source,
                    encode_path(file.path),
                    file.size,
                    file.mtime_ns,
                    file.etag,
                    disposition,
                    header,
                    instance,
                    encode_value(number_in_series),
                )
            )
            if issues:
                issue_rows += ((number, issue) for issue in issues)
        self._files = number
        try:
            self._database.executemany(sqlite_schema.INSERT_FILE, inserted)
        except sqlite3.IntegrityError:
            raise self._repeated_path_error(source, files) from None
        self._add_issue_rows(issue_rows)
        self._is_batch_complete = True
        if time.monotonic() - self._last_commit >= _COMMIT_INTERVAL_SECONDS:
            self._commit_rows()

    def _repeated_path_error(self, source: int, files: Sequence[SourceFile]) -> SourceError:
        """Return the error for a source that yielded the same path twice, in this batch or in an earlier batch."""
        seen: set[str] = set()
        query = "SELECT 1 FROM file WHERE source = ? AND path = ? AND id <= ?"
        first = self._files - len(files)
        for file in files:
            key = (source, encode_path(file.path), first)
            if file.path in seen or self._database.execute(query, key).fetchone() is not None:
                break
            seen.add(file.path)
        return SourceError(
            f"The source {make_printable(self._roots[source])} yielded a path twice: {make_printable(file.path)}.",
            fix="Correct its method walk: it must yield each file exactly once.",
        )

    def add_unchanged_files(self, count: int) -> None:
        """Add the next `count` files of the unchanged run: files at the start of the walk that have not changed.

        Call this method before the first call of `add_batch`.
        """
        self._files_to_copy += count
        self._files += count

    def add_directories(self, source: int, directories: Iterable[ListedDirectory]) -> None:
        """Add directories of a source. They are stored in the inventory when the scan is finished."""
        self._directories.add(source, directories)

    def add_counts(self, *, read: int, unchanged: int) -> None:
        """Increase the number of files that were read, and the number of files whose rows come from a previous scan."""
        self._read += read
        self._unchanged += unchanged

    def add_traffic(self, traffic: NetworkTraffic) -> None:
        """Add `traffic` to the network traffic of the scan."""
        self._traffic = self._traffic.plus(traffic)

    def finish(self, same_content: HasSameContent) -> sqlite3.Connection:
        """Find duplicates and issues of whole studies and series, and move the inventory to its final path.

        Args:
            same_content: A function that returns whether two files of equal size have the same bytes.

        Returns:
            A connection to the inventory, open for reading.
        """
        if self._files_to_copy and self.previous[0].can_be_copied_whole(self._files_to_copy):
            self._copy_previous_inventory()
        else:
            self._mark_duplicates_and_add_issues(same_content)
        database = self._database
        self._directories.store_directories()
        database.execute("UPDATE scan SET complete = 1")
        self._commit_rows()
        if self._path is not None:
            database.execute("PRAGMA journal_mode = DELETE")
            database.close()
            self._publish_inventory()
            self._connection = database = sqlite_schema.open_inventory_file(self._path)
        self._finished = True
        self._close_previous_and_unlock()
        return database

    def _copy_unchanged_run(self) -> None:
        """Copy the files of the unchanged run that were added, and are not copied yet, from the previous inventory."""
        if self._files_to_copy:
            count, self._files_to_copy = self._files_to_copy, 0
            self._is_batch_complete = False
            self.previous[0].copy_first_files(count, self._database)

    def _copy_previous_inventory(self) -> None:
        """Copy the whole previous inventory, because no file has changed."""
        (scan,) = self._database.execute("SELECT reading, started_ns FROM scan").fetchall()
        self._database.commit()
        self._is_batch_complete = False
        self.previous[0].copy_all(self._database)
        self._database.execute("UPDATE scan SET reading = ?, started_ns = ?", scan)

    def _mark_duplicates_and_add_issues(self, same_content: HasSameContent) -> None:
        """Mark duplicates, and add the issues of duplicates and of whole studies and series."""
        self._copy_unchanged_run()
        self._commit_rows()
        self._is_batch_complete = False
        database = self._database
        sqlite_schema.create_indexes(database)
        for number, issue in mark_duplicates(
            database, same_content, self.make_path_label, are_stored=has_data_store(self._roots)
        ):
            self._add_issue_rows([(number, make_issue_row(issue))])
        self._add_issue_rows(
            (None, make_issue_row(issue))
            for issue in find_whole_scan_issues(database, self._keywords, self.make_path_label)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._finished:
            return
        if self._is_batch_complete:
            with suppress(sqlite3.Error):  # the rows of earlier commits stay in the file
                self._commit_rows()
        self._close_and_keep_unfinished()
        if isinstance(error, sqlite3.Error):
            raise make_write_error(error) from error

    @property
    def _database(self) -> sqlite3.Connection:
        assert self._connection is not None  # noqa: S101  set at the end of __init__
        return self._connection

    def _open_unfinished_inventory(self, reading: int, started_ns: int, *, cache: bool) -> None:
        """Create the database of this scan. Open previous scans if their rows may be reused."""
        if self._path is None:
            self._connection = connect_for_writing(":memory:")
        else:
            places = self._places
            if not cache:
                remove_files(places.unfinished, places.journal, places.interrupted)
            keep_larger_unfinished_scan(places)
            if cache:
                scans = (
                    PreviousScan.open(place, self._keywords, reading)
                    for place in (places.interrupted, places.inventory)
                )
                self.previous = tuple(scan for scan in scans if scan is not None)
            create_unfinished_inventory(places)
            self._connection = connect_for_writing(places.unfinished)
            self._connection.executescript(_SETTINGS)
        sqlite_schema.create_tables(self._connection, self._keywords)
        roots = ((number, encode_path(root)) for number, root in enumerate(self._roots))
        self._connection.executemany("INSERT INTO source VALUES (?, ?)", roots)
        self._connection.execute("INSERT INTO scan VALUES (0, ?, ?, 0, 0, 0, 0, 0, 0)", (reading, started_ns))
        self._connection.commit()

    def _commit_rows(self) -> None:
        """Commit the rows and the counts of the scan."""
        counts = (self._read, self._unchanged, *self._traffic)
        self._database.execute(
            "UPDATE scan SET read = ?, unchanged = ?, requests = ?, received = ?, repeated = ?", counts
        )
        self._database.commit()
        self._committed_files = self._files
        self._last_commit = time.monotonic()

    def _publish_inventory(self) -> None:
        """Rename the complete inventory to its final path."""
        places = self._places
        try:
            os.replace(places.unfinished, places.inventory)
        except OSError:
            raise InventoryError(
                "The inventory cannot be put in its place.", fix="Name a file in a directory that you may write to."
            ) from None
        remove_files(places.interrupted, places.journal)

    def _close_and_keep_unfinished(self) -> None:
        """Close the unfinished inventory and release its lock. The file stays for the next scan if it has files."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.rollback()
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA journal_mode = DELETE")
            self._connection.close()
        if self._lock is not None and not self._committed_files:
            remove_files(self._places.unfinished, self._places.journal)
        self._close_previous_and_unlock()

    def _close_previous_and_unlock(self) -> None:
        """Close previous scans and release the lock of the inventory."""
        for previous in self.previous:
            previous.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _find_or_insert_header(self, digest: bytes, row: HeaderRow) -> int:
        """Return the row number of a header with this digest. A header that is not in the table is inserted."""
        id_row = self._database.execute("SELECT id FROM header WHERE digest = ?", (digest,)).fetchone()
        number = int(id_row[0]) if id_row else sqlite_schema.insert_header(self._database, None, digest, row)
        if len(self._headers) >= _MAX_CACHED_HEADERS:
            self._headers.clear()
        self._headers[digest] = number
        return number

    def _add_issue_rows(self, rows: Iterable[tuple[int | None, IssueRow]]) -> None:
        self._database.executemany(
            sqlite_schema.INSERT_ISSUE,
            ((number, *row) for number, row in rows),
        )
