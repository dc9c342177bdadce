"""The temporary files beside an inventory while a scan writes it, and the lock that the scan holds."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.errors import InventoryError, os_error_reason
from dicommap.inventory.connection import connect_for_writing
from dicommap.reading.sqlite_interrupts import raise_if_interrupted
from dicommap.writing.private_files import create_file, open_lock_file

if TYPE_CHECKING:
    from pathlib import Path

_FILE_COUNT_QUERY = "SELECT IFNULL(MAX(id), 0) FROM file"


@dataclass(frozen=True, slots=True)
class WorkingFiles:
    """The paths of one inventory file and of the temporary files beside it."""

    inventory: Path
    """The path of the complete inventory. The file may not exist yet."""
    unfinished: Path
    """The path of the inventory that a scan is writing now, or that a killed scan has left."""
    journal: Path
    """The path of SQLite's journal for the unfinished inventory."""
    interrupted: Path
    """The path of the incomplete inventory of an interrupted scan. The next scan reuses its unchanged files."""
    lock: Path
    """The path of the file that a running scan locks."""

    @classmethod
    def for_inventory(cls, path: Path) -> WorkingFiles:
        """Return the paths of the inventory file at `path` and of its temporary files."""
        kinds = ("unfinished", "unfinished-journal", "earlier", "lock")
        return cls(path, *(path.with_name(f".{path.name}.{kind}") if path.name else path for kind in kinds))

    def paths(self) -> frozenset[Path]:
        """Return the paths of the inventory and its four temporary files. A scan must not read them as its input."""
        return frozenset((self.inventory, self.unfinished, self.journal, self.interrupted, self.lock))


class ScanLock:
    """A lock that prevents two scans from writing the same inventory. It is released when the process ends."""

    def __init__(self, path: Path) -> None:
        """Acquire the lock. Raises InventoryError if another scan has it, or if the directory is not writable."""
        self._path = path
        try:
            self._descriptor = self._acquire_lock()
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
        """Release the lock and remove its file."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)  # remove before unlocking, so that no other scan has locked this file
        os.close(self._descriptor)

    def _acquire_lock(self) -> int:
        while True:
            descriptor = open_lock_file(self._path)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.lexists(self._path) and os.path.samestat(os.fstat(descriptor), os.lstat(self._path)):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # the other scan removed the file while we opened it


def keep_larger_unfinished_scan(files: WorkingFiles) -> None:
    """Keep the unfinished inventory with more files, from `files.unfinished` or `files.interrupted`. Remove the other.

    Afterwards, the kept inventory is at `files.interrupted`. The caller must have the scan lock.
    """
    if _count_files(files.unfinished) > _count_files(files.interrupted):
        remove_files(files.interrupted)
        os.replace(files.unfinished, files.interrupted)
    remove_files(files.unfinished, files.journal)


def create_unfinished_inventory(files: WorkingFiles) -> None:
    """Create the unfinished inventory as an empty file that only its owner can read.

    SQLite gives its journal the same mode. The caller must have the scan lock.

    Raises:
        InventoryError: The directory is not writable.
    """
    try:
        os.close(create_file(files.unfinished))
    except OSError as error:
        raise InventoryError(
            f"The inventory cannot be written there: {os_error_reason(error)}.",
            fix="Name a file in a directory that you may write to.",
        ) from None


def make_write_error(error: sqlite3.Error) -> InventoryError:
    """Return the InventoryError for a failed write by SQLite. Raises KeyboardInterrupt if a signal stopped SQLite."""
    raise_if_interrupted(error)
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        return InventoryError(
            "The inventory cannot be written: no space is left.",
            fix="Make room and run the scan again; it goes on from what is written.",
        )
    return InventoryError("The inventory cannot be written.", fix="Check the free space and the rights at its place.")


def remove_files(*paths: Path) -> None:
    """Remove files if they exist. Errors are ignored, because the caller may already have a more useful error."""
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _count_files(path: Path) -> int:
    """Return the number of files in an unfinished inventory. Return 0 if it cannot be read.

    When SQLite opens the file, it first undoes a transaction that was not finished.
    """
    if not path.is_file() or path.is_symlink():
        return 0
    try:
        with closing(connect_for_writing(path)) as connection:
            rows = int(connection.execute(_FILE_COUNT_QUERY).fetchone()[0])
            connection.execute("PRAGMA journal_mode = DELETE")
            return rows
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise_if_interrupted(error)
        return 0
