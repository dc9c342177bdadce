"""The directories in an inventory. If the time of a directory is unchanged, the next scan need not list the directory.

A scan collects the directories in a temporary table, and stores them in the inventory when the scan is complete. So an
unfinished inventory has no directories. A stored directory always has all its files in the inventory.

The image sets of a data store are such directories, with a version in place of a time. Their instances are found by
their paths and ETags, also in an unfinished inventory.
"""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING, Any

from dicommap.errors import InventoryError
from dicommap.healthimaging.data_stores import ImageSetEtag
from dicommap.inventory.cells import (
    DamagedCellError,
    decode_path,
    encode_path,
    make_enum_reader,
    read_byte_count,
    read_integer,
    read_rows,
    read_text,
)
from dicommap.model.source_files import KnownDirectory
from dicommap.model.study import Disposition, SourceFile
from dicommap.reading.sqlite_interrupts import raise_if_interrupted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicommap.inventory.previous_scan import PreviousScan
    from dicommap.model.source_files import ListedDirectory

MAX_KNOWN_ENTRIES = 100_000
"""A directory with more entries is always listed, because its entries would all be in memory."""

_LOOKED_AT_AGAIN = frozenset({Disposition.UNREADABLE, Disposition.LINK, Disposition.SPECIAL, Disposition.ARCHIVE})
"""A directory that has a path with one of these dispositions is listed, because a walk must find this path again."""

_CREATE_LISTED = """
CREATE TEMP TABLE listed (source INTEGER, path, mtime_ns INTEGER, entries INTEGER, PRIMARY KEY (source, path))
WITHOUT ROWID
"""


class DirectoryCollector:
    """A collector of the directories of a scan, which stores them in the inventory when the scan is complete."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Collect directories in a temporary table of the new inventory."""
        self._connection = connection
        connection.execute(_CREATE_LISTED)

    def add(self, source: int, directories: Iterable[ListedDirectory]) -> None:
        """Add directories of a source."""
        rows = ((source, encode_path(path), mtime_ns, entries) for path, mtime_ns, entries in directories)
        self._connection.executemany("INSERT OR REPLACE INTO temp.listed VALUES (?, ?, ?, ?)", rows)

    def store_directories(self) -> None:
        """Replace the directories in the inventory by the directories that `add` has collected."""
        self._connection.execute("DELETE FROM directory")
        self._connection.execute("INSERT INTO directory SELECT * FROM temp.listed")
        self._connection.execute("DELETE FROM temp.listed")


def find_known_directory(
    previous: Sequence[PreviousScan], root: str, path: str, mtime_ns: int
) -> KnownDirectory | None:
    """Return the content of a directory from the last complete scan if the directory has not changed since; else None.

    Args:
        previous: The inventories of earlier scans.
        root: The root of the source.
        path: The path of the directory, relative to the root.
        mtime_ns: The current modification time of the directory, in nanoseconds since 1970.
    """
    complete = next((scan for scan in previous if scan.complete), None)
    if complete is None or not 0 <= mtime_ns < complete.stable_before_ns:
        return None
    source = complete.sources.get(encode_path(root))
    if source is None:
        return None
    try:
        return _read_known_directory(complete.connection, source, path, mtime_ns)
    except (InventoryError, DamagedCellError):
        return None
    except sqlite3.Error as error:
        raise_if_interrupted(error)
        return None


def find_known_image_set(previous: Sequence[PreviousScan], root: str, path: str, version: int) -> KnownDirectory | None:
    """Return the instances of an image set if an earlier scan has all instances of this version; else None.

    The earlier scan may be unfinished.

    Args:
        previous: The inventories of earlier scans.
        root: The root of the data store.
        path: The path of the image set, relative to the root.
        version: The current version of the image set.
    """
    for scan in previous:
        source = scan.sources.get(encode_path(root))
        if source is None:
            continue
        try:
            files = _read_known_instances(scan.connection, source, path, version)
        except (InventoryError, DamagedCellError):
            continue
        except sqlite3.Error as error:
            raise_if_interrupted(error)
            continue
        if files is not None:
            return KnownDirectory(files, ())
    return None


def _read_known_instances(
    connection: sqlite3.Connection, source: int, path: str, version: int
) -> Sequence[SourceFile] | None:
    """Return the known instances of an image set; None if its version changed, or if a file must be read again."""
    query = (
        "SELECT path, size, mtime_ns, etag, disposition FROM file"
        " WHERE source = ? AND path > ? AND path < ? ORDER BY id LIMIT ?"
    )
    parameters = (source, f"{path}/", f"{path}0", MAX_KNOWN_ENTRIES)  # "0" is the character after the slash
    files: list[SourceFile] = []
    count = -1
    for file_path, size, time_ns, etag, cell in read_rows(connection, query, _FILE_READERS, parameters):
        state = ImageSetEtag.parse(etag)
        if state is None or state.version != version or cell in _LOOKED_AT_AGAIN:
            return None
        count = state.instances
        files.append(SourceFile(file_path, size, time_ns, etag))
    return files if len(files) == count else None


def _read_known_directory(
    connection: sqlite3.Connection, source: int, path: str, mtime_ns: int
) -> KnownDirectory | None:
    """Return the content of a directory. Return None if its time changed, or if its paths must be found again."""
    query = "SELECT entries FROM directory WHERE (source, path, mtime_ns) = (?, ?, ?)"
    row = connection.execute(query, (source, encode_path(path), mtime_ns)).fetchone()
    entries = -1 if row is None else read_integer(row[0])
    if not 0 <= entries <= MAX_KNOWN_ENTRIES:
        return None
    below = path and path + "/"
    files: list[SourceFile] = []
    for file_path, size, time_ns, etag, cell in _read_rows_in_directory(
        connection, "SELECT path, size, mtime_ns, etag, disposition FROM file", source, below
    ):
        disposition = _read_disposition(cell)
        if disposition in _LOOKED_AT_AGAIN or read_text(etag) or len(files) >= entries:
            return None
        files.append(SourceFile(decode_path(file_path), read_integer(size), read_integer(time_ns)))
    directories = [
        decode_path(row[0])[len(below) :]
        for row in _read_rows_in_directory(connection, "SELECT path FROM directory", source, below)
    ]
    return KnownDirectory(files, directories) if len(files) + len(directories) == entries else None


_read_disposition = make_enum_reader(Disposition)
_FILE_READERS = (read_text, read_byte_count, read_integer, read_text, _read_disposition)


def _read_rows_in_directory(connection: sqlite3.Connection, select: str, source: int, below: str) -> Iterator[Any]:
    """Yield a row for each path directly in a directory. Paths in inner directories are left out.

    The paths in one inner directory follow each other in the index. The query skips them as a whole.
    """
    first = os.fsencode(below)
    ranges: list[tuple[str | bytes, str | bytes]] = [(first, first[:-1] + b"0" if first else b"\xff" * 8_192)]
    if not isinstance(encode_path(below), bytes):
        # SQLite sorts every text before every BLOB.
        ranges.append((below, below[:-1] + "0" if below else b""))
    query = f"{select} WHERE source = ? AND path >= ? AND path < ? ORDER BY path"
    for begin, end in ranges:
        at = begin
        while True:
            for row in connection.execute(query, (source, at, end)):
                stored = row[0]
                if not isinstance(stored, type(begin)):
                    raise DamagedCellError
                following = _find_end_of_inner_directory(stored, len(begin))
                if following is not None:
                    at = following
                    break
                if len(stored) > len(begin):
                    yield row
            else:
                break


def _find_end_of_inner_directory(path: str | bytes, begin: int) -> str | bytes | None:
    """Return the text that follows all paths of an inner directory in the index, so that a query can skip them.

    For the path `ct/01/a.dcm` and the position 3 (after `ct/`), the text is `ct/010`, because "0" is the character
    after "/". If `path` has no slash after `begin`, the path is directly in the directory that is read, and the result
    is None.

    Args:
        path: A path in the index.
        begin: The position in `path` after the read directory.
    """
    if isinstance(path, str):
        slash = path.find("/", begin)
        return None if slash < 0 else path[:slash] + "0"  # the character after the slash
    slash = path.find(b"/", begin)
    return None if slash < 0 else path[:slash] + b"0"
