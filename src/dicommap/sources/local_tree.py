"""A local directory tree: walk over its paths, open its files, and notice if its root was unmounted.

There are two kinds of errors. If a single file cannot be read, its inventory row has an issue. If the process has too
many open files, or the whole tree was removed, the scan ends with SourceError.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.errors import SourceError, os_error_reason
from dicommap.model.study import SourceFile
from dicommap.sources.path_reader import (
    INVENTORY_KEPT,
    PathReader,
    raise_if_machine_error,
    read_file_identities,
    unlistable_root_error,
)
from dicommap.sources.source import Opener, Source
from dicommap.sources.system_calls import SYSTEM_CALLS
from dicommap.sources.tree_walk import TreeWalk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from dicommap.model.source_files import ListedDirectory
    from dicommap.p10 import ReadAt
    from dicommap.sources.path_reader import Identity
    from dicommap.sources.source import FindKnownDirectory, KnownMembers
    from dicommap.sources.system_calls import SystemCalls


@dataclass(slots=True)
class RootIdentity:
    """The device and inode of a tree's root, and the file systems mounted below it.

    If one of them changes during a scan, the tree was replaced or unmounted.
    """

    root: str
    identity: tuple[int, int]
    """Device and inode of the root."""
    mounts: dict[str, int] = field(default_factory=dict)
    """Path -> device, for each walked directory that is not on the root's device."""
    system: SystemCalls = SYSTEM_CALLS

    def require_unchanged(self) -> None:
        """Raise SourceError if the root cannot be listed or was replaced, or if a file system was unmounted."""
        try:
            status = self.system.stat(self.root)
            with self.system.scandir(self.root) as entries:
                next(entries, None)
        except OSError as error:
            raise unlistable_root_error(self.root, error) from None
        if (status.st_dev, status.st_ino) != self.identity:
            raise _unmounted_error(self.root)
        for path, device in self.mounts.items():
            try:
                device_now = self.system.stat(path).st_dev
            except OSError:
                device_now = None
            if device_now != device:
                raise _unmounted_error(path)


def _unmounted_error(path: str) -> SourceError:
    return SourceError(
        f"The directory {path} was unmounted or replaced during the scan.",
        fix=f"Mount it again, and scan again. {INVENTORY_KEPT}",
    )


class LocalTree(Source, Opener):
    """A source with the files below a directory, or with a single file. It is also the opener of its files."""

    can_hold_archives = True
    has_directories = True
    can_open_in_threads = True

    def __init__(self, path: str | Path, *, follow_links: bool = False, system: SystemCalls = SYSTEM_CALLS) -> None:
        """Open a tree at an existing path.

        Args:
            path: A directory or a single file.
            follow_links: Whether to follow links to directories. Links to files are always followed.
            system: The system calls for paths of the tree. Tests pass calls that wait or fail.

        Raises:
            SourceError: The path does not exist, or Python does not decode file names as UTF-8.

        """
        if not os.fspath(path):
            raise SourceError("The name of a source is empty.", fix="Name a directory; '.' is the current one.")
        if sys.getfilesystemencoding().lower() != "utf-8":
            raise SourceError(
                f"Python decodes file names as {sys.getfilesystemencoding()} here, and keys in S3 are UTF-8.",
                fix="Start Python in its UTF-8 mode: set PYTHONUTF8=1.",
            )
        try:
            named = Path(os.path.abspath(path))
            status = system.stat(str(named))
            is_directory = stat.S_ISDIR(status.st_mode)
        except OSError as error:
            why = "does not exist" if error.errno == errno.ENOENT else f"cannot be reached: {os_error_reason(error)}"
            raise SourceError(
                f"The source {os.fspath(path)} {why}.", fix="Name a directory that exists, or a single file."
            ) from None
        self.directory = named if is_directory else named.parent
        self._start = "" if is_directory else named.name
        self._prefix = os.path.join(self.directory, "")
        self._follow_links = follow_links
        self._system = system
        self._root_identity = RootIdentity(
            self.root, _get_identity(status if is_directory else system.stat(str(self.directory))), system=system
        )

    def require_unchanged(self) -> None:
        """Raise SourceError if the tree was unmounted, removed or replaced since this object was made."""
        self._root_identity.require_unchanged()

    @property
    def root(self) -> str:
        """Return the absolute path of the directory."""
        return str(self.directory)

    @property
    def opener(self) -> LocalTree:
        """Return this object: a local tree is also the opener of its files."""
        return self

    def overlaps(self, other: Source) -> bool:
        """Return whether one tree is inside the other, after links are resolved."""
        if not isinstance(other, LocalTree):
            return False
        ours, theirs = (tree.directory.resolve() / tree._start for tree in (self, other))
        return ours.is_relative_to(theirs) or theirs.is_relative_to(ours)

    def with_archives(self, known_members: KnownMembers) -> Source:
        """Return a source that also yields the members of this tree's ZIP and tar files as files."""
        from dicommap.sources.archives.archive_source import ArchiveSource  # most scans read no archives

        return ArchiveSource(self, self, known_members)

    def walk(self, *, exclude: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        """Yield every path below the root exactly once, in the order of names. Directories are not yielded.

        Special files, and links that are not followed, have a disposition and an issue. Files in `exclude` are not
        yielded, even if a path is a link to such a file.
        """
        walk = self.walk_with_directories(exclude=exclude)
        return (file for file in walk if isinstance(file, SourceFile))

    def walk_with_directories(
        self, *, exclude: frozenset[Path] = frozenset(), find_known: FindKnownDirectory | None = None
    ) -> Iterator[SourceFile | ListedDirectory]:
        """Yield the files that `walk` yields, and each directory after all files in it."""
        walk = TreeWalk(self.make_path_reader(exclude), self._record_mount, find_known=find_known)
        return walk.walk(self._start)

    def make_path_reader(self, exclude: frozenset[Path] = frozenset()) -> PathReader:
        """Return a reader of the tree's paths. For files in `exclude` it returns None."""
        return PathReader(
            self._system,
            self._prefix,
            start=self._start,
            follow_links=self._follow_links,
            excluded=read_file_identities(exclude),
        )

    def _record_mount(self, path: str, identity: Identity) -> None:
        """Remember the file system of a directory, if it is not that of the root."""
        device, _ = identity
        if device != self._root_identity.identity[0]:
            self._root_identity.mounts[self._prefix + path] = device

    def count(self) -> Iterator[int]:
        """Yield the number of files in each directory. The sum is about the number of paths that a walk yields.

        Links are not followed, and no files are excluded.
        """
        waiting = [self._prefix] if not self._start else []
        if self._start:
            yield 1
        while waiting:
            try:
                with self._system.scandir(waiting.pop()) as entries:
                    inside = [entry.path if entry.is_dir(follow_symlinks=False) else "" for entry in entries]
            except OSError:
                yield 1  # an unreadable directory has one row in the inventory
                continue
            waiting += filter(None, inside)
            yield inside.count("")

    def open(self, path: str) -> LocalFile:
        """Open a file for reading. Reading from the result can raise OSError too.

        Raises:
            OSError: The file cannot be opened.

        """
        return LocalFile(self._prefix + path, self._system)

    def for_files(self, files: Sequence[SourceFile]) -> LocalTree:
        """Return this object: files that changed since the walk are accepted, and their new content is read."""
        return self

    def status(self, path: str) -> os.stat_result:
        """Return the result of `os.stat` for a path: links are followed. Raises OSError."""
        return self._system.stat(self._prefix + path)

    def link_status(self, path: str) -> os.stat_result:
        """Return the result of `os.lstat` for a path: links are not followed. Raises OSError."""
        return self._system.lstat(self._prefix + path)


class LocalFile:
    """A context manager for an open regular file. In a `with` statement, it returns a function that reads the file."""

    __slots__ = ("_descriptor", "_system")

    def __init__(self, path: str, system: SystemCalls) -> None:
        self._system = system
        # O_NONBLOCK: if a FIFO has replaced the file since the walk, the scan must not wait when it opens it.
        try:
            self._descriptor = system.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise_if_machine_error(error)
            raise

    def _read_range(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, or fewer at the end of the file."""
        # There is no fstat before the first read, because it would take a tenth of the time, and most headers need one
        # read. If a device has replaced the file since the walk, the first read returns its bytes, and the next read
        # raises OSError.
        if offset:
            self._require_regular_file()
        try:
            return self._system.pread(self._descriptor, length, offset)
        except OSError as error:
            raise_if_machine_error(error)
            self._require_regular_file()
            raise

    def _require_regular_file(self) -> None:
        if not stat.S_ISREG(self.status().st_mode):
            raise OSError(0, "it is no longer a regular file")

    def status(self) -> os.stat_result:
        """Return the status of the open file, even if another file now has its path."""
        return self._system.fstat(self._descriptor)

    def __enter__(self) -> ReadAt:
        return self._read_range

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._system.close(self._descriptor)


def _get_identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino
