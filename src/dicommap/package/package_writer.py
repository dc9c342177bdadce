"""Write a package directory as a whole or not at all."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from dicommap.errors import PackageError
from dicommap.planning.package_documents import PackageDocuments
from dicommap.writing.durable_files import sync_directory, write_tree
from dicommap.writing.partial_files import partial_directory, remove_leftovers, remove_partial

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def require_writable(path: Path) -> None:
    """Raise PackageError where a package cannot take this place: something is there, or its parent is not."""
    try:
        taken = path.is_symlink() or (path.exists() and not (path.is_dir() and not any(path.iterdir())))
        homeless = not path.absolute().parent.is_dir()
    except OSError as error:
        raise _make_package_error(error) from None
    if taken:
        raise PackageError(
            f"{path.name} exists already; a package is never written over another.",
            fix="Name another directory, or remove this one first.",
        )
    if homeless:
        raise PackageError("The package's parent directory does not exist.", fix="Make it first.")


def write_package(path: Path, documents: Mapping[str, str]) -> None:
    """Write documents, by their paths relative to the package, all of them or none.

    Raises PackageError where the place is taken or cannot be written to.
    """
    require_writable(path)
    place = path.absolute()
    try:
        remove_leftovers(place.parent, path.name)
        with partial_directory(place) as partial:
            write_tree(partial, ((name, _document_pieces(documents, name)) for name in documents), len(documents))
            os.rename(partial, place)  # replaces an empty directory, and nothing else
            try:
                sync_directory(place.parent)
            except BaseException:
                remove_partial(place)
                raise
    except OSError as error:
        raise _make_package_error(error) from None


def _make_package_error(error: OSError) -> PackageError:
    taken = error.errno in (errno.EEXIST, errno.ENOTEMPTY)
    reason = "its place is taken" if taken else os.strerror(error.errno or 0)
    return PackageError(f"The package cannot be written: {reason}.", fix="Name another directory.")


def _document_pieces(documents: Mapping[str, str], name: str) -> Iterator[str]:
    return documents.pieces(name) if isinstance(documents, PackageDocuments) else iter([documents[name]])
