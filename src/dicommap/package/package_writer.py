"""Write a package directory atomically: either all of its files are written, or none of them."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from dicommap.errors import PackageError
from dicommap.planning.package_documents import PackageDocuments
from dicommap.writing.new_directory import is_new_directory, write_new_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def require_writable(path: Path) -> None:
    """Raise PackageError if `path` exists, or if its parent directory does not exist."""
    try:
        exists = not is_new_directory(path)
        has_no_parent = not path.absolute().parent.is_dir()
    except OSError as error:
        raise _make_package_error(error) from None
    if exists:
        raise PackageError(
            f"{path.name} exists already; a package is never written over another.",
            fix="Name another directory, or remove this one first.",
        )
    if has_no_parent:
        raise PackageError("The package's parent directory does not exist.", fix="Make it first.")


def write_package(path: Path, documents: Mapping[str, str]) -> None:
    """Write a package directory. If an error occurs, no file of the package is written.

    `documents` maps the path of each file, relative to the package, to its text.

    Raises PackageError if the path exists or cannot be written to.
    """
    require_writable(path)
    try:
        write_new_directory(
            path, ((name, _iterate_document_pieces(documents, name)) for name in documents), len(documents)
        )
    except OSError as error:
        raise _make_package_error(error) from None


def _make_package_error(error: OSError) -> PackageError:
    exists = error.errno in (errno.EEXIST, errno.ENOTEMPTY)
    reason = "its place is taken" if exists else os.strerror(error.errno or 0)
    return PackageError(f"The package cannot be written: {reason}.", fix="Name another directory.")


def _iterate_document_pieces(documents: Mapping[str, str], name: str) -> Iterator[str]:
    return documents.pieces(name) if isinstance(documents, PackageDocuments) else iter([documents[name]])
