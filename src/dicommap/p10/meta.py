"""The File Meta Information (PS3.10 section 7.1), and how the data set behind it is encoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.p10.encoding import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    EXPLICIT_VRS,
    IMPLICIT_LITTLE,
    Encoding,
    encoding_of,
    looks_like,
)
from dicommap.p10.walk import MalformedError, read_element

if TYPE_CHECKING:
    from dicommap.p10.window import Window

DICOMDIR_SOP_CLASS = "1.2.840.10008.1.3.10"
_WANTED = {0x00020002, 0x00020003, 0x00020010}
_VALUE_LIMIT = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What the file meta says, and where it ends."""

    media_storage_sop_class_uid: str
    media_storage_sop_instance_uid: str
    transfer_syntax_uid: str
    end: int


def read_meta(window: Window, offset: int) -> Meta:
    """Read the group 0002 from `offset`: explicit VR little endian, whatever its group length says."""
    values: dict[int, str] = {}
    encoding = EXPLICIT_LITTLE
    head = window.bytes_at(offset, 8)
    if head[4:6] not in EXPLICIT_VRS and head[6:8] == b"\0\0":
        encoding = IMPLICIT_LITTLE  # not allowed, yet seen: four bytes of a small length, and no VR
    while window.size - offset >= 8:
        if encoding.tag.unpack_from(window.bytes_at(offset, 8))[0] != 0x0002:
            break
        element = read_element(window, offset, encoding)
        offset = element.start + element.length
        window.require(offset)
        if element.tag in _WANTED:
            if element.length > _VALUE_LIMIT:
                raise MalformedError(element.start, "a UID of the file meta is too long")
            value = window.bytes_at(element.start, element.length)
            values[element.tag] = value.decode("ascii", "replace").strip(" \0")
    return Meta(
        media_storage_sop_class_uid=values.get(0x00020002, ""),
        media_storage_sop_instance_uid=values.get(0x00020003, ""),
        transfer_syntax_uid=values.get(0x00020010, ""),
        end=offset,
    )


def actual_encoding(window: Window, offset: int, declared: str) -> Encoding | None:
    """Return how the data set at `offset` is encoded: as its transfer syntax says, if its first element agrees.

    Returns None where the bytes there are no first element in any encoding.
    """
    head = window.bytes_at(offset, 8)
    first = encoding_of(declared)
    candidates = (first, EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG)
    return next((encoding for encoding in candidates if looks_like(encoding, head)), None)
