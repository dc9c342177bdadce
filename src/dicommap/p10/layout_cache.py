"""The layout cache: read files that share element offsets with an earlier file without a walk.

The files of a series mostly have the same elements at the same offsets; only some values differ. A walk over their
elements in Python costs more than everything else that a scan does with a header. So the first file is walked, and the
files after it are compared with it. Four classes share the work, in this order:

1. `RecordingWindow`. A walk decides each step by bytes that it takes from its window: tags, VRs, lengths, delimiters.
   This window records the spans (begin, end) of those bytes, the *deciding spans*, and how many bytes the file must
   have. A second file that has the same bytes in these spans, and is as long, makes a walk take the same steps.
2. `HeaderLayout`. One walked file with its deciding spans. Every other byte up to the end of the walk belongs to a
   value and may differ. The offsets of the wanted values are those of the walked file. SpecificCharacterSet is added
   to the deciding spans, because it decides how other values are decoded.
3. `SharedBytes`. Comparing many small spans is slow. All bytes that have been equal in every file so far, deciding
   spans and values alike, are compared at once: one `struct.unpack_from` that skips the spans that differ, and one
   comparison of tuples. If a file differs elsewhere, the layout is asked whether it still fits; if so, the span of that
   value joins the spans that differ. After some files no new span appears.
4. `CachedLayout`. Equal values are decoded once. The values in differing spans are decoded for each file, through a
   `TextCache`. If a file has any issue, its raw values are decoded and checked as if it had been walked.

An example: a file was walked that has PatientName at offset 200 and PatientID at 216, in explicit VR.

    offset   200          208        216          224
    file 1   PN, 8 bytes  Doe^Jane   LO, 2 bytes  17     deciding spans: 200-208 and 216-224
    file 2   PN, 8 bytes  Roe^John   LO, 2 bytes  17     differs in the value at 208-216 only: fits
    file 3   PN, 6 bytes  Doe^Al     LO, 2 bytes  17     differs in 200-208: does not fit, is walked

File 2 makes 208-216 a differing span: from then on the name is decoded for each file, and "17" is not.
"""

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
"""Bytes of a header whose layout is kept; longer headers are walked each time."""

Span = tuple[int, int]
"""Offsets of the first byte and of the byte after the last: `(begin, end)`."""

_BLOCK_BYTES = 256
"""Bytes that `HeaderLayout` compares at once: two layouts mostly differ in the first block."""
_NONZERO_BYTES = re.compile(rb"[^\0]+")
_INSTANCE_TAGS = frozenset({SOP_INSTANCE_UID, INSTANCE_NUMBER})
"""Attributes that usually differ in every instance. Their spans count as differing from the first file on."""
_INSTANCE_DISPOSITION = Disposition.INSTANCE


class RecordingWindow(ByteWindow):
    """A window that records the bytes that decide the steps of a walk, and the size that the file must have.

    A walk depends on nothing but the bytes of its window. A file with the same bytes in the recorded spans, and with at
    least `required_size` bytes, makes a walk take the same steps.
    """

    def __init__(self, read: ReadAt, size: int, head: bytes, head_length: int) -> None:
        self.deciding_spans: list[Span] = []
        """Spans that `bytes_at` and `peek` returned, below MAX_LAYOUT_BYTES. Spans of values are not recorded."""
        self.required_size = 0
        """Bytes that a file must have so that a walk over it takes the same steps."""
        self.depends_on_size = False
        """Whether a step was taken because the file ends. A walk over a longer file may then take other steps."""
        super().__init__(read, size, head, head_length)

    def bytes_at(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset`, and record their span."""
        end = offset + length
        if offset < MAX_LAYOUT_BYTES:  # a file out of order is walked to its end: the list must stay small
            self.deciding_spans.append((offset, end))
        if end > self.required_size:
            self.required_size = end
        return ByteWindow.bytes_at(self, offset, length)

    def has_bytes_before(self, end: int) -> bool:
        """Return whether the file has `end` bytes or more, and record that the answer decided a step of the walk."""
        is_long_enough = end <= self.size
        if not is_long_enough:
            self.depends_on_size = True
        elif end > self.required_size:
            self.required_size = end
        return is_long_enough

    def peek(self, offset: int, length: int) -> bytes:
        """Return bytes without moving the window, and record their span."""
        end = offset + length
        if self.has_bytes_before(end) and offset < MAX_LAYOUT_BYTES:
            self.deciding_spans.append((offset, end))
        return ByteWindow.peek(self, offset, length)

    def record_spans(self, spans: list[Span], end: int) -> None:
        """Record deciding spans. They are within the buffered bytes, so that their number is bounded."""
        self.deciding_spans += spans
        self.require(end)

    def require(self, end: int) -> None:
        """Raise EndOfFile if the file has fewer than `end` bytes, and record that it must have them."""
        if end > self.required_size:
            self.required_size = end
        if end > self.size:
            raise EndOfFile(self.size)


@dataclass(frozen=True, kw_only=True)
class HeaderLayout:
    """One walked file, with the spans that decided the steps of the walk."""

    head: bytes = field(repr=False)
    """The first bytes of the walked file. A file that fits has at least as many bytes."""
    raw_header: RawHeader = field(repr=False)
    """The raw header that the walk over that file returned."""
    landmark: slice
    """The span of the head of the element after the last wanted element.

    Most layouts differ in this span, so it is compared first.
    """
    deciding_spans: list[Span] = field(repr=False)
    """Spans that decided a step of the walk or the decoding of values, in the order in which they were recorded."""

    def fits(self, head: bytes) -> bool:
        """Return whether a walk over the file that begins with `head` takes the same steps."""
        return self.find_differing_spans(head) is not None

    def find_differing_spans(self, head: bytes) -> set[Span] | None:
        """Return the spans of values in which the file that begins with `head` differs from the walked file.

        Each span is a whole value, or several adjacent values. Returns None if a deciding span differs or the file is
        too short: a walk over it may take other steps.
        """
        walked = self.head
        if len(head) < len(walked):
            return None
        differing: set[Span] = set()
        for offset in range(0, len(walked), _BLOCK_BYTES):
            ours = walked[offset : offset + _BLOCK_BYTES]
            theirs = head[offset : min(offset + _BLOCK_BYTES, len(walked))]
            if ours == theirs:
                continue
            for begin, stop in _find_differing_runs(ours, theirs):
                value_span = self._find_value_span(offset + begin)
                if value_span is None or value_span[1] < offset + stop:
                    return None
                differing.add(value_span)
        return differing

    def _find_value_span(self, offset: int) -> Span | None:
        """Return the span between two deciding spans that holds `offset`; None if `offset` is in a deciding span."""
        begins, stops = self._sorted_spans
        index = bisect_right(begins, offset)
        begin, stop = stops[index], begins[index] if index < len(begins) else len(self.head)
        return (begin, stop) if begin <= offset else None

    def read_raw_header(self, head: bytes) -> RawHeader:
        """Return the raw header of a file with this layout, read from its first bytes without a walk."""
        meta, encoding, walked = self.raw_header
        instance = meta.sop_instance
        if instance is not None:
            vr, start, raw = instance
            instance = vr, start, head[start : start + len(raw)]
        values = {tag: (vr, at, head[at : at + len(raw)]) for tag, (vr, at, raw) in walked.values.items()}
        return RawHeader(meta._replace(sop_instance=instance), encoding, walked._replace(values=values))

    @cached_property
    def _sorted_spans(self) -> tuple[list[int], list[int]]:
        """Return the begins of the deciding spans in order, and for each the end of all spans that begin before it.

        Computed on first use: many layouts are never compared, because no later file has their landmark.
        """
        spans = sorted(self.deciding_spans)
        return [begin for begin, _ in spans], [*accumulate((stop for _, stop in spans), max, initial=0)]


def make_layout(window: RecordingWindow, raw_header: RawHeader, head: bytes) -> HeaderLayout | None:
    """Return the layout of a file that was just walked.

    Args:
        window: The window that recorded the walk.
        raw_header: The raw header that the walk returned.
        head: The first bytes of the file.

    Returns:
        The layout; None if `head` does not hold the whole header, or if the walk depended on the size of the file.

    """
    end = window.required_size
    if end > len(head) or window.depends_on_size:
        return None
    spans = [*window.deciding_spans, *_find_character_set_span(raw_header)]
    landmark = slice(*window.deciding_spans[-1])
    return HeaderLayout(head=head[:end], raw_header=raw_header, landmark=landmark, deciding_spans=spans)


def _find_character_set_span(raw_header: RawHeader) -> list[Span]:
    """Return the span of SpecificCharacterSet's value, which decides how other values are decoded."""
    _, start, raw = raw_header.walked.values.get(SPECIFIC_CHARACTER_SET, (b"", 0, b""))
    return [(start, start + len(raw))]


def _find_differing_runs(first: bytes, second: bytes) -> Iterator[Span]:
    """Yield the spans in which two byte strings of the same length differ."""
    differing_bits = int.from_bytes(first, "little") ^ int.from_bytes(second, "little")
    return (match.span() for match in _NONZERO_BYTES.finditer(differing_bits.to_bytes(len(first), "little")))


class SharedBytes:
    """Bytes that all files with one layout have shared so far.

    Most values are the same in many files. Deciding spans and such values are compared together in a few long pieces,
    instead of element by element.
    """

    def __init__(self, layout: HeaderLayout, differing_spans: Iterable[Span]) -> None:
        """Start with the walked file.

        Args:
            layout: The layout that the files must fit.
            differing_spans: Spans of values that will differ, in ascending order.

        """
        self.differing_spans = tuple(differing_spans)
        """Spans of values in which at least one file differed, in ascending order."""
        self._layout = layout
        self._size = len(layout.head)
        self._update_pieces()

    def matches(self, head: bytes) -> bool:
        """Return whether the file that begins with `head` has all shared bytes. If it has, the layout fits.

        If it has not, the layout may still fit: see `add_file`.
        """
        return len(head) >= self._size and self._pieces.unpack_from(head) == self._shared

    def add_file(self, head: bytes) -> bool:
        """Add the values in which a file differs to the differing spans. Return whether the layout fits the file."""
        differing = self._layout.find_differing_spans(head)
        if differing is None:
            return False
        self.differing_spans = tuple(sorted(differing.union(self.differing_spans)))
        self._update_pieces()
        return True

    def _update_pieces(self) -> None:
        form, offset = "", 0
        for begin, stop in self.differing_spans:
            form += f"{begin - offset}s{stop - begin}x"
            offset = stop
        self._pieces = struct.Struct(f"{form}{self._size - offset}s")
        self._shared = self._pieces.unpack_from(self._layout.head)


class CachedLayout:
    """Read the headers of files that a layout fits.

    Values that have been equal in all files are decoded and checked once. A file with an issue is decoded as a whole.
    """

    def __init__(self, layout: HeaderLayout, wanted: WantedAttributes, caches: TextCaches) -> None:
        """Prepare for files with a layout.

        Args:
            layout: The layout of a walked file.
            wanted: The attributes to read, the same as for the walk.
            caches: Decoded texts of values, shared by all layouts of a reader.

        """
        meta, encoding, walked = layout.raw_header
        self.layout = layout
        self._landmark, self._landmark_bytes = layout.landmark, layout.head[layout.landmark]
        self._transfer_syntax_uid = meta.transfer_syntax_uid
        self._wanted = wanted
        is_as_declared = bool(meta.transfer_syntax_uid) and get_encoding(meta.transfer_syntax_uid) is encoding
        self._has_no_issues = is_as_declared and not walked.issue_tags
        """Whether the deciding spans give no issue. If they give an issue, each file with this layout has it."""
        self._fields = list(
            zip(map(_get_value_span, walked.values.values()), caches.get_all(walked, encoding), strict=True)
        )
        """The span of each wanted value, and the cache of the texts of this value."""
        self._meta_spans = [] if meta.sop_instance is None else [_get_value_span(meta.sop_instance)]
        """The span of Media Storage SOP Instance UID, if the file meta has it."""
        instance_spans = [_get_value_span(value) for tag, value in walked.values.items() if tag in _INSTANCE_TAGS]
        self._shared_bytes = SharedBytes(layout, self._meta_spans + instance_spans)
        self._update_fields()

    def read_header(self, head: bytes) -> Header | RejectedFile | None:
        """Return the header of the file that begins with `head`; None if the layout does not fit it."""
        if head[self._landmark] != self._landmark_bytes:
            return None
        if not self._shared_bytes.matches(head):
            if not self._shared_bytes.add_file(head):
                return None
            self._update_fields()
        header = None if self._shared_values is None else self._read_without_issues(head, self._shared_values)
        return header or decode_header(self.layout.read_raw_header(head), self._wanted)

    def _read_without_issues(self, head: bytes, shared_values: dict[str, str]) -> Header | None:
        """Return the header of a file that has no issue; None if the file has an issue."""
        raws = iter(self._differing_values.unpack_from(head))
        meta_uid = decode_uid(next(raws)) if self._meta_spans else ""
        values = shared_values.copy()
        for (_, cache), raw in zip(self._differing_fields, raws, strict=True):
            text = cache.texts.get(raw)
            if text is None:
                text = cache.decode(raw)
                if text is None:
                    return None
            values[cache.keyword] = text
        if meta_uid and meta_uid != values["SOPInstanceUID"]:
            return None
        return Header(_INSTANCE_DISPOSITION, self._transfer_syntax_uid, values)

    def _update_fields(self) -> None:
        """Split the wanted values into shared values, which are decoded here, and differing values."""
        differing = self._shared_bytes.differing_spans
        self._differing_fields = [(span, cache) for span, cache in self._fields if span in differing]
        self._differing_values = _make_struct(self._meta_spans + [span for span, _ in self._differing_fields])
        self._shared_values: dict[str, str] | None = {}
        """Keyword -> text of each shared value; None if each file has an issue."""
        for (begin, stop), cache in self._fields:
            text = "" if (begin, stop) in differing else cache.decode(self.layout.head[begin:stop])
            if text is None or not self._has_no_issues:
                self._shared_values = None
                return
            self._shared_values[cache.keyword] = text


def _get_value_span(value: RawValue) -> Span:
    """Return the span of a wanted value's bytes."""
    _, start, raw = value
    return start, start + len(raw)


def _make_struct(spans: list[Span]) -> struct.Struct:
    """Return a struct that unpacks the bytes of ascending spans."""
    # The file meta comes before the data set, and an ordered walk meets its values in the order of their offsets.
    form, offset = "", 0
    for begin, stop in spans:
        form += f"{begin - offset}x{stop - begin}s"
        offset = stop
    return struct.Struct(form)
