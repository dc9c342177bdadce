"""The system calls with which a local tree is listed and read. Tests replace them with calls that wait or fail."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


class SystemCalls:
    """Functions of `os`, called for the paths of a local tree. An object of a subclass must be picklable."""

    def stat(self, path: str) -> os.stat_result:
        """Return the status of a path. Links are followed."""
        return os.stat(path)

    def lstat(self, path: str) -> os.stat_result:
        """Return the status of a path. Links are not followed."""
        return os.lstat(path)

    def scandir(self, path: str | int) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        """Return the entries of a directory, which is a path or the descriptor of an open directory."""
        return os.scandir(path)

    def open(self, path: str, flags: int) -> int:
        """Open a file or directory, and return its descriptor."""
        return os.open(path, flags)

    def fstat(self, descriptor: int) -> os.stat_result:
        """Return the status of an open file."""
        return os.fstat(descriptor)

    def pread(self, descriptor: int, length: int, offset: int) -> bytes:
        """Return bytes of an open file."""
        return os.pread(descriptor, length, offset)

    def close(self, descriptor: int) -> None:
        """Close a file."""
        os.close(descriptor)


SYSTEM_CALLS = SystemCalls()
"""The default system calls of a tree."""
