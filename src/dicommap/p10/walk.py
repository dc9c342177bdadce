"""The walk over the elements of a data set: structure is followed exactly, values are never guessed.

A cut file raises EndOfFile, a structure that PS3.5 section 7 does not allow raises MalformedError. What other readers
pass over without a loss is passed over here as well, and kept as an oddity: items that are encoded unlike their data
set, and delimiters behind sequences and items of defined length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dicommap.p10.items import (
    FIRST_OF_DELIMITERS,
    ITEM_END,
    SEQUENCE_END,
    STRAY_DELIMITER,
    UNDEFINED,
    Items,
    read_element,
)
from dicommap.p10.stride import Value, stride
from dicommap.p10.structure import MalformedError, TooLongError, beyond_the_end, element_name
from dicommap.p10.window import EndOfFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.p10.encoding import Encoding
    from dicommap.p10.window import Window

_LAST_OF_ALL = FIRST_OF_DELIMITERS - 1


class Walked(NamedTuple):
    """What a walk found."""

    values: dict[int, Value]
    """Tag -> value, for the wanted tags of the top level."""
    end: int
    """Where the walk stopped."""
    highest: int
    """The highest tag that was met; the data set ends if it is not behind the last wanted one."""
    unordered_at: int | None
    """Offset of the first element whose tag is not higher than the one before."""
    oddities: tuple[tuple[str, int], ...] = ()
    """Issue codes, and the tag of the first element of the top level that each is about."""


def walk(
    window: Window, offset: int, encoding: Encoding, wanted: Mapping[int, int], last: int, *, whole: bool = False
) -> Walked:
    """Walk the top level of a data set from `offset` until an element behind `last`, and keep the wanted values.

    With `whole` the walk goes on to the end of the file, so that wanted elements out of order are found; of a
    repeated element the last one is kept.

    Args:
        window: The bytes of the file.
        offset: Where the data set begins.
        encoding: How the data set is encoded.
        wanted: The tags of wanted values, and how many bytes each may have.
        last: The highest tag of these.
        whole: Whether to go on to the end of the file.

    Raises:
        EndOfFile: The file is cut.
        MalformedError: PS3.5 does not allow the structure, or a wanted value has too many bytes.

    """
    values: dict[int, Value] = {}
    items = Items(window)
    highest, unordered_at, before = 0, None, 0
    while True:
        strided = offset
        offset, highest = stride(window, offset, encoding, wanted, highest, _LAST_OF_ALL if whole else last, values)
        if offset > strided:
            before = highest
        if offset >= window.size:
            break
        items.count(offset)
        tag, vr, start, length = _head(window, offset, encoding, before)
        if tag >= FIRST_OF_DELIMITERS:
            offset = _pass_delimiter(items, offset, tag, length, before)
            continue
        if tag > highest:
            highest = tag
        elif unordered_at is None:
            unordered_at = offset
        if highest > last and not whole:
            break
        offset, before = _end_of(window, items, encoding, tag, vr, start, length), tag
        if tag in wanted:
            values[tag] = vr, start, _value(window, start, tag, length, wanted[tag])
    return Walked(values, offset, highest, unordered_at, tuple(items.oddities.items()))


def _head(window: Window, offset: int, encoding: Encoding, before: int) -> tuple[int, bytes, int, int]:
    try:
        return read_element(window, offset, encoding)
    except EndOfFile as end:
        place = f"behind {element_name(before)}" if before else "at the beginning of the data set"
        raise EndOfFile(end.offset, f"the element {place} is cut") from None


def _end_of(window: Window, items: Items, encoding: Encoding, tag: int, vr: bytes, start: int, length: int) -> int:
    """Return where an element ends. Raises EndOfFile or MalformedError if it does not end in the file."""
    if length == UNDEFINED:
        return items.end_of(tag, vr, start, encoding)
    try:
        window.require(start + length)
    except EndOfFile:
        raise beyond_the_end(window, start, length, encoding, tag=tag, vr=vr) from None
    if vr == b"SQ":
        items.check_first_item(tag, start, length, encoding)
    return start + length


def _pass_delimiter(items: Items, offset: int, tag: int, length: int, before: int) -> int:
    """Pass a delimiter behind an element of defined length, which needs none (PS3.5 section 7.5.2)."""
    if tag not in (ITEM_END, SEQUENCE_END) or length or not before:
        place = f"behind {element_name(before)}" if before else "at the beginning of the data set"
        raise MalformedError(offset, f"{element_name(tag)} stands {place}, outside of a sequence")
    items.oddities.setdefault(STRAY_DELIMITER, before)
    return offset + 8


def _value(window: Window, start: int, tag: int, length: int, limit: int) -> bytes:
    if length == UNDEFINED:
        raise MalformedError(start, f"{element_name(tag)} has an undefined length, and its value is wanted")
    if length > limit:
        raise TooLongError(start, tag, length, limit)
    return window.value_at(start, length)
