"""A list of files below a local tree, given by the user instead of a walk over the whole tree."""

from __future__ import annotations

import os
import sqlite3
import stat
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.errors import SourceError
from dicommap.issues import make_issue
from dicommap.reading.sqlite_interrupts import enable_interrupts, raise_if_interrupted
from dicommap.sources.local_tree import LocalTree, file_identities, make_source_file, make_unreadable_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from _typeshed import StrPath

    from dicommap.model.study import SourceFile

_BELOW, _ELSEWHERE = b"0", b"1"
"""First bytes of the keys that listed paths are sorted by: those below the root come first."""


class FileList:
    """Files below a tree's root, each once, in the order in which a walk over the tree meets them.

    The list may be longer than memory: it is kept in a temporary file.
    """

    def __init__(self, tree: LocalTree, paths: Iterable[StrPath]) -> None:
        """Take the whole list. Paths are relative to the tree's root, or absolute; empty ones are passed over."""
        self.opener = tree
        self._roots = tuple({os.path.join(os.fsencode(root), b"") for root in (tree.root, tree.root.resolve())})
        self._connection = enable_interrupts(sqlite3.connect("", check_same_thread=False))  # private, on disk
        names = (name for path in paths if (name := _bytes_of(path)))
        try:
            self._connection.execute("CREATE TABLE listed (key BLOB PRIMARY KEY) WITHOUT ROWID")
            keys = ((self._key(name),) for name in names)
            self._connection.executemany("INSERT OR IGNORE INTO listed VALUES (?)", keys)
        except sqlite3.Error as error:
            raise_if_interrupted(error)
            raise SourceError(
                "The list of files cannot be kept.", fix="Make room where temporary files go, or set SQLITE_TMPDIR."
            ) from None

    def __str__(self) -> str:
        return str(self.opener)

    def require_existing_path(self) -> None:
        """Refuse a list of which no path exists: then the list is wrong, not each file.

        Raises:
            SourceError: No listed path is a file or directory below the root.

        """
        count, first = 0, b""
        for (key,) in self._connection.execute("SELECT key FROM listed ORDER BY key"):
            count, first = count + 1, first or key
            if key.startswith(_BELOW) and self._exists(_path_of(key)):
                return
        if count:
            raise self._none_exists(count, first)

    def _exists(self, path: str) -> bool:
        try:
            self.opener.link_status(path)
        except FileNotFoundError:
            return False
        except OSError:
            return True  # something is there
        return True

    def _none_exists(self, count: int, first: bytes) -> SourceError:
        path = _path_of(first) if first.startswith(_BELOW) else os.fsdecode(first[1:])
        fix = f"List paths relative to {make_printable(str(self))}, or absolute ones below it."
        if "\\" in path:
            fix = "Write the paths with / instead of \\."
        elif first.startswith(_BELOW) and os.path.lexists(path):
            fix = (
                f"The paths are relative to this directory: list them relative to {make_printable(str(self))}, "
                "or absolute."
            )
        return SourceError(f"None of the listed paths ({count:,}) exists below {make_printable(str(self))}.", fix=fix)

    def walk(self, *, without: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        """Yield every listed path once; what is not there, no file, or not below the root has a finding."""
        left_out = file_identities(without)
        for (key,) in self._connection.execute("SELECT key FROM listed ORDER BY key"):
            if key.startswith(_ELSEWHERE):
                yield make_unreadable_file(os.fsdecode(key[1:]), make_issue("source.outside-root"))
                continue
            path = _path_of(key)
            try:
                status = self.opener.status(path)
            except OSError as error:
                yield self.opener.unreachable(path, error)
                continue
            if stat.S_ISDIR(status.st_mode):
                yield make_unreadable_file(path, make_issue("source.listed-directory"))
            elif (status.st_dev, status.st_ino) not in left_out:
                yield make_source_file(path, status)

    def require_unchanged(self) -> None:
        """Raise SourceError if the tree was unmounted, removed or replaced since it was named."""
        self.opener.require_unchanged()

    def count(self) -> Iterator[int]:
        """Yield how many paths there are."""
        yield int(self._connection.execute("SELECT COUNT(*) FROM listed").fetchone()[0])

    def close(self) -> None:
        """Forget the list."""
        self._connection.close()

    def _key(self, name: bytes) -> bytes:
        """Return what sorts a path where a walk would meet it: name by name, not sign by sign."""
        inside = next((name[len(root) :] for root in self._roots if name.startswith(root)), None)
        if inside is None and not name.startswith(b"/"):
            inside = name
        parts = [part for part in (inside or b"").split(b"/") if part not in (b"", b".")]
        if not parts or b".." in parts or b"\0" in name:
            return _ELSEWHERE + name
        return _BELOW + b"\0".join(parts)


def _bytes_of(path: StrPath) -> bytes:
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:
        raise SourceError(
            "A listed path holds what no file name can.", fix="List paths as the system has them."
        ) from None


def _path_of(key: bytes) -> str:
    """Return the path below the root that a key stands for."""
    return os.fsdecode(key[1:].replace(b"\0", b"/"))
