"""Read the bytes of an archive: a file object with `seek`, and a reader of members that can only be read forwards."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from dicommap.sources.path_reader import make_source_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.sources.local_tree import LocalTree

ArchiveState = tuple[int, int]
"""The size of an archive in bytes and its modification time in nanoseconds. They show whether it has changed."""

MAX_KEPT_BYTES = 16 * 2**20
"""The number of bytes at the beginning of a member that are kept in memory. Most headers are shorter."""

_CHUNK = 2**18


def get_archive_state(status: os.stat_result) -> ArchiveState:
    """Return the size and modification time of an archive from its `status`.

    The time is limited to what an inventory can store.
    """
    file = make_source_file("", status)
    return file.size, file.mtime_ns


class ArchiveFile(io.RawIOBase):
    """A file object with `seek` that reads an archive of a local tree."""

    def __init__(self, tree: LocalTree, path: str) -> None:
        """Open the file. Raises OSError."""
        super().__init__()
        self._open = tree.open(path)
        self.read_at = self._open.__enter__()
        try:
            self.state = get_archive_state(self._open.status())
        except OSError:
            self.close()
            raise
        self.size = self.state[0]
        self._position = 0

    def readable(self) -> bool:
        """Return True, because an archive is opened for reading."""
        return True

    def seekable(self) -> bool:
        """Return True, because every offset of an archive can be read."""
        return True

    def tell(self) -> int:
        """Return the offset of the next byte."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move to an offset and return it. Raises OSError without an errno if the offset is negative."""
        position = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        if position < 0:
            raise OSError("an offset before the first byte")
        self._position = position
        return position

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes. By default return all remaining bytes."""
        left = max(0, self.size - self._position)
        content = self.read_at(self._position, left if size is None or size < 0 else min(size, left))
        self._position += len(content)
        return content

    def close(self) -> None:
        """Close the file. A second call does nothing."""
        opened, self._open = getattr(self, "_open", None), None  # type: ignore[assignment]
        if opened is not None:
            opened.__exit__(None, None, None)
        super().close()


class MemberByteReader:
    """A callable that reads bytes at any offset of an archive member, although the member can only be read forwards.

    The first MAX_KEPT_BYTES bytes are kept in memory. If bytes after them are requested a second time, the member is
    read again from its beginning.
    """

    def __init__(
        self, read_next: Callable[[int], bytes], size: int, rewind: Callable[[], Callable[[int], bytes]]
    ) -> None:
        """Start at the first byte of the member.

        Args:
            read_next: A function that takes a number of bytes, and returns at most this number of the member's next
                bytes.
            size: The size of the member in bytes.
            rewind: A function that returns a new `read_next`, which starts at the first byte. It raises ArchiveError if
                this is impossible.
        """
        self._read_next, self._rewind = read_next, rewind
        self._size = size
        self._kept = bytearray()
        self._position = 0

    def __call__(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, or fewer at the end of the member."""
        end = min(self._size, offset + length)
        self._keep_bytes_up_to(min(end, MAX_KEPT_BYTES))
        first = bytes(self._kept[offset:end])
        begin = offset + len(first)
        if end <= MAX_KEPT_BYTES or begin >= end:
            return first
        if begin < self._position:
            self._read_next, self._position = self._rewind(), 0
        while self._position < begin:
            if not self._read_next_chunk(begin - self._position):
                return first
        parts = [first]
        while self._position < end:
            parts.append(self._read_next_chunk(end - self._position))
            if not parts[-1]:
                break
        return b"".join(parts)

    def _keep_bytes_up_to(self, end: int) -> None:
        """Read the member up to `end`, and keep the bytes, while all bytes before are kept too."""
        while len(self._kept) < end and self._position == len(self._kept):
            data = self._read_next_chunk(min(end, MAX_KEPT_BYTES) - self._position)
            if not data:
                return
            self._kept += data

    def _read_next_chunk(self, length: int) -> bytes:
        """Return the next bytes of the member, at most `length`. Return no bytes at its end."""
        content = self._read_next(min(length, _CHUNK))
        self._position += len(content)
        return content
