"""Walk over the elements of a data set and collect the wanted values.

A cut file raises EndOfFile, a structure that PS3.5 section 7 does not allow raises MalformedError. What other readers
pass over without a loss is passed over here as well, and kept as an oddity: items that are encoded unlike their data
set, and delimiters behind sequences and items of defined length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dicommap.p10.byte_window import EndOfFile
from dicommap.p10.data_set_encoding import EXPLICIT_VRS, LONG_VRS, SHORT_VRS
from dicommap.p10.sequence_items import (
    FIRST_DELIMITER_TAG,
    ITEM_END,
    SEQUENCE_END,
    STRAY_DELIMITER,
    UNDEFINED_LENGTH,
    ItemFollower,
    read_element,
)
from dicommap.p10.structure_errors import MalformedError, TooLongError, format_element, overrun_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.p10.byte_window import ByteWindow
    from dicommap.p10.data_set_encoding import DataSetEncoding

RawValue = tuple[bytes, int, bytes]
"""A wanted value as it stands in the file: its VR as written (empty in implicit VR), its offset and its bytes.

A plain tuple, as there are many in every header."""


def pass_plain_elements(
    window: ByteWindow,
    offset: int,
    encoding: DataSetEncoding,
    wanted: Mapping[int, int],
    above: int,
    last: int,
    into: dict[int, RawValue],
) -> tuple[int, int]:
    """Pass elements from `offset` whose tags rise from `above` to `last`, and put wanted values `into` a dictionary.

    `wanted` holds the tags of wanted values, and how many bytes each may have.

    Returns the offset of the first element that is not plain, and the tag of the one before. Nothing is judged here:
    whatever is odd, undefined in length, or not all at hand is left to the walk. Most elements of most headers are
    passed here, so the loop holds as little as it can.
    """
    data = window.buffered_start
    size = min(len(data), window.size)
    implicit, vr, short_vrs = encoding.implicit, b"", SHORT_VRS
    head_at = encoding.implicit_head.unpack_from if implicit else encoding.explicit_head.unpack_from
    seen: list[tuple[int, int]] = []
    while offset + 12 <= size:
        if implicit:
            group, number, length = head_at(data, offset)
            start = offset + 8
        else:
            group, number, vr, length = head_at(data, offset)
            start = offset + 8
            if vr not in short_vrs:
                if vr not in LONG_VRS:
                    break
                start = offset + 12
                (length,) = encoding.long.unpack_from(data, offset + 8)
                if vr == b"SQ" and length >= 16 and not _begins_in_explicit_vr(data, start + 12, seen):
                    break
        tag, end = group << 16 | number, start + length
        if not above < tag <= last or end > size:
            break
        if tag in wanted:
            if length > wanted[tag]:
                break
            into[tag] = vr, start, data[start:end]
        seen.append((offset, start))
        above, offset = tag, end
    if seen:
        window.note(seen, offset)
    return offset, above


def _begins_in_explicit_vr(data: bytes, offset: int, seen: list[tuple[int, int]]) -> bool:
    """Return whether the first element of a sequence's first item has its VR at `offset`, and note the place if so."""
    if data[offset : offset + 2] not in EXPLICIT_VRS:
        return False
    seen.append((offset, offset + 2))
    return True


_LAST_TAG = FIRST_DELIMITER_TAG - 1


class WalkResult(NamedTuple):
    """What a walk found."""

    values: dict[int, RawValue]
    """Tag -> value, for the wanted tags of the top level."""
    end: int
    """Where the walk stopped."""
    highest: int
    """The highest tag that was met; the data set ends if it is not behind the last wanted one."""
    unordered_at: int | None
    """Offset of the first element whose tag is not higher than the one before."""
    oddities: tuple[tuple[str, int], ...] = ()
    """Issue codes, and the tag of the first element of the top level that each is about."""


def walk_data_set(
    window: ByteWindow,
    offset: int,
    encoding: DataSetEncoding,
    wanted: Mapping[int, int],
    last: int,
    *,
    whole: bool = False,
) -> WalkResult:
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
    values: dict[int, RawValue] = {}
    items = ItemFollower(window)
    highest, unordered_at, before = 0, None, 0
    while True:
        strided = offset
        offset, highest = pass_plain_elements(
            window, offset, encoding, wanted, highest, _LAST_TAG if whole else last, values
        )
        if offset > strided:
            before = highest
        if offset >= window.size:
            break
        items.count(offset)
        tag, vr, start, length = _read_head(window, offset, encoding, before)
        if tag >= FIRST_DELIMITER_TAG:
            offset = _pass_delimiter(items, offset, tag, length, before)
            continue
        if tag > highest:
            highest = tag
        elif unordered_at is None:
            unordered_at = offset
        if highest > last and not whole:
            break
        offset, before = _find_end(window, items, encoding, tag, vr, start, length), tag
        if tag in wanted:
            values[tag] = vr, start, _read_value(window, start, tag, length, wanted[tag])
    return WalkResult(values, offset, highest, unordered_at, tuple(items.oddities.items()))


def _read_head(window: ByteWindow, offset: int, encoding: DataSetEncoding, before: int) -> tuple[int, bytes, int, int]:
    try:
        return read_element(window, offset, encoding)
    except EndOfFile as end:
        place = f"behind {format_element(before)}" if before else "at the beginning of the data set"
        raise EndOfFile(end.offset, f"the element {place} is cut") from None


def _find_end(
    window: ByteWindow, items: ItemFollower, encoding: DataSetEncoding, tag: int, vr: bytes, start: int, length: int
) -> int:
    """Return where an element ends. Raises EndOfFile or MalformedError if it does not end in the file."""
    if length == UNDEFINED_LENGTH:
        return items.end_of(tag, vr, start, encoding)
    try:
        window.require(start + length)
    except EndOfFile:
        raise overrun_error(window, start, length, encoding, tag=tag, vr=vr) from None
    if vr == b"SQ":
        items.check_first_item(tag, start, length, encoding)
    return start + length


def _pass_delimiter(items: ItemFollower, offset: int, tag: int, length: int, before: int) -> int:
    """Pass a delimiter behind an element of defined length, which needs none (PS3.5 section 7.5.2)."""
    if tag not in (ITEM_END, SEQUENCE_END) or length or not before:
        place = f"behind {format_element(before)}" if before else "at the beginning of the data set"
        raise MalformedError(offset, f"{format_element(tag)} stands {place}, outside of a sequence")
    items.oddities.setdefault(STRAY_DELIMITER, before)
    return offset + 8


def _read_value(window: ByteWindow, start: int, tag: int, length: int, limit: int) -> bytes:
    if length == UNDEFINED_LENGTH:
        raise MalformedError(start, f"{format_element(tag)} has an undefined length, and its value is wanted")
    if length > limit:
        raise TooLongError(start, tag, length, limit)
    return window.value_at(start, length)
