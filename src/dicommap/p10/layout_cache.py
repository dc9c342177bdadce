"""The layout cache: read files that share element offsets with an earlier file without a walk."""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from dicommap.model.captured_attributes import INSTANCE_NUMBER, SOP_INSTANCE_UID, SPECIFIC_CHARACTER_SET
from dicommap.model.study import Disposition
from dicommap.p10.byte_window import ByteWindow, EndOfFile
from dicommap.p10.data_set_encoding import get_encoding
from dicommap.p10.file_meta import decode_uid
from dicommap.p10.header import Header
from dicommap.p10.header_decoding import RawHeader, decode_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.p10.byte_window import ReadAt
    from dicommap.p10.header import RejectedFile, WantedAttributes
    from dicommap.p10.header_decoding import TextCaches
    from dicommap.p10.walk import RawValue

MAX_LAYOUT_BYTES = 2**16
"""Bytes of a header whose layout is kept; longer ones are walked each time."""


class RecordingWindow(ByteWindow):
    """A window that notes which bytes decided where a walk went, and how far the file had to reach.

    A walk is a function of what it takes from its window. Of another file that has the same bytes in these places,
    and that reaches as far, it takes the same steps.
    """

    def __init__(self, read: ReadAt, size: int, head: bytes, head_length: int) -> None:
        self.seen: list[tuple[int, int]] = []
        """Begin and end of all that `bytes_at` gave below the limit; values are not among them."""
        self.reach = 0
        """How far the file had to reach for the walk to go where it went."""
        self.depends_on_size = False
        """Whether the walk went where it went because the file does not reach further."""
        super().__init__(read, size, head, head_length)

    def bytes_at(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset`, and note where they are."""
        end = offset + length
        if offset < MAX_LAYOUT_BYTES:  # a file out of order is walked to its end: what is kept is bounded
            self.seen.append((offset, end))
        if end > self.reach:
            self.reach = end
        return ByteWindow.bytes_at(self, offset, length)

    def reaches(self, end: int) -> bool:
        """Return whether the file has a byte before `end`, and note that it was asked."""
        found = end <= self.size
        if not found:
            self.depends_on_size = True
        elif end > self.reach:
            self.reach = end
        return found

    def peek(self, offset: int, length: int) -> bytes:
        """Return bytes without moving the window, and note where they are."""
        end = offset + length
        if self.reaches(end) and offset < MAX_LAYOUT_BYTES:
            self.seen.append((offset, end))
        return ByteWindow.peek(self, offset, length)

    def note(self, places: list[tuple[int, int]], end: int) -> None:
        """Note places that decided; what was at hand is bounded, and so are they."""
        self.seen += places
        self.require(end)

    def require(self, end: int) -> None:
        """Raise EndOfFile where the file ends before `end`, and note that it was asked."""
        if end > self.reach:
            self.reach = end
        if end > self.size:
            raise EndOfFile(self.size)


_BLOCK_BYTES = 256
"""Bytes that are compared at once: other layouts mostly differ in the first."""

_NOT_ZERO = re.compile(rb"[^\0]+")

Span = tuple[int, int]
"""Begin and end of a place."""


@dataclass(frozen=True, kw_only=True)
class HeaderLayout:
    """The steps of one walk: of every file that it fits, a walk takes exactly these."""

    head: bytes = field(repr=False)
    """The beginning of the file that was walked, as far as a file must reach that it fits."""
    model: RawHeader = field(repr=False)
    """The parts of that file."""
    landmark: slice
    """Where the element behind the last wanted one is: most layouts differ here, so it is compared first."""
    places: list[Span] = field(repr=False)
    """Every place that decided where the walk went or how values are read, as they came."""

    def fits(self, head: bytes) -> bool:
        """Say whether a walk over the file that begins with `head` takes the same steps."""
        return self.differences(head) is not None

    def differences(self, head: bytes) -> set[Span] | None:
        """Return where the file that begins with `head` differs from the one that was walked: whole values.

        Returns None where a walk over it may not take the same steps.
        """
        model = self.head
        if len(head) < len(model):
            return None
        found: set[Span] = set()
        for offset in range(0, len(model), _BLOCK_BYTES):
            ours, theirs = model[offset : offset + _BLOCK_BYTES], head[offset : min(offset + _BLOCK_BYTES, len(model))]
            if ours == theirs:
                continue
            for begin, stop in _differing_runs(ours, theirs):
                free = self._free_around(offset + begin)
                if free is None or free[1] < offset + stop:
                    return None
                found.add(free)
        return found

    def _free_around(self, offset: int) -> Span | None:
        """Return the place around an offset in which files that the layout fits may differ, if there is one."""
        begins, stops = self._structure
        place = bisect_right(begins, offset)
        begin, stop = stops[place], begins[place] if place < len(begins) else len(self.head)
        return (begin, stop) if begin <= offset else None

    def parts(self, head: bytes) -> RawHeader:
        """Return what a walk would find in a file that the layout fits."""
        meta, encoding, walked = self.model
        instance = meta.sop_instance
        if instance is not None:
            vr, start, raw = instance
            instance = vr, start, head[start : start + len(raw)]
        values = {tag: (vr, at, head[at : at + len(raw)]) for tag, (vr, at, raw) in walked.values.items()}
        return RawHeader(meta._replace(sop_instance=instance), encoding, walked._replace(values=values))

    @cached_property
    def _structure(self) -> tuple[list[int], list[int]]:
        """Return where the places that decided begin, in order, and where all before each of these have ended.

        Many a layout is never asked, as no file behind it has its landmark.
        """
        places = sorted(self.places)
        return [begin for begin, _ in places], [*accumulate((stop for _, stop in places), max, initial=0)]


def _differing_runs(one: bytes, other: bytes) -> Iterator[Span]:
    """Yield where two texts of one length differ."""
    both = int.from_bytes(one, "little") ^ int.from_bytes(other, "little")
    return (found.span() for found in _NOT_ZERO.finditer(both.to_bytes(len(one), "little")))


def make_layout(window: RecordingWindow, parts: RawHeader, head: bytes) -> HeaderLayout | None:
    """Return the layout of a header whose parts its bytes up to the walk's end decide.

    `head` is the beginning of the file as the walk saw it. Returns None if it does not hold the whole header, or if the
    walk would have gone another way in a longer file.
    """
    end = window.reach
    if end > len(head) or window.depends_on_size:
        return None
    places = [*window.seen, *_character_set_spans(parts)]
    return HeaderLayout(head=head[:end], model=parts, landmark=slice(*window.seen[-1]), places=places)


def _character_set_spans(parts: RawHeader) -> list[Span]:
    """Return where SpecificCharacterSet is: it decides how other values are read."""
    _, start, raw = parts.walked.values.get(SPECIFIC_CHARACTER_SET, (b"", 0, b""))
    return [(start, start + len(raw))]


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


_INSTANCE_TAGS = frozenset({SOP_INSTANCE_UID, INSTANCE_NUMBER})
"""What no two instances of a series share."""

_INSTANCE = Disposition.INSTANCE


class CachedLayout:
    """Makes the headers of the files that a layout fits.

    Values that were the same in all of them so far are decoded and judged once, and so are equal ones of the others.
    A file with anything to be said about it is judged as a whole.
    """

    def __init__(self, layout: HeaderLayout, wanted: WantedAttributes, texts: TextCaches) -> None:
        """Name the layout, what is wanted from its files, and what is remembered of values."""
        meta, encoding, walked = layout.model
        self.layout = layout
        self._landmark, self._landmark_bytes = layout.landmark, layout.head[layout.landmark]
        self._transfer_syntax_uid = meta.transfer_syntax_uid
        self._wanted = wanted
        declared = bool(meta.transfer_syntax_uid) and get_encoding(meta.transfer_syntax_uid) is encoding
        self._as_declared = declared and not walked.oddities
        self._fields = list(zip(map(_span, walked.values.values()), texts.of(walked, encoding), strict=True))
        """Where each wanted value is, and the texts that such values have."""
        self._stored = [] if meta.sop_instance is None else [_span(meta.sop_instance)]
        own = [_span(value) for tag, value in walked.values.items() if tag in _INSTANCE_TAGS]
        self._likeness = SharedBytes(layout, self._stored + own)
        self._tell_apart()

    def header(self, head: bytes) -> Header | RejectedFile | None:
        """Return what a walk over the file that begins with `head` would give, or None where it is another walk."""
        if head[self._landmark] != self._landmark_bytes:
            return None
        if not self._likeness.holds(head):
            if not self._likeness.widen(head):
                return None
            self._tell_apart()
        plain = None if self._same is None else self._plain(head, self._same)
        return plain or decode_header(self.layout.parts(head), self._wanted)

    def _plain(self, head: bytes, same: dict[str, str]) -> Header | None:
        """Return a header about which nothing is to be said, or None where something is."""
        raws = iter(self._places.unpack_from(head))
        stored = decode_uid(next(raws)) if self._stored else ""
        values = same.copy()
        for (_, texts), raw in zip(self._others, raws, strict=True):
            text = texts.known.get(raw)
            if text is None:
                text = texts.text(raw)
                if text is None:
                    return None
            values[texts.keyword] = text
        if stored and stored != values["SOPInstanceUID"]:
            return None
        return Header(_INSTANCE, self._transfer_syntax_uid, values)

    def _tell_apart(self) -> None:
        """Tell values that were the same in all files so far from those that are read from each."""
        differing = self._likeness.differing
        self._others = [(span, texts) for span, texts in self._fields if span in differing]
        self._places = _make_struct(self._stored + [span for span, _ in self._others])
        self._same: dict[str, str] | None = {}
        """The header of all, but for what differs; None where something is to be said about each."""
        for (begin, stop), texts in self._fields:
            text = "" if (begin, stop) in differing else texts.text(self.layout.head[begin:stop])
            if text is None or not self._as_declared:
                self._same = None
                return
            self._same[texts.keyword] = text


def _span(value: RawValue) -> Span:
    _, start, raw = value
    return start, start + len(raw)


def _make_struct(spans: list[Span]) -> struct.Struct:
    # The meta comes before the data set, and a walk in order meets its values in order of their offsets.
    form, offset = "", 0
    for begin, stop in spans:
        form += f"{begin - offset}x{stop - begin}s"
        offset = stop
    return struct.Struct(form)
