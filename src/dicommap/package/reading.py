"""Reading documents: a package's, or a single one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dicommap.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    """Return every file of a package by its path relative to it, in order."""
    return dict(Folder(root))


class Folder(Mapping[str, bytes]):
    """The files below a directory by their paths relative to it, each read when it is asked for.

    Source files may lie beside override files, and are not to be read for these.
    """

    def __init__(self, root: Path) -> None:
        paths = sorted(path for path in root.rglob("*") if path.is_file())
        self._paths = {path.relative_to(root).as_posix(): path for path in paths}

    def __getitem__(self, name: str) -> bytes:
        return read_document(self._paths[name])

    def __contains__(self, name: object) -> bool:
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)
