"""One of two inventories that are compared. It yields the files of each instance, sorted by UIDs.

SQLite returns the rows one by one. It reads the series through an index and sorts only the files of one series at a
time. The memory therefore does not depend on the size of the inventory.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dicommap.errors import InventoryError
from dicommap.inventory.cells import (
    DamagedCellError,
    damaged_inventory_error,
    make_lookup_reader,
    read_byte_count,
    read_integer,
    read_printable_path,
    read_rows,
    read_text,
    read_uid,
    read_unchecked_rows,
    read_value,
)
from dicommap.model.inventory_difference import ComparedFile, ComparedInventorySummary
from dicommap.model.study import Disposition

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from dicommap.inventory.cells import CellReader
    from dicommap.inventory.inventory import Inventory

InstanceKey = tuple[str, str, str]
"""The StudyInstanceUID, SeriesInstanceUID and SOPInstanceUID of an instance."""

MAX_COPIES = 1000
"""Maximum number of files of one instance in one series that are compared one by one. More files are only counted."""

HEADER_KEYWORDS = ("SOPClassUID", "TransferSyntaxUID")
"""Columns of the table `header` that every inventory has, in addition to the captured attributes."""

_COLUMNS = "StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, path, size, etag, disposition, " + (
    "IFNULL(InstanceNumber, ''), digest, source, header.id"
)
_CONTENT = slice(3, 9)
"""Slice of a row of `_COLUMNS`: the cells from `path` to `digest`. Equal cells mean that the file is unchanged."""
_DISPOSITION, _SOURCE = 6, 9
# With CROSS JOIN, SQLite reads the headers by their index, and sorts the files of one series at a time.
_INSTANCES_QUERY = f"""
SELECT {_COLUMNS} FROM header CROSS JOIN file ON file.header = header.id
WHERE disposition IN ('instance', 'duplicate')
ORDER BY StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, path, source
"""  # noqa: S608
_INSTANCE_QUERY = f"""
SELECT {_COLUMNS} FROM file CROSS JOIN header ON header.id = file.header
WHERE SOPInstanceUID = ? AND disposition IN ('instance', 'duplicate')
ORDER BY disposition DESC, path, source
"""  # noqa: S608
_INDEX_QUERY = """
SELECT COUNT(*) FROM sqlite_master
WHERE type = 'index' AND name IN ('header_by_series', 'file_by_header', 'file_by_instance')
"""


class InstanceFile(NamedTuple):
    """A scanned file with the disposition `instance` or `duplicate`, as the inventory describes it."""

    path: str
    size: int
    etag: str
    is_instance: bool
    instance_number: str
    digest: bytes
    source: int
    header: int


class InstanceFiles:
    """The files of one series that contain the same SOP Instance UID, in the order of path and source.

    An object holds unchecked rows of the inventory, because unchecked rows can be compared much faster, and most
    instances are the same in both inventories. The cells are checked when `files` is first read.

    Attributes:
        key: The UIDs of the instance.
        total: The number of all files. It may be larger than the length of `files`.
    """

    __slots__ = ("_files", "_owner", "_rows", "key", "total")

    def __init__(self, key: InstanceKey, owner: ComparedInventory) -> None:
        self.key = key
        self.total = 0
        self._owner = owner
        self._rows: list[tuple[Any, ...]] = []
        self._files: list[InstanceFile] | None = None

    def add_row(self, row: tuple[Any, ...]) -> None:
        """Count a file, given as a row of `_COLUMNS`. Keep the row if fewer than `MAX_COPIES` rows are kept.

        A row with the disposition `instance` is always kept: if necessary, it replaces the last row.
        """
        self.total += 1
        if len(self._rows) < MAX_COPIES:
            self._rows.append(row)
        elif row[_DISPOSITION] == Disposition.INSTANCE:
            self._rows[-1] = row

    @property
    def files(self) -> list[InstanceFile]:
        """Return at most `MAX_COPIES` files of the instance. Raises InventoryError if a cell is damaged."""
        if self._files is None:
            self._files = [self._owner.parse_file(row) for row in self._rows]
        return self._files

    @property
    def instance_file(self) -> InstanceFile | None:
        """Return the file with the disposition `instance`.

        Return None if all files are duplicates of a file in another series.
        """
        return next((file for file in self.files if file.is_instance), None)

    def is_same_single_file(self, other: InstanceFiles, partners: Mapping[int, int]) -> bool:
        """Return whether both sets of files have one file each, and the two files have equal rows in their inventories.

        Only the rows are compared. The files themselves are not read.

        Args:
            other: The files of the same instance in the second inventory. `self` is from the first inventory.
            partners: Number of a source in the second inventory -> number of the same source in the first inventory.
        """
        if self.total != 1 or other.total != 1:
            return False
        first, second = self._rows[0], other._rows[0]
        return (
            first[_CONTENT] == second[_CONTENT]
            and first[_SOURCE] == partners.get(second[_SOURCE])
            and first[_DISPOSITION] == Disposition.INSTANCE
        )


class ComparedInventory:
    """One of the two inventories of a comparison.

    Attributes:
        name: The file name of the inventory, or a text such as "the first inventory" if it is only in memory. Error
            messages begin with this name.
        keywords: The keywords of the captured attributes.
        roots: Number of a source -> its root as printable text.
        reader_version: The version number of the header reader with which the scan read the files.
    """

    def __init__(self, inventory: Inventory, position: str) -> None:
        """Prepare an inventory for a comparison.

        Args:
            inventory: The open inventory.
            position: The name for an inventory without a file, such as "the first inventory".

        Raises:
            InventoryError: The inventory is damaged or closed.
        """
        self._connection: sqlite3.Connection = inventory._connection
        self.keywords = inventory.keywords
        self.roots: Mapping[int, str] = inventory._roots
        self.name = position
        for _, name, path in self._read_rows("PRAGMA database_list", (read_integer, read_text, read_text)):
            if name == "main" and path:
                self.name = Path(path).name
        ((self.reader_version,),) = self._read_rows("SELECT reading FROM scan", (read_integer,))
        ((indexes,),) = self._read_rows(_INDEX_QUERY, (read_integer,))
        if indexes != 3:  # without an index, a comparison would never end
            raise self._make_named_error(damaged_inventory_error())
        self._readers: tuple[CellReader, ...] = (
            read_printable_path,
            read_byte_count,
            read_text,
            _read_is_instance,
            read_value,
            _read_digest,
            _make_source_reader(self.roots),
            read_integer,
        )

    def instances(self) -> Iterator[InstanceFiles]:
        """Yield the files of each instance in the order of Study, Series and SOP Instance UID.

        Raises:
            InventoryError: The inventory is damaged or closed.
        """
        current: InstanceFiles | None = None
        for row in self._read_unchecked_rows(_INSTANCES_QUERY):
            key = row[:3]
            if current is None or key != current.key:
                self._require_uids(key)
                if current is not None:
                    if key < current.key:  # the index of an altered file may have another order
                        raise self._make_named_error(damaged_inventory_error())
                    yield current
                current = InstanceFiles(key, self)
            current.add_row(row)
        if current is not None:
            yield current

    def find_instance(self, sop_instance_uid: str) -> InstanceFiles | None:
        """Return all files of an instance, in the series of its file with the disposition `instance`.

        Return None if the inventory has no such file with this UID.
        """
        files: InstanceFiles | None = None
        for row in self._read_unchecked_rows(_INSTANCE_QUERY, (sop_instance_uid,)):
            if files is None and row[_DISPOSITION] == Disposition.INSTANCE:
                self._require_uids(row[:3])
                files = InstanceFiles(row[:3], self)
            if files is not None and row[:3] == files.key:
                files.add_row(row)
        return files

    def parse_file(self, row: tuple[Any, ...]) -> InstanceFile:
        """Convert a row of `_COLUMNS` to an InstanceFile. Raises InventoryError if a cell is damaged."""
        try:
            return InstanceFile._make(reader(cell) for reader, cell in zip(self._readers, row[3:], strict=True))
        except DamagedCellError:
            raise self._make_named_error(damaged_inventory_error()) from None

    def read_header_values(self, number: int, keywords: Sequence[str]) -> tuple[str, ...]:
        """Return values from one row of the table `header`, in the order of `keywords`.

        The value of an absent attribute is the empty text.

        Args:
            number: The number of the row.
            keywords: Captured attributes, or keywords of `HEADER_KEYWORDS`.
        """
        columns = ", ".join(f"IFNULL(\"{keyword}\", '')" for keyword in keywords)
        query = f"SELECT {columns} FROM header WHERE id = ?"  # noqa: S608  keywords are checked when the file is opened
        for values in self._read_rows(query, (read_value,) * len(keywords), (number,)):
            return tuple(values)
        raise self._make_named_error(damaged_inventory_error())

    def make_summary(self, other: ComparedInventory) -> ComparedInventorySummary:
        """Return the name, sources and reader version of this inventory, and the keywords that only it has captured."""
        return ComparedInventorySummary(
            name=self.name,
            sources=tuple(self.roots.values()),
            only_here=tuple(keyword for keyword in self.keywords if keyword not in other.keywords),
            reader_version=self.reader_version,
        )

    def count_files(self) -> int:
        """Return the number of paths in the inventory. It is the number of the last row, which SQLite reads quickly."""
        ((count,),) = self._read_rows("SELECT IFNULL(MAX(id), 0) FROM file", (read_integer,))
        return int(count)

    def make_compared_file(self, files: InstanceFiles, file: InstanceFile) -> ComparedFile:
        """Return the ComparedFile of one file: its source, path, size and ETag, and the number of its duplicates."""
        study, series, _ = files.key
        return ComparedFile(
            study_instance_uid=study,
            series_instance_uid=series,
            source=self.roots[file.source],
            path=file.path,
            size=file.size,
            etag=file.etag,
            duplicates=files.total - 1,
        )

    def _require_uids(self, key: InstanceKey) -> None:
        """Raise InventoryError if a part of `key` is not a UID."""
        study, series, instance = key
        try:
            _read_uid_cached(study)
            _read_uid_cached(series)
            read_uid(instance)
        except DamagedCellError:
            raise self._make_named_error(damaged_inventory_error()) from None

    def _read_unchecked_rows(self, query: str, parameters: Sequence[str] = ()) -> Iterator[tuple[Any, ...]]:
        try:
            yield from read_unchecked_rows(self._connection, query, parameters)
        except InventoryError as error:
            raise self._make_named_error(error) from None

    def _read_rows(
        self, query: str, readers: Sequence[CellReader], parameters: Sequence[str | int] = ()
    ) -> Iterator[list[Any]]:
        try:
            yield from read_rows(self._connection, query, readers, parameters)
        except InventoryError as error:
            raise self._make_named_error(error) from None

    def _make_named_error(self, error: InventoryError) -> InventoryError:
        return InventoryError(f"{self.name}: {error.message}", fix=error.fix)


def pair_sources(before: Mapping[int, str], after: Mapping[int, str]) -> dict[int, int]:
    """Return a dict: number of a source in the second inventory -> number of the same source in the first inventory.

    Sources with equal roots are the same source. A source that was copied or moved between the scans has another root.
    So the remaining sources are paired in their order. A source of the second inventory without a partner gets a
    negative number.
    """
    pairs: dict[int, int] = {}
    free = dict(before)
    for number, root in after.items():
        equal = next((other for other, text in free.items() if text == root), None)
        if equal is not None:
            pairs[number] = equal
            del free[equal]
    rest = iter(free)
    for number in after:
        if number not in pairs:
            pairs[number] = next(rest, -1 - number)
    return pairs


@lru_cache(maxsize=64)
def _read_uid_cached(cell: object) -> str:
    return read_uid(cell)


def _make_source_reader(roots: Mapping[int, str]) -> CellReader:
    """Return a cell reader: a function that takes a cell with the number of a source in `roots`, and returns it."""
    look_up = make_lookup_reader(roots)

    def read_source_number(cell: object) -> int:
        look_up(cell)
        return read_integer(cell)

    return read_source_number


def _read_is_instance(cell: object) -> bool:
    """Return whether a cell is the disposition `instance`."""
    return cell == Disposition.INSTANCE.value


def _read_digest(cell: object) -> bytes:
    """Return the digest in a cell, or no bytes if the cell has none."""
    return cell if isinstance(cell, bytes) else b""
