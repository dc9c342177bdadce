"""A source with the files that a user lists, and not with all files of a local tree."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.errors import SourceError
from dicommap.issues import make_issue
from dicommap.reading.parallel_calls import ParallelCalls
from dicommap.reading.sqlite_interrupts import enable_interrupts, raise_if_interrupted
from dicommap.sources.path_reader import DirectoryStatus, FailedPath, make_unreadable_file
from dicommap.sources.source import Source
from dicommap.sources.tree_walk import get_max_threads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from _typeshed import StrPath

    from dicommap.model.study import SourceFile
    from dicommap.sources.local_tree import LocalTree
    from dicommap.sources.source import KnownMembers

_BELOW_ROOT, _OUTSIDE_ROOT = b"0", b"1"
"""The first byte of a sort key. Paths below the root come before other paths."""


class FileList(Source):
    """A source with the listed files of a local tree. Each file is yielded once, in the order of a walk over the tree.

    The list is in a temporary file, because it may be too large for memory.
    """

    can_hold_archives = True

    def __init__(self, tree: LocalTree, paths: Iterable[StrPath]) -> None:
        """Read the whole list.

        Args:
            tree: The tree that contains the files.
            paths: Paths that are absolute or relative to the tree's root. Empty paths are ignored.

        Raises:
            SourceError: The disk has no space for the list, or a path has characters that no file name can have.

        """
        self._tree = tree
        roots = (tree.directory, tree.directory.resolve())
        self._roots = tuple({os.path.join(os.fsencode(root), b"") for root in roots})
        self._connection = enable_interrupts(sqlite3.connect("", check_same_thread=False))  # a private database on disk
        names = (name for path in paths if (name := _encode_path(path)))
        try:
            self._connection.execute("CREATE TABLE listed (key BLOB PRIMARY KEY) WITHOUT ROWID")
            keys = ((self._make_sort_key(name),) for name in names)
            self._connection.executemany("INSERT OR IGNORE INTO listed VALUES (?)", keys)
        except sqlite3.Error as error:
            raise_if_interrupted(error)
            raise SourceError(
                "The list of files cannot be stored in a temporary file.",
                fix="Make room on the disk for temporary files, or set SQLITE_TMPDIR to another directory.",
            ) from None

    @property
    def root(self) -> str:
        """Return the root of the tree."""
        return self._tree.root

    @property
    def opener(self) -> LocalTree:
        """Return the tree of the list: a local tree is also the opener of its files."""
        return self._tree

    def overlaps(self, other: Source) -> bool:
        """Return whether this list's tree overlaps with `other`. If `other` is also a list, its tree is compared."""
        return self._tree.overlaps(other._tree if isinstance(other, FileList) else other)

    def with_archives(self, known_members: KnownMembers) -> Source:
        """Return a source that also yields the members of the listed ZIP and tar files, as files."""
        from dicommap.sources.archives.archive_source import ArchiveSource  # most scans read no archives

        return ArchiveSource(self, self._tree, known_members)

    def require_existing_path(self) -> None:
        """Raise SourceError if none of the listed paths exists below the root. Then the list itself must be wrong.

        An empty list is valid.
        """
        count, first = 0, b""
        for (key,) in self._connection.execute("SELECT key FROM listed ORDER BY key"):
            count, first = count + 1, first or key
            if key.startswith(_BELOW_ROOT) and self._is_path_present(_decode_sort_key(key)):
                return
        if count:
            raise self._no_existing_path_error(count, first)

    def _is_path_present(self, path: str) -> bool:
        """Return whether a path exists. A path that cannot be reached counts as existing."""
        try:
            self._tree.link_status(path)
        except FileNotFoundError:
            return False
        except OSError:
            return True  # the path exists, but cannot be reached
        return True

    def _no_existing_path_error(self, count: int, first: bytes) -> SourceError:
        """Return the error for a list of `count` paths that do not exist. `first` is the sort key of the first path."""
        path = _decode_sort_key(first) if first.startswith(_BELOW_ROOT) else os.fsdecode(first[1:])
        fix = f"List paths relative to {make_printable(str(self))}, or absolute ones below it."
        if "\\" in path:
            fix = "Write the paths with / instead of \\."
        elif first.startswith(_BELOW_ROOT) and os.path.lexists(path):
            fix = (
                f"The paths are relative to this directory: list them relative to {make_printable(str(self))}, "
                "or absolute."
            )
        return SourceError(f"None of the listed paths ({count:,}) exists below {make_printable(str(self))}.", fix=fix)

    def walk(self, *, exclude: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        """Yield every listed path once. A path has an issue if it is missing, a directory, or not below the root."""
        reader = self._tree.make_path_reader(exclude)

        def read_listed_file(key: bytes) -> SourceFile | FailedPath | None:
            if key.startswith(_OUTSIDE_ROOT):
                return make_unreadable_file(os.fsdecode(key[1:]), make_issue("source.outside-root"))
            found = reader.read_status(_decode_sort_key(key))
            if isinstance(found, DirectoryStatus):
                return make_unreadable_file(found.path, make_issue("source.listed-directory"))
            return found

        keys = (key for (key,) in self._connection.execute("SELECT key FROM listed ORDER BY key"))
        with ParallelCalls(get_max_threads()) as calls:
            for file in calls.map(read_listed_file, keys):
                if isinstance(file, FailedPath):
                    reader.raise_path_error(file)
                if file is not None:
                    yield file

    def require_unchanged(self) -> None:
        """Raise SourceError if the tree was unmounted, removed or replaced since this object was made."""
        self._tree.require_unchanged()

    def count(self) -> Iterator[int]:
        """Yield one number: the number of listed paths (see `Source.count`)."""
        yield int(self._connection.execute("SELECT COUNT(*) FROM listed").fetchone()[0])

    def close(self) -> None:
        """Delete the temporary file of the list."""
        self._connection.close()

    def _make_sort_key(self, name: bytes) -> bytes:
        """Return a key for sorting paths. The keys are in the order of a walk: directory by directory."""
        inside = next((name[len(root) :] for root in self._roots if name.startswith(root)), None)
        if inside is None and not name.startswith(b"/"):
            inside = name
        parts = [part for part in (inside or b"").split(b"/") if part not in (b"", b".")]
        if not parts or b".." in parts or b"\0" in name:
            return _OUTSIDE_ROOT + name
        return _BELOW_ROOT + b"\0".join(parts)


def _encode_path(path: StrPath) -> bytes:
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:
        raise SourceError(
            "A listed path has characters that no file name has.", fix="List the paths as `find` prints them."
        ) from None


def _decode_sort_key(key: bytes) -> str:
    """Return the path that has this sort key."""
    return os.fsdecode(key[1:].replace(b"\0", b"/"))
