"""Compare the bytes of two files with one SOP Instance UID, to tell copies from conflicts."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from dicommap.model.source_files import NetworkTraffic
from dicommap.reading.sqlite_interrupts import enable_interrupts
from dicommap.sources import ArchiveOpener, S3Opener, hash_content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from dicommap.inventory import FileIdentity, InventoryWriter
    from dicommap.p10 import ReadAt
    from dicommap.sources import Source

_CHUNK_BYTES = 2**20


@contextmanager
def content_comparer(
    sources: Sequence[Source], writer: InventoryWriter
) -> Iterator[Callable[[FileIdentity, FileIdentity], bool]]:
    """Give what compares two files, unless a scan before has found that they are alike and neither has changed."""
    roots = [str(source) for source in sources]

    def same(first: FileIdentity, other: FileIdentity) -> bool:
        if first.etag and first.etag == other.etag:
            return True  # of one size: S3 makes equal ETags of equal bytes only, as far as its digests can tell
        if any(previous.is_duplicate(first, other, roots) for previous in writer.previous):
            return True
        try:
            if digests.is_sequential(first) or digests.is_sequential(other):
                ours, theirs = digests.of(first), digests.of(other)
                return ours is not None and ours == theirs
            with _open_file(sources, first) as one, _open_file(sources, other) as another:
                return _has_equal_bytes(_count_requests(one, first, writer), _count_requests(another, other, writer))
        except OSError:
            return False  # what cannot be read cannot be called a copy

    # Private, on disk when it grows, gone when closed.
    with closing(enable_interrupts(sqlite3.connect(""))) as connection:
        digests = _DigestCache(sources, connection)
        yield same


class _DigestCache:
    """Digests of files, for members that can only be read in their order.

    Duplicates are met in the order of their UIDs: to go back for each would unpack the archive once for each. So all
    members of an archive get their digest in one reading, when the first is asked for.
    """

    def __init__(self, sources: Sequence[Source], connection: sqlite3.Connection) -> None:
        self._openers = [source.opener for source in sources]
        self._connection = connection
        connection.execute("CREATE TABLE digest (source INTEGER, path BLOB, digest BLOB, PRIMARY KEY (source, path))")
        self._archives: set[tuple[int, str]] = set()

    def is_sequential(self, place: FileIdentity) -> bool:
        """Say whether a file can only be read after others."""
        return self._archive(place) is not None

    def of(self, place: FileIdentity) -> bytes | None:
        """Return the digest of a file, or None where it cannot be had. Raises OSError."""
        archive = self._archive(place)
        if archive is None:
            with self._openers[place.source].open(place.path) as read:
                return hash_content(read)
        if (place.source, archive) not in self._archives:
            self._archives.add((place.source, archive))
            self._add(place.source, archive)
        query = "SELECT digest FROM digest WHERE source = ? AND path = ?"
        found = self._connection.execute(query, (place.source, _key(place.path))).fetchone()
        return None if found is None else bytes(found[0])

    def _archive(self, place: FileIdentity) -> str | None:
        opener = self._openers[place.source]
        return opener.in_sequence(place.path) if isinstance(opener, ArchiveOpener) else None

    def _add(self, source: int, archive: str) -> None:
        opener = self._openers[source]
        assert isinstance(opener, ArchiveOpener)  # noqa: S101  only such a one has members
        with suppress(OSError):  # those before the fault are there
            rows = ((source, _key(path), digest) for path, digest in opener.digests(archive))
            for row in rows:
                self._connection.execute("INSERT OR REPLACE INTO digest VALUES (?, ?, ?)", row)


def _open_file(sources: Sequence[Source], place: FileIdentity) -> AbstractContextManager[ReadAt]:
    opener = sources[place.source].opener
    if isinstance(opener, S3Opener):
        opener = opener.for_files([place])
    return opener.open(place.path)


def _count_requests(read: ReadAt, place: FileIdentity, writer: InventoryWriter) -> ReadAt:
    """Return the same function; of an object each call is a request."""
    if not place.etag:
        return read

    def counted(offset: int, length: int) -> bytes:
        found = read(offset, length)
        if found:
            writer.count_traffic(NetworkTraffic(requests=1, received=len(found)))
        return found

    return counted


def _key(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _has_equal_bytes(one: ReadAt, other: ReadAt) -> bool:
    offset = 0
    while True:
        ours, theirs = one(offset, _CHUNK_BYTES), other(offset, _CHUNK_BYTES)
        if ours != theirs:
            return False
        if not ours:
            return True
        offset += len(ours)
