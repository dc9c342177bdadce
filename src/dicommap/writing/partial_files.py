"""Partial files and directories (`.NAME.TOKEN.partial`), renamed when they are complete.

TOKEN is random. The process that writes a partial file holds a lock on it (flock), which ends with the process, on
whatever machine that shares the disk: a partial file that nobody holds was left by a process that was killed. A number
of a process would not tell: another process may have it by now, on this machine or on that one.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from dicommap.writing.private_files import create_directory, create_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


_NO_LINKS = frozenset({errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK})
"""What file systems without hard links answer; Linux says EPERM, which a real lack of rights then says again."""
_TOKEN_BYTES = 8
_SEEN = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class PartialFile:
    """A file that is being written."""

    path: Path
    descriptor: int

    def open(self) -> BinaryIO:
        """Return the file to write to; closing it does not end the lock."""
        return os.fdopen(os.dup(self.descriptor), "wb")

    def put_in_place(self, path: Path, *, overwrite: bool) -> None:
        """Give the file its name. Raises FileExistsError if that is taken, unless `overwrite` is set."""
        if overwrite:
            os.replace(self.path, path)
            return
        try:
            os.link(self.path, path)  # unlike a rename, fails where the name is taken
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if os.path.lexists(path):
                raise FileExistsError from None
            os.replace(self.path, path)


@contextmanager
def partial_file(path: Path) -> Iterator[PartialFile]:
    """Create a partial file for a path, private and held; what has not been put in its place is removed at the end.

    Raises OSError.
    """
    partial, descriptor = _create_locked(path, create_file)
    try:
        yield PartialFile(partial, descriptor)
    finally:
        remove_partial(partial)
        os.close(descriptor)


@contextmanager
def partial_directory(path: Path) -> Iterator[Path]:
    """Create a partial directory for a path, private and held; it is removed at the end unless it was renamed.

    Raises OSError.
    """

    def create(partial: Path) -> int:
        create_directory(partial)
        return os.open(partial, os.O_RDONLY | os.O_DIRECTORY | _SEEN)

    partial, descriptor = _create_locked(path, create)
    try:
        yield partial
    finally:
        remove_partial(partial)
        os.close(descriptor)


def remove_partial(partial: Path) -> None:
    """Remove a partial file or directory where there is one and the system lets us.

    Nothing is raised: what led here is the error worth telling.
    """
    if partial.is_dir() and not partial.is_symlink():
        from shutil import rmtree  # scans write no directories, and it takes a while

        rmtree(partial, ignore_errors=True)
        return
    with suppress(OSError):
        partial.unlink(missing_ok=True)


def remove_leftovers(folder: Path, name: str | None = None) -> None:
    """Remove what killed processes left, of one name or of all: it may hold patient values.

    What a process holds is never touched, nor what cannot be locked: on a file system without locks nobody can tell.
    """
    digits = 2 * _TOKEN_BYTES
    pattern = re.compile(rf"\.{'.*' if name is None else re.escape(name)}\.[0-9a-f]{{{digits}}}\.partial", re.DOTALL)
    with suppress(OSError):  # a directory that cannot be listed can still be written to
        for path in folder.iterdir():
            if pattern.fullmatch(path.name):
                _remove_abandoned(path)


def _create_locked(path: Path, create: Callable[[Path], int]) -> tuple[Path, int]:
    """Create something under a new partial name, lock it, and return that name and the descriptor that holds it."""
    while True:
        partial = path.with_name(f".{path.name}.{os.urandom(_TOKEN_BYTES).hex()}.partial")
        descriptor = create(partial)
        if _lock(descriptor) and _is_at(partial, descriptor):
            return partial, descriptor
        os.close(descriptor)  # a process that removes leftovers found it before it was locked


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # the file system has no locks, so that nobody takes this for a leftover either
    return True


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except OSError:
        return False


def _remove_abandoned(path: Path) -> None:
    with suppress(OSError):
        descriptor = _open_for_lock(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(path, descriptor):
                remove_partial(path)
        finally:
            os.close(descriptor)


def _open_for_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | _SEEN)  # NFS locks only what is open for writing
    except IsADirectoryError:
        return os.open(path, os.O_RDONLY | _SEEN)
