"""The walk over the elements of a data set: structure is followed exactly, values are never guessed.

A cut file raises EndOfFile, a structure that PS3.5 section 7 does not allow raises MalformedError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dicommap.p10.encoding import EXPLICIT_LITTLE, EXPLICIT_VRS, IMPLICIT_LITTLE, SHORT_VRS, Encoding
from dicommap.p10.stride import VALUE_LIMIT, Value, stride
from dicommap.p10.window import EndOfFile

if TYPE_CHECKING:
    from collections.abc import Container

    from dicommap.p10.window import Window

DEPTH_LIMIT = 64
"""Nested sequences of undefined length that are followed; the files that pydicom ships have at most five levels."""

UNDEFINED = 0xFFFFFFFF
_MAY_BE_UNDEFINED = frozenset({b"", b"SQ", b"UN", b"OB", b"OW"})
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LAST_OF_ALL = 0xFFFDFFFF
"""Behind it are items and delimiters only."""


class MalformedError(Exception):
    """The bytes at `offset` are not what PS3.5 section 7 allows there."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(offset, reason)
        self.offset = offset
        self.reason = reason


class Walked(NamedTuple):
    """What a walk found."""

    values: dict[int, Value]
    """Tag -> value, for the wanted tags of the top level."""
    end: int
    """Where the walk stopped."""
    passed_last: bool
    """The last wanted element, or one behind it, was met; otherwise the data set ends before."""
    unordered_at: int | None
    """Offset of the first element whose tag is not higher than the one before."""


def walk(
    window: Window, offset: int, encoding: Encoding, wanted: Container[int], last: int, *, whole: bool = False
) -> Walked:
    """Walk the top level of a data set from `offset` until an element behind `last`, and keep the wanted values.

    With `whole` the walk goes on to the end of the file, so that wanted elements out of order are found; of a
    repeated element the last one is kept.
    """
    values: dict[int, Value] = {}
    highest, unordered_at, passed_last = 0, None, False
    while True:
        offset, highest = stride(window, offset, encoding, wanted, highest, _LAST_OF_ALL if whole else last, values)
        passed_last = highest >= last
        if offset >= window.size:
            break
        tag, vr, start, length = read_element(window, offset, encoding)
        if tag > highest:
            highest = tag
        elif unordered_at is None:
            unordered_at = offset
        passed_last = highest > last
        if passed_last and not whole:
            break
        if length == UNDEFINED:
            offset = _undefined_end(window, vr, start, encoding)
        else:
            offset = start + length
            window.require(offset)
        if tag in wanted:
            values[tag] = vr, start, _value(window, start, length)
    return Walked(values, offset, passed_last, unordered_at)


def read_element(window: Window, offset: int, encoding: Encoding) -> tuple[int, bytes, int, int]:
    """Read the head of the element at `offset`: tag, VR as written, offset of the value, and its length.

    The VR is empty in implicit VR, and the length 0xFFFFFFFF where it is undefined. This is a plain tuple as it is
    made for every element of every file that is walked.
    """
    head = window.bytes_at(offset, 8)
    if encoding.implicit:
        group, number, length = encoding.implicit_head.unpack(head)
        vr = b""
    else:
        group, number, vr, length = encoding.explicit_head.unpack(head)
    tag = group << 16 | number
    if group == 0xFFFE or tag == 0:
        raise MalformedError(offset, "an item or a delimiter stands where an element should")
    if encoding.implicit or vr in SHORT_VRS:
        return tag, vr, offset + 8, length
    if vr not in EXPLICIT_VRS:
        raise MalformedError(offset, "the value representation is unknown")
    return tag, vr, offset + 12, encoding.long.unpack(window.bytes_at(offset + 8, 4))[0]


def _value(window: Window, start: int, length: int) -> bytes:
    if length == UNDEFINED:
        raise MalformedError(start, "a wanted value has an undefined length")
    if length > VALUE_LIMIT:
        raise MalformedError(start, f"a wanted value has {length} bytes")
    return window.value_at(start, length)


def _undefined_end(window: Window, vr: bytes, start: int, encoding: Encoding) -> int:
    """Return where an element of undefined length ends, following its items without recursion.

    The stack holds, for each open sequence, its encoding, and whether the walk is inside one of its items.
    """
    if vr not in _MAY_BE_UNDEFINED:
        raise MalformedError(start, "an undefined length in an element that cannot have one")
    inner = encoding if vr != b"UN" else _encoding_of_unknown(window, start)
    stack: list[tuple[Encoding, bool]] = [(inner, False)]
    offset = start
    while stack:
        inner, in_item = stack.pop()
        group, number, length = inner.implicit_head.unpack(window.bytes_at(offset, 8))
        tag = group << 16 | number
        if not in_item and tag == _SEQUENCE_END:
            offset += 8
        elif in_item and tag == _ITEM_END:
            offset += 8
            stack.append((inner, False))
        elif not in_item and tag == _ITEM:
            offset += 8 if length == UNDEFINED else 8 + length
            window.require(offset)
            stack.append((inner, length == UNDEFINED))
        elif in_item:
            stack.append((inner, True))
            offset = _enter_or_skip(window, offset, inner, stack)
        else:
            raise MalformedError(offset, "an element stands where an item or the end of a sequence should")
    return offset


def _enter_or_skip(window: Window, offset: int, encoding: Encoding, stack: list[tuple[Encoding, bool]]) -> int:
    _, vr, start, length = read_element(window, offset, encoding)
    if length != UNDEFINED:
        window.require(start + length)
        return start + length
    if len(stack) >= DEPTH_LIMIT:
        raise MalformedError(offset, f"sequences are nested deeper than {DEPTH_LIMIT} levels")
    stack.append((encoding if vr != b"UN" else _encoding_of_unknown(window, start), False))
    return start


def _encoding_of_unknown(window: Window, offset: int) -> Encoding:
    """Return the encoding inside a UN of undefined length: implicit (PS3.5 section 6.2.2), unless it is not.

    Some writers keep explicit VRs inside; the first element of the first item tells.
    """
    try:
        return EXPLICIT_LITTLE if window.bytes_at(offset + 12, 2) in EXPLICIT_VRS else IMPLICIT_LITTLE
    except EndOfFile:
        return IMPLICIT_LITTLE
