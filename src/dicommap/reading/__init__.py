"""Read regular files, which a user names or a package contains, without blocking and up to a number of bytes."""

from dicommap.reading.regular_files import (
    FileTooLargeError,
    NotRegularFileError,
    open_descriptor,
    open_regular_file,
    read_regular_file,
    read_stream,
)

__all__ = [
    "FileTooLargeError",
    "NotRegularFileError",
    "open_descriptor",
    "open_regular_file",
    "read_regular_file",
    "read_stream",
]
