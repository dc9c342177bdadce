"""Open regular files without blocking and read them up to a number of bytes.

A path that somebody else wrote may lead to a FIFO that nobody writes to, to a device that never ends, or to a file of
size 0 that never ends (below /proc). It may lead to another file a moment after it was looked at. So a file is opened
without waiting, its *descriptor* is asked for the kind of file, and every reading has a number of bytes at which it
ends with an error. All errors are OSErrors, so that callers report them as they report the system's own.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, StrPath, WriteableBuffer

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_PIECE = 2**20
_BUFFER = 2**18

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFLNK: "a symbolic link",
}


class NotRegularFileError(OSError):
    """The path leads to a FIFO, a device, a socket or a directory, or to a link that is not followed."""


class FileTooLargeError(OSError):
    """The file has more bytes than the caller reads."""


def open_descriptor(path: StrPath, *, beneath: StrPath | None = None) -> int:
    """Open a regular file for reading, without waiting, and return its descriptor.

    Args:
        path: The file. Links are followed, unless `beneath` is given.
        beneath: A directory that the file must be in: `path` is relative to it, and neither the path's directories
            nor the file itself may be a link or `..`.

    Raises:
        NotRegularFileError: If it is anything else than a regular file.
        OSError: As the system does.

    """
    try:
        if beneath is None:
            # Opening a device or a FIFO can do something to it; so this comes first, though only fstat is sure.
            _require_regular(os.stat(path), path)
            descriptor = os.open(path, _FLAGS)
        else:
            descriptor = _open_beneath(os.fspath(beneath), os.fspath(path))
    except ValueError:  # a NUL, or a character that no file name can have
        raise OSError(errno.EINVAL, "no file can have this name") from None
    try:
        _require_regular(os.fstat(descriptor), path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_regular_file(path: StrPath, *, limit: int | None = None, beneath: StrPath | None = None) -> BinaryIO:
    """Open a regular file to be read from its beginning to its end, such as line by line.

    Args:
        path: The file.
        limit: The number of bytes that are read at most; without it, the size that the file has now.
        beneath: See `open_descriptor`.

    Raises:
        NotRegularFileError: If it is anything else than a regular file.
        FileTooLargeError: Also from the file that is returned, as soon as there is one byte more than the limit.
        OSError: As the system does.

    """
    descriptor = open_descriptor(path, beneath=beneath)
    try:
        size = os.fstat(descriptor).st_size
        if limit is not None and size > limit:
            raise _too_large(limit)
        return io.BufferedReader(_BoundedFile(descriptor, size if limit is None else limit), _BUFFER)
    except BaseException:
        os.close(descriptor)
        raise


def read_regular_file(path: StrPath, limit: int, *, beneath: StrPath | None = None) -> bytes:
    """Return all bytes of a regular file.

    Args:
        path: The file.
        limit: The number of bytes that it may have.
        beneath: See `open_descriptor`.

    Raises:
        NotRegularFileError: If it is anything else than a regular file.
        FileTooLargeError: If it has more bytes.
        OSError: As the system does.

    """
    with open_regular_file(path, limit=limit, beneath=beneath) as file:
        return read_stream(file, limit)


def read_stream(stream: BinaryIO, limit: int) -> bytes:
    """Return all bytes of an open stream, such as standard input.

    Raises FileTooLargeError if there are more than `limit`, and OSError as the stream does.
    """
    content = io.BytesIO()
    while piece := stream.read(min(_PIECE, limit + 1 - content.tell())):
        content.write(piece)
        if content.tell() > limit:
            raise _too_large(limit)
    return content.getvalue()


class _BoundedFile(io.RawIOBase):
    """The bytes of a descriptor, in order; one byte more than the limit is an error."""

    def __init__(self, descriptor: int, limit: int) -> None:
        self._descriptor = descriptor
        self._limit = self._left = limit

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def readinto(self, buffer: WriteableBuffer) -> int:
        # Not more than one byte behind the limit: what has no end may be slow, too.
        view = memoryview(buffer)[: self._left + 1]
        read = os.readv(self._descriptor, [view])
        self._left -= read
        if self._left < 0:
            self._left = 0
            raise _too_large(self._limit)
        return read

    def write(self, data: ReadableBuffer) -> int:
        raise io.UnsupportedOperation("write")

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self._descriptor)


def _open_beneath(directory: str, path: str) -> int:
    """Open a file below a directory without following a link on the way."""
    parts = path.split("/")
    if not all(parts) or {".", ".."} & set(parts):
        raise OSError(errno.EINVAL, "the path leads out of its directory")
    folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            _require_no_link(part, folder)
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            os.close(folder)
            folder = inner
        _require_regular(os.stat(parts[-1], dir_fd=folder, follow_symlinks=False), path)
        return os.open(parts[-1], _FLAGS | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        os.close(folder)


def _require_no_link(name: str, folder: int) -> None:
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        _require_regular(status, name)


def _require_regular(status: os.stat_result, path: StrPath) -> None:
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        words = f"it is {_KINDS.get(kind, 'something else')}, not a regular file"
        raise NotRegularFileError(errno.EINVAL, words, os.fspath(path))


def _too_large(limit: int) -> FileTooLargeError:
    return FileTooLargeError(errno.EFBIG, f"it has more than {limit:,} bytes")
