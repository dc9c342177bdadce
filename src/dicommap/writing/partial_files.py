"""Partial files and directories (`.NAME.TOKEN.partial`), which are renamed to NAME when they are complete.

TOKEN is random. The process that writes a partial file holds a lock on it (flock). The lock ends with the process. So a
partial file without a lock was left by a process that was killed, and it can be removed. A process ID in the name would
not show this, because another process may have the same ID, also on another machine with the same disk.
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
"""Error numbers of `os.link` on file systems without hard links.

EPERM may also mean missing rights. In that case, the rename that is tried next also fails.
"""
_TOKEN_BYTES = 8
_OPEN_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class PartialFile:
    """A file that is not complete yet, and so has a partial name: `.NAME.TOKEN.partial`."""

    path: Path
    descriptor: int

    def open(self) -> BinaryIO:
        """Return a file object that writes to the partial file. Closing it does not release the lock."""
        return os.fdopen(os.dup(self.descriptor), "wb")

    def put_in_place(self, path: Path, *, overwrite: bool) -> None:
        """Rename the complete file to `path`.

        Args:
            path: The final path in the same directory.
            overwrite: Whether to replace an existing file at `path`.

        Raises:
            FileExistsError: `path` exists, and `overwrite` is False.
            OSError: The file cannot be renamed.
        """
        if overwrite:
            os.replace(self.path, path)
            return
        try:
            os.link(self.path, path)  # unlike a rename, a link fails if the path exists
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if os.path.lexists(path):
                raise FileExistsError from None
            os.replace(self.path, path)


@contextmanager
def partial_file(path: Path) -> Iterator[PartialFile]:
    """Return a context manager with a private, locked partial file for the final path `path`.

    At the end of the context, the partial file is removed if it was not renamed. Raises OSError.
    """
    partial, descriptor = _create_locked_partial(path, create_file)
    try:
        yield PartialFile(partial, descriptor)
    finally:
        remove_partial(partial)
        os.close(descriptor)


@contextmanager
def partial_directory(path: Path) -> Iterator[Path]:
    """Return a context manager with the path of a private, locked partial directory for the final path `path`.

    At the end of the context, the partial directory is removed if it was not renamed. Raises OSError.
    """

    def create_and_open_directory(partial: Path) -> int:
        create_directory(partial)
        return os.open(partial, os.O_RDONLY | os.O_DIRECTORY | _OPEN_FLAGS)

    partial, descriptor = _create_locked_partial(path, create_and_open_directory)
    try:
        yield partial
    finally:
        remove_partial(partial)
        os.close(descriptor)


def remove_partial(partial: Path) -> None:
    """Remove a partial file or directory if it exists.

    Errors are ignored, because they would hide the error that caused the removal.
    """
    if partial.is_dir() and not partial.is_symlink():
        from shutil import rmtree  # imported here because it is slow, and scans do not need it

        rmtree(partial, ignore_errors=True)
        return
    with suppress(OSError):
        partial.unlink(missing_ok=True)


def remove_leftovers(folder: Path, name: str | None = None) -> None:
    """Remove the partial files and directories of killed processes, because they may contain patient values.

    A partial file is never removed if another process holds its lock, or if the file system has no locks.

    Args:
        folder: The directory to search.
        name: The final name of the partial files to remove. None for all partial files.
    """
    digits = 2 * _TOKEN_BYTES
    pattern = re.compile(rf"\.{'.*' if name is None else re.escape(name)}\.[0-9a-f]{{{digits}}}\.partial", re.DOTALL)
    with suppress(OSError):  # a directory that cannot be listed can still be written to
        for path in folder.iterdir():
            if pattern.fullmatch(path.name):
                _remove_if_unlocked(path)


def _create_locked_partial(path: Path, create: Callable[[Path], int]) -> tuple[Path, int]:
    """Create a file or directory with a new partial name, and lock it. Return its path and the locked descriptor."""
    while True:
        partial = path.with_name(f".{path.name}.{os.urandom(_TOKEN_BYTES).hex()}.partial")
        descriptor = create(partial)
        if _try_lock(descriptor) and _is_path_of_descriptor(partial, descriptor):
            return partial, descriptor
        os.close(descriptor)  # another process removed it as a leftover before it was locked


def _try_lock(descriptor: int) -> bool:
    """Try to lock a partial file. Return False if another process holds the lock, else True.

    If the file system has no locks, return True without a lock.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # the file system has no locks: no process will remove the file as a leftover
    return True


def _is_path_of_descriptor(path: Path, descriptor: int) -> bool:
    """Return whether `path` still names the open file `descriptor`. Another process may have removed or replaced it."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except OSError:
        return False


def _remove_if_unlocked(path: Path) -> None:
    """Remove a partial file or directory if no process holds its lock."""
    with suppress(OSError):
        descriptor = _open_for_lock(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_path_of_descriptor(path, descriptor):
                remove_partial(path)
        finally:
            os.close(descriptor)


def _open_for_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | _OPEN_FLAGS)  # NFS locks only files that are open for writing
    except IsADirectoryError:
        return os.open(path, os.O_RDONLY | _OPEN_FLAGS)
