"""A local tree: every path below a root, once, and the bytes of its files. Nothing is ever written."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.errors import SourceError, reason_of
from dicommap.issues import issue
from dicommap.model.hierarchy import Disposition, SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.issues import Issue

_SPECIAL = {
    stat.S_IFIFO: "FIFO",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
}

_LEADS_NOWHERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
_LAST_TIME = 2**63 - 1
"""The last nanosecond that 64 bits count, in the year 2262; file systems go beyond."""

_Identity = tuple[int, int]
"""Device and inode: what a file or directory is, whatever path led to it."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A directory or file that the walk still has to look at."""

    path: str
    above: tuple[_Identity, ...]


class LocalTree:
    """The files below a directory, or one single file, in a fixed order."""

    def __init__(self, path: str | Path, *, follow_links: bool = False) -> None:
        """Name the tree. Raises SourceError where there is nothing at the path.

        `follow_links` is for links to directories; links to files are always read as the files they lead to.
        """
        if not os.fspath(path):
            raise SourceError("A source is an empty text.", fix="Name a directory; '.' is the current one.")
        try:
            named = Path(os.path.abspath(path))
            is_directory = stat.S_ISDIR(os.stat(named).st_mode)
        except OSError as error:
            why = "does not exist" if error.errno == errno.ENOENT else f"cannot be reached: {reason_of(error)}"
            raise SourceError(
                f"The source {os.fspath(path)} {why}.", fix="Name a directory that is there, or a single file."
            ) from None
        self.root = named if is_directory else named.parent
        self._start = "" if is_directory else named.name
        self._follow_links = follow_links

    def __str__(self) -> str:
        return str(self.root)

    def overlaps(self, other: LocalTree) -> bool:
        """Say whether a path of one tree is a path of the other as well."""
        ours, theirs = (tree.root.resolve() / tree._start for tree in (self, other))
        return ours.is_relative_to(theirs) or theirs.is_relative_to(ours)

    def walk(self, *, without: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        """Yield every path below the root exactly once, directories aside, in order of their names.

        Links and special files come with their disposition; the files that the paths in `without` name do not come
        at all, whatever path leads to them.
        """
        left_out = {_identity(os.stat(path)) for path in without if path.exists()}
        waiting = [_Place(self._start, ())]
        while waiting:
            place = waiting.pop()
            try:
                status = os.stat(self.root / place.path)
            except OSError as error:
                yield self._unreachable(place.path, error)
                continue
            if _identity(status) in left_out:
                continue
            if not stat.S_ISDIR(status.st_mode):
                yield _source_file(place.path, status)
                continue
            found = self._enter(place, status)
            if isinstance(found, SourceFile):
                yield found
            else:
                waiting += reversed(found)

    @contextmanager
    def open(self, path: str) -> Iterator[Callable[[int, int], bytes]]:
        """Open a file for reading at offsets: the function given takes an offset and a length.

        Raises OSError as the system does, also where the path is no longer a regular file.
        """
        # O_NONBLOCK: a FIFO that took the file's place since the walk must not hang the scan.
        descriptor = os.open(self.root / path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(0, "it is no longer a regular file")
            yield lambda offset, length: os.pread(descriptor, length, offset)
        finally:
            os.close(descriptor)

    def _enter(self, place: _Place, status: os.stat_result) -> SourceFile | list[_Place]:
        identity = _identity(status)
        linked = bool(place.path) and os.path.islink(self.root / place.path)
        if linked and not self._follow_links:
            return _link(place.path, issue("source.link-not-followed"))
        if identity in place.above:
            return _link(place.path, issue("source.link-loop"))
        try:
            names = sorted(os.listdir(self.root / place.path), key=os.fsencode)
        except OSError as error:
            found = issue("source.unreadable-directory", reason=reason_of(error))
            return SourceFile(path=place.path, size=0, mtime_ns=0, disposition=Disposition.UNREADABLE, issues=(found,))
        above = (*place.above, identity)
        return [_Place(os.path.join(place.path, name), above) for name in names]

    def _unreachable(self, path: str, error: OSError) -> SourceFile:
        if error.errno in _LEADS_NOWHERE and os.path.islink(self.root / path):
            return _link(path, issue("source.broken-link"))
        found = issue("source.unreadable", reason=reason_of(error))
        return SourceFile(path=path, size=0, mtime_ns=0, disposition=Disposition.UNREADABLE, issues=(found,))


def _identity(status: os.stat_result) -> _Identity:
    return status.st_dev, status.st_ino


def _source_file(path: str, status: os.stat_result) -> SourceFile:
    kind = _SPECIAL.get(stat.S_IFMT(status.st_mode))
    return SourceFile(
        path=path,
        size=status.st_size,
        mtime_ns=max(-_LAST_TIME, min(status.st_mtime_ns, _LAST_TIME)),
        disposition=Disposition.SPECIAL if kind else None,
        issues=(issue("source.special-file", kind=kind),) if kind else (),
    )


def _link(path: str, found: Issue) -> SourceFile:
    return SourceFile(path=path, size=0, mtime_ns=0, disposition=Disposition.LINK, issues=(found,))
