"""The temporary files beside an inventory that is being written, and the lock on them."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.errors import InventoryError, os_error_reason
from dicommap.inventory.connection import connect
from dicommap.reading.sqlite_interrupts import raise_if_interrupted
from dicommap.writing.private_files import create_file, open_lock_file

if TYPE_CHECKING:
    from pathlib import Path

_FILE_COUNT_QUERY = "SELECT IFNULL(MAX(id), 0) FROM file"


@dataclass(frozen=True, slots=True)
class WorkingFiles:
    """The files of one inventory."""

    inventory: Path
    """Where the complete inventory is, or will be."""
    unfinished: Path
    """What a scan is writing, or what a scan that was stopped has written."""
    journal: Path
    """SQLite's journal of the unfinished file."""
    earlier: Path
    """What a scan before had written when it was stopped: the next one takes from it what has not changed."""
    lock: Path
    """Held by the scan that runs."""

    @classmethod
    def of(cls, path: Path) -> WorkingFiles:
        """Return the places of an inventory at `path`."""
        kinds = ("unfinished", "unfinished-journal", "earlier", "lock")
        return cls(path, *(path.with_name(f".{path.name}.{kind}") if path.name else path for kind in kinds))

    def all(self) -> frozenset[Path]:
        """Return all paths, so that a scan can leave its own files out."""
        return frozenset((self.inventory, self.unfinished, self.journal, self.earlier, self.lock))


class ScanLock:
    """Keeps a second scan from writing to the same place; the system lets go of it when the process ends."""

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises InventoryError where another scan has it, or where nothing may be written."""
        self._path = path
        try:
            self._descriptor = self._taken()
        except BlockingIOError:
            raise InventoryError(
                "Another scan is writing this inventory.", fix="Wait until it has ended, or name another file."
            ) from None
        except OSError as error:
            raise InventoryError(
                f"The inventory cannot be written there: {os_error_reason(error)}.",
                fix="Name a file in a directory that you may write to.",
            ) from None

    def release(self) -> None:
        """Let the next scan begin, and leave no file behind."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)  # still held: nobody else can have taken this file for theirs
        os.close(self._descriptor)

    def _taken(self) -> int:
        while True:
            descriptor = open_lock_file(self._path)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.lexists(self._path) and os.path.samestat(os.fstat(descriptor), os.lstat(self._path)):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # its owner removed the file as we opened it


def keep_unfinished_scan(places: WorkingFiles) -> None:
    """Make what a stopped scan left the earlier file, unless an earlier one holds more. Needs the lock."""
    left = _count_files(places.unfinished)
    if left > _count_files(places.earlier):
        remove_files(places.earlier)
        os.replace(places.unfinished, places.earlier)
    remove_files(places.unfinished, places.journal)


def create_unfinished(places: WorkingFiles) -> None:
    """Create the unfinished file, empty and private: SQLite takes it, and gives its journal the same mode.

    Raises InventoryError if nothing may be written there. Needs the lock.
    """
    try:
        os.close(create_file(places.unfinished))
    except OSError as error:
        raise InventoryError(
            f"The inventory cannot be written there: {os_error_reason(error)}.",
            fix="Name a file in a directory that you may write to.",
        ) from None


def write_error(error: sqlite3.Error) -> InventoryError:
    """Return the error to raise if SQLite cannot write. Raises KeyboardInterrupt if a signal ended the statement."""
    raise_if_interrupted(error)
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        return InventoryError(
            "The inventory cannot be written: no space is left.",
            fix="Make room and run the scan again; it goes on from what is written.",
        )
    return InventoryError("The inventory cannot be written.", fix="Check the free space and the rights at its place.")


def remove_files(*paths: Path) -> None:
    """Remove files where they are and the system lets us; what led here is the error worth telling."""
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _count_files(path: Path) -> int:
    """Return how many files an unfinished inventory holds; opening it undoes what a killed scan had half written."""
    if not path.is_file() or path.is_symlink():
        return 0
    try:
        with closing(connect(path)) as connection:
            rows = int(connection.execute(_FILE_COUNT_QUERY).fetchone()[0])
            connection.execute("PRAGMA journal_mode = DELETE")
            return rows
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise_if_interrupted(error)
        return 0
