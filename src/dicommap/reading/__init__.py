"""Read regular files without blocking and up to a limit: files that a user names, or that a package holds."""

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
