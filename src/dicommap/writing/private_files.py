"""Create files and directories that only their owner can read.

The modes are 0600 and 0700; with DICOMMAP_GROUP_READABLE=1 in the environment, 0640 and 0750.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROUP_VARIABLE = "DICOMMAP_GROUP_READABLE"
"""Set to 1, it lets the group of a new file read it. Any other value is as none."""

_NO_MODES = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS})
"""What file systems without modes of their own answer, such as FAT: who mounts one says who may read it."""


def file_mode() -> int:
    """Return the mode of new files."""
    return 0o640 if _is_group_readable() else 0o600


def directory_mode() -> int:
    """Return the mode of new directories."""
    return 0o750 if _is_group_readable() else 0o700


def create_file(path: Path) -> int:
    """Create a file that must not exist, and return a descriptor to read and write it. Raises OSError.

    Its mode is that of new files before anything is in it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        set_mode(descriptor, file_mode())
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def create_directory(path: Path) -> None:
    """Create a directory that must not exist. Raises OSError."""
    os.mkdir(path, 0o700)
    with open_directory(path) as descriptor:
        set_mode(descriptor, directory_mode())


def create_directories(path: Path) -> None:
    """Create a directory and those above it, as far as they do not exist. Raises OSError."""
    if path.is_dir():
        return
    create_directories(path.parent)
    try:
        create_directory(path)
    except FileExistsError:
        if not path.is_dir():  # otherwise another process was quicker
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None


def open_lock_file(path: Path) -> int:
    """Open a file that is only locked, create it if there is none, and return its descriptor.

    Raises OSError, also if it is a link: whoever may write to the directory could have made one to a file of ours.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_uid == os.geteuid():
            set_mode(descriptor, file_mode())
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def set_mode(descriptor: int, mode: int) -> None:
    """Set the mode of what is open, unless its file system has none. Raises OSError."""
    try:
        os.fchmod(descriptor, mode)
    except OSError as error:
        if error.errno not in _NO_MODES:
            raise


@contextmanager
def open_directory(path: Path) -> Iterator[int]:
    """Open a directory; the context is its descriptor."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _is_group_readable() -> bool:
    return os.environ.get(GROUP_VARIABLE) == "1"
