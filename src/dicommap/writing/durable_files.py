"""Write files and directory trees and sync them to disk."""

from __future__ import annotations

import ctypes
import io
import os
from typing import TYPE_CHECKING, Any, BinaryIO

from dicommap.writing.private_files import create_directory, create_file, open_directory

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SYNC_EACH_LIMIT = 64
"""Files that are waited for one by one: others may be writing to the same file system, and would be waited for too."""


def _load_syncfs() -> Any:  # noqa: ANN401  a function of the C library
    """Return what makes a whole file system durable; None where the system has none."""
    try:
        return ctypes.CDLL(None, use_errno=True).syncfs
    except (OSError, TypeError, AttributeError):
        return None


_SYNCFS = _load_syncfs()


def write_durably(file: BinaryIO, pieces: Iterable[str]) -> None:
    """Write a text to a file, close it, and wait until it is on the disk.

    Its name is there once `sync` was called on the directory.
    """
    _write(file, pieces, wait=True)


def write_tree(root: Path, files: Iterable[tuple[str, Iterable[str]]], count: int) -> None:
    """Write files below a directory, by their paths, and wait until all of it is on the disk.

    `count` is how many they are. Of few, each file and directory is waited for. Of many that would take longer than all
    else: the file system is told once to write what it holds, where the system can (syncfs, Linux). Before Linux 5.8
    that does not tell of a disk that fails; whoever uses a package compares every file with the hash in its plan.
    """
    whole = _SYNCFS is not None and count > SYNC_EACH_LIMIT
    directories = {root}
    for name, pieces in files:
        path = root / name
        missing, folder = [], path.parent
        while folder not in directories:
            missing.append(folder)
            folder = folder.parent
        for folder in reversed(missing):
            create_directory(folder)
            directories.add(folder)
        _write(os.fdopen(create_file(path), "wb"), pieces, wait=not whole)
    if whole:
        _sync_file_system(root)
        return
    for directory in directories:
        sync_directory(directory)


def sync_directory(directory: Path) -> None:
    """Wait until the names in a directory are on the disk."""
    with open_directory(directory) as descriptor:
        os.fsync(descriptor)


def _sync_file_system(directory: Path) -> None:
    """Wait until all that was written to the file system of a directory is on the disk."""
    with open_directory(directory) as descriptor:
        if _SYNCFS is not None and _SYNCFS(descriptor):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


def _write(binary: BinaryIO, pieces: Iterable[str], *, wait: bool) -> None:
    with io.TextIOWrapper(binary, encoding="utf-8", newline="") as file:
        file.writelines(pieces)
        file.flush()
        if wait:
            os.fsync(file.fileno())
