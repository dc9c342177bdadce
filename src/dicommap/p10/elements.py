"""Read elements of a data set: the head of one element, or all elements before the first that needs checks.

An element has a head (tag, VR and length) and a value. `read_element_head` reads one head with all checks.
`walk_plain_elements` is fast. It walks over plain elements only, which are most elements of most headers. A plain
element is valid, completely buffered, of defined length, and its tag is higher than the tag before. The caller handles
every other element with `read_element_head`, so every malformed element is checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.p10.data_set_encoding import EXPLICIT_VRS, LONG_VRS, SHORT_VRS
from dicommap.p10.structure_errors import MalformedError, format_element, format_vr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dicommap.p10.byte_window import ByteWindow
    from dicommap.p10.data_set_encoding import DataSetEncoding

RawValue = tuple[bytes, int, bytes]
"""A wanted value: its VR in the file (empty in implicit VR), its offset, and its bytes.

It is a plain tuple for speed, because each header has many values.
"""

ABSENT_VALUE: RawValue = (b"", 0, b"")
"""The value that represents an element that the file does not have."""

Span = tuple[int, int]
"""A range of bytes as `(begin, end)`: the offset of the first byte, and the offset after the last byte."""

Run = tuple["DataSetEncoding", list[int]]
"""Plain elements that follow each other: their encoding, and their positions in a buffer."""

UNDEFINED_LENGTH = 0xFFFFFFFF
FIRST_DELIMITER_TAG = 0xFFFE0000
LAST_ELEMENT_TAG = FIRST_DELIMITER_TAG - 1
"""The highest tag of an element that is not an item or a delimiter."""

_LONGEST_HEAD = 12


def read_element_head(window: ByteWindow, offset: int, encoding: DataSetEncoding) -> tuple[int, bytes, int, int]:
    """Read the head (tag, VR and length) of the element at `offset`.

    Args:
        window: The bytes of the file.
        offset: The offset at which the element begins.
        encoding: The encoding of the element.

    Returns:
        The tag, the VR in the file (empty in implicit VR, for items and for delimiters), the offset of the value, and
        the value's length (UNDEFINED_LENGTH if it is undefined). The result is a plain tuple for speed.

    Raises:
        EndOfFile: The file ends within the head.
        MalformedError: The tag or the VR is invalid.

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


def walk_plain_elements(
    window: ByteWindow,
    offset: int,
    encoding: DataSetEncoding,
    wanted: Mapping[int, int],
    above: int,
    last: int,
    into: dict[int, RawValue],
) -> tuple[int, int, list[int]]:
    """Walk over plain elements in a fast loop, and collect the wanted values. Stop at the first other element.

    A plain element is valid, completely buffered, of defined length, and its tag is higher than the tag before.

    Args:
        window: The bytes of the file.
        offset: The offset at which the first element begins.
        encoding: The encoding of the elements.
        wanted: Tag -> size limit in bytes, for each wanted value.
        above: The loop stops at the first element whose tag is not higher than this tag and all tags before.
        last: The loop stops at the first element whose tag is higher than this tag. It is LAST_ELEMENT_TAG or lower.
        into: The dictionary to which wanted values are added.

    Returns:
        The offset at which the loop stopped; the tag of the last plain element, or `above` if there was none; and the
        positions of the plain elements in the window's buffer.

    """
    base = window.buffer_start
    positions: list[int] = []
    if offset < base:
        return offset, above, positions
    walk_elements = _walk_in_implicit_vr if encoding.implicit else _walk_in_explicit_vr
    at, highest_tag = walk_elements(window, offset - base, encoding, wanted, above, last, into, positions)
    if positions and base == 0:  # the layout cache takes only headers that are inside the first buffer
        window.record_heads(encoding, positions, at)
    return base + at, highest_tag, positions


def _walk_in_explicit_vr(
    window: ByteWindow,
    at: int,
    encoding: DataSetEncoding,
    wanted: Mapping[int, int],
    above: int,
    last: int,
    into: dict[int, RawValue],
    positions: list[int],
) -> tuple[int, int]:
    """Walk over the elements in explicit VR that need no special step, for `walk_plain_elements`.

    The walk begins at the position `at` of the buffer.
    """
    data, base = window.buffer, window.buffer_start
    size = min(len(data), window.size - base)
    last_head = size - _LONGEST_HEAD
    head_at, length_at = encoding.explicit_head.unpack_from, encoding.long.unpack_from
    while at <= last_head:
        group, number, vr, length = head_at(data, at)
        if vr in SHORT_VRS:
            end = at + 8 + length
        elif vr in LONG_VRS:
            (length,) = length_at(data, at + 8)
            end = at + 12 + length
            if vr == b"SQ" and 16 <= length <= size - at and not _begins_in_explicit_vr(window, base + at + 12):
                break
        else:
            break
        tag = group << 16 | number
        if not above < tag <= last or end > size:
            break
        if tag in wanted:
            if length > wanted[tag]:
                break
            into[tag] = vr, base + end - length, data[end - length : end]
        positions.append(at)
        above, at = tag, end
    return at, above


def _begins_in_explicit_vr(window: ByteWindow, offset: int) -> bool:
    """Return whether the first element in the item at `offset` has a VR."""
    return window.bytes_at(offset + 12, 2) in EXPLICIT_VRS


def _walk_in_implicit_vr(
    window: ByteWindow,
    at: int,
    encoding: DataSetEncoding,
    wanted: Mapping[int, int],
    above: int,
    last: int,
    into: dict[int, RawValue],
    positions: list[int],
) -> tuple[int, int]:
    """Walk over plain elements in implicit VR for `walk_plain_elements`. `at` is the first position in the buffer."""
    # The loop for explicit VR ends with the same lines. A shared function would be called for each element, and be
    # slow.
    data, base = window.buffer, window.buffer_start
    size = min(len(data), window.size - base)
    last_head = size - _LONGEST_HEAD
    head_at = encoding.implicit_head.unpack_from
    while at <= last_head:
        group, number, length = head_at(data, at)
        tag = group << 16 | number
        end = at + 8 + length
        if not above < tag <= last or end > size:
            break
        if tag in wanted:
            if length > wanted[tag]:
                break
            into[tag] = b"", base + end - length, data[end - length : end]
        positions.append(at)
        above, at = tag, end
    return at, above


def find_head_spans(data: bytes, encoding: DataSetEncoding, positions: Iterable[int]) -> list[Span]:
    """Return the spans (begin, end) of the heads of the elements at `positions` in `data`.

    A head has the tag, the VR and the length of an element. The positions are those that `walk_plain_elements`
    returned.
    """
    if encoding.implicit:
        return [(at, at + 8) for at in positions]
    return [(at, at + (8 if data[at + 4 : at + 6] in SHORT_VRS else 12)) for at in positions]
