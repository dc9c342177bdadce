"""Writing a document that a person asked for: all of it or nothing, and never over another file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.errors import DocumentError, reason_of
from dicommap.inventory.partial import write_new

if TYPE_CHECKING:
    from pathlib import Path


def require_new(path: Path) -> None:
    """Raise DocumentError where something is at this path, or nothing can be: before work is done for it."""
    try:
        if path.is_dir():
            raise DocumentError(f"{path} is a directory.", fix="Name a file.")
        if path.exists() or path.is_symlink():
            message = f"{path} exists already; nothing is ever written over another file."
            raise DocumentError(message, fix="Name another file.")
        if not path.absolute().parent.is_dir():
            raise DocumentError(f"{path} lies in no directory.", fix="Make the directory first.")
    except OSError as error:
        raise DocumentError(f"{path} cannot be written: {reason_of(error)}.", fix="Name another file.") from None


def write_text(path: Path, text: str) -> None:
    """Write a file that must not exist yet, since it may hold somebody's work.

    Raises DocumentError where it exists or cannot be written.
    """
    try:
        if path.is_dir():
            raise DocumentError(f"{path} is a directory.", fix="Name a file.")
        write_new(path, text)
    except FileExistsError:
        message = f"{path} exists already; nothing is ever written over another file."
        raise DocumentError(message, fix="Name another file.") from None
    except OSError as error:
        raise DocumentError(f"{path} cannot be written: {reason_of(error)}.", fix="Name another file.") from None
