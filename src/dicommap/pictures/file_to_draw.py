"""A P10 file of which a picture is drawn: its path and SOP Instance UID, and a function that opens it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from dicommap.errors import os_error_reason
from dicommap.healthimaging.data_stores import is_data_store_root
from dicommap.reading import NotRegularFileError, open_descriptor

if TYPE_CHECKING:
    from typing import BinaryIO


_S3_SCHEME = "s3://"
_ARCHIVE_SEPARATOR = "!/"
"""Separator between the path of an archive and the name of a member."""


class NoPictureError(Exception):
    """Raised if no picture of a file can be drawn. Its text is the reason, without patient values.

    dicommap catches this error and shows the user a placeholder picture.
    """


class FileToDraw(NamedTuple):
    """A P10 file of which a picture is drawn, with the SOP Instance UID that the scan found in the file."""

    path: str
    """The path, absolute or relative to the working directory, as a str that `open` accepts."""
    sop_instance_uid: str


def open_file_to_draw(path: str) -> BinaryIO:
    """Open a file for reading. Raises NoPictureError if it is missing, not a regular file, or not readable."""
    if path.startswith(_S3_SCHEME):
        raise NoPictureError("The file is in S3, of which no pictures are drawn")
    if is_data_store_root(path):
        raise NoPictureError("The instance is in a data store, of which no pictures are drawn")
    try:
        return os.fdopen(open_descriptor(path), "rb")
    except NotRegularFileError:
        raise NoPictureError("The file is not a regular file any more") from None
    except FileNotFoundError:
        if _ARCHIVE_SEPARATOR in path and os.path.isfile(path.partition(_ARCHIVE_SEPARATOR)[0]):
            raise NoPictureError("The file is in an archive, of which no pictures are drawn") from None
        raise NoPictureError("The file is not where it was scanned") from None
    except OSError as error:
        raise NoPictureError(f"The file cannot be read: {os_error_reason(error)}") from None
