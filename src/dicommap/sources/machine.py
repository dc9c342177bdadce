"""Faults of the machine, which end a scan, in contrast to unreadable files. The previous inventory is kept.

A file that may not be read, or that the disk cannot give, is data: one row of the inventory among many. That a process
has too many open files, or that a whole source is gone, says nothing about any file.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field

from dicommap.errors import SourceError, reason_of

_OF_THE_MACHINE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
_KEPT = "The previous inventory is kept."


def raise_if_of_the_machine(error: OSError) -> None:
    """Raise SourceError if an error is about this process or machine, and not about the file it was met at."""
    if error.errno in _OF_THE_MACHINE:
        fix = "Raise the limit of open files (ulimit -n), or end what else runs here, and scan again."
        raise SourceError(f"Files cannot be read: {reason_of(error)}.", fix=f"{fix} {_KEPT}") from None


def unlistable(root: str, error: OSError) -> SourceError:
    """Return the error to raise if the root itself cannot be listed."""
    return SourceError(
        f"The source {root} cannot be listed: {reason_of(error)}.",
        fix=f"Check that it is mounted and that you may read it, and scan again. {_KEPT}",
    )


def empty_now(root: str) -> SourceError:
    """Return the error to raise if a source has no files, and the previous inventory has files of it."""
    return SourceError(
        f"The source {root} has no files now, and the previous inventory has files of it.",
        fix=f"Check that it is mounted. If it is meant to be empty, remove the inventory first. {_KEPT}",
    )


@dataclass(slots=True)
class RootWatch:
    """Whether the root of a tree, and what is mounted below it, is still what it was when the walk began."""

    root: str
    identity: tuple[int, int]
    """Device and inode of the root."""
    mounts: dict[str, int] = field(default_factory=dict)
    """The device of each directory on the walk whose device is another than the root's."""

    def require_unchanged(self) -> None:
        """Raise SourceError if the root cannot be listed any more, is another one, or something was unmounted."""
        try:
            status = os.stat(self.root)
            with os.scandir(self.root) as entries:
                next(entries, None)
        except OSError as error:
            raise unlistable(self.root, error) from None
        if (status.st_dev, status.st_ino) != self.identity:
            raise _gone(self.root)
        for path, device in self.mounts.items():
            try:
                found = os.stat(path).st_dev
            except OSError:
                found = None
            if found != device:
                raise _gone(path)


def _gone(path: str) -> SourceError:
    return SourceError(
        f"The directory {path} was unmounted or replaced during the scan.",
        fix=f"Mount it again, and scan again. {_KEPT}",
    )
