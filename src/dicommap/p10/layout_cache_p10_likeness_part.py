"""What the files of one layout have had in common so far: more than the layout, and faster to compare."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicommap.p10.layout_cache import HeaderLayout, Span


class SharedBytes:
    """Files of one layout, and the values in which they differ from the one that was walked.

    Most values of neighbours are the same. So what a layout expects and all values that were the same so far are
    compared in a few long pieces, instead of element by element.
    """

    def __init__(self, layout: HeaderLayout, differing: Iterable[Span]) -> None:
        """Name the layout, and values that are sure to differ, in their order."""
        self.differing = tuple(differing)
        """The values in which files differed, in their order."""
        self._layout = layout
        self._size = len(layout.head)
        self._compare()

    def holds(self, head: bytes) -> bool:
        """Say whether the file that begins with `head` is of the layout, and the same where all were the same so far.

        Where it does not hold the layout may fit all the same.
        """
        return len(head) >= self._size and self._pieces.unpack_from(head) == self._common

    def widen(self, head: bytes) -> bool:
        """Take in the file that begins with `head`, wherever it differs, and say whether it is of the layout."""
        found = self._layout.differences(head)
        if found is None:
            return False
        self.differing = tuple(sorted(found.union(self.differing)))
        self._compare()
        return True

    def _compare(self) -> None:
        form, offset = "", 0
        for begin, stop in self.differing:
            form += f"{begin - offset}s{stop - begin}x"
            offset = stop
        self._pieces = struct.Struct(f"{form}{self._size - offset}s")
        self._common = self._pieces.unpack_from(self._layout.head)
