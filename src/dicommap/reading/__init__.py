"""Read regular files safely: without waiting for a FIFO or device, and only up to a limit of bytes."""

from dicommap.reading.regular_files import (
    FileTooLargeError,
    NotRegularFileError,
    open_descriptor,
    open_folder,
    open_regular_file,
    read_regular_file,
    read_stream,
)

__all__ = [
    "FileTooLargeError",
    "NotRegularFileError",
    "open_descriptor",
    "open_folder",
    "open_regular_file",
    "read_regular_file",
    "read_stream",
]
