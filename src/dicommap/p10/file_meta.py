"""The File Meta Information (PS3.10 section 7.1), and the encoding of the data set after it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dicommap.dicom.printable_text import KEEP_BYTES_HANDLER
from dicommap.p10.data_set_encoding import (
    ENCODINGS,
    EXPLICIT_LITTLE_ENDIAN,
    EXPLICIT_VRS,
    IMPLICIT_LITTLE_ENDIAN,
    DataSetEncoding,
    get_encoding,
    is_likely_encoding,
)
from dicommap.p10.elements import ABSENT_VALUE, read_element_head, walk_plain_elements
from dicommap.p10.structure_errors import MalformedError

if TYPE_CHECKING:
    from dicommap.p10.byte_window import ByteWindow
    from dicommap.p10.elements import RawValue

DICOMDIR_SOP_CLASS = "1.2.840.10008.1.3.10"
_SOP_CLASS, _SOP_INSTANCE, _TRANSFER_SYNTAX = 0x00020002, 0x00020003, 0x00020010
MAX_META_UID_BYTES = 1_024
"""The maximum number of bytes of a UID in the File Meta Information. PS3.5 section 9 allows 64 bytes."""
_UID_LIMITS = dict.fromkeys((_SOP_CLASS, _SOP_INSTANCE, _TRANSFER_SYNTAX), MAX_META_UID_BYTES)
_BEFORE_GROUP, _GROUP_END = 0x0001FFFF, 0x0002FFFF
_GROUP_BYTES = b"\x02\x00"


class FileMeta(NamedTuple):
    """The elements of the File Meta Information that are needed to read the data set."""

    media_storage_sop_class_uid: str
    transfer_syntax_uid: str
    sop_instance: RawValue | None
    """The raw value of Media Storage SOP Instance UID (0002,0003). None if the element is absent."""
    end: int
    """The offset at which the data set begins."""

    @property
    def media_storage_sop_instance_uid(self) -> str:
        """Return the Media Storage SOP Instance UID as text. Return "" if it is absent."""
        return "" if self.sop_instance is None else decode_uid(self.sop_instance[2])


def read_file_meta(window: ByteWindow, offset: int) -> FileMeta:
    """Read the elements of group 0002 from `offset`. The group length is ignored, because it is often wrong.

    Args:
        window: The bytes of the file.
        offset: The offset at which group 0002 begins.

    Raises:
        EndOfFile: The file ends within the File Meta Information.
        MalformedError: An element cannot be read, or a UID has more than MAX_META_UID_BYTES bytes.
    """
    encoding = EXPLICIT_LITTLE_ENDIAN
    head = window.bytes_at(offset, 8)
    if head[4:6] not in EXPLICIT_VRS and head[6:8] == b"\0\0":
        encoding = IMPLICIT_LITTLE_ENDIAN  # PS3.10 forbids implicit VR in group 0002, but some files have it
    uids: dict[int, RawValue] = {}
    while window.size - offset >= 8 and window.bytes_at(offset, 2) == _GROUP_BYTES:
        begin = offset
        offset, _, _ = walk_plain_elements(window, offset, encoding, _UID_LIMITS, _BEFORE_GROUP, _GROUP_END, uids)
        if offset == begin:
            offset = _walk_checked_element(window, offset, encoding, uids)
    # The layout cache must know that these UIDs decide how the walk continues.
    deciding = [(start, start + len(raw)) for tag, (_, start, raw) in uids.items() if tag != _SOP_INSTANCE]
    window.record_values(deciding)
    _, _, sop_class = uids.get(_SOP_CLASS, ABSENT_VALUE)
    _, _, transfer_syntax = uids.get(_TRANSFER_SYNTAX, ABSENT_VALUE)
    return FileMeta(_decode_cached_uid(sop_class), _decode_cached_uid(transfer_syntax), uids.get(_SOP_INSTANCE), offset)


def _walk_checked_element(window: ByteWindow, offset: int, encoding: DataSetEncoding, uids: dict[int, RawValue]) -> int:
    """Walk over one element of group 0002, with all checks. If it is one of the wanted UIDs, add it to `uids`.

    Returns:
        The offset after the element.
    """
    tag, vr, start, length = read_element_head(window, offset, encoding)
    window.require_bytes_before(start + length)
    if tag in _UID_LIMITS:
        if length > MAX_META_UID_BYTES:
            raise MalformedError(start, "a UID of the file meta is too long")
        uids[tag] = vr, start, window.value_at(start, length)
    return start + length


def decode_uid(raw: bytes) -> str:
    """Return a UID of the File Meta Information as text, without padding.

    Each byte that is not ASCII becomes a surrogate.
    """
    return raw.decode("ascii", KEEP_BYTES_HANDLER).strip(" \0")


@lru_cache(maxsize=256)
def _decode_cached_uid(raw: bytes) -> str:
    """Return a UID as text, from a cache if another file had the same UID."""
    return decode_uid(raw)


def detect_encoding(window: ByteWindow, offset: int, declared: str) -> DataSetEncoding | None:
    """Return the encoding of the data set at `offset`.

    Args:
        window: The bytes of the file.
        offset: The offset at which the data set begins.
        declared: The UID of the transfer syntax that the File Meta Information declares.

    Returns:
        The encoding of the declared transfer syntax if the first element is valid in this encoding. Otherwise, another
        encoding in which the first element is valid. None if there is no such encoding.
    """
    head = window.bytes_at(offset, 8)
    encoding = get_encoding(declared)
    if is_likely_encoding(encoding, head):
        return encoding
    return next((encoding for encoding in ENCODINGS if is_likely_encoding(encoding, head)), None)
