"""Write an inventory file batch by batch, and put it in place when the scan is complete.

Nothing of them has to be looked up, or even written if the run is the whole walk: the file of before is taken as it is.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.errors import InventoryError
from dicommap.inventory import sqlite_schema
from dicommap.inventory.cells import DamagedCellError, encode_path, encode_value
from dicommap.inventory.connection import connect
from dicommap.inventory.grouping import find_grouping_issues, mark_duplicates
from dicommap.inventory.previous_scan import PreviousScan
from dicommap.inventory.replacement import require_replaceable
from dicommap.inventory.rows import make_issue_row
from dicommap.inventory.working_files import (
    ScanLock,
    WorkingFiles,
    create_unfinished,
    keep_unfinished_scan,
    remove_files,
    write_error,
)
from dicommap.model.source_files import NetworkTraffic
from dicommap.reading.sqlite_interrupts import raise_if_interrupted
from dicommap.writing.partial_files import remove_leftovers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from dicommap.inventory.grouping import HasSameContent
    from dicommap.inventory.rows import FileRow, HeaderRow, IssueRow
    from dicommap.model.study import SourceFile


class UnchangedRun:
    """Grows batch by batch as long as everything is unchanged; what comes after the first difference is not in it."""

    def __init__(self, previous: Sequence[PreviousScan], roots: Sequence[str]) -> None:
        """Begin a run in the one finished inventory that there is of these sources, if there is one."""
        first = previous[0] if len(previous) == 1 else None
        stored = [encode_path(root) for root in roots]
        self._previous = first if first is not None and first.complete and first.roots == stored else None
        self.length = 0
        """Files in the run."""

    def extend(self, source: int, files: Sequence[SourceFile]) -> bool:
        """Say whether the run goes on with these files of a source, and end it where it does not."""
        if self._previous is None:
            return False
        try:
            extended = self._previous.holds(self.length, source, files)
        except (InventoryError, DamagedCellError, sqlite3.Error) as error:
            raise_if_interrupted(error)
            extended = False
        if extended:
            self.length += len(files)
        else:
            self._previous = None
        return extended


_MAX_CACHED_HEADERS = 65_536
_COMMIT_INTERVAL_SECONDS = 1.0
"""Seconds of work that a killed scan loses at most, but for the batch that it was at."""

# The cache bounds memory; the locking mode saves taking a lock that nobody else asks for.
_SETTINGS = """
PRAGMA journal_mode = TRUNCATE;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA cache_size = -16384;
"""


class InventoryWriter:
    """Takes files batch by batch; `finish` groups them and puts the inventory in its place.

    Leaving the context without `finish` leaves the inventory of before where it was, and beside it the batches that
    are in, for the next scan to go on from.
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
        """Start an inventory at `path`, or in memory. Raises InventoryError where it may not be written there.

        `reading` is the number of the way in which headers are read, and `started_ns` the time before the first file
        is looked at. Without `cache` nothing is taken from what scans before have left.
        """
        self._path = path
        self._roots = tuple(roots)
        self._keywords = keywords
        self._headers: dict[bytes, int] = {}
        self._files = self._kept = self._read = self._unchanged = 0
        self._traffic = NetworkTraffic()
        self._whole = True
        self._finished = False
        self._lock: ScanLock | None = None
        self._connection: sqlite3.Connection | None = None
        self.previous: tuple[PreviousScan, ...] = ()
        """What can be taken from: what a stopped scan left, then the inventory of before."""
        self._files_to_copy = 0
        """Files at the beginning that are in the inventory of before, and not in this one yet."""
        if path is not None:
            require_replaceable(path)
            remove_leftovers(path.absolute().parent, path.name)
            self._places = WorkingFiles.of(path)
            self._lock = ScanLock(self._places.lock)
        try:
            self._open(reading, started_ns, cache=cache)
        except BaseException as error:
            self._abandon()
            if isinstance(error, sqlite3.Error):
                raise write_error(error) from None
            raise
        self.run = UnchangedRun(self.previous, self._roots)
        self._committed = time.monotonic()

    @property
    def own_files(self) -> frozenset[Path]:
        """Return the paths that no scan may take for files of a source."""
        return frozenset() if self._path is None else frozenset(path.absolute() for path in self._places.all())

    def label(self, source: int, path: str) -> str:
        """Return a path as findings name it."""
        return self.prefix(source) + make_printable(path)

    def prefix(self, source: int) -> str:
        """Return what findings put before a path: its source where there are several, since paths may be alike."""
        return make_printable(self._roots[source]).rstrip("/") + "/" if len(self._roots) > 1 else ""

    def add(
        self, source: int, files: Sequence[SourceFile], rows: Sequence[FileRow], headers: Mapping[bytes, HeaderRow]
    ) -> None:
        """Put a batch in: files with their rows, and the headers of these. `source` counts the roots from 0.

        Numbers are given in the order of the calls, so the same batches always make the same inventory.
        """
        self._copy_run()
        inserted = []
        findings: list[tuple[int, IssueRow]] = []
        self._whole = False
        known, number = self._headers, self._files
        for file, (disposition, digest, instance, number_in_series, issues) in zip(files, rows, strict=True):
            number += 1
            header = None if digest is None else known.get(digest) or self._intern(digest, headers[digest])
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
                findings += ((number, one) for one in issues)
        self._files = number
        self._database.executemany(sqlite_schema.INSERT_FILE, inserted)
        self._add_issues(findings)
        self._whole = True
        if time.monotonic() - self._committed >= _COMMIT_INTERVAL_SECONDS:
            self._commit()

    def add_unchanged(self, count: int) -> None:
        """Put in the next files of the run: as they are in the inventory of before. They come before all others."""
        self._files_to_copy += count
        self._files += count

    def count(self, *, read: int, unchanged: int) -> None:
        """Note how many files were opened, and how many were taken from a scan before."""
        self._read += read
        self._unchanged += unchanged

    def count_traffic(self, traffic: NetworkTraffic) -> None:
        """Note what went over the network."""
        self._traffic = self._traffic.plus(traffic)

    def finish(self, same_content: HasSameContent) -> sqlite3.Connection:
        """Group what was added, note what the grouping shows, and put the inventory in its place.

        Returns the open connection. `content_comparer` says whether two files of one size are equal.
        """
        if self._files_to_copy and self.previous[0].is_whole(self._files_to_copy):
            self._copy_previous()
        else:
            self._group(same_content)
        database = self._database
        database.execute("UPDATE scan SET complete = 1")
        self._commit()
        if self._path is not None:
            database.execute("PRAGMA journal_mode = DELETE")
            database.close()
            self._publish()
            self._connection = database = sqlite_schema.open_inventory_file(self._path)
        self._finished = True
        self._let_go()
        return database

    def _copy_run(self) -> None:
        if self._files_to_copy:
            count, self._files_to_copy = self._files_to_copy, 0
            self._whole = False
            self.previous[0].copy_first(count, self._database)

    def _copy_previous(self) -> None:
        """Take the inventory of before as it is: nothing has changed since."""
        (scan,) = self._database.execute("SELECT reading, started_ns FROM scan").fetchall()
        self._database.commit()
        self._whole = False
        self.previous[0].copy_all(self._database)
        self._database.execute("UPDATE scan SET reading = ?, started_ns = ?", scan)

    def _group(self, same_content: HasSameContent) -> None:
        self._copy_run()
        self._commit()
        self._whole = False
        database = self._database
        sqlite_schema.create_indexes(database)
        for number, found in mark_duplicates(database, same_content, self.label):
            self._add_issues([(number, make_issue_row(found))])
        self._add_issues(
            (None, make_issue_row(found)) for found in find_grouping_issues(database, self._keywords, self.label)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._finished:
            return
        if self._whole:
            with suppress(sqlite3.Error):  # what was committed before stays
                self._commit()
        self._abandon()
        if isinstance(error, sqlite3.Error):
            raise write_error(error) from error

    @property
    def _database(self) -> sqlite3.Connection:
        assert self._connection is not None  # noqa: S101  only in __init__ is there none
        return self._connection

    def _open(self, reading: int, started_ns: int, *, cache: bool) -> None:
        if self._path is None:
            self._connection = connect(":memory:")
        else:
            places = self._places
            if not cache:
                remove_files(places.unfinished, places.journal, places.earlier)
            keep_unfinished_scan(places)
            if cache:
                found = (
                    PreviousScan.open(place, self._keywords, reading) for place in (places.earlier, places.inventory)
                )
                self.previous = tuple(previous for previous in found if previous is not None)
            create_unfinished(places)
            self._connection = connect(places.unfinished)
            self._connection.executescript(_SETTINGS)
        sqlite_schema.create_tables(self._connection, self._keywords)
        roots = ((number, encode_path(root)) for number, root in enumerate(self._roots))
        self._connection.executemany("INSERT INTO source VALUES (?, ?)", roots)
        self._connection.execute("INSERT INTO scan VALUES (0, ?, ?, 0, 0, 0, 0, 0, 0)", (reading, started_ns))
        self._connection.commit()

    def _commit(self) -> None:
        counts = (self._read, self._unchanged, *self._traffic)
        self._database.execute(
            "UPDATE scan SET read = ?, unchanged = ?, requests = ?, received = ?, repeated = ?", counts
        )
        self._database.commit()
        self._kept = self._files
        self._committed = time.monotonic()

    def _publish(self) -> None:
        places = self._places
        try:
            os.replace(places.unfinished, places.inventory)
        except OSError:
            raise InventoryError(
                "The inventory cannot be put in its place.", fix="Name a file in a directory that you may write to."
            ) from None
        remove_files(places.earlier, places.journal)

    def _abandon(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.rollback()
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA journal_mode = DELETE")
            self._connection.close()
        if self._lock is not None and not self._kept:
            remove_files(self._places.unfinished, self._places.journal)
        self._let_go()

    def _let_go(self) -> None:
        for previous in self.previous:
            previous.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _intern(self, digest: bytes, row: HeaderRow) -> int:
        found = self._database.execute("SELECT id FROM header WHERE digest = ?", (digest,)).fetchone()
        number = int(found[0]) if found else sqlite_schema.insert_header(self._database, None, digest, row)
        if len(self._headers) >= _MAX_CACHED_HEADERS:
            self._headers.clear()
        self._headers[digest] = number
        return number

    def _add_issues(self, rows: Iterable[tuple[int | None, IssueRow]]) -> None:
        self._database.executemany(
            sqlite_schema.INSERT_ISSUE,
            ((number, *row) for number, row in rows),
        )
