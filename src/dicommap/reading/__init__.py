"""Read regular files that a user names or a package holds, without blocking, up to a limit."""

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
