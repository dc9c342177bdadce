"""Create files and directories that only their owner can read.

The modes are 0600 for files and 0700 for directories. If the environment variable DICOMMAP_GROUP_READABLE is 1, the
modes are 0640 and 0750, so that the group can read them too.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from _typeshed import StrPath

GROUP_VARIABLE = "DICOMMAP_GROUP_READABLE"
"""The environment variable that lets the group read new files if its value is 1."""

_NO_MODES = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS})
"""Error numbers of fchmod on file systems without modes, such as FAT. Their mount options decide who can read."""


def choose_file_mode() -> int:
    """Return the mode of new files."""
    return 0o640 if _is_group_readable() else 0o600


def choose_directory_mode() -> int:
    """Return the mode of new directories."""
    return 0o750 if _is_group_readable() else 0o700


def create_file(path: StrPath) -> int:
    """Create a new file, and return a descriptor for reading and writing it. Raises OSError.

    The mode is set before the descriptor is returned, so that no other user can read what the caller writes.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        set_mode(descriptor, choose_file_mode())
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def create_directory(path: Path) -> None:
    """Create a new directory. Raises OSError if it exists or cannot be created."""
    os.mkdir(path, 0o700)
    with open_directory(path) as descriptor:
        set_mode(descriptor, choose_directory_mode())


def create_directories(path: Path) -> None:
    """Create a directory and its parents if they do not exist. Raises OSError."""
    if path.is_dir():
        return
    create_directories(path.parent)
    try:
        create_directory(path)
    except FileExistsError:
        if not path.is_dir():  # if it is a directory, another process has created it
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None


def open_lock_file(path: Path) -> int:
    """Open a lock file and return its descriptor. Create the file if it does not exist.

    Raises OSError if the file cannot be opened, or if `path` is a link: another user of the directory could have made
    `path` a link to any file.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_uid == os.geteuid():
            set_mode(descriptor, choose_file_mode())
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def set_mode(descriptor: int, mode: int) -> None:
    """Set the mode of an open file or directory. Do nothing if its file system has no modes. Raises OSError."""
    try:
        os.fchmod(descriptor, mode)
    except OSError as error:
        if error.errno not in _NO_MODES:
            raise


@contextmanager
def open_directory(path: Path) -> Iterator[int]:
    """Return a context manager with the descriptor of an open directory. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _is_group_readable() -> bool:
    return os.environ.get(GROUP_VARIABLE) == "1"
