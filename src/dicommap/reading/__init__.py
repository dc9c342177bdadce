"""How files that a user names, or a package holds, are read: regular files only, without waiting, within a bound."""

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
