"""The File Meta Information (PS3.10 section 7.1), and how the data set behind it is encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dicommap.model.undecodable import ERRORS
from dicommap.p10.encoding import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    EXPLICIT_VRS,
    IMPLICIT_LITTLE,
    Encoding,
    encoding_of,
    looks_like,
)
from dicommap.p10.items import read_element
from dicommap.p10.structure import MalformedError

if TYPE_CHECKING:
    from dicommap.p10.stride import Value
    from dicommap.p10.window import Window

DICOMDIR_SOP_CLASS = "1.2.840.10008.1.3.10"
_SOP_CLASS, _SOP_INSTANCE, _TRANSFER_SYNTAX = 0x00020002, 0x00020003, 0x00020010
_UIDS = frozenset({_SOP_CLASS, _SOP_INSTANCE, _TRANSFER_SYNTAX})
META_UID_LIMIT = 1_024


class Meta(NamedTuple):
    """What the file meta says, and where it ends."""

    media_storage_sop_class_uid: str
    transfer_syntax_uid: str
    sop_instance: Value | None
    """Media Storage SOP Instance UID as it stands in the file."""
    end: int

    @property
    def media_storage_sop_instance_uid(self) -> str:
        """Return (0002,0003), or nothing."""
        return "" if self.sop_instance is None else uid_text(self.sop_instance[2])


def read_meta(window: Window, offset: int) -> Meta:
    """Read the group 0002 from `offset`: explicit VR little endian, whatever its group length says.

    Transfer syntax and SOP class decide what is read next, so they are taken as structure, not as values.
    """
    uids: dict[int, str] = {}
    instance: Value | None = None
    encoding = EXPLICIT_LITTLE
    head = window.bytes_at(offset, 8)
    if head[4:6] not in EXPLICIT_VRS and head[6:8] == b"\0\0":
        encoding = IMPLICIT_LITTLE  # not allowed, yet seen: four bytes of a small length, and no VR
    while window.size - offset >= 8 and window.bytes_at(offset, 2) == b"\x02\x00":
        tag, vr, start, length = read_element(window, offset, encoding)
        offset = start + length
        window.require(offset)
        if tag not in _UIDS:
            continue
        if length > META_UID_LIMIT:
            raise MalformedError(start, "a UID of the file meta is too long")
        if tag == _SOP_INSTANCE:
            instance = vr, start, window.value_at(start, length)
        else:
            uids[tag] = uid_text(window.bytes_at(start, length))
    return Meta(uids.get(_SOP_CLASS, ""), uids.get(_TRANSFER_SYNTAX, ""), instance, offset)


def uid_text(raw: bytes) -> str:
    """Return a UID of the file meta as text, without padding; bytes that no UID has stay different."""
    return raw.decode("ascii", ERRORS).strip(" \0")


def actual_encoding(window: Window, offset: int, declared: str) -> Encoding | None:
    """Return how the data set at `offset` is encoded: as its transfer syntax says, if its first element agrees.

    Returns None where the bytes there are no first element in any encoding.
    """
    head = window.bytes_at(offset, 8)
    first = encoding_of(declared)
    candidates = (first, EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG)
    return next((encoding for encoding in candidates if looks_like(encoding, head)), None)
