"""Write a new directory with all of its files, or nothing if an error occurs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dicommap.writing.durable_files import sync_directory, write_tree
from dicommap.writing.partial_files import partial_directory, remove_leftovers, remove_partial

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def is_new_directory(path: Path) -> bool:
    """Return whether `path` does not exist or is an empty directory. Return False for a link. Raises OSError."""
    if path.is_symlink():
        return False
    return not path.exists() or (path.is_dir() and not any(path.iterdir()))


def write_new_directory(path: Path, files: Iterable[tuple[str, Iterable[str]]], count: int) -> None:
    """Write files into a new directory, and wait until they are on the disk. After an error, no directory is left.

    Args:
        path: The directory. It must not exist or must be empty. Its parent must exist.
        files: The path of each file relative to `path`, and its text in pieces.
        count: The number of files.

    Raises:
        OSError: The directory exists and is not empty, or the system cannot write it.
    """
    final_path = path.absolute()
    remove_leftovers(final_path.parent, path.name)
    with partial_directory(final_path) as partial:
        write_tree(partial, files, count)
        os.rename(partial, final_path)  # replaces only an empty directory
        try:
            sync_directory(final_path.parent)
        except BaseException:
            remove_partial(final_path)
            raise
