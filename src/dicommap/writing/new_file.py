"""Write a file that must not exist yet, as a whole or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.errors import DocumentError, os_error_reason
from dicommap.writing.partial_files import partial_file, remove_leftovers
from dicommap.writing.private_files import create_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed import StrPath


def require_new_file(path: Path) -> None:
    """Raise DocumentError where something is at this path, or nothing can be: before work is done for it."""
    with _raising_document_errors(path):
        if path.is_dir():
            raise DocumentError(f"{path} is a directory.", fix="Name a file.")
        if path.exists() or path.is_symlink():
            raise FileExistsError
        if not path.absolute().parent.is_dir():
            raise DocumentError(f"{path} lies in no directory.", fix="Make the directory first.")


def write_new_text_file(path: Path, pieces: Iterable[str]) -> None:
    """Write a file of any size that must not exist yet, all of it or nothing, as its pieces come.

    Raises DocumentError where it exists, since it may hold somebody's work, or cannot be written.
    """
    require_new_file(path)
    with _raising_document_errors(path):
        remove_leftovers(path.absolute().parent, path.name)
        with partial_file(path) as partial:
            with TextIOWrapper(partial.open(), encoding="utf-8", newline="", errors="backslashreplace") as file:
                file.writelines(pieces)
            partial.put_in_place(path, overwrite=False)


@contextmanager
def _raising_document_errors(path: Path) -> Iterator[None]:
    """Say of a path what the system says of it."""
    try:
        yield
    except FileExistsError:
        message = f"{path} exists already; nothing is ever written over another file."
        raise DocumentError(message, fix="Name another file.") from None
    except OSError as error:
        raise DocumentError(f"{path} cannot be written: {os_error_reason(error)}.", fix="Name another file.") from None


def write_new_binary_file(path: StrPath, content: bytes) -> None:
    """Write a file that must not exist yet. Raises DocumentError where it does, or cannot be written."""
    place = Path(path)
    try:
        with os.fdopen(create_file(place), "wb") as file:
            try:
                file.write(content)
                file.flush()
            except BaseException:
                with suppress(OSError):
                    place.unlink()  # made a moment ago, by us
                raise
    except FileExistsError:
        message = f"{place} exists already; nothing is ever written over another file."
        raise DocumentError(message, fix="Name another file.") from None
    except OSError as error:
        raise DocumentError(f"{place} cannot be written: {os_error_reason(error)}.", fix="Name another file.") from None
