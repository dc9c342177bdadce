"""The files of an inventory as S3 objects with a common prefix, in the order of their keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from heapq import merge
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from dicommap.inventory.cells import (
    make_enum_reader,
    read_byte_count,
    read_integer,
    read_optional_uid,
    read_rows,
    read_system_path,
    read_text,
    read_uid,
)
from dicommap.inventory.queries import ARCHIVES_WITH_MEMBERS
from dicommap.model.study import Disposition
from dicommap.planning.inventory_jobs import FileCounts
from dicommap.planning.job_load import SeriesSize, StudySize
from dicommap.planning.planned_objects import PlannedObject

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from dicommap.inventory.cells import CellReader
    from dicommap.planning.staging import StudyPart

# An empty path is a root that could not be listed. Links and special files are not S3 objects. Paths that are not UTF-8
# are stored as BLOBs, and cannot be object keys.
_IS_FILE = "path != '' AND disposition NOT IN ('link', 'special')"
_IS_INSTANCE = "disposition IN ('instance', 'duplicate')"

ARCHIVES_QUERY = "SELECT source, path FROM file WHERE disposition = 'archive' AND typeof(path) = 'text'"

_FROM_KEY_RANGE = f"""
FROM file LEFT JOIN header ON header.id = file.header AND {_IS_INSTANCE}
WHERE source = ? AND path >= ? AND path < ? AND typeof(path) = 'text' AND {_IS_FILE} ORDER BY path
"""

KEYS_QUERY = "SELECT path, size, StudyInstanceUID, SeriesInstanceUID" + _FROM_KEY_RANGE
"""SQL query for the path, size and UIDs of each file of one source, from a first path to an end path (excluded)."""

OBJECTS_QUERY = (
    "SELECT path, size, etag, mtime_ns, disposition, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID"
    + _FROM_KEY_RANGE
)
"""SQL query for the data of a `PlannedObject`, for the same files as in `KEYS_QUERY`."""

STUDY_FILES_QUERY = f"""
SELECT source, path, size, etag, mtime_ns, disposition, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID
FROM header JOIN file ON file.header = header.id
WHERE StudyInstanceUID = ? AND SeriesInstanceUID = IFNULL(?, SeriesInstanceUID) AND size <= ?
    AND typeof(path) = 'text' AND {_IS_INSTANCE}
ORDER BY SeriesInstanceUID, source, path
"""  # noqa: S608  no text of users
"""SQL query for the files of a study, or of one of its series. Files that are larger than a limit are left out."""

SERIES_SIZES_QUERY = f"""
SELECT StudyInstanceUID, SeriesInstanceUID, SUM(files), SUM(bytes), SUM(large) FROM (
    SELECT header AS number, SUM(size <= ?) AS files, SUM(IIF(size <= ?, size, 0)) AS bytes, SUM(size > ?) AS large
    FROM file WHERE typeof(path) = 'text' AND {_IS_INSTANCE} GROUP BY header
) JOIN header ON header.id = number GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  no text of users
"""SQL query for the number and total bytes of each series' files up to a size limit, and the number of larger files.

Archive members are counted too.
"""

HAS_KEY_QUERY = "SELECT 1 FROM file WHERE source = ? AND path = ?"

FILE_COUNTS_QUERY = f"""
SELECT COUNT(*), IFNULL(SUM({_IS_INSTANCE}), 0) FROM file WHERE {_IS_FILE}
"""  # noqa: S608  no text of users
"""SQL query for two numbers: all files, and files that are instances or duplicates. Both include archive members."""

NON_UTF8_PATHS_QUERY = (
    f"SELECT source, path FROM file WHERE typeof(path) = 'blob' AND {_IS_INSTANCE} ORDER BY source, path"  # noqa: S608
)
"""SQL query for the instances and duplicates with a path that is not UTF-8, including archive members."""

ARCHIVE_MEMBERS_QUERY = f"""
SELECT member.disposition FROM {ARCHIVES_WITH_MEMBERS}
WHERE archive.disposition = 'archive' AND typeof(archive.path) = 'text'
"""  # noqa: S608  no text of users
"""SQL query for the disposition of each archive member. Archives inside archives are not opened: they are members."""


_INSTANCE_DISPOSITIONS = (Disposition.INSTANCE, Disposition.DUPLICATE)
_KEY_READERS = (read_text, read_byte_count, read_optional_uid, read_optional_uid)
_OBJECT_READERS = (
    read_text,
    read_byte_count,
    read_text,
    read_integer,
    make_enum_reader(Disposition),
    read_optional_uid,
    read_optional_uid,
    read_optional_uid,
)
_AFTER_ALL_TEXT = b""
"""The end of a range with all texts: SQLite sorts every text before every BLOB."""


@dataclass(frozen=True, slots=True)
class PlannedObjects(Iterable[PlannedObject]):
    """Planned S3 objects in the order of their keys. They can be iterated several times while the inventory is open."""

    _iterate: Callable[[], Iterator[PlannedObject]]

    def __iter__(self) -> Iterator[PlannedObject]:
        return self._iterate()


class InventoryObjects(Iterable[PlannedObject]):
    """The files of an inventory as S3 objects with a common prefix, in the order of the UTF-8 bytes of their keys.

    An archive is one object; its members are not objects. A file with a path that is not UTF-8 is not an object.
    """

    def __init__(self, connection: sqlite3.Connection, offsets: Sequence[str] = ()) -> None:
        """Read the sources and archives of an open inventory.

        Args:
            connection: The open inventory.
            offsets: For each source, the folder below the prefix that has its files. It is empty or ends with a slash.
        """
        self._connection = connection
        numbers = [number for (number,) in self._read_rows("SELECT id FROM source ORDER BY id", (read_integer,))]
        self._offsets = dict(zip(numbers, offsets or [""] * len(numbers), strict=True))
        self._roots = {number: root for root, number in enumerate(numbers)}
        self._archives: dict[int, set[str]] = {number: set() for number in numbers}
        for source, path in self._read_rows(ARCHIVES_QUERY, (read_integer, read_text)):
            self._archives[source].add(path)

    def __iter__(self) -> Iterator[PlannedObject]:
        return self._iterate_objects_under("")

    def objects_under(self, prefix: str) -> PlannedObjects:
        """Return the objects whose keys begin with `prefix`, which is removed from the returned keys.

        `prefix` is empty or ends with a slash.
        """
        return PlannedObjects(lambda: self._iterate_objects_under(prefix))

    def staged_objects(self, pieces: Iterable[StudyPart], largest: int) -> PlannedObjects:
        """Return the files of studies that are staged, as objects with the keys of their copies.

        A key has the Study Instance UID and a number, such as `1.2.3/0000001.dcm`.

        Args:
            pieces: The parts of studies that are staged.
            largest: The size limit in bytes. Larger files are left out.
        """
        listed = sorted(pieces, key=_make_part_sort_key)
        return PlannedObjects(lambda: self._iterate_staged_objects(listed, largest))

    def keyed_files(self) -> Iterator[tuple[str, int, str | None, str | None]]:
        """Yield the object key, size in bytes, Study and Series Instance UID of every file, in the order of the keys.

        The UIDs are None if the file is neither an instance nor a duplicate.
        """
        streams = [self._read_source_keys(source) for source in self._offsets]
        yield from streams[0] if len(streams) == 1 else merge(*streams, key=lambda file: file[0].encode())

    def study_sizes(self, largest: int) -> Iterator[StudySize]:
        """Yield the sizes of each study: for each of its series, the number of files and their bytes.

        Files larger than `largest` bytes are counted separately.
        """
        for study, series in groupby(self._read_series_sizes(largest), key=lambda row: row[0]):
            yield StudySize(
                study_instance_uid=study,
                series=tuple(
                    SeriesSize(series_instance_uid=uid, files=files, bytes=size, too_large=large)
                    for _, uid, files, size, large in series
                ),
            )

    def series_file_sizes(self, study: str, series: str, largest: int) -> Iterator[int]:
        """Yield the sizes of a series' files, in the order of source and path. Leave out files over `largest` bytes."""
        return (row[2] for row in self._read_study_rows(study, series, largest))

    def has_key(self, key: str) -> bool:
        """Return whether a file of the inventory has this key."""
        for source, offset in self._offsets.items():
            path = key.removeprefix(offset)
            if key.startswith(offset) and any(self._read_rows(HAS_KEY_QUERY, (read_integer,), source, path)):
                return True
        return False

    def count_files(self) -> FileCounts:
        """Return the number of files, and the number of instances and duplicates. Archive members are not counted."""
        ((files, instances),) = self._read_rows(FILE_COUNTS_QUERY, (read_integer, read_integer))
        if any(self._archives.values()):
            for (disposition,) in self._read_rows(ARCHIVE_MEMBERS_QUERY, (make_enum_reader(Disposition),)):
                files -= 1
                instances -= disposition in _INSTANCE_DISPOSITIONS
        return FileCounts(files=files, instances=instances)

    def non_utf8_paths(self) -> Iterator[str]:
        """Yield the paths of instances and duplicates that are not UTF-8. Such paths cannot be object keys.

        In a path, a surrogate stands for each byte that is not UTF-8 (PEP 383). Archive members are left out.
        """
        for source, path in self._read_rows(NON_UTF8_PATHS_QUERY, (read_integer, read_system_path)):
            if not _is_archive_member(path, self._archives[source]):
                yield path

    def _iterate_objects_under(self, prefix: str) -> Iterator[PlannedObject]:
        streams = [self._iterate_source_objects_under(source, prefix) for source in self._offsets]
        return streams[0] if len(streams) == 1 else merge(*streams, key=lambda planned: planned.key.encode())

    def _iterate_source_objects_under(self, source: int, prefix: str) -> Iterator[PlannedObject]:
        offset, begin = self._offsets[source], ""
        if prefix.startswith(offset):
            begin = prefix.removeprefix(offset)
        elif not offset.startswith(prefix):
            return
        for path, size, etag, modified, disposition, study, series, instance in self._read_rows_in_folder(
            OBJECTS_QUERY, source, begin, _OBJECT_READERS
        ):
            is_instance = disposition in _INSTANCE_DISPOSITIONS
            yield PlannedObject(
                key=(offset + path)[len(prefix) :],
                size=size,
                etag=etag,
                modified_ns=None if etag else modified,
                disposition=disposition,
                study_instance_uid=study or "",
                series_instance_uid=series or "",
                sop_instance_uid=(instance or "") if is_instance else "",
                root=self._roots[source],
                source=path,
            )

    def _read_source_keys(self, source: int) -> Iterator[tuple[str, int, str | None, str | None]]:
        offset = self._offsets[source]
        for path, size, study, series in self._read_rows_in_folder(KEYS_QUERY, source, "", _KEY_READERS):
            yield offset + path, size, study, series

    def _read_rows_in_folder(
        self, query: str, source: int, begin: str, readers: Sequence[CellReader]
    ) -> Iterator[list[Any]]:
        """Yield the rows of a source's files in the folder `begin`, without archive members.

        `begin` ends with a slash; the empty text selects all files.
        """
        end = begin[:-1] + "0" if begin else _AFTER_ALL_TEXT  # "0" follows "/"
        archives = self._archives[source]
        rows = self._read_rows(query, readers, source, begin, end)
        return (row for row in rows if not _is_archive_member(row[0], archives)) if archives else rows

    def _iterate_staged_objects(self, pieces: Sequence[StudyPart], largest: int) -> Iterator[PlannedObject]:
        """Yield the files of parts of studies as objects, with the keys of their copies."""
        for study, its_pieces in groupby(pieces, key=lambda piece: piece.study_instance_uid):
            number = 0
            for piece in its_pieces:
                end = None if piece.files is None else piece.first + piece.files
                rows = self._read_study_rows(study, piece.series_instance_uid, largest)
                for row in islice(rows, piece.first, end):
                    source, path, size, etag, modified, disposition, _, series, instance = row
                    number += 1
                    yield PlannedObject(
                        key=f"{study}/{number:07}.dcm",
                        size=size,
                        etag=etag,
                        modified_ns=None if etag else modified,
                        disposition=disposition,
                        study_instance_uid=study,
                        series_instance_uid=series or "",
                        sop_instance_uid=instance or "",
                        root=self._roots[source],
                        source=path,
                    )

    def _read_study_rows(self, study: str, series: str | None, largest: int) -> Iterator[list[Any]]:
        """Yield the rows of the files of a study or one of its series, without archive members and larger files."""
        for row in self._read_rows(STUDY_FILES_QUERY, (read_integer, *_OBJECT_READERS), study, series, largest):
            if not _is_archive_member(row[1], self._archives[row[0]]):
                yield row

    def _read_series_sizes(self, largest: int) -> Iterator[Sequence[Any]]:
        """Yield Study and Series Instance UID, number of files, bytes, and number of larger files of each series."""
        if not any(self._archives.values()):
            return self._read_rows(
                SERIES_SIZES_QUERY,
                (read_uid, read_uid, read_byte_count, read_byte_count, read_byte_count),
                largest,
                largest,
                largest,
            )
        files: Counter[tuple[str, str]] = Counter()
        file_sizes: Counter[tuple[str, str]] = Counter()
        large: Counter[tuple[str, str]] = Counter()
        for _, size, study, series in self.keyed_files():
            if study is not None:
                key = study, series or ""
                files[key] += size <= largest
                file_sizes[key] += size if size <= largest else 0
                large[key] += size > largest
        return ((*key, files[key], file_sizes[key], large[key]) for key in sorted(files))

    def _read_rows(
        self, query: str, readers: Sequence[CellReader], *parameters: str | bytes | int | None
    ) -> Iterator[list[Any]]:
        return read_rows(self._connection, query, readers, parameters)


def _is_archive_member(path: str, archives: set[str]) -> bool:
    """Return whether `path` is an archive member: `ARCHIVE!/NAME`, with ARCHIVE in `archives`."""
    end = path.find("!/")
    while end >= 0:
        if path[:end] in archives:
            return True
        end = path.find("!/", end + 1)
    return False


def _make_part_sort_key(part: StudyPart) -> tuple[str, str, int]:
    """Return a key that sorts parts of studies in the order of their object keys after staging."""
    return f"{part.study_instance_uid}/", part.series_instance_uid or "", part.first
