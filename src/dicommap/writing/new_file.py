"""Write a complete new file, or nothing if an error occurs. Existing files are not overwritten."""

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
    """Raise DocumentError if no new file can be written to `path`.

    Call it before the work for the file's content begins.

    Raises:
        DocumentError: `path` already exists, or its directory does not exist.
    """
    with convert_os_errors(path):
        if path.is_dir():
            raise DocumentError(f"{path} is a directory.", fix="Name a file.")
        if path.exists() or path.is_symlink():
            raise FileExistsError
        if not path.absolute().parent.is_dir():
            raise DocumentError(f"The directory of {path} does not exist.", fix="Create the directory first.")


def write_new_text_file(path: Path, pieces: Iterable[str]) -> None:
    """Write a new text file. If writing fails, no file is left.

    Args:
        path: The file. It must not exist.
        pieces: The text in pieces. Each piece is written before the next one is made, so the text can have any size.

    Raises:
        DocumentError: The file already exists, or cannot be written.
    """
    with open_new_text_file(path) as file:
        file.writelines(pieces)


@contextmanager
def open_new_text_file(path: Path) -> Iterator[TextIOWrapper]:
    """Return a context manager that opens a new text file for writing. `path` exists only after the context ends.

    Args:
        path: The file. It must not exist. If the context ends with an error, no file is left.

    Raises:
        DocumentError: The file exists already, or cannot be written.

    """
    require_new_file(path)
    with convert_os_errors(path):
        remove_leftovers(path.absolute().parent, path.name)
        with partial_file(path) as partial:
            with TextIOWrapper(partial.open(), encoding="utf-8", newline="", errors="backslashreplace") as file:
                yield file
            partial.put_in_place(path, overwrite=False)


@contextmanager
def convert_os_errors(path: Path) -> Iterator[None]:
    """Return a context manager that raises DocumentError if its block raises an OSError about the file `path`."""
    try:
        yield
    except FileExistsError:
        message = f"{path} exists already; existing files are never overwritten."
        raise DocumentError(message, fix="Name another file.") from None
    except OSError as error:
        raise DocumentError(f"{path} cannot be written: {os_error_reason(error)}.", fix="Name another file.") from None


def write_new_binary_file(path: StrPath, content: bytes) -> None:
    """Write a new binary file. If writing fails, no file is left.

    Raises:
        DocumentError: The file already exists, or cannot be written.
    """
    file_path = Path(path)
    with convert_os_errors(file_path), os.fdopen(create_file(file_path), "wb") as file:
        try:
            file.write(content)
            file.flush()
        except BaseException:
            with suppress(OSError):
                file_path.unlink()  # this function has just created it
            raise
