"""One file of a series that a picture is drawn from, and how it is opened."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from dicommap.errors import os_error_reason
from dicommap.reading import NotRegularFileError, open_descriptor

if TYPE_CHECKING:
    from typing import BinaryIO


_S3_SCHEME = "s3://"
_ARCHIVE_SEPARATOR = "!/"
"""Stands between the path of an archive and the name of its member."""


class NoPictureError(Exception):
    """Why there is no picture of a file, in words for people and without a value; never leaves this room."""


class PictureFile(NamedTuple):
    """One file, and the instance that the scan found in it."""

    path: str
    """As the operating system knows it."""
    sop_instance_uid: str


def open_picture_file(path: str) -> BinaryIO:
    """Open a file for reading. Raises NoPictureError where there is no regular file, or none that may be read."""
    if path.startswith(_S3_SCHEME):
        raise NoPictureError("The file is in S3, of which no pictures are drawn")
    try:
        return os.fdopen(open_descriptor(path), "rb")
    except NotRegularFileError:
        raise NoPictureError("The file is no regular file any more") from None
    except FileNotFoundError:
        if _ARCHIVE_SEPARATOR in path and os.path.isfile(path.partition(_ARCHIVE_SEPARATOR)[0]):
            raise NoPictureError("The file is in an archive, of which no pictures are drawn") from None
        raise NoPictureError("The file is not where it was scanned") from None
    except OSError as error:
        raise NoPictureError(f"The file cannot be read: {os_error_reason(error)}") from None
