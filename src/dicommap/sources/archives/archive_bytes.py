"""File objects over an archive's bytes: seekable, and forward-only for compressed members."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from dicommap.sources.local_tree import make_source_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.sources.local_tree import LocalTree

ArchiveState = tuple[int, int]
"""Size in bytes and time of change in nanoseconds: if either is another, the archive has changed."""

MAX_KEPT_BYTES = 16 * 2**20
"""The first bytes of a member that are kept while it is read: more than any header that is read twice."""

_CHUNK = 2**18


def get_archive_state(status: os.stat_result) -> ArchiveState:
    """Return the state of a file with this status, as an inventory stores it."""
    file = make_source_file("", status)
    return file.size, file.mtime_ns


class ArchiveFile(io.RawIOBase):
    """An archive of a tree as an open file object that can seek."""

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
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the offset of the next byte."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to an offset. Raises OSError without an errno for an offset before the first byte."""
        position = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        if position < 0:
            raise OSError("an offset before the first byte")
        self._position = position
        return position

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to `size` bytes, or all bytes that are left."""
        left = max(0, self.size - self._position)
        content = self.read_at(self._position, left if size is None or size < 0 else min(size, left))
        self._position += len(content)
        return content

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        opened, self._open = getattr(self, "_open", None), None  # type: ignore[assignment]
        if opened is not None:
            opened.__exit__(None, None, None)
        super().close()


class ForwardBytes:
    """Reads a forward-only member at any offset: the first bytes of the member are kept in memory."""

    def __init__(
        self, read_next: Callable[[int], bytes], size: int, rewind: Callable[[], Callable[[int], bytes]]
    ) -> None:
        """Start at the first byte.

        Args:
            read_next: Takes a number of bytes, and returns at most that many of the next bytes.
            size: The size of the member in bytes.
            rewind: Returns a new `read_next` that starts at the first byte. Raises ArchiveError if that is impossible.

        """
        self._read_next, self._rewind = read_next, rewind
        self._size = size
        self._kept = bytearray()
        self._position = 0

    def __call__(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; fewer only at the end of the member."""
        end = min(self._size, offset + length)
        self._keep_up_to(min(end, MAX_KEPT_BYTES))
        first = bytes(self._kept[offset:end])
        begin = offset + len(first)
        if end <= MAX_KEPT_BYTES or begin >= end:
            return first
        if begin < self._position:
            self._read_next, self._position = self._rewind(), 0
        while self._position < begin:
            if not self._read_on(begin - self._position):
                return first
        parts = [first]
        while self._position < end:
            parts.append(self._read_on(end - self._position))
            if not parts[-1]:
                break
        return b"".join(parts)

    def _keep_up_to(self, end: int) -> None:
        while len(self._kept) < end and self._position == len(self._kept):
            found = self._read_on(min(end, MAX_KEPT_BYTES) - self._position)
            if not found:
                return
            self._kept += found

    def _read_on(self, length: int) -> bytes:
        content = self._read_next(min(length, _CHUNK))
        self._position += len(content)
        return content
