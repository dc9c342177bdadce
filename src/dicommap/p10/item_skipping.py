"""Skip the items of sequences without recursion, and detect the encoding of each item.

The items of a sequence have the encoding of their data set. The items of an element with VR UN and undefined length
have implicit VR little endian (PS3.5 section 6.2.2). Some writers violate this rule, and most readers accept their
files. So the encoding of an item is detected from its first element:

* in explicit VR the two letters of a VR follow the tag; if they are absent, the item may have implicit VR;
* in implicit VR the two bytes after the tag belong to a length, and may be the letters of a VR by chance.

Therefore two checks are made. If the bytes after the tag do not fit the declared encoding, the first element is read in
the other encoding. The other encoding is used only if this element then ends exactly at the end of the item, or exactly
before another element with the same or a higher tag. For example, an item in an explicit VR
data set begins with `08 00 00 01 02 00 00 00`: no VR after the tag (0008,0100), but a length of 2 in implicit VR. If
another element or the end of the item follows after these 2 bytes, the item has implicit VR.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dicommap.p10.byte_window import EndOfFile
from dicommap.p10.data_set_encoding import (
    EXPLICIT_LITTLE_ENDIAN,
    EXPLICIT_VRS,
    IMPLICIT_LITTLE_ENDIAN,
    LONG_VRS,
    SHORT_VRS,
    DataSetEncoding,
)
from dicommap.p10.elements import (
    FIRST_DELIMITER_TAG,
    LAST_ELEMENT_TAG,
    UNDEFINED_LENGTH,
    read_element_head,
    walk_plain_elements,
)
from dicommap.p10.structure_errors import ITEM_TAG, MalformedError, format_element, format_vr, make_overrun_error

if TYPE_CHECKING:
    from dicommap.p10.byte_window import ByteWindow

MAX_DEPTH = 64
"""The maximum nesting depth of sequences with undefined length. pydicom's test files have at most five levels."""

MAX_ELEMENTS = 2**22
"""The maximum number of elements, items and delimiters in one header. A walk over so many takes some seconds."""

ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_UNDEFINED_LENGTH_VRS = frozenset({b"", b"SQ", b"UN", b"OB", b"OW"})
_FRAGMENT_VRS = frozenset({b"OB", b"OW"})
"""VRs with items that hold fragments of pixel data instead of elements (PS3.5 section A.4)."""
_OTHER_ENCODING = {IMPLICIT_LITTLE_ENDIAN: EXPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN: IMPLICIT_LITTLE_ENDIAN}

ITEM_ENCODING, STRAY_DELIMITER = "p10.item-encoding-mismatch", "p10.stray-delimiter"


class OpenSequence(NamedTuple):
    """A sequence of undefined length that is being skipped, and whose end is not reached yet."""

    encoding: DataSetEncoding
    """The encoding that the items of the sequence should have."""
    item: DataSetEncoding | None = None
    """The encoding of the current item, if the walk is inside an item of undefined length. Otherwise None."""


class ItemSkipper:
    """A walker over the items of sequences, which skips them to find the end of each sequence.

    It records an issue if items have another encoding than their data set.
    """

    def __init__(self, window: ByteWindow) -> None:
        """Make a skipper of the items in a file. It has not counted any element yet.

        Args:
            window: The bytes of the file.

        """
        self._window = window
        self._element_count = self._last_offset = 0
        self.issue_tags: dict[str, int] = {}
        """Issue code -> tag of the first top-level element with this issue."""

    def count_element(self, offset: int, passed: int = 0) -> None:
        """Count the element at `offset`, and the `passed` plain elements before it.

        Raises MalformedError if the header has more than MAX_ELEMENTS elements.
        """
        self._element_count += 1 + passed
        self._last_offset = offset
        if self._element_count > MAX_ELEMENTS:
            raise MalformedError(offset, f"the header has more than {MAX_ELEMENTS:,} elements and items")

    def record_issue_of_first_item(self, tag: int, start: int, length: int, encoding: DataSetEncoding) -> None:
        """Record an issue if the first item of a sequence of defined length has another encoding than the data set.

        The other items are not looked at, because the walk skips the sequence as a whole.

        Args:
            tag: The tag of the sequence.
            start: The offset of the sequence's value.
            length: The length of the sequence's value.
            encoding: The encoding of the data set.

        """
        head = self._window.peek(start, 8)
        if length < 16 or len(head) < 8 or head[:4] != encoding.tag.pack(0xFFFE, 0xE000):
            return
        item_length = encoding.implicit_head.unpack(head)[2]
        end = start + length if item_length == UNDEFINED_LENGTH else min(start + length, start + 8 + item_length)
        self._detect_item_encoding(start + 8, encoding, end, tag)

    def find_element_end(self, tag: int, vr: bytes, start: int, encoding: DataSetEncoding) -> int:
        """Return the offset after the end of an element of undefined length.

        Args:
            tag: The tag of the element.
            vr: The VR of the element in the file; empty in implicit VR.
            start: The offset at which the first item of the element begins.
            encoding: The encoding of the data set.

        Raises:
            MalformedError: PS3.5 section 7.5 does not allow the structure.
            EndOfFile: The file ends before the end of the element.

        """
        if vr not in _UNDEFINED_LENGTH_VRS:
            reason = f"{format_element(tag)} has an undefined length, which the VR {format_vr(vr)} cannot have"
            raise MalformedError(start, reason)
        levels = [OpenSequence(IMPLICIT_LITTLE_ENDIAN if vr == b"UN" else encoding)]
        try:
            return self._skip_items(tag, start, levels, fragments=vr in _FRAGMENT_VRS)
        except EndOfFile as end:
            reason = end.reason or f"{format_element(tag)} has no end"
            if self._last_offset == end.offset:  # no element is cut: the delimiters are missing
                raise MalformedError(start, reason) from None
            raise EndOfFile(end.offset, reason) from None

    def _skip_items(self, tag: int, offset: int, levels: list[OpenSequence], *, fragments: bool) -> int:
        """Skip items until all sequences in `levels` have ended. Return the offset after the last sequence.

        If `fragments` is True, the items contain fragments of pixel data instead of elements.
        """
        window = self._window
        skipped: int | None = None  # the offset of the skipped element or item that ends at `offset`, if there is one
        while levels:
            level = levels.pop()
            if level.item is not None:
                offset, skipped = self._skip_elements_in_item(tag, offset, level, level.item, levels, skipped)
                continue
            self.count_element(offset)
            group, number, length = level.encoding.implicit_head.unpack(window.bytes_at(offset, 8))
            found_tag = group << 16 | number
            if found_tag == SEQUENCE_END:
                offset, skipped = offset + 8, None
            elif found_tag == ITEM_END and skipped is not None:
                offset = self._skip_stray_delimiter(offset, tag)
                levels.append(level)
            elif found_tag == ITEM and length == UNDEFINED_LENGTH:
                offset, skipped = offset + 8, None
                inner = level.encoding if fragments else self._detect_item_encoding(offset, level.encoding, None, tag)
                levels.append(OpenSequence(level.encoding, inner))
            elif found_tag == ITEM:
                end = offset + 8 + length
                if length >= 8 and not fragments:
                    self._detect_item_encoding(offset + 8, level.encoding, end, tag)
                self._require_bytes(end, offset + 8, length, level.encoding, ITEM, tag)
                offset, skipped = end, offset
                levels.append(level)
            else:
                reason = f"an element stands in {format_element(tag)} instead of an item or of the end of the sequence"
                raise MalformedError(offset, reason)
        return offset

    def _skip_elements_in_item(
        self,
        top: int,
        offset: int,
        level: OpenSequence,
        encoding: DataSetEncoding,
        levels: list[OpenSequence],
        skipped: int | None,
    ) -> tuple[int, int | None]:
        """Skip the elements of an open item that are no sequences, and the element or delimiter after them.

        If this element has undefined length, its sequence is added to `levels`, and its items are skipped later.

        Returns:
            The offset at which the walk continues, and the new value of `skipped`: the offset of the element that ends
                there. It is None after a delimiter, and after the head of an element of undefined length.

        """
        offset, _, positions = walk_plain_elements(self._window, offset, encoding, {}, 0, LAST_ELEMENT_TAG, {})
        if positions:
            skipped = self._window.buffer_start + positions[-1]
        self.count_element(offset, passed=len(positions))
        tag, vr, start, length = read_element_head(self._window, offset, encoding)
        if tag == ITEM_END:
            levels.append(OpenSequence(level.encoding))
            return offset + 8, None
        levels.append(level)
        if tag >= FIRST_DELIMITER_TAG:
            if tag == SEQUENCE_END and skipped is not None and self._is_sequence(skipped, encoding):
                return self._skip_stray_delimiter(offset, top), None
            raise MalformedError(offset, f"an item of {format_element(top)} has no end")
        if length != UNDEFINED_LENGTH:
            self._require_bytes(start + length, start, length, encoding, tag, top, vr)
            return start + length, offset
        if vr not in _UNDEFINED_LENGTH_VRS:
            reason = f"{format_element(tag, top)} has an undefined length, which the VR {format_vr(vr)} cannot have"
            raise MalformedError(offset, reason)
        if len(levels) >= MAX_DEPTH:
            raise MalformedError(
                offset, f"the sequences in {format_element(top)} are nested deeper than {MAX_DEPTH} levels"
            )
        levels.append(OpenSequence(encoding if vr != b"UN" else IMPLICIT_LITTLE_ENDIAN))
        return start, None

    def _require_bytes(
        self, end: int, start: int, length: int, encoding: DataSetEncoding, tag: int, top: int, vr: bytes = b""
    ) -> None:
        """Raise EndOfFile or MalformedError if the file ends before `end`, the end of an element inside `top`."""
        try:
            self._window.require_bytes_before(end)
        except EndOfFile:
            raise make_overrun_error(self._window, start, length, encoding, tag=tag, vr=vr, inside=top) from None

    def _is_sequence(self, offset: int, encoding: DataSetEncoding) -> bool:
        """Return whether the element at `offset` is a sequence: its VR is SQ.

        In implicit VR, elements have no VR. An element that is empty or starts with an item then counts as a sequence.
        """
        _, vr, start, length = read_element_head(self._window, offset, encoding)
        if not encoding.implicit:
            return vr == b"SQ"
        return length == 0 or (length >= 8 and self._window.peek(start, 4) == ITEM_TAG)

    def _skip_stray_delimiter(self, offset: int, tag: int) -> int:
        """Skip a delimiter after an element of defined length, and record an issue. Return the offset after it."""
        self.issue_tags.setdefault(STRAY_DELIMITER, tag)
        return offset + 8

    def _detect_item_encoding(
        self, offset: int, declared: DataSetEncoding, end: int | None, tag: int
    ) -> DataSetEncoding:
        """Return the encoding of an item, and record an issue if it is not the declared encoding.

        Args:
            offset: The offset at which the first element of the item begins.
            declared: The encoding that the item should have.
            end: The offset at which the item ends. None if the length of the item is undefined.
            tag: The tag of the top-level element.

        """
        other = _OTHER_ENCODING.get(declared)
        if other is None or (self._window.peek(offset + 4, 2) in EXPLICIT_VRS) is not declared.implicit:
            return declared
        if not self._is_element_in_encoding(offset, other, end):
            return declared
        self.issue_tags.setdefault(ITEM_ENCODING, tag)
        return other

    def _is_element_in_encoding(self, offset: int, encoding: DataSetEncoding, end: int | None) -> bool:
        """Return whether an element in `encoding` is at `offset`, and another element or the item's end follows it."""
        window = self._window
        tag, start, length = _parse_element_head(window.peek(offset, 12), offset, encoding)
        if tag == 0 or tag >= FIRST_DELIMITER_TAG:
            return False
        if length == UNDEFINED_LENGTH:
            return window.peek(start, 4) in (ITEM_TAG, b"\xfe\xff\xdd\xe0")
        next_offset = start + length
        if end is not None and next_offset >= end:
            return next_offset == end
        if not window.has_bytes_before(next_offset + 8):
            return False
        next_tag, _, _ = _parse_element_head(window.peek(next_offset, 12), next_offset, encoding)
        return next_tag >= tag and next_tag not in (ITEM, SEQUENCE_END)


def _parse_element_head(head: bytes, offset: int, encoding: DataSetEncoding) -> tuple[int, int, int]:
    """Parse the head of the element at `offset`. Return its tag, the offset of its value, and the value's length.

    The returned tag is 0 if the bytes in `head` are not the head of an element.
    """
    if len(head) < 8:
        return 0, offset, 0
    group, number, length = encoding.implicit_head.unpack_from(head)
    tag, vr = group << 16 | number, head[4:6]
    if encoding.implicit or group == 0xFFFE:
        return tag, offset + 8, length
    if vr in SHORT_VRS:
        return tag, offset + 8, encoding.short.unpack_from(head, 6)[0]
    if vr in LONG_VRS and len(head) >= 12:
        return tag, offset + 12, encoding.long.unpack_from(head, 8)[0]
    return 0, offset, 0
