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
from dicommap.issues import make_issue
from dicommap.model.source_files import MAX_TIME_NS, clamp_time_ns
from dicommap.model.study import Disposition, SourceFile
from dicommap.sources.source import Opener, Source
from dicommap.sources.system_calls import SYSTEM_CALLS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from dicommap.issues import Issue
    from dicommap.p10 import ReadAt
    from dicommap.sources.source import KnownMembers
    from dicommap.sources.system_calls import SystemCalls

_MACHINE_ERRNOS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
_INVENTORY_KEPT = "The previous inventory is kept."


def raise_if_machine_error(error: OSError) -> None:
    """Raise SourceError if an error comes from the process or machine, for example because too many files are open."""
    if error.errno in _MACHINE_ERRNOS:
        fix = "Raise the limit of open files (ulimit -n), or end other programs, and scan again."
        raise SourceError(f"Files cannot be read: {os_error_reason(error)}.", fix=f"{fix} {_INVENTORY_KEPT}") from None


def unlistable_root_error(root: str, error: OSError) -> SourceError:
    """Return the error for a root directory that cannot be listed."""
    return SourceError(
        f"The source {root} cannot be listed: {os_error_reason(error)}.",
        fix=f"Check that it is mounted and that you may read it, and scan again. {_INVENTORY_KEPT}",
    )


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
        fix=f"Mount it again, and scan again. {_INVENTORY_KEPT}",
    )


_SPECIAL_FILE_KINDS = {
    stat.S_IFIFO: "FIFO",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
}

_BROKEN_LINK_ERRNOS = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})

_Identity = tuple[int, int]
"""Device and inode. They are equal for all paths of the same file or directory."""


class LocalTree(Source, Opener):
    """A source with the files below a directory, or with a single file. It is also the opener of its files."""

    can_hold_archives = True

    def __init__(self, path: str | Path, *, follow_links: bool = False, system: SystemCalls = SYSTEM_CALLS) -> None:
        """Open a tree at an existing path.

        Args:
            path: A directory or a single file.
            follow_links: Whether to follow links to directories. Links to files are always followed.
            system: The system calls for paths of the tree. A test gives calls that wait or fail.

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
        excluded = file_identities(exclude)
        names: Iterator[str] = iter((self._start,))
        level: tuple[str, Iterator[str], tuple[_Identity, ...]] = ("", names, ())
        levels = [level]
        while levels:
            below, names, above = levels[-1]
            for name in names:
                path = below + name
                try:
                    status = self._system.stat(self._prefix + path)
                except OSError as error:
                    yield self.make_unreachable_file(path, error)
                    continue
                if stat.S_ISDIR(status.st_mode):
                    names_below = self._list_directory(path, status, above)
                    if isinstance(names_below, SourceFile):
                        yield names_below
                        continue
                    if status.st_dev != self._root_identity.identity[0]:
                        self._root_identity.mounts[self._prefix + path] = status.st_dev
                    levels.append((path and path + "/", iter(names_below), (*above, _get_identity(status))))
                    break
                if (status.st_dev, status.st_ino) not in excluded:
                    yield make_source_file(path, status)
            else:
                levels.pop()

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

    def _list_directory(
        self, path: str, status: os.stat_result, above: tuple[_Identity, ...]
    ) -> SourceFile | list[str]:
        """Return the sorted names in a directory. If the walk must not enter it, return a source file with an issue."""
        if path and not self._follow_links and os.path.islink(self._prefix + path):
            return _make_link(path, make_issue("source.link-not-followed"))
        if _get_identity(status) in above:
            return _make_link(path, make_issue("source.link-loop"))
        try:
            names = self._system.listdir(self._prefix + path)
        except OSError as error:
            raise_if_machine_error(error)
            if not path:
                raise unlistable_root_error(self.root, error) from None
            return make_unreadable_file(path, make_issue("source.unreadable-directory", reason=os_error_reason(error)))
        # Sort by bytes. ASCII names, which are most names, have this order without a key.
        names.sort(key=None if all(map(str.isascii, names)) else os.fsencode)
        return names

    def make_unreachable_file(self, path: str, error: OSError) -> SourceFile:
        """Return a source file with an issue, for a path whose status cannot be read.

        Raises:
            SourceError: The error is caused by the process or machine, or the path is the root.

        """
        raise_if_machine_error(error)
        if not path or path == self._start:
            raise unlistable_root_error(self._prefix + path, error) from None
        if error.errno in _BROKEN_LINK_ERRNOS and os.path.islink(self._prefix + path):
            return _make_link(path, make_issue("source.broken-link"))
        return make_unreadable_file(path, make_issue("source.unreadable", reason=os_error_reason(error)))


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
        # There is no fstat before the first read, because it would take a tenth of the time, and most headers need one
        # read. If a device has replaced the file since the walk, the first read returns its bytes, and the next read
        # raises OSError.
        if offset:
            self._require_regular()
        try:
            return self._system.pread(self._descriptor, length, offset)
        except OSError as error:
            raise_if_machine_error(error)
            self._require_regular()
            raise

    def _require_regular(self) -> None:
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


def file_identities(paths: frozenset[Path]) -> frozenset[_Identity]:
    """Return the device and inode of each path that exists."""
    return frozenset(_get_identity(os.stat(path)) for path in paths if path.exists())


def make_source_file(path: str, status: os.stat_result) -> SourceFile:
    """Return the source file for a path with this status. The path must not be a directory."""
    kind = None if stat.S_ISREG(status.st_mode) else _SPECIAL_FILE_KINDS.get(stat.S_IFMT(status.st_mode))
    mtime_ns = status.st_mtime_ns
    return SourceFile(
        path=path,
        size=status.st_size,
        mtime_ns=mtime_ns if 0 <= mtime_ns <= MAX_TIME_NS else clamp_time_ns(mtime_ns),
        disposition=Disposition.SPECIAL if kind else None,
        issues=(make_issue("source.special-file", kind=kind),) if kind else (),
    )


def make_unreadable_file(path: str, issue: Issue) -> SourceFile:
    """Return the source file for a path that cannot be read, with this issue. Its size and time are 0."""
    return SourceFile(path=path, size=0, mtime_ns=0, disposition=Disposition.UNREADABLE, issues=(issue,))


def _get_identity(status: os.stat_result) -> _Identity:
    return status.st_dev, status.st_ino


def _make_link(path: str, issue: Issue) -> SourceFile:
    return SourceFile(path=path, size=0, mtime_ns=0, disposition=Disposition.LINK, issues=(issue,))
