"""Reading documents: a package's, or a single one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dicommap.errors import DocumentError
from dicommap.issues import Issue, issue
from dicommap.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from dicommap.progress import OnProgress

DOCUMENT_BYTES_LIMIT = 256 * 2**20
"""Bytes of one document; larger ones are refused rather than read into memory."""

LINE_BYTES = 2**20
"""Bytes of a line that are read at once."""


def read_document(path: Path) -> bytes:
    """Return a document's bytes. Raises DocumentError where it cannot be read or is too large."""
    with _readable(path):
        if not path.is_file():
            raise DocumentError(f"There is no file {path.name}.", fix="Name a file that is there.")
        if _too_large(path):
            raise DocumentError(f"{path.name} is larger than {DOCUMENT_BYTES_LIMIT} bytes.", fix="Split the document.")
        return path.read_bytes()


class Folder(Mapping[str, bytes | Issue]):
    """The files below a directory by their paths relative to it, in order, each read when it is asked for.

    Source files may lie beside the documents, and are not to be read for these. A file that is too large for a
    document is an Issue in place of its bytes. `report` is told how many different ones were read; nobody knows how
    many will be.
    """

    def __init__(self, root: Path, report: OnProgress | None = None) -> None:
        paths = sorted(path for path in root.rglob("*") if path.is_file())
        self._paths = {path.relative_to(root).as_posix(): path for path in paths}
        self._report = report
        self.read: set[str] = set()
        """The files that were asked for."""

    def __getitem__(self, name: str) -> bytes | Issue:
        path = self._paths[name]
        self._note(name)
        with _readable(path):
            too_large = _too_large(path)
        return issue("document.too-large", limit=DOCUMENT_BYTES_LIMIT) if too_large else read_document(path)

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a file of any size, each with its end; one of more than LINE_BYTES comes in pieces.

        Raises DocumentError where it cannot be read.
        """
        path = self._paths[name]
        self._note(name)
        with _readable(path), path.open("rb") as file:
            yield from iter(lambda: file.readline(LINE_BYTES), b"")

    def __contains__(self, name: object) -> bool:
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def _note(self, name: str) -> None:
        if self._report is not None:
            self.read.add(name)
            self._report(Progress(len(self.read), len(self.read), False))


def _too_large(path: Path) -> bool:
    return path.stat().st_size > DOCUMENT_BYTES_LIMIT


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise DocumentError(f"{path.name} cannot be read: {reason}.", fix="Check the rights on it.") from None
