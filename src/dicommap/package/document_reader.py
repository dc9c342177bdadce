"""Read documents with a size limit: a single file, or the files of a directory by their paths."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import finalize

from dicommap.errors import DocumentError, os_error_reason
from dicommap.issues import Issue, make_issue
from dicommap.model.package_layout import choose_document_limit
from dicommap.progress import Progress
from dicommap.reading import FileTooLargeError, NotRegularFileError, open_folder, open_regular_file, read_regular_file
from dicommap.reading.document_limits import LARGEST_DOCUMENT_LIMIT

if TYPE_CHECKING:
    from dicommap.progress import OnProgress
    from dicommap.reading.document_limits import DocumentLimit

LINE_PIECE_BYTES = 2**20
"""Maximum number of bytes that are read of a line at once. A longer line is read in pieces."""


def read_document(path: Path, limit: int = LARGEST_DOCUMENT_LIMIT.bytes, *, beneath: Path | int | None = None) -> bytes:
    """Read a document and return its bytes.

    Args:
        path: The file.
        limit: Maximum number of bytes.
        beneath: A directory, or the descriptor of an open directory. If given, `path` is relative to this directory,
            and no part of `path` may be a link.

    Raises:
        DocumentError: If the document cannot be read, is too large, or is not a regular file.

    """
    with _raise_document_errors(path):
        return read_regular_file(path, limit, beneath=beneath)


def format_path_name(path: Path) -> str:
    """Return the name of a file or directory for messages.

    A path without a name, such as `.`, is returned unchanged.
    """
    return path.name or str(path)


class DocumentFolder(Mapping[str, bytes | Issue]):
    """The files in a directory and its subdirectories: a mapping from relative path to bytes, sorted by path.

    A file is read at each access. If a file is too large or is not a regular file, its value is an Issue.
    """

    def __init__(
        self,
        root: Path,
        report: OnProgress | None = None,
        *,
        limit_of: Callable[[str], DocumentLimit] = choose_document_limit,
        follow_links: bool = False,
    ) -> None:
        """List the files of a directory. Their contents are read later.

        Args:
            root: The directory.
            report: A function that is called with the number of different files that were read. The total is not known.
            limit_of: A function that returns the size limit of a file. Its argument is the relative path.
            follow_links: Whether links to files are followed. If False, the value of a link is an Issue.
        """
        self._names = sorted(_list_files(root, follow_links=follow_links))
        self._folder = root
        self._follows_links = follow_links
        self._report = report
        self._limit_of = limit_of
        self.read_count = 0
        """Number of different files that were read. They are counted only if `report` is given."""
        self._is_read = bytearray(len(self._names))
        self._inner_folder = ""
        self._descriptor = -1
        self._close_descriptor: Callable[[], object] | None = None

    def __getitem__(self, name: str) -> bytes | Issue:
        self._report_reading(name)
        path = self._make_document_path(name)
        with _raise_document_errors(path):
            limit = self._limit_of(name).bytes
            try:
                if self._follows_links:
                    return read_regular_file(path, limit)
                return read_regular_file(path.name, limit, beneath=self._open_inner_folder(name.rpartition("/")[0]))
            except FileTooLargeError:
                return make_issue("document.too-large", limit=f"{limit:,}")
            except NotRegularFileError as error:
                return make_issue("document.not-regular", reason=os_error_reason(error))

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a file with their line ends. A line of more than LINE_PIECE_BYTES is divided into pieces.

        Raises DocumentError if the file cannot be read.
        """
        self._report_reading(name)
        path = self._make_document_path(name)
        with _raise_document_errors(path), open_regular_file(path, beneath=self._boundary_folder) as file:
            yield from iter(lambda: file.readline(LINE_PIECE_BYTES), b"")

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find_index(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @property
    def _boundary_folder(self) -> Path | None:
        """Return the directory that a link must not leave; None if links are followed."""
        return None if self._follows_links else self._folder

    def _open_inner_folder(self, folder: str) -> Path | int:
        """Return an inner folder, open as a descriptor, or the root if `folder` is empty. No part of it is a link.

        The last folder stays open, because most files are read one after the other.
        """
        if not folder:
            return self._folder
        if folder != self._inner_folder:
            descriptor = open_folder(folder, beneath=self._folder)
            if self._close_descriptor is not None:
                self._close_descriptor()
            self._inner_folder, self._descriptor = folder, descriptor
            self._close_descriptor = finalize(self, os.close, descriptor)
        return self._descriptor

    def _find_index(self, name: str) -> int | None:
        """Return the index of a file in the sorted names. Return None if there is no such file."""
        index = bisect_left(self._names, name)
        return index if index < len(self._names) and self._names[index] == name else None

    def _report_reading(self, name: str) -> None:
        """Count a file that is read now, and report the number of read files. Raises KeyError for an unknown name."""
        index = self._find_index(name)
        if index is None:
            raise KeyError(name)
        if self._report is not None:
            self.read_count += not self._is_read[index]
            self._is_read[index] = True
            self._report(Progress(self.read_count, self.read_count, False))

    def _make_document_path(self, name: str) -> Path:
        """Return the path at which to open a file. If links are not followed, it is relative to the root."""
        return self._folder / name if self._follows_links else Path(name)


def _list_files(root: Path, *, follow_links: bool) -> Iterator[str]:
    """Yield the paths of the files in a directory and its subdirectories, relative to it.

    A link counts as a file, also a broken one, if links are not followed; else only if it leads to a file. Links to
    directories are left out. `Path.rglob` would keep an object of 600 bytes for each file.
    """
    for folder, _, names in os.walk(root):
        inner = os.path.relpath(folder, root)
        for name in names:
            if not follow_links or os.path.isfile(os.path.join(folder, name)):
                yield name if inner == os.curdir else f"{inner}/{name}"


@contextmanager
def _raise_document_errors(path: Path) -> Iterator[None]:
    """Raise DocumentError instead of OSError in the `with` block, with the name of the file and the reason."""
    try:
        yield
    except FileNotFoundError:
        raise DocumentError(f"There is no file {path.name}.", fix="Name a file that is there.") from None
    except NotRegularFileError as error:
        raise DocumentError(
            f"{path.name} cannot be read: {os_error_reason(error)}.", fix="Name a regular file."
        ) from None
    except FileTooLargeError as error:
        raise DocumentError(
            f"{path.name} cannot be read: {os_error_reason(error)}.", fix="Split the document."
        ) from None
    except OSError as error:
        raise DocumentError(
            f"{path.name} cannot be read: {os_error_reason(error)}.", fix="Check the rights on it."
        ) from None
