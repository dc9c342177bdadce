"""Partial files and directories: `.NAME.PID.partial` beside the place whose name it takes when all is in."""

from __future__ import annotations

import errno
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


_NO_LINKS = frozenset({errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK})
"""What file systems without hard links answer; Linux says EPERM, which a real lack of rights then says again."""


def partial_of(path: Path) -> Path:
    """Return the name that this process writes under; `path` must have a name."""
    return path.with_name(f".{path.name}.{os.getpid()}.partial")


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


def put_in_place(partial: Path, path: Path, *, overwrite: bool) -> None:
    """Give a partial file its name. Raises FileExistsError where it is taken, unless `overwrite` is set."""
    if overwrite:
        os.replace(partial, path)
        return
    try:
        os.link(partial, path)  # unlike a rename, fails where the name is taken
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(path):
            raise FileExistsError from None
        os.replace(partial, path)


def remove_leftovers(folder: Path, name: str | None = None) -> None:
    """Remove what killed processes left, of one name or of all: it may hold patient values.

    Those of a process that runs are never touched, except for one of this process's own number.
    """
    pattern = re.compile(rf"\.{'.*' if name is None else re.escape(name)}\.([1-9][0-9]{{0,9}})\.partial", re.DOTALL)
    with suppress(OSError):  # a directory that cannot be listed can still be written to
        for path in folder.iterdir():
            match = pattern.fullmatch(path.name)
            if match and not _runs(int(match[1])):
                remove_partial(path)


def _runs(process: int) -> bool:
    if process == os.getpid():
        return False  # an earlier process of our number: we have not begun yet
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # somebody else's
    return True
