"""Headers of many files: neighbours share their layout, so most of them need no walk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.p10.byte_window import FIRST_READ_BYTES
from dicommap.p10.header_decoding import RawHeader, decode_header
from dicommap.p10.header_decoding_p10_texts_part import TextCaches
from dicommap.p10.header_reader import read_window, reject_empty_file
from dicommap.p10.layout_cache import make_layout
from dicommap.p10.layout_cache_p10_neighbours_part import CachedLayout
from dicommap.p10.layout_cache_p10_watch_part import MAX_LAYOUT_BYTES, RecordingWindow

if TYPE_CHECKING:
    from dicommap.p10.byte_window import ReadAt
    from dicommap.p10.header import Header, RejectedFile, WantedAttributes

MAX_LAYOUTS = 32
"""Layouts that are kept: a series has a few, as the lengths of its numbers vary."""

_FIRST_READ_STEP = 1_024
"""The first read is a multiple of this."""


class HeaderReader:
    """Reads the same attributes of many files, one after the other.

    Gives what `read_header` gives, faster where files resemble ones that came before. For one thread at a time.
    """

    def __init__(self, wanted: WantedAttributes) -> None:
        """Name the attributes to read."""
        self._wanted = wanted
        self._recent: list[CachedLayout] = []
        """The most recently used first."""
        self._texts = TextCaches(wanted)
        self._first_bytes = FIRST_READ_BYTES

    def read(self, read: ReadAt, size: int) -> Header | RejectedFile:
        """Read the wanted attributes of the P10 file that `read` gives the bytes of, as `read_header` does."""
        if size == 0:
            return reject_empty_file()
        first_bytes = self._first_bytes
        head = read(0, min(size, first_bytes))
        for place, neighbours in enumerate(self._recent):
            header = neighbours.header(head)
            if header is not None:
                if place:
                    self._recent.insert(0, self._recent.pop(place))
                return header
        window = RecordingWindow(read, size, head, first_bytes)
        found = read_window(window, self._wanted)
        return self._judged(window, found, head) if isinstance(found, RawHeader) else found

    def _judged(self, window: RecordingWindow, parts: RawHeader, head: bytes) -> Header | RejectedFile:
        """Judge the parts of a header, and keep its layout if the first read has given all of it."""
        layout = make_layout(window, parts, head)
        if layout is None:
            self._expect(window.reach)
            return decode_header(parts, self._wanted)
        self._recent.insert(0, CachedLayout(layout, self._wanted, self._texts))
        del self._recent[MAX_LAYOUTS:]
        self._expect(window.reach)
        return self._recent[0].header(head) or decode_header(parts, self._wanted)

    def _expect(self, end: int) -> None:
        """Let the next first read give the usual header whole, and no more than that."""
        if end <= MAX_LAYOUT_BYTES:
            furthest = max(end, *(len(neighbours.layout.head) for neighbours in self._recent), 0)
            self._first_bytes = -(-furthest // _FIRST_READ_STEP) * _FIRST_READ_STEP
