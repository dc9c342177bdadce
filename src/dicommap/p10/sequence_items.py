"""Pass over the items of sequences without recursion, and detect how they are encoded.

Items should be encoded as their data set is, and those of a UN of undefined length in implicit VR little endian (PS3.5
section 6.2.2). Some writers do otherwise, and readers agree to follow them. So the first element of an item decides:

* in explicit VR it has the letters of a VR, and without them the item may be in implicit VR;
* in implicit VR two bytes of a length stand there, which may be such letters by chance.

So the other encoding is taken only if the element leads on in it: to another element with a tag that is not lower, or
to the end of the item.
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
from dicommap.p10.structure_errors import ITEM_TAG, MalformedError, format_element, format_vr, overrun_error

if TYPE_CHECKING:
    from dicommap.p10.byte_window import ByteWindow

MAX_DEPTH = 64
"""Nested sequences of undefined length that are followed; the files that pydicom ships have at most five levels."""

MAX_ELEMENTS = 2**22
"""Elements, items and delimiters of a header that are passed one by one: some seconds of work."""

UNDEFINED_LENGTH = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
FIRST_DELIMITER_TAG = 0xFFFE0000
_UNDEFINED_LENGTH_VRS = frozenset({b"", b"SQ", b"UN", b"OB", b"OW"})
_FRAGMENT_VRS = frozenset({b"OB", b"OW"})
"""Value representations whose items hold bytes and no elements (PS3.5 section A.4)."""
_OTHER_ENCODING = {IMPLICIT_LITTLE_ENDIAN: EXPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN: IMPLICIT_LITTLE_ENDIAN}

PassedElement = tuple[bytes, int, int]
"""An item or element of defined length that was passed as a whole: its VR, the offset of its value, and its length."""

ITEM_ENCODING, STRAY_DELIMITER = "p10.item-encoding-mismatch", "p10.stray-delimiter"


class OpenSequence(NamedTuple):
    """A sequence that is open."""

    encoding: DataSetEncoding
    """How its items should be encoded."""
    item: DataSetEncoding | None = None
    """How the open item is encoded; None between items."""


def read_element(window: ByteWindow, offset: int, encoding: DataSetEncoding) -> tuple[int, bytes, int, int]:
    """Read the head of the element at `offset`: tag, VR as written, offset of the value, and its length.

    The VR is empty in implicit VR and for items and delimiters, and the length is 0xFFFFFFFF if it is undefined. This
    is a plain tuple as it is made for every element of every file that is walked.
    """
    head = window.bytes_at(offset, 8)
    if encoding.implicit:
        group, number, length = encoding.implicit_head.unpack(head)
        vr = b""
    else:
        group, number, vr, length = encoding.explicit_head.unpack(head)
    tag = group << 16 | number
    if tag == 0:
        raise MalformedError(offset, "no element has the tag (0000,0000)")
    if encoding.implicit:
        return tag, vr, offset + 8, length
    if group == 0xFFFE:
        return tag, b"", offset + 8, encoding.implicit_head.unpack(head)[2]
    if vr in SHORT_VRS:
        return tag, vr, offset + 8, length
    if vr not in LONG_VRS:
        raise MalformedError(offset, f"{format_element(tag)} has the value representation {format_vr(vr)}")
    return tag, vr, offset + 12, encoding.long.unpack(window.bytes_at(offset + 8, 4))[0]


class ItemFollower:
    """Follows the items of one data set's sequences, and keeps what is odd about them."""

    def __init__(self, window: ByteWindow) -> None:
        """Name the bytes of the file."""
        self._window = window
        self._passed = self._at = 0
        self.oddities: dict[str, int] = {}
        """Issue code -> tag of the first element of the top level that it is about."""

    def count(self, offset: int) -> None:
        """Count one more element. Raises MalformedError if a header has too many."""
        self._passed += 1
        self._at = offset
        if self._passed > MAX_ELEMENTS:
            raise MalformedError(offset, f"the header has more than {MAX_ELEMENTS:,} elements and items")

    def check_first_item(self, tag: int, start: int, length: int, encoding: DataSetEncoding) -> None:
        """Note whether the first item of a sequence of defined length, which is passed as a whole, is odd."""
        head = self._window.peek(start, 8)
        if length < 16 or len(head) < 8 or head[:4] != encoding.tag.pack(0xFFFE, 0xE000):
            return
        said = encoding.implicit_head.unpack(head)[2]
        end = start + length if said == UNDEFINED_LENGTH else min(start + length, start + 8 + said)
        self._item_encoding(start + 8, encoding, end, tag)

    def end_of(self, tag: int, vr: bytes, start: int, encoding: DataSetEncoding) -> int:
        """Return where the element `tag` of undefined length ends, whose items begin at `start`.

        Raises MalformedError for what PS3.5 section 7.5 does not allow, and EndOfFile if the file ends before.
        """
        if vr not in _UNDEFINED_LENGTH_VRS:
            reason = f"{format_element(tag)} has an undefined length, which the VR {format_vr(vr)} cannot have"
            raise MalformedError(start, reason)
        levels = [OpenSequence(IMPLICIT_LITTLE_ENDIAN if vr == b"UN" else encoding)]
        try:
            return self._end(tag, start, levels, fragments=vr in _FRAGMENT_VRS)
        except EndOfFile as end:
            reason = end.reason or f"{format_element(tag)} has no end"
            if self._at == end.offset:  # no element is cut: more likely the delimiters are missing
                raise MalformedError(start, reason) from None
            raise EndOfFile(end.offset, reason) from None

    def _end(self, tag: int, offset: int, levels: list[OpenSequence], *, fragments: bool) -> int:
        window = self._window
        before: PassedElement | None = None
        while levels:
            self.count(offset)
            level = levels.pop()
            if level.item is not None:
                offset, before = self._in_item(tag, offset, level, level.item, levels, before)
                continue
            group, number, length = level.encoding.implicit_head.unpack(window.bytes_at(offset, 8))
            found = group << 16 | number
            if found == SEQUENCE_END:
                offset, before = offset + 8, None
            elif found == ITEM_END and before is not None:
                offset = self._pass_delimiter(offset, tag)
                levels.append(level)
            elif found == ITEM and length == UNDEFINED_LENGTH:
                offset, before = offset + 8, None
                inner = level.encoding if fragments else self._item_encoding(offset, level.encoding, None, tag)
                levels.append(OpenSequence(level.encoding, inner))
            elif found == ITEM:
                end = offset + 8 + length
                if length >= 8 and not fragments:
                    self._item_encoding(offset + 8, level.encoding, end, tag)
                self._require(end, offset + 8, length, level.encoding, ITEM, tag)
                offset, before = end, (b"", offset + 8, length)
                levels.append(level)
            else:
                reason = f"an element stands in {format_element(tag)} instead of an item or of the end of the sequence"
                raise MalformedError(offset, reason)
        return offset

    def _in_item(
        self,
        top: int,
        offset: int,
        level: OpenSequence,
        encoding: DataSetEncoding,
        levels: list[OpenSequence],
        before: PassedElement | None,
    ) -> tuple[int, PassedElement | None]:
        """Pass one element of an open item, or its end; return where that ends, and what was passed as a whole."""
        tag, vr, start, length = read_element(self._window, offset, encoding)
        if tag == ITEM_END:
            levels.append(OpenSequence(level.encoding))
            return offset + 8, None
        levels.append(level)
        if tag >= FIRST_DELIMITER_TAG:
            if tag == SEQUENCE_END and before is not None and self._is_sequence(*before, encoding):
                return self._pass_delimiter(offset, top), None
            raise MalformedError(offset, f"an item of {format_element(top)} has no end")
        if length != UNDEFINED_LENGTH:
            self._require(start + length, start, length, encoding, tag, top, vr)
            return start + length, (vr, start, length)
        if vr not in _UNDEFINED_LENGTH_VRS:
            reason = f"{format_element(tag, top)} has an undefined length, which the VR {format_vr(vr)} cannot have"
            raise MalformedError(offset, reason)
        if len(levels) >= MAX_DEPTH:
            raise MalformedError(
                offset, f"the sequences in {format_element(top)} are nested deeper than {MAX_DEPTH} levels"
            )
        levels.append(OpenSequence(encoding if vr != b"UN" else IMPLICIT_LITTLE_ENDIAN))
        return start, None

    def _require(
        self, end: int, start: int, length: int, encoding: DataSetEncoding, tag: int, top: int, vr: bytes = b""
    ) -> None:
        try:
            self._window.require(end)
        except EndOfFile:
            raise overrun_error(self._window, start, length, encoding, tag=tag, vr=vr, inside=top) from None

    def _is_sequence(self, vr: bytes, start: int, length: int, encoding: DataSetEncoding) -> bool:
        """Return whether an element of defined length is a sequence: implicit VR shows it by its first item only."""
        if not encoding.implicit:
            return vr == b"SQ"
        return length == 0 or (length >= 8 and self._window.peek(start, 4) == ITEM_TAG)

    def _pass_delimiter(self, offset: int, tag: int) -> int:
        self.oddities.setdefault(STRAY_DELIMITER, tag)
        return offset + 8

    def _item_encoding(self, offset: int, declared: DataSetEncoding, end: int | None, tag: int) -> DataSetEncoding:
        """Return how the item is encoded whose first element is at `offset`, and note whether that is odd.

        `end` is where an item of defined length ends; if its length is undefined it is None.
        """
        other = _OTHER_ENCODING.get(declared)
        if other is None or (self._window.peek(offset + 4, 2) in EXPLICIT_VRS) is not declared.implicit:
            return declared
        if not self._leads_on(offset, other, end):
            return declared
        self.oddities.setdefault(ITEM_ENCODING, tag)
        return other

    def _leads_on(self, offset: int, encoding: DataSetEncoding, end: int | None) -> bool:
        """Return whether the element at `offset`, read in an encoding, is followed by another one or the item's end."""
        window = self._window
        tag, start, length = _parse_element_head(window.peek(offset, 12), offset, encoding)
        if tag == 0 or tag >= FIRST_DELIMITER_TAG:
            return False
        if length == UNDEFINED_LENGTH:
            return window.peek(start, 4) in (ITEM_TAG, b"\xfe\xff\xdd\xe0")
        behind = start + length
        if end is not None and behind >= end:
            return behind == end
        if not window.reaches(behind + 8):
            return False
        following, _, _ = _parse_element_head(window.peek(behind, 12), behind, encoding)
        return following >= tag and following not in (ITEM, SEQUENCE_END)


def _parse_element_head(head: bytes, offset: int, encoding: DataSetEncoding) -> tuple[int, int, int]:
    """Return the tag, the offset of the value and the length that the head of an element at `offset` says.

    The tag is 0 if no element begins there.
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
