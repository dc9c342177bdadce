"""Open regular files without blocking and read them up to a number of bytes.

A path from an unknown author may name a FIFO without a writer, a device, or an endless file below /proc. And between a
check and the opening, another file may get the same path. So a file is opened without blocking, the type of the open
*descriptor* is checked, and reading ends with an error after a number of bytes. All errors are OSErrors, so that
callers report them like the errors of the system.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, StrPath, SupportsRead, WriteableBuffer

_OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_PIECE_BYTES = 2**20
_BUFFER_BYTES = 2**18

_FILE_TYPES = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFLNK: "a symbolic link",
}


class NotRegularFileError(OSError):
    """Error for a path that names a FIFO, a device, a socket, a directory, or a link that is not followed."""


class FileTooLargeError(OSError):
    """Error for a file or stream that has more bytes than the caller's limit."""


def open_descriptor(path: StrPath, *, beneath: StrPath | int | None = None) -> int:
    """Open a regular file for reading, without blocking, and return its descriptor.

    Args:
        path: The file. Links are followed, unless `beneath` is given.
        beneath: A directory that must contain the file, or the descriptor of an open directory. `path` is then relative
            to this directory, and no part of `path` may be a link, `.` or `..`.

    Raises:
        NotRegularFileError: The path does not name a regular file.
        OSError: The file cannot be opened or read.

    """
    try:
        if beneath is None:
            # To open a device or a FIFO can have effects. So the path is checked before it is opened, and again
            # afterwards.
            _require_regular_file(os.stat(path), path)
            descriptor = os.open(path, _OPEN_FLAGS)
        else:
            descriptor = _open_beneath(beneath, os.fspath(path))
    except ValueError:  # a NUL, or a character that no file name can have
        raise OSError(errno.EINVAL, "no file can have this name") from None
    try:
        _require_regular_file(os.fstat(descriptor), path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_folder(path: StrPath, *, beneath: StrPath) -> int:
    """Open the directory `path` below the directory `beneath`, and return its descriptor.

    No part of `path` may be a link, `.` or `..`.

    Raises:
        NotRegularFileError: A part of the path is a link.
        OSError: The directory cannot be opened.

    """
    return _open_folder_by_parts(beneath, _split_relative_path(os.fspath(path)))


def open_regular_file(path: StrPath, *, limit: int | None = None, beneath: StrPath | None = None) -> BinaryIO:
    """Open a regular file for reading from its beginning to its end, for example line by line.

    Args:
        path: The file. Links are followed, unless `beneath` is given.
        limit: The maximum number of bytes that may be read; if None, the current size of the file.
        beneath: A directory that must contain the file. `path` is then relative to this directory, and no part of
            `path` may be a link, `.` or `..`.

    Raises:
        NotRegularFileError: The path does not name a regular file.
        FileTooLargeError: The file has more bytes than `limit`. Reads from the returned file raise it, too.
        OSError: The file cannot be opened or read.

    """
    descriptor = open_descriptor(path, beneath=beneath)
    try:
        size = os.fstat(descriptor).st_size
        if limit is not None and size > limit:
            raise _make_too_large_error(limit)
        return io.BufferedReader(_BoundedFile(descriptor, size if limit is None else limit), _BUFFER_BYTES)
    except BaseException:
        os.close(descriptor)
        raise


def read_regular_file(path: StrPath, limit: int, *, beneath: StrPath | int | None = None) -> bytes:
    """Return all bytes of a regular file.

    Args:
        path: The file. Links are followed, unless `beneath` is given.
        limit: The maximum number of bytes that the file may have.
        beneath: A directory that must contain the file, or the descriptor of an open directory. `path` is then relative
            to this directory, and no part of `path` may be a link, `.` or `..`.

    Raises:
        NotRegularFileError: The path does not name a regular file.
        FileTooLargeError: The file has more than `limit` bytes.
        OSError: The file cannot be opened or read.

    """
    descriptor = open_descriptor(path, beneath=beneath)
    try:
        size = os.fstat(descriptor).st_size
        if size > limit:
            raise _make_too_large_error(limit)
        # A small file gets a small buffer. Files below /proc have the size 0, but are not empty.
        with io.FileIO(descriptor, closefd=False) as file:
            return _read_all_within_limit(file, limit, min(size + 1, _PIECE_BYTES) if size else _PIECE_BYTES)
    finally:
        os.close(descriptor)


def read_stream(stream: BinaryIO, limit: int) -> bytes:
    """Return all bytes of an open stream, such as standard input.

    Raises:
        FileTooLargeError: The stream has more than `limit` bytes.
        OSError: The stream cannot be read.

    """
    return _read_all_within_limit(stream, limit, _PIECE_BYTES)


def _read_all_within_limit(stream: SupportsRead[bytes], limit: int, piece_bytes: int) -> bytes:
    content = io.BytesIO()
    while piece := stream.read(min(piece_bytes, limit + 1 - content.tell())):
        content.write(piece)
        if content.tell() > limit:
            raise _make_too_large_error(limit)
    return content.getvalue()


class _BoundedFile(io.RawIOBase):
    """A file that raises FileTooLargeError when more than `limit` bytes are read."""

    def __init__(self, descriptor: int, limit: int) -> None:
        self._descriptor = descriptor
        self._limit = self._bytes_left = limit

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def readinto(self, buffer: WriteableBuffer) -> int:
        # Read at most one byte after the limit, because an endless file may also be slow.
        view = memoryview(buffer)[: self._bytes_left + 1]
        read = os.readv(self._descriptor, [view])
        self._bytes_left -= read
        if self._bytes_left < 0:
            self._bytes_left = 0
            raise _make_too_large_error(self._limit)
        return read

    def write(self, data: ReadableBuffer) -> int:
        raise io.UnsupportedOperation("write")

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self._descriptor)


def _open_beneath(directory: StrPath | int, path: str) -> int:
    """Open a file below a directory without following any link, and return its descriptor."""
    *folders, name = _split_relative_path(path)
    folder = _open_folder_by_parts(directory, folders)
    try:
        _require_regular_file(os.stat(name, dir_fd=folder, follow_symlinks=False), path)
        return os.open(name, _OPEN_FLAGS | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        if folder != directory:
            os.close(folder)


def _split_relative_path(path: str) -> list[str]:
    parts = path.split("/")
    if not all(parts) or {".", ".."} & set(parts):
        raise OSError(errno.EINVAL, "the path leads out of its directory")
    return parts


def _open_folder_by_parts(directory: StrPath | int, parts: list[str]) -> int:
    """Open the folder with the path `parts` below `directory`, and return its descriptor.

    If `directory` is a descriptor, it stays open. If there are no parts, it is returned itself.
    """
    folder = directory if isinstance(directory, int) else os.open(directory, _FOLDER_FLAGS)
    try:
        for part in parts:
            _require_no_link(part, folder)
            inner = os.open(part, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=folder)
            if folder != directory:
                os.close(folder)
            folder = inner
    except BaseException:
        if folder != directory:
            os.close(folder)
        raise
    return folder


def _require_no_link(name: str, folder: int) -> None:
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        _require_regular_file(status, name)


def _require_regular_file(status: os.stat_result, path: StrPath) -> None:
    file_type = stat.S_IFMT(status.st_mode)
    if file_type != stat.S_IFREG:
        reason = f"it is {_FILE_TYPES.get(file_type, 'something else')}, not a regular file"
        raise NotRegularFileError(errno.EINVAL, reason, os.fspath(path))


def _make_too_large_error(limit: int) -> FileTooLargeError:
    return FileTooLargeError(errno.EFBIG, f"it has more than {limit:,} bytes")
