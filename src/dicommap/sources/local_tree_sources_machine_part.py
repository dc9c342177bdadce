"""Faults of the machine, which end a scan, in contrast to unreadable files. The previous inventory is kept.

A file that may not be read, or that the disk cannot give, is data: one row of the inventory among many. That a process
has too many open files, or that a whole source is gone, says nothing about any file.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field

from dicommap.errors import SourceError, os_error_reason

_MACHINE_ERRNOS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
_INVENTORY_KEPT = "The previous inventory is kept."


def raise_if_machine_error(error: OSError) -> None:
    """Raise SourceError if an error is about this process or machine, and not about the file it was met at."""
    if error.errno in _MACHINE_ERRNOS:
        fix = "Raise the limit of open files (ulimit -n), or end what else runs here, and scan again."
        raise SourceError(f"Files cannot be read: {os_error_reason(error)}.", fix=f"{fix} {_INVENTORY_KEPT}") from None


def unlistable_root_error(root: str, error: OSError) -> SourceError:
    """Return the error to raise if the root itself cannot be listed."""
    return SourceError(
        f"The source {root} cannot be listed: {os_error_reason(error)}.",
        fix=f"Check that it is mounted and that you may read it, and scan again. {_INVENTORY_KEPT}",
    )


def emptied_source_error(root: str) -> SourceError:
    """Return the error to raise if a source has no files, and the previous inventory has files of it."""
    return SourceError(
        f"The source {root} has no files now, and the previous inventory has files of it.",
        fix=f"Check that it is mounted. If it is meant to be empty, remove the inventory first. {_INVENTORY_KEPT}",
    )


@dataclass(slots=True)
class RootIdentity:
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
            raise unlistable_root_error(self.root, error) from None
        if (status.st_dev, status.st_ino) != self.identity:
            raise _unmounted_error(self.root)
        for path, device in self.mounts.items():
            try:
                found = os.stat(path).st_dev
            except OSError:
                found = None
            if found != device:
                raise _unmounted_error(path)


def _unmounted_error(path: str) -> SourceError:
    return SourceError(
        f"The directory {path} was unmounted or replaced during the scan.",
        fix=f"Mount it again, and scan again. {_INVENTORY_KEPT}",
    )
