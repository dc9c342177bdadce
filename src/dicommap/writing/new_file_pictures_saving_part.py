"""Saving a picture or plot: all of it or nothing, and never over another file."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.errors import DocumentError, os_error_reason
from dicommap.writing.private_files import create_file

if TYPE_CHECKING:
    from _typeshed import StrPath


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
