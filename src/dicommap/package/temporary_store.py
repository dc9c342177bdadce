"""A store of lists and dicts in a temporary SQLite database, for drafts of any size.

The items of a draft hold patient values. So the database is made inside a partial directory of the package, readable by
its owner only, and it loses its name as soon as it is open: nothing is left of it when the process ends, even if the
process is killed. A draft without a package has no such directory. Its database is a temporary file of SQLite, which
also has no name (https://www.sqlite.org/tempfiles.html). A small draft stays in SQLite's cache, and nothing of it is
written to the disk.

The `Draft` that a caller keeps reads its changes from this database, and not from the package, because the package does
not have the origins of edits, and may be moved. The changes are not computed again, because an edit may be a Python
function that must not be called twice.
"""

from __future__ import annotations

import os
import pickle
import sqlite3
from collections.abc import ItemsView, MutableMapping
from contextlib import nullcontext
from heapq import merge
from typing import TYPE_CHECKING, Any, overload
from weakref import finalize

from dicommap.errors import PackageError, os_error_reason
from dicommap.model.item_store import ItemList, ItemStore, ItemT, KeyT, ValueT
from dicommap.model.study import Target
from dicommap.reading.sqlite_interrupts import enable_interrupts, raise_if_interrupted
from dicommap.writing.partial_files import partial_directory, remove_partial
from dicommap.writing.private_files import create_file, set_mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_ITEMS_IN_ROW = 100
"""Number of list items that one row of the database has."""

ITEMS_IN_MEMORY = 15_000
"""The first items of each dict stay in memory, because reading and writing rows takes longer than most other steps."""

# The transaction is never committed. Without a journal and without temporary files, all values are in this database.
_SETTINGS = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -8192;
BEGIN EXCLUSIVE;
"""


class TemporaryStore(ItemStore):
    """A maker of lists and dicts that keeps their items in one temporary database.

    The database is closed, and its space is freed, when the store, its lists and its dicts are garbage.
    """

    def __init__(self, package: Path | None = None, *, items_in_memory: int = ITEMS_IN_MEMORY) -> None:
        """Make an empty database.

        Args:
            package: The package that will be written. The database is beside it, in a partial directory. If it is None,
                the database is in SQLite's directory of temporary files.
            items_in_memory: The maximum number of items of each dict that stay in memory.

        Raises:
            PackageError: The database cannot be made.
        """
        self._tables = 0
        self._items_in_memory = items_in_memory
        try:
            with nullcontext() if package is None else partial_directory(package.absolute()) as folder:
                path = None if folder is None else folder / "draft.sqlite"
                if path is not None:
                    _create_private_file(path)
                self._connection = enable_interrupts(
                    sqlite3.connect(path or "", isolation_level=None, check_same_thread=False)
                )
                finalize(self, _close_database, self._connection, folder)
                self._connection.executescript(_SETTINGS)
                if path is not None:
                    path.unlink()
        except (OSError, sqlite3.Error) as error:
            raise _make_store_error(error) from None

    def make_list(self) -> ItemList[ItemT]:
        """Return an empty list. Its items are pickled, so they are copies of the items that were added."""
        self._tables += 1
        return StoredList(self, f"list{self._tables}")

    def make_dict(self) -> MutableMapping[KeyT, ValueT]:
        """Return an empty dict in the order of insertion. A changed value must be assigned again."""
        self._tables += 1
        return StoredDict(self, f"dict{self._tables}", self._items_in_memory)

    def iterate_sorted_keys(self, made: Mapping[str, ValueT]) -> Iterator[str]:
        """Return the keys of a dict of this store in ascending order. Only some of them are in memory at once."""
        return made.iterate_sorted_keys() if isinstance(made, StoredDict) else super().iterate_sorted_keys(made)

    def execute(self, statement: str, *parameters: object) -> sqlite3.Cursor:
        """Execute a statement. Raises PackageError if the disk is full or fails."""
        try:
            return self._connection.execute(statement, parameters)
        except sqlite3.Error as error:
            raise_if_interrupted(error)
            raise _make_store_error(error) from None


class StoredList(ItemList[ItemT]):
    """A list whose items are in a table of the database. Each row of the table has `_ITEMS_IN_ROW` items."""

    def __init__(self, store: TemporaryStore, table: str) -> None:
        """Make an empty list in the new table `table`."""
        super().__init__()  # `_items` has the last items, which do not fill a row yet
        self._store = store
        self._stored = 0
        """Number of items in the database."""
        self._last_read: tuple[int, list[ItemT]] = (-1, [])
        """The index of the first item in the row that was read last, and the items of this row."""
        self._insert = f"INSERT INTO {table} VALUES (?, ?)"  # noqa: S608  the store makes the names of tables
        self._select = f"SELECT items FROM {table} WHERE first = ?"  # noqa: S608
        self._create = f"CREATE TABLE IF NOT EXISTS {table} (first INTEGER PRIMARY KEY, items BLOB)"

    def extend(self, items: Iterable[ItemT]) -> None:
        """Add items at the end."""
        for item in items:
            self._items.append(item)
            if len(self._items) == _ITEMS_IN_ROW:
                if not self._stored:
                    self._store.execute(self._create)
                self._store.execute(self._insert, self._stored, _pickle_item(self._items))
                self._stored += _ITEMS_IN_ROW
                self._items = []

    def __len__(self) -> int:
        return self._stored + len(self._items)

    @overload
    def __getitem__(self, index: int) -> ItemT: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[ItemT]: ...

    def __getitem__(self, index: int | slice) -> ItemT | Sequence[ItemT]:
        places = range(len(self))[index]
        return self._get_item(places) if isinstance(places, int) else [self._get_item(place) for place in places]

    def __iter__(self) -> Iterator[ItemT]:
        for first in range(0, self._stored, _ITEMS_IN_ROW):
            yield from self._read_row(first)
        yield from self._items

    def _get_item(self, index: int) -> ItemT:
        if index >= self._stored:
            return self._items[index - self._stored]
        first = index - index % _ITEMS_IN_ROW
        known_first, items = self._last_read  # one read of the attribute, because threads may share this object
        if known_first != first:
            items = self._read_row(first)
            self._last_read = first, items
        return items[index - first]

    def _read_row(self, first: int) -> list[ItemT]:
        items: list[ItemT] = _unpickle_item(self._store.execute(self._select, first).fetchone()[0])
        return items


class StoredDict(MutableMapping[KeyT, ValueT]):
    """A dict that keeps its first items in memory. The keys and values of all others are in a table of the database."""

    def __init__(self, store: TemporaryStore, table: str, items_in_memory: int) -> None:
        """Make an empty dict in the new table `table`. At most `items_in_memory` items stay in memory."""
        self._store = store
        self._first: dict[KeyT, ValueT] = {}
        """The items in memory: all were added before those in the database."""
        self._free = items_in_memory
        """Number of items that can still be added to those in memory. 0 as soon as an item is in the database."""
        self._stored = 0
        """Number of items in the database."""
        self._select = f"SELECT value FROM {table} WHERE key = ?"  # noqa: S608  the store makes the names of tables
        self._contains = f"SELECT 1 FROM {table} WHERE key = ?"  # noqa: S608
        self._update = f"UPDATE {table} SET value = ? WHERE key = ?"  # noqa: S608
        self._insert = f"INSERT OR IGNORE INTO {table} (value, key) VALUES (?, ?)"  # noqa: S608
        self._delete = f"DELETE FROM {table} WHERE key = ?"  # noqa: S608
        self._next = f"SELECT position, key, value FROM {table} WHERE position > ? ORDER BY position LIMIT 100"  # noqa: S608
        self._next_key = f"SELECT position, key FROM {table} WHERE position > ? ORDER BY position LIMIT 100"  # noqa: S608
        self._next_sorted = f"SELECT key FROM {table} WHERE key > ? ORDER BY key LIMIT 100"  # noqa: S608
        self._create = f"CREATE TABLE IF NOT EXISTS {table} (position INTEGER PRIMARY KEY, key BLOB UNIQUE, value BLOB)"

    def __getitem__(self, key: KeyT) -> ValueT:
        if key in self._first:
            return self._first[key]
        row = self._store.execute(self._select, _encode_key(key)).fetchone() if self._stored else None
        if row is None:
            raise KeyError(key)
        value: ValueT = _unpickle_item(row[0])
        return value

    def __setitem__(self, key: KeyT, value: ValueT) -> None:
        if key in self._first:
            self._first[key] = value
        elif self._free:
            self._first[key] = value
            self._free -= 1
        else:
            self._store_item(key, value)

    def __delitem__(self, key: KeyT) -> None:
        if key in self._first:
            del self._first[key]
        elif self._stored and self._store.execute(self._delete, _encode_key(key)).rowcount:
            self._stored -= 1
        else:
            raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        if key in self._first:
            return True
        return bool(self._stored) and self._store.execute(self._contains, _encode_key(key)).fetchone() is not None

    def __len__(self) -> int:
        return len(self._first) + self._stored

    def __iter__(self) -> Iterator[KeyT]:
        yield from self._first
        for rows in self._iterate_rows(self._next_key):
            yield from (_decode_key(key) for _, key in rows)

    def setdefault(self, key: KeyT, default: ValueT) -> ValueT:
        """Return the value of a key. If the dict does not have the key, add it with the value `default`."""
        if key in self._first or self._free:
            if key not in self._first:
                self[key] = default
            return self._first[key]
        return default if self._insert_item(_pickle_item(default), _encode_key(key)) else self[key]

    def iterate_sorted_keys(self) -> Iterator[KeyT]:
        """Return the keys, which must be texts, in ascending order."""
        in_memory: Any = sorted(self._first, key=_encode_key)
        return merge(in_memory, self._sort_stored_keys(), key=_encode_key) if self._stored else iter(in_memory)

    def items(self) -> ItemsView[KeyT, ValueT]:
        """Return a view of the pairs of key and value. Each row is read once."""
        return _StoredPairs(self)

    def iterate_targets_and_rows(self) -> Iterator[tuple[KeyT, ValueT]]:
        """Yield the pairs of key and value in the order of insertion. The caller may assign values in the loop."""
        yield from self._first.items()
        for rows in self._iterate_rows(self._next):
            yield from ((_decode_key(key), _unpickle_item(value)) for _, key, value in rows)

    def _iterate_rows(self, statement: str) -> Iterator[list[Any]]:
        """Yield the rows of `statement` in lists. The first column of a row is its position."""
        position = 0
        while rows := self._store.execute(statement, position).fetchall() if self._stored else ():
            yield rows
            position = rows[-1][0]

    def _store_item(self, key: KeyT, value: ValueT) -> None:
        parameters = _pickle_item(value), _encode_key(key)
        if not self._insert_item(*parameters):
            self._store.execute(self._update, *parameters)

    def _insert_item(self, value: bytes, key: bytes | int) -> bool:
        """Insert an item into the table, and return True; return False if the table has the key."""
        if not self._stored:
            self._store.execute(self._create)
        is_new = bool(self._store.execute(self._insert, value, key).rowcount)
        self._stored += is_new
        return is_new

    def _sort_stored_keys(self) -> Iterator[KeyT]:
        """Yield the keys of the items in the database in ascending order."""
        key: Any = b""
        while rows := self._store.execute(self._next_sorted, key).fetchall():
            yield from (_decode_key(row[0]) for row in rows)
            key = rows[-1][0]


class _StoredPairs(ItemsView[KeyT, ValueT]):
    _mapping: StoredDict[KeyT, ValueT]

    def __iter__(self) -> Iterator[tuple[KeyT, ValueT]]:
        return self._mapping.iterate_targets_and_rows()


def _create_private_file(path: Path) -> None:
    """Create an empty file that only its owner can read, whatever DICOMMAP_GROUP_READABLE says."""
    descriptor = create_file(path)
    try:
        set_mode(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _close_database(connection: sqlite3.Connection, folder: Path | None) -> None:
    """Close the database. On NFS, its file has a hidden name until then, so its directory is removed only now."""
    connection.close()
    if folder is not None:
        remove_partial(folder)


_TARGET = b"\xff"
"""The first byte of an encoded Target. UTF-8 does not have this byte, so it cannot be the first byte of a text."""
_UID_SEPARATOR = "\0"


def _encode_key(key: object) -> bytes | int:
    """Encode a key as bytes or as a signed integer, which SQLite can compare and sort."""
    if isinstance(key, int):
        return key - 2**63  # SQLite has signed numbers only
    if isinstance(key, Target):
        uids = (key.study_instance_uid, key.series_instance_uid, key.sop_instance_uid)
        return _TARGET + _UID_SEPARATOR.join([uid or "" for uid in uids]).encode("utf-8", "surrogatepass")
    return str(key).encode("utf-8", "surrogatepass")


def _decode_key(stored: bytes | int) -> Any:  # noqa: ANN401  a text, a number or a Target
    """Return the key that `_encode_key` encoded."""
    if isinstance(stored, int):
        return stored + 2**63
    if not stored.startswith(_TARGET):
        return stored.decode("utf-8", "surrogatepass")
    study, series, instance = stored.removeprefix(_TARGET).decode("utf-8", "surrogatepass").split(_UID_SEPARATOR)
    return Target(study_instance_uid=study, series_instance_uid=series or None, sop_instance_uid=instance or None)


def _pickle_item(item: object) -> bytes:
    return pickle.dumps(item, pickle.HIGHEST_PROTOCOL)


def _unpickle_item(data: bytes) -> Any:  # noqa: ANN401  any item
    return pickle.loads(data)  # noqa: S301  no other process can write to the database


def _make_store_error(error: OSError | sqlite3.Error) -> PackageError:
    reason = os_error_reason(error) if isinstance(error, OSError) else str(error)
    return PackageError(
        f"The temporary file of the draft cannot be written: {reason}.",
        fix="Make room on the disk of the package. Without a package, SQLITE_TMPDIR names the directory.",
    )
