"""Compare the bytes of two files with the same SOP Instance UID: they are duplicates, or they conflict.

The pairs of files are compared in the order of their UIDs. A member of a compressed tar file can be read only after all
earlier members, so the archive would be decompressed once for each pair. To avoid this, the whole archive is read when
its first member is compared, and a digest of every member is stored.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from dicommap.model.source_files import NetworkTraffic
from dicommap.model.study import SourceFile
from dicommap.reading.sqlite_interrupts import enable_interrupts
from dicommap.sources import hash_content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from dicommap.inventory.whole_scan_checks import FileIdentity
    from dicommap.inventory.writer import InventoryWriter
    from dicommap.p10 import ReadAt
    from dicommap.sources import Source

_CHUNK_BYTES = 2**20


@contextmanager
def open_content_comparer(
    sources: Sequence[Source], writer: InventoryWriter
) -> Iterator[Callable[[FileIdentity, FileIdentity], bool]]:
    """Return a context manager with a function that takes two files and returns whether they have the same bytes.

    The files are not read if their ETags are equal, or if an earlier scan found them equal and both are unchanged.

    Args:
        sources: The sources of the scan, in the order of their numbers.
        writer: The inventory writer. It counts network traffic, and has the results of earlier scans.
    """
    roots = [source.root for source in sources]

    def has_same_content(first: FileIdentity, other: FileIdentity) -> bool:
        if first.etag and first.etag == other.etag:
            return True  # S3 computes ETags from the bytes, and both files have the same size
        if any(previous.is_known_duplicate(first, other, roots) for previous in writer.previous):
            return True
        try:
            if digests.is_sequential_member(first) or digests.is_sequential_member(other):
                ours, theirs = digests.get_digest(first), digests.get_digest(other)
                return ours is not None and ours == theirs
            with _open_source_file(sources, first) as read_first, _open_source_file(sources, other) as read_other:
                return _has_equal_bytes(
                    _make_counting_reader(read_first, sources[first.source], writer),
                    _make_counting_reader(read_other, sources[other.source], writer),
                )
        except OSError:
            return False  # if a file cannot be read, do not report it as a copy

    # An empty name opens a private database. SQLite keeps it in memory, or in a temporary file if it is large.
    with closing(enable_interrupts(sqlite3.connect(""))) as connection:
        digests = _DigestCache(sources, connection)
        yield has_same_content


class _DigestCache:
    """A cache of digests of the members of sequential archives: archives whose members can be read only in order.

    When the digest of a member is first requested, the whole archive is read and the digests of all members are stored.
    """

    def __init__(self, sources: Sequence[Source], connection: sqlite3.Connection) -> None:
        self._openers = [source.opener for source in sources]
        self._connection = connection
        connection.execute("CREATE TABLE digest (source INTEGER, path BLOB, digest BLOB, PRIMARY KEY (source, path))")
        self._archives: set[tuple[int, str]] = set()

    def is_sequential_member(self, file: FileIdentity) -> bool:
        """Return whether a file is a member of a sequential archive, whose members can be read only in order."""
        return self._find_sequential_archive(file) is not None

    def get_digest(self, file: FileIdentity) -> bytes | None:
        """Return the digest of a file or archive member. Raises OSError if it cannot be read.

        Return None for a member of a sequential archive that is damaged before this member.
        """
        archive = self._find_sequential_archive(file)
        if archive is None:
            with self._openers[file.source].open(file.path) as read:
                return hash_content(read)
        if (file.source, archive) not in self._archives:
            self._archives.add((file.source, archive))
            self._add_archive_digests(file.source, archive)
        query = "SELECT digest FROM digest WHERE source = ? AND path = ?"
        row = self._connection.execute(query, (file.source, _encode_path(file.path))).fetchone()
        return None if row is None else bytes(row[0])

    def _find_sequential_archive(self, file: FileIdentity) -> str | None:
        return self._openers[file.source].sequential_archive_of(file.path)

    def _add_archive_digests(self, source: int, archive: str) -> None:
        """Read an archive, and store the digest of each member. Members after damaged bytes have no digest."""
        with suppress(OSError):
            for path, digest in self._openers[source].hash_members(archive):
                row = (source, _encode_path(path), digest)
                self._connection.execute("INSERT OR REPLACE INTO digest VALUES (?, ?, ?)", row)


def _open_source_file(sources: Sequence[Source], file: FileIdentity) -> AbstractContextManager[ReadAt]:
    """Open a file of one of the sources. The context manager returns a function that reads bytes at an offset."""
    listed = SourceFile(path=file.path, size=file.size, mtime_ns=file.mtime_ns, etag=file.etag)
    return sources[file.source].opener.open_listed(listed)


def _make_counting_reader(read: ReadAt, source: Source, writer: InventoryWriter) -> ReadAt:
    """Return a function that reads like `read`, and counts the traffic if the source is read over the network."""
    if not source.waits_for_network:
        return read

    def read_and_count(offset: int, length: int) -> bytes:
        content = read(offset, length)
        if content:
            writer.add_traffic(NetworkTraffic(requests=1, received=len(content)))
        return content

    return read_and_count


def _encode_path(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _has_equal_bytes(read_first: ReadAt, read_other: ReadAt) -> bool:
    """Return whether two files have the same bytes. Both are read chunk by chunk."""
    offset = 0
    while True:
        ours, theirs = read_first(offset, _CHUNK_BYTES), read_other(offset, _CHUNK_BYTES)
        if ours != theirs:
            return False
        if not ours:
            return True
        offset += len(ours)
