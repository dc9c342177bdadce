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
"""Size and time of change of an archive: another state, other members."""

MAX_KEPT_BYTES = 16 * 2**20
"""The beginning of a member that is kept while it is read: longer than any header that has to be read twice."""

_CHUNK = 2**18


def get_archive_state(status: os.stat_result) -> ArchiveState:
    """Return the state that an inventory has of a file of this status."""
    file = make_source_file("", status)
    return file.size, file.mtime_ns


class ArchiveFile(io.RawIOBase):
    """An archive of a tree, open for reading at any place."""

    def __init__(self, tree: LocalTree, path: str) -> None:
        """Open it. Raises OSError as the system does."""
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
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place. Raises OSError for one before the first byte, as files do, but without a number."""
        place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        if place < 0:
            raise OSError("a place before the first byte")
        self._position = place
        return place

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to `size` bytes, or all that are left, but never more than there are."""
        left = max(0, self.size - self._position)
        found = self.read_at(self._position, left if size is None or size < 0 else min(size, left))
        self._position += len(found)
        return found

    def close(self) -> None:
        """Close it; a second time does nothing."""
        opened, self._open = getattr(self, "_open", None), None  # type: ignore[assignment]
        if opened is not None:
            opened.__exit__(None, None, None)
        super().close()


class ForwardBytes:
    """Reads at offsets of what comes only one after another: the beginning is kept, the rest read on."""

    def __init__(
        self, following: Callable[[int], bytes], size: int, again: Callable[[], Callable[[int], bytes]]
    ) -> None:
        """Take what reads on; `again` returns the same from the first byte, or raises where that cannot be."""
        self._following, self._again = following, again
        self._size = size
        self._kept = bytearray()
        self._position = 0

    def __call__(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; fewer only where the member ends."""
        end = min(self._size, offset + length)
        self._keep_up_to(min(end, MAX_KEPT_BYTES))
        first = bytes(self._kept[offset:end])
        begin = offset + len(first)
        if end <= MAX_KEPT_BYTES or begin >= end:
            return first
        if begin < self._position:
            self._following, self._position = self._again(), 0
        while self._position < begin:
            if not self._on(begin - self._position):
                return first
        parts = [first]
        while self._position < end:
            parts.append(self._on(end - self._position))
            if not parts[-1]:
                break
        return b"".join(parts)

    def _keep_up_to(self, end: int) -> None:
        while len(self._kept) < end and self._position == len(self._kept):
            found = self._on(min(end, MAX_KEPT_BYTES) - self._position)
            if not found:
                return
            self._kept += found

    def _on(self, length: int) -> bytes:
        found = self._following(min(length, _CHUNK))
        self._position += len(found)
        return found
