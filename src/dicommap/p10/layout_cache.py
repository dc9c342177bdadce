"""The layout cache: read a file without a walk if an earlier file has the same elements at the same offsets.

The files of a series mostly have the same elements at the same offsets; only some values differ. A walk over the
elements is the slowest part of reading a header. So the first file is walked, and later files are compared with it.
Four classes share the work:

1. `RecordingWindow`. A walk reads tags, VRs, lengths and delimiters from its window to decide each step. This window
   records the spans (begin, end) of these bytes. They are called *deciding spans*. It also records how many bytes the
   file must have. If a second file has the same bytes in these spans, and is long enough, a walk takes the same steps.
2. `HeaderLayout`. One walked file with its deciding spans. Every other byte up to the end of the walk belongs to a
   value and may differ. The wanted values have the same offsets as in the walked file. SpecificCharacterSet is added
   to the deciding spans, because it decides how other values are decoded.
3. `SharedBytes`. Comparing many small spans is slow. So all bytes that were equal in every file so far are compared at
   once: one `struct.unpack_from` skips the differing spans, and one comparison of tuples compares the other bytes.
   If a file has other bytes there, `HeaderLayout` checks whether it still fits. If it fits, the span of the value that
   differs is added to the differing spans. After some files no new span is added.
4. `CachedLayout`. Equal values are decoded once. The values in differing spans are decoded for each file, through a
   `TextCache`. If a file has an issue, all its values are decoded and checked as after a walk. Until a second file has
   the layout, only the layout is kept: in a mixed tree, most layouts never have a second file.

An example: the walked file has PatientName at offset 200 and PatientID at offset 216, in explicit VR.

    offset   200          208        216          224
    file 1   PN, 8 bytes  Doe^Jane   LO, 2 bytes  17     deciding spans: 200-208 and 216-224
    file 2   PN, 8 bytes  Roe^John   LO, 2 bytes  17     differs only in the value at 208-216: fits
    file 3   PN, 6 bytes  Doe^Al     LO, 2 bytes  17     differs in 200-208: does not fit, so it is walked

After file 2, 208-216 is a differing span: the name is decoded for each file, but "17" is decoded only once.
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
from dicommap.p10.data_set_encoding import get_encoding
from dicommap.p10.elements import ABSENT_VALUE
from dicommap.p10.file_meta import decode_uid
from dicommap.p10.header import Header
from dicommap.p10.header_decoding import RawHeader, decode_header
from dicommap.p10.recording_window import list_deciding_spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.p10.elements import RawValue, Run, Span
    from dicommap.p10.header import RejectedFile, WantedAttributes
    from dicommap.p10.header_decoding import TextCaches
    from dicommap.p10.recording_window import RecordingWindow

_BLOCK_BYTES = 256
"""The number of bytes that `HeaderLayout` compares at once. Most layouts differ in the first block."""
_NONZERO_BYTES = re.compile(rb"[^\0]+")
_INSTANCE_TAGS = frozenset({SOP_INSTANCE_UID, INSTANCE_NUMBER})
"""Attributes that usually have another value in each instance. In a new layout, their values are expected to differ."""
_INSTANCE_DISPOSITION = Disposition.INSTANCE


@dataclass(kw_only=True, eq=False)
class HeaderLayout:
    """The positions of the elements in the header of one walked file.

    A later file *fits* the layout if it has the same tags, VRs, lengths and delimiters at the same offsets, and the
    same SpecificCharacterSet. Other values may differ.
    """

    head: bytes = field(repr=False)
    """The first bytes of the walked file, up to the end of the walk. A file that fits is at least as long."""
    raw_header: RawHeader = field(repr=False)
    """The raw header that the walk over the file returned."""
    landmark: slice
    """The span of the tag, VR and length of the element after the last wanted element.

    It is compared first, because most layouts differ there.
    """
    spans: list[Span] = field(repr=False)
    """The spans that decided the walk or the decoding of values, except the heads in `runs`."""
    runs: list[Run] = field(repr=False)
    """The positions of plain elements. Their heads decided steps of the walk."""

    @cached_property
    def deciding_spans(self) -> list[Span]:
        """All spans of bytes that decided the walk or the decoding of values. A fitting file has the same bytes there.

        The spans are computed on first use, because most layouts are never compared: no later file has the same
        landmark.
        """
        return list_deciding_spans(self.spans, self.runs, self.head)

    def fits(self, head: bytes) -> bool:
        """Return whether the file that begins with `head` has the elements of this layout at the same offsets."""
        return self.find_differing_spans(head) is not None

    def find_differing_spans(self, head: bytes) -> set[Span] | None:
        """Return the spans of values in which the file that begins with `head` differs from the walked file.

        Return None if the layout does not fit the file: the file is too short, or a deciding span (such as a tag, VR or
        length) differs. Each returned span is one value, or several adjacent values.
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
            for begin, stop in _find_differing_byte_spans(ours, theirs):
                value_span = self._find_value_span(offset + begin)
                if value_span is None or value_span[1] < offset + stop:
                    return None
                differing.add(value_span)
        return differing

    def _find_value_span(self, offset: int) -> Span | None:
        """Return the span (begin, end) of the value that contains the byte at `offset`.

        A value reaches from the end of a deciding span to the begin of the next. Return None if the byte is in a
        deciding span, such as a tag, VR or length.
        """
        begins, stops = self._sorted_spans
        index = bisect_right(begins, offset)
        begin, stop = stops[index], begins[index] if index < len(begins) else len(self.head)
        return (begin, stop) if begin <= offset else None

    def read_raw_header(self, head: bytes) -> RawHeader:
        """Return the raw header of another file with this layout. `head` are its first bytes; no walk is needed."""
        meta, encoding, walked = self.raw_header
        instance = meta.sop_instance
        if instance is not None:
            vr, start, raw = instance
            instance = vr, start, head[start : start + len(raw)]
        values = {tag: (vr, at, head[at : at + len(raw)]) for tag, (vr, at, raw) in walked.values.items()}
        return RawHeader(meta._replace(sop_instance=instance), encoding, walked._replace(values=values))

    @cached_property
    def _sorted_spans(self) -> tuple[list[int], list[int]]:
        """Return two lists: the begins of the deciding spans in ascending order, and the highest end up to each span.

        Item `i` of the second list is the highest end of the first `i` spans, because spans may overlap.
        """
        spans = sorted(self.deciding_spans)
        return [begin for begin, _ in spans], [*accumulate((stop for _, stop in spans), max, initial=0)]


def make_layout(window: RecordingWindow, raw_header: RawHeader, head: bytes) -> HeaderLayout | None:
    """Return the layout (the positions of the elements in the header) of a file after a walk over it.

    Args:
        window: The window that recorded the walk.
        raw_header: The raw header that the walk returned.
        head: The first bytes of the file.

    Returns:
        The layout. None if `head` does not contain the whole header, or if the end of the file decided a step of the
        walk.
    """
    end = window.required_size
    if end > len(head) or window.depends_on_size:
        return None
    landmark = slice(*window.spans[-1])
    # The value of SpecificCharacterSet decides how other values are decoded.
    spans = [*window.spans, _get_value_span(raw_header.walked.values.get(SPECIFIC_CHARACTER_SET, ABSENT_VALUE))]
    return HeaderLayout(head=head[:end], raw_header=raw_header, landmark=landmark, spans=spans, runs=window.runs)


def _find_differing_byte_spans(first: bytes, second: bytes) -> Iterator[Span]:
    """Yield the spans in which two byte strings of equal length differ."""
    differing_bits = int.from_bytes(first, "little") ^ int.from_bytes(second, "little")
    return (match.span() for match in _NONZERO_BYTES.finditer(differing_bits.to_bytes(len(first), "little")))


class SharedBytes:
    """The bytes that all files with one layout (the same elements at the same offsets) have had in common so far.

    Most values are the same in many files. These values are compared together with the tags, VRs and lengths: a few
    long pieces of bytes are compared, not each element.
    """

    def __init__(self, layout: HeaderLayout, differing_spans: Iterable[Span]) -> None:
        """Start with the bytes of the walked file.

        Args:
            layout: The layout of the walked file. Other files are compared with it.
            differing_spans: Spans of values that are expected to differ, in ascending order.

        """
        self.differing_spans = tuple(differing_spans)
        """Spans of values in which at least one file differed, in ascending order."""
        self._layout = layout
        self._size = len(layout.head)
        self._update_compared_pieces()

    def matches(self, head: bytes) -> bool:
        """Return whether the file that begins with `head` has all shared bytes.

        If so, the layout fits the file. If not, the layout may still fit: then call `try_add_differing_spans`.
        """
        return len(head) >= self._size and self._pieces.unpack_from(head) == self._shared

    def try_add_differing_spans(self, head: bytes) -> bool:
        """Add the spans of values in which the file that begins with `head` differs from the walked file.

        Returns:
            Whether the layout fits the file. If it does not fit, nothing is added.
        """
        differing = self._layout.find_differing_spans(head)
        if differing is None:
            return False
        self.differing_spans = tuple(sorted(differing.union(self.differing_spans)))
        self._update_compared_pieces()
        return True

    def _update_compared_pieces(self) -> None:
        """Compute the `struct.Struct` that unpacks the shared bytes of a file and skips its differing bytes."""
        form, offset = "", 0
        for begin, stop in self.differing_spans:
            form += f"{begin - offset}s{stop - begin}x"
            offset = stop
        self._pieces = struct.Struct(f"{form}{self._size - offset}s")
        self._shared = self._pieces.unpack_from(self._layout.head)


class CachedLayout:
    """A fast reader of headers for files with one layout: they have the same elements at the same offsets.

    Values that are equal in all files so far are decoded once. If a file has an issue, all its values are decoded.
    Until a second file has the layout, only `layout` and its landmark are set.
    """

    def __init__(self, layout: HeaderLayout, wanted: WantedAttributes, caches: TextCaches) -> None:
        """Make a reader for the files that fit a layout.

        Args:
            layout: The layout of a walked file.
            wanted: The attributes to read. They must be the attributes of the walk.
            caches: The texts of decoded values. All layouts of a HeaderReader share them.

        """
        self.layout = layout
        self.landmark, self.landmark_bytes = layout.landmark, layout.head[layout.landmark]
        """A span of a header, and the bytes of each fitting file there.

        Callers compare them before they call `read_header`.
        """
        self._wanted = wanted
        self._caches = caches
        self._shared_bytes: SharedBytes | None = None
        """The bytes that all files with this layout have in common. None until a second file has the layout."""

    def read_header(self, head: bytes) -> Header | RejectedFile | None:
        """Return the header of the file that begins with `head`. Return None if the layout does not fit the file."""
        if self._shared_bytes is None:
            if not self._prepare_for_second_file(head):
                return None
        elif not self._shared_bytes.matches(head):
            if not self._shared_bytes.try_add_differing_spans(head):
                return None
            self._divide_wanted_values(self._shared_bytes.differing_spans)
        header = None if self._shared_values is None else self._read_header_without_issues(head, self._shared_values)
        return header or decode_header(self.layout.read_raw_header(head), self._wanted)

    def _prepare_for_second_file(self, head: bytes) -> bool:
        """Prepare the reader for the second file, which begins with `head`.

        Most layouts of a mixed tree never have a second file, so nothing is prepared for them.

        Returns:
            Whether the layout fits the file. If it does not fit, nothing is prepared.
        """
        differing = self.layout.find_differing_spans(head)
        if differing is None:
            return False
        meta, encoding, walked = self.layout.raw_header
        self._transfer_syntax_uid = meta.transfer_syntax_uid
        is_as_declared = bool(meta.transfer_syntax_uid) and get_encoding(meta.transfer_syntax_uid) is encoding
        self._has_no_issues = is_as_declared and not walked.issue_tags
        """Whether the tags, VRs and lengths of the layout have no issue. Such an issue is an issue of each file."""
        self._fields = list(
            zip(map(_get_value_span, walked.values.values()), self._caches.get_caches(walked, encoding), strict=True)
        )
        """The span of each wanted value, with the cache for its text."""
        self._meta_spans = [] if meta.sop_instance is None else [_get_value_span(meta.sop_instance)]
        """The span of the Media Storage SOP Instance UID. The list is empty if the file does not have this UID."""
        differing.update(self._meta_spans)
        differing.update(_get_value_span(value) for tag, value in walked.values.items() if tag in _INSTANCE_TAGS)
        self._shared_bytes = SharedBytes(self.layout, sorted(differing))
        self._divide_wanted_values(self._shared_bytes.differing_spans)
        return True

    def _read_header_without_issues(self, head: bytes, shared_values: dict[str, str]) -> Header | None:
        """Return the header of the file that begins with `head`. Return None if the file has an issue."""
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

    def _divide_wanted_values(self, differing: tuple[Span, ...]) -> None:
        """Divide the wanted values into those that differ between files and those that all files share.

        Decode the shared values.
        """
        self._differing_fields = [(span, cache) for span, cache in self._fields if span in differing]
        self._differing_values = _make_span_struct(self._meta_spans + [span for span, _ in self._differing_fields])
        self._shared_values: dict[str, str] | None = {}
        """Keyword -> text of each shared value. None if every file with this layout has an issue."""
        for (begin, stop), cache in self._fields:
            text = "" if (begin, stop) in differing else cache.decode(self.layout.head[begin:stop])
            if text is None or not self._has_no_issues:
                self._shared_values = None
                return
            self._shared_values[cache.keyword] = text


def _get_value_span(value: RawValue) -> Span:
    """Return the span of the bytes of a raw value."""
    _, start, raw = value
    return start, start + len(raw)


def _make_span_struct(spans: list[Span]) -> struct.Struct:
    """Return a struct that unpacks the bytes of `spans`. The spans must be in ascending order."""
    # The spans ascend: the file meta is before the data set, and an ordered walk reads values in ascending offsets.
    form, offset = "", 0
    for begin, stop in spans:
        form += f"{begin - offset}x{stop - begin}s"
        offset = stop
    return struct.Struct(form)
