"""The plain stretches of a walk: elements in order, each with its length, inside the bytes at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.p10.data_set_encoding import EXPLICIT_VRS, LONG_VRS, SHORT_VRS

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
