"""Headers of many files: neighbours share their layout, so most of them need no walk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.p10.judgement import Parts, judged
from dicommap.p10.layout import layout_of
from dicommap.p10.neighbours import Neighbours
from dicommap.p10.read import read_window, refused_empty
from dicommap.p10.texts import AllTexts
from dicommap.p10.watch import LAYOUT_LIMIT, WatchedWindow
from dicommap.p10.window import FIRST_BYTES

if TYPE_CHECKING:
    from dicommap.p10.header import Header, Refusal, Wanted
    from dicommap.p10.window import ReadAt

LAYOUTS = 32
"""Layouts that are kept: a series has a few, as the lengths of its numbers vary."""

_STEP = 1_024
"""The first read is a multiple of this."""


class HeaderReader:
    """Reads the same attributes of many files, one after the other.

    Gives what `read_header` gives, faster where files resemble ones that came before. For one thread at a time.
    """

    def __init__(self, wanted: Wanted) -> None:
        """Name the attributes to read."""
        self._wanted = wanted
        self._recent: list[Neighbours] = []
        """The most recently used first."""
        self._texts = AllTexts(wanted)
        self._first_bytes = FIRST_BYTES

    def read(self, read: ReadAt, size: int) -> Header | Refusal:
        """Read the wanted attributes of the P10 file that `read` gives the bytes of, as `read_header` does."""
        if size == 0:
            return refused_empty()
        first_bytes = self._first_bytes
        head = read(0, min(size, first_bytes))
        for place, neighbours in enumerate(self._recent):
            header = neighbours.header(head)
            if header is not None:
                if place:
                    self._recent.insert(0, self._recent.pop(place))
                return header
        window = WatchedWindow(read, size, head, first_bytes)
        found = read_window(window, self._wanted)
        return self._judged(window, found, head) if isinstance(found, Parts) else found

    def _judged(self, window: WatchedWindow, parts: Parts, head: bytes) -> Header | Refusal:
        """Judge the parts of a header, and keep its layout if the first read has given all of it."""
        layout = layout_of(window, parts, head)
        if layout is None:
            self._expect(window.reach)
            return judged(parts, self._wanted)
        self._recent.insert(0, Neighbours(layout, self._wanted, self._texts))
        del self._recent[LAYOUTS:]
        self._expect(window.reach)
        return self._recent[0].header(head) or judged(parts, self._wanted)

    def _expect(self, end: int) -> None:
        """Let the next first read give the usual header whole, and no more than that."""
        if end <= LAYOUT_LIMIT:
            furthest = max(end, *(len(neighbours.layout.head) for neighbours in self._recent), 0)
            self._first_bytes = -(-furthest // _STEP) * _STEP
