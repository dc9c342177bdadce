"""Walk over the elements of a data set and collect the wanted values.

The walk goes over the top-level elements in order. `walk_plain_elements` reads most of them in one fast loop, which
stops at the first element that needs checks. `walk_data_set` handles this element, and then calls the fast loop again.

A cut file raises EndOfFile, and a structure that PS3.5 section 7 does not allow raises MalformedError. Two violations
do not raise an error, because readers can ignore them without losing data: items with another encoding than their data
set, and delimiters after sequences and items of defined length. The result has an issue code for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dicommap.p10.byte_window import EndOfFile
from dicommap.p10.elements import (
    FIRST_DELIMITER_TAG,
    LAST_ELEMENT_TAG,
    UNDEFINED_LENGTH,
    read_element_head,
    walk_plain_elements,
)
from dicommap.p10.item_skipping import ITEM_END, SEQUENCE_END, STRAY_DELIMITER, ItemSkipper
from dicommap.p10.structure_errors import MalformedError, TooLongError, format_element, make_overrun_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.p10.byte_window import ByteWindow
    from dicommap.p10.data_set_encoding import DataSetEncoding
    from dicommap.p10.elements import RawValue


class WalkResult(NamedTuple):
    """The result of a walk: the wanted values, the offset at which it stopped, and issues of the structure."""

    values: dict[int, RawValue]
    """Tag -> value, for each wanted top-level element that the data set has."""
    end: int
    """The offset at which the walk stopped."""
    highest_tag: int
    """The highest tag that the walk read.

    If it is not higher than the last wanted tag, the walk reached the end of the file.
    """
    unordered_at: int | None
    """The offset of the first element that is out of order: an earlier element has the same or a higher tag.

    None if all elements are in order.
    """
    issue_tags: tuple[tuple[str, int], ...] = ()
    """Pairs of an issue code and the tag of the first top-level element with this issue."""


def walk_data_set(
    window: ByteWindow,
    offset: int,
    encoding: DataSetEncoding,
    wanted: Mapping[int, int],
    last: int,
    *,
    whole: bool = False,
) -> WalkResult:
    """Walk the top level of a data set up to the first element after `last`, and collect the wanted values.

    Args:
        window: The bytes of the file.
        offset: The offset at which the data set begins.
        encoding: The encoding of the data set.
        wanted: Tag -> size limit in bytes, for each wanted value.
        last: The highest wanted tag.
        whole: Whether to walk to the end of the file, to find wanted elements that are out of order. If an element is
            repeated, its last value is kept.

    Raises:
        EndOfFile: The file is cut.
        MalformedError: PS3.5 does not allow the structure, or a wanted value is larger than its limit.

    """
    values: dict[int, RawValue] = {}
    items = ItemSkipper(window)
    highest_tag, unordered_at, previous_tag = 0, None, 0
    while True:
        offset, highest_tag, positions = walk_plain_elements(
            window, offset, encoding, wanted, highest_tag, LAST_ELEMENT_TAG if whole else last, values
        )
        if positions:
            previous_tag = highest_tag
        if offset >= window.size:
            break
        items.count_element(offset, passed=len(positions))
        tag, vr, start, length = _read_next_head(window, offset, encoding, previous_tag)
        if tag >= FIRST_DELIMITER_TAG:
            offset = _skip_stray_delimiter(items, offset, tag, length, previous_tag)
            continue
        if tag > highest_tag:
            highest_tag = tag
        elif unordered_at is None:
            unordered_at = offset
        if highest_tag > last and not whole:
            break
        offset, previous_tag = _find_element_end(window, items, encoding, tag, vr, start, length), tag
        if tag in wanted:
            values[tag] = vr, start, _read_limited_value(window, start, tag, length, wanted[tag])
    return WalkResult(values, offset, highest_tag, unordered_at, tuple(items.issue_tags.items()))


def _read_next_head(
    window: ByteWindow, offset: int, encoding: DataSetEncoding, previous_tag: int
) -> tuple[int, bytes, int, int]:
    """Read the head of the element at `offset`. If it is cut, the EndOfFile names the element before it."""
    try:
        return read_element_head(window, offset, encoding)
    except EndOfFile as end:
        raise EndOfFile(end.offset, f"the element {_format_position(previous_tag)} is cut") from None


def _find_element_end(
    window: ByteWindow, items: ItemSkipper, encoding: DataSetEncoding, tag: int, vr: bytes, start: int, length: int
) -> int:
    """Return the offset after an element's value. Raises EndOfFile or MalformedError if the file ends before it."""
    if length == UNDEFINED_LENGTH:
        return items.find_element_end(tag, vr, start, encoding)
    try:
        window.require_bytes_before(start + length)
    except EndOfFile:
        raise make_overrun_error(window, start, length, encoding, tag=tag, vr=vr) from None
    if vr == b"SQ":
        items.record_issue_of_first_item(tag, start, length, encoding)
    return start + length


def _skip_stray_delimiter(items: ItemSkipper, offset: int, tag: int, length: int, previous_tag: int) -> int:
    """Skip a delimiter after an element of defined length, and record an issue. Return the offset after it.

    Only an element of undefined length needs a delimiter (PS3.5 section 7.5.2). Raises MalformedError if `tag` is not
    the tag of such a delimiter.
    """
    if tag not in (ITEM_END, SEQUENCE_END) or length or not previous_tag:
        position = _format_position(previous_tag)
        raise MalformedError(offset, f"{format_element(tag)} stands {position}, outside of a sequence")
    items.issue_tags.setdefault(STRAY_DELIMITER, previous_tag)
    return offset + 8


def _format_position(previous_tag: int) -> str:
    return f"after {format_element(previous_tag)}" if previous_tag else "at the beginning of the data set"


def _read_limited_value(window: ByteWindow, start: int, tag: int, length: int, limit: int) -> bytes:
    """Return the bytes of a wanted value. Raises MalformedError if it has an undefined length or is over the limit."""
    if length == UNDEFINED_LENGTH:
        raise MalformedError(start, f"{format_element(tag)} has an undefined length, and its value is wanted")
    if length > limit:
        raise TooLongError(start, tag, length, limit)
    return window.value_at(start, length)
