"""Read the status of paths of a local tree, and list its directories. These calls may run in several threads.

An error of a single path is not raised: it becomes an issue of the source file with this path. Errors of the process or
the machine, and of the root of the tree, are returned as a FailedPath, because only the walk can decide whether they
end the scan.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from dicommap.errors import SourceError, os_error_reason
from dicommap.issues import make_issue
from dicommap.model.source_files import MAX_TIME_NS, clamp_time_ns
from dicommap.model.study import Disposition, SourceFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dicommap.issues import Issue
    from dicommap.sources.system_calls import SystemCalls

Identity = tuple[int, int]
"""Device and inode. They are equal for all paths of the same file or directory."""

_MACHINE_ERRNOS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
_BROKEN_LINK_ERRNOS = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})

_FILE_TYPES = {
    stat.S_IFIFO: "FIFO",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
}

_DIRECTORY_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

_TYPES_MEASURED = 2
_TYPE_SECONDS = 0.0002
"""If reading the first _TYPES_MEASURED entries of a directory and their types takes this time, no more types are read.

Some network file systems do not return types when they list a directory, so that each type needs a slow call. The
status of each name is then read later, in several threads, and shows which names are directories.
"""

INVENTORY_KEPT = "The previous inventory is kept."


class FailedPath(NamedTuple):
    """A path whose status the walk must read again in its own thread, after an error of the machine or the root."""

    path: str
    error: OSError


class DirectoryStatus(NamedTuple):
    """A path that is a directory or a link to one."""

    path: str
    identity: Identity
    mtime_ns: int


class DirectoryListing(NamedTuple):
    """The content of a directory."""

    path: str
    names: list[str]
    """The names in the order of the walk. A name that is known to be the name of a directory ends with a slash."""
    identity: Identity
    mtime_ns: int
    """The time of the last change of the directory before it was listed."""


class TooManyNamesError(Exception):
    """Error for a directory that has more names than the caller allows."""


class PathReader:
    """A reader of the status and the names of paths of one tree."""

    def __init__(
        self,
        system: SystemCalls,
        prefix: str,
        *,
        start: str = "",
        follow_links: bool = False,
        excluded: frozenset[Identity] = frozenset(),
    ) -> None:
        """Set the tree.

        Args:
            system: The system calls.
            prefix: The text before each path: the directory with a slash at its end.
            start: The path at which a walk starts.
            follow_links: Whether links to directories are followed.
            excluded: The identities of files that are not part of the tree.
        """
        self._system = system
        self._prefix = prefix
        self._start = start
        self._follow_links = follow_links
        self._excluded = excluded
        self._excluded_inodes = frozenset(inode for _, inode in excluded)

    def read_status(self, path: str) -> SourceFile | DirectoryStatus | FailedPath | None:
        """Return the file or directory at a path. Return None if the file is excluded."""
        try:
            status = self._system.stat(self._prefix + path)
        except OSError as error:
            return self._make_file_or_failed_path(path, error)
        return self._make_file_or_directory(path, status)

    def read_statuses(self, below: str, names: Sequence[str]) -> list[SourceFile | DirectoryStatus | FailedPath | None]:
        """Return the result of `read_status` for each of these names in one directory.

        `below` is the path of the directory with a slash at its end, or empty for the root.
        """
        stat_path, prefix, excluded, is_regular = self._system.stat, self._prefix, self._excluded_inodes, stat.S_ISREG
        found: list[SourceFile | DirectoryStatus | FailedPath | None] = []
        for name in names:
            path = below + name
            try:
                status = stat_path(prefix + path)
            except OSError as error:
                found.append(self._make_file_or_failed_path(path, error))
                continue
            mtime_ns = status.st_mtime_ns
            if is_regular(status.st_mode) and status.st_ino not in excluded and 0 <= mtime_ns <= MAX_TIME_NS:
                found.append(SourceFile(path, status.st_size, mtime_ns))  # as _make_file_or_directory, in less time
            else:
                found.append(self._make_file_or_directory(path, status))
        return found

    def read_directory_status(self, path: str) -> DirectoryStatus | None:
        """Return the status of a directory. Return None if the path may be anything else, or cannot be reached."""
        read = self._system.stat if self._follow_links or not path else self._system.lstat
        try:
            status = read(self._prefix + path)
        except OSError:
            return None
        found = self._make_file_or_directory(path, status)
        return found if isinstance(found, DirectoryStatus) else None

    def list_directory(
        self, path: str, *, is_known: bool, above: Sequence[Identity], max_names: int | None = None
    ) -> DirectoryListing | SourceFile | FailedPath | None:
        """List a directory. Return a file if the walk must not enter the directory, or if the path is a file now.

        Args:
            path: The path of the directory.
            is_known: Whether a listing showed that the path is a directory, and not a link to one.
            above: The identities of the directories above it. A link to one of them is a loop.
            max_names: The maximum number of names, or None.

        Raises:
            TooManyNamesError: The directory has more names.
        """
        if is_known:
            try:
                return self._open_and_list(path, _DIRECTORY_FLAGS | os.O_NOFOLLOW, above, max_names)
            except OSError as error:
                # A status tells whether the directory was replaced by a file or a link, or cannot be reached.
                found = FailedPath(path, error) if _is_machine_error(error) else self.read_status(path)
                if not isinstance(found, DirectoryStatus):
                    return found
                if not self._is_link(path):
                    return make_unreadable_directory(path, error)
        if path and not self._follow_links and self._is_link(path):
            return _make_link_file(path, make_issue("source.link-not-followed"))
        try:
            return self._open_and_list(path, _DIRECTORY_FLAGS, above, max_names)
        except OSError as error:
            if not path or _is_machine_error(error):
                return FailedPath(path, error)
            return make_unreadable_directory(path, error)

    def raise_path_error(self, failed: FailedPath) -> NoReturn:
        """Raise the SourceError for a path that could not be read the second time either."""
        raise_if_machine_error(failed.error)
        raise unlistable_root_error(self._prefix + failed.path, failed.error) from None

    def _make_file_or_directory(self, path: str, status: os.stat_result) -> SourceFile | DirectoryStatus | None:
        """Return the file or directory at a path with this status. Return None if the file is excluded."""
        if self._excluded and (status.st_dev, status.st_ino) in self._excluded:
            return None
        if stat.S_ISDIR(status.st_mode):
            return DirectoryStatus(path, (status.st_dev, status.st_ino), status.st_mtime_ns)
        return make_source_file(path, status)

    def _make_file_or_failed_path(self, path: str, error: OSError) -> SourceFile | FailedPath:
        """Return a file with an issue for a path whose status cannot be read.

        Return a FailedPath if the path is the root, or if the error comes from the process or machine.
        """
        if _is_machine_error(error) or path in ("", self._start):
            return FailedPath(path, error)
        if error.errno in _BROKEN_LINK_ERRNOS and self._is_link(path):
            return _make_link_file(path, make_issue("source.broken-link"))
        return make_unreadable_file(path, make_issue("source.unreadable", reason=os_error_reason(error)))

    def _is_link(self, path: str) -> bool:
        with suppress(OSError):
            return stat.S_ISLNK(self._system.lstat(self._prefix + path).st_mode)
        return False

    def _open_and_list(
        self, path: str, flags: int, above: Sequence[Identity], max_names: int | None
    ) -> DirectoryListing | SourceFile:
        """Open and list a directory. If it is also one of the directories `above` it, return a file with an issue."""
        descriptor = self._system.open(self._prefix + path, flags)
        try:
            status = self._system.fstat(descriptor)
            identity = status.st_dev, status.st_ino
            if identity in above:
                return _make_link_file(path, make_issue("source.link-loop"))
            return DirectoryListing(
                path, self._read_names(descriptor, max_names), identity, clamp_time_ns(status.st_mtime_ns)
            )
        finally:
            self._system.close(descriptor)

    def _read_names(self, descriptor: int, max_names: int | None) -> list[str]:
        """Return the names in an open directory, as in `DirectoryListing.names`."""
        names: list[str] = []
        directories: set[str] = set()
        begin, has_types = time.perf_counter(), True
        with self._system.scandir(descriptor) as entries:
            for entry in entries:
                names.append(entry.name)
                if has_types and entry.is_dir(follow_symlinks=False):
                    directories.add(entry.name)
                if len(names) == _TYPES_MEASURED:
                    has_types = time.perf_counter() - begin < _TYPE_SECONDS
                elif max_names is not None and len(names) > max_names:
                    raise TooManyNamesError
        # Sort by bytes. ASCII names, which are most names, have this order without a key.
        names.sort(key=None if all(map(str.isascii, names)) else os.fsencode)
        if not directories:
            return names
        return [name + "/" if name in directories else name for name in names]


def make_source_file(path: str, status: os.stat_result) -> SourceFile:
    """Return the source file for a path with this status. The path must not be a directory."""
    kind = None if stat.S_ISREG(status.st_mode) else _FILE_TYPES.get(stat.S_IFMT(status.st_mode))
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


def make_unreadable_directory(path: str, error: OSError) -> SourceFile:
    """Return the source file for a directory that cannot be listed."""
    return make_unreadable_file(path, make_issue("source.unreadable-directory", reason=os_error_reason(error)))


def read_file_identities(paths: frozenset[Path]) -> frozenset[Identity]:
    """Return the device and inode of each path that exists."""
    statuses = [os.stat(path) for path in paths if path.exists()]
    return frozenset((status.st_dev, status.st_ino) for status in statuses)


def raise_if_machine_error(error: OSError) -> None:
    """Raise SourceError if an error comes from the process or machine, for example because too many files are open."""
    if _is_machine_error(error):
        fix = "Raise the limit of open files (ulimit -n), or end other programs, and scan again."
        raise SourceError(f"Files cannot be read: {os_error_reason(error)}.", fix=f"{fix} {INVENTORY_KEPT}") from None


def unlistable_root_error(root: str, error: OSError) -> SourceError:
    """Return the error for a root directory that cannot be listed."""
    return SourceError(
        f"The source {root} cannot be listed: {os_error_reason(error)}.",
        fix=f"Check that it is mounted and that you may read it, and scan again. {INVENTORY_KEPT}",
    )


def _is_machine_error(error: OSError) -> bool:
    return error.errno in _MACHINE_ERRNOS


def _make_link_file(path: str, issue: Issue) -> SourceFile:
    return SourceFile(path=path, size=0, mtime_ns=0, disposition=Disposition.LINK, issues=(issue,))
