"""Reading documents: a package's, or a single one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dicommap.errors import DocumentError

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT_BYTES_LIMIT = 256 * 2**20
"""Bytes of one document; larger ones are refused rather than read into memory."""


def read_document(path: Path) -> bytes:
    """Return a document's bytes. Raises DocumentError where it cannot be read or is too large."""
    try:
        if not path.is_file():
            raise DocumentError(f"There is no file {path.name}.", fix="Name a file that is there.")
        if path.stat().st_size > DOCUMENT_BYTES_LIMIT:
            raise DocumentError(f"{path.name} is larger than {DOCUMENT_BYTES_LIMIT} bytes.", fix="Split the document.")
        return path.read_bytes()
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise DocumentError(f"{path.name} cannot be read: {reason}.", fix="Check the rights on it.") from None


def read_package(root: Path) -> dict[str, bytes]:
    """Return every file of a package, or of any directory, by its path relative to it, in order."""
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): read_document(path) for path in paths}
