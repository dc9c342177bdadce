"""The walk over the elements of a data set: structure is followed exactly, values are never guessed.

A cut file raises EndOfFile, a structure that PS3.5 section 7 does not allow raises MalformedError.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.p10.encoding import EXPLICIT_LITTLE, EXPLICIT_VRS, IMPLICIT_LITTLE, SHORT_VRS, Encoding
from dicommap.p10.window import EndOfFile

if TYPE_CHECKING:
    from collections.abc import Container

    from dicommap.p10.window import Window

DEPTH_LIMIT = 64
"""Nested sequences of undefined length that are followed; real files have about ten."""

VALUE_LIMIT = 2**20
"""Bytes of one wanted value; text and numbers have far fewer."""

_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD


class MalformedError(Exception):
    """The bytes at `offset` are not what PS3.5 section 7 allows there."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(offset, reason)
        self.offset = offset
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Element:
    """One element as it stands in the file."""

    tag: int
    vr: str
    """As written; empty in implicit VR."""
    start: int
    """Offset of the value."""
    length: int
    """Bytes of the value; 0xFFFFFFFF where it is undefined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """What a walk found."""

    values: dict[int, tuple[str, bytes]]
    """Tag -> VR as written and value bytes, for the wanted tags of the top level."""
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
    values: dict[int, tuple[str, bytes]] = {}
    highest, unordered_at, passed_last = -1, None, False
    while offset < window.size:
        element = read_element(window, offset, encoding)
        if element.tag <= highest and unordered_at is None:
            unordered_at = offset
        highest = max(highest, element.tag)
        passed_last = highest > last
        if passed_last and not whole:
            break
        offset = _value_end(window, element, encoding)
        passed_last = highest >= last
        if element.tag in wanted:
            values[element.tag] = (element.vr, _value(window, element))
    return Walked(values=values, end=offset, passed_last=passed_last, unordered_at=unordered_at)


def read_element(window: Window, offset: int, encoding: Encoding) -> Element:
    """Read the head of the element at `offset`: tag, VR and length."""
    head = window.bytes_at(offset, 8)
    group, number = encoding.tag.unpack_from(head)
    tag = group << 16 | number
    if group == 0xFFFE or tag == 0:
        raise MalformedError(offset, "an item or a delimiter stands where an element should")
    if encoding.implicit:
        return Element(tag, "", offset + 8, encoding.long.unpack_from(head, 4)[0])
    vr = head[4:6]
    if vr not in EXPLICIT_VRS:
        raise MalformedError(offset, "the value representation is unknown")
    if vr in SHORT_VRS:
        return Element(tag, vr.decode(), offset + 8, encoding.short.unpack_from(head, 6)[0])
    length = encoding.long.unpack(window.bytes_at(offset + 8, 4))[0]
    return Element(tag, vr.decode(), offset + 12, length)


def _value(window: Window, element: Element) -> bytes:
    if element.length == _UNDEFINED:
        raise MalformedError(element.start, "a wanted value has an undefined length")
    if element.length > VALUE_LIMIT:
        raise MalformedError(element.start, f"a wanted value has {element.length} bytes")
    return window.bytes_at(element.start, element.length)


def _value_end(window: Window, element: Element, encoding: Encoding) -> int:
    if element.length == _UNDEFINED:
        if element.vr not in ("", "SQ", "UN", "OB", "OW"):
            raise MalformedError(element.start, "an undefined length in an element that cannot have one")
        return _sequence_end(window, element, encoding)
    end = element.start + element.length
    window.require(end)
    return end


def _sequence_end(window: Window, element: Element, encoding: Encoding) -> int:
    """Return where a sequence of undefined length ends, following its items without recursion.

    The stack holds, for each open sequence, its encoding, and whether the walk is inside one of its items.
    """
    inner = encoding if element.vr != "UN" else _encoding_of_unknown(window, element.start)
    stack: list[tuple[Encoding, bool]] = [(inner, False)]
    offset = element.start
    while stack:
        inner, in_item = stack.pop()
        head = window.bytes_at(offset, 8)
        group, number = inner.tag.unpack_from(head)
        tag, length = group << 16 | number, inner.long.unpack_from(head, 4)[0]
        if not in_item and tag == _SEQUENCE_END:
            offset += 8
        elif in_item and tag == _ITEM_END:
            offset += 8
            stack.append((inner, False))
        elif not in_item and tag == _ITEM:
            offset += 8 if length == _UNDEFINED else 8 + length
            window.require(offset)
            stack.append((inner, length == _UNDEFINED))
        elif in_item:
            stack.append((inner, True))
            offset = _enter_or_skip(window, offset, inner, stack)
        else:
            raise MalformedError(offset, "an element stands where an item or the end of a sequence should")
    return offset


def _enter_or_skip(window: Window, offset: int, encoding: Encoding, stack: list[tuple[Encoding, bool]]) -> int:
    nested = read_element(window, offset, encoding)
    if nested.length != _UNDEFINED:
        window.require(nested.start + nested.length)
        return nested.start + nested.length
    if len(stack) >= DEPTH_LIMIT:
        raise MalformedError(offset, f"sequences are nested deeper than {DEPTH_LIMIT} levels")
    stack.append((encoding if nested.vr != "UN" else _encoding_of_unknown(window, nested.start), False))
    return nested.start


def _encoding_of_unknown(window: Window, offset: int) -> Encoding:
    """Return the encoding inside a UN of undefined length: implicit (PS3.5 section 6.2.2), unless it is not.

    Some writers keep explicit VRs inside; the first element of the first item tells.
    """
    try:
        return EXPLICIT_LITTLE if window.bytes_at(offset + 12, 2) in EXPLICIT_VRS else IMPLICIT_LITTLE
    except EndOfFile:
        return IMPLICIT_LITTLE
