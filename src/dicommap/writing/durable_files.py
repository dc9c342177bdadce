"""Write files and directory trees, and wait until they are on the disk."""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING, Any, BinaryIO

from dicommap.writing.private_files import create_directory, create_file, open_directory

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SYNC_EACH_LIMIT = 64
"""The maximum number of files that are synced one by one.

For more files, one sync of the whole file system is faster, although it also waits for the files of other processes.
"""


def _load_syncfs() -> Any:  # noqa: ANN401  a function of the C library
    """Return the C library's function syncfs, which syncs a whole file system. Return None if the library lacks it."""
    try:
        return ctypes.CDLL(None, use_errno=True).syncfs
    except (OSError, TypeError, AttributeError):
        return None


_SYNCFS = _load_syncfs()


def write_durably(file: BinaryIO, pieces: Iterable[str]) -> None:
    """Write a text to a file, close it, and wait until its bytes are on the disk.

    The name of a new file is on the disk only after `sync_directory` for its directory.

    Args:
        file: The open file. This function closes it.
        pieces: The text in pieces.

    Raises:
        OSError: The file cannot be written.
    """
    _write_pieces(file, pieces, wait=True)


def write_tree(root: Path, files: Iterable[tuple[str, Iterable[str]]], count: int) -> None:
    """Write files below a directory, and wait until all of them are on the disk.

    If there are at most SYNC_EACH_LIMIT files, each file and directory is synced separately. For more files, this is
    slow. So the whole file system is synced once, if the system has syncfs (Linux). Before Linux 5.8, syncfs does not
    report the failure of a disk. Therefore, readers of a package compare every file with its hash in the plan.

    Args:
        root: An existing directory.
        files: Paths relative to `root`, each with its text in pieces.
        count: The number of files.

    Raises:
        OSError: A file or directory cannot be written.
    """
    syncs_file_system = _SYNCFS is not None and count > SYNC_EACH_LIMIT
    folders = {""}
    for name, pieces in files:
        _create_folders(root, os.path.dirname(name), folders)
        _write_pieces(os.fdopen(create_file(os.path.join(root, name)), "wb"), pieces, wait=not syncs_file_system)
    if syncs_file_system:
        _sync_file_system(root)
        return
    for folder in folders:
        sync_directory(root / folder)


def _create_folders(root: Path, folder: str, existing: set[str]) -> None:
    """Create a folder below `root` and its parent folders. Skip folders in `existing`, and add the new ones to it."""
    if folder not in existing:
        _create_folders(root, os.path.dirname(folder), existing)
        create_directory(root / folder)
        existing.add(folder)


def sync_directory(directory: Path) -> None:
    """Wait until the list of files in a directory is on the disk. Raises OSError."""
    with open_directory(directory) as descriptor:
        os.fsync(descriptor)


def _sync_file_system(directory: Path) -> None:
    """Wait until all data that was written to the file system of `directory` is on the disk."""
    with open_directory(directory) as descriptor:
        if _SYNCFS is not None and _SYNCFS(descriptor):
            error_number = ctypes.get_errno()
            raise OSError(error_number, os.strerror(error_number))


def _write_pieces(binary: BinaryIO, pieces: Iterable[str], *, wait: bool) -> None:
    with binary as file:
        file.writelines(piece.encode() for piece in pieces)
        file.flush()
        if wait:
            os.fsync(file.fileno())
