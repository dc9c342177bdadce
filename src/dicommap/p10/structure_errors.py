"""Errors for malformed data sets. Their messages name elements, but never contain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import vrs_of
from dicommap.issues.wording import choose_verb, format_count
from dicommap.p10.byte_window import EndOfFile
from dicommap.p10.data_set_encoding import LONG_VRS
from dicommap.p10.header import MAX_SHORT_TEXT_BYTES, SHORT_TEXT_VRS

if TYPE_CHECKING:
    from dicommap.p10.byte_window import ByteWindow
    from dicommap.p10.data_set_encoding import DataSetEncoding

ITEM_TAG = b"\xfe\xff\x00\xe0"
"""The tag of an item, (FFFE,E000), in little endian: the value of a sequence begins with it."""

_STUDY_UID = (0x0020, 0x000D)
_FIRST_DELIMITER_TAG = 0xFFFE0000
_IMPLAUSIBLE_LENGTH = 2**29
"""Lengths of this number of bytes or more are wrong. No element before InstanceNumber is so long."""
_SEARCHED_BYTES = 2**16
"""The number of bytes after a doubtful length in which the element StudyInstanceUID is searched."""


class MalformedError(Exception):
    """Raised for bytes at `offset` that violate PS3.5 section 7. `reason` describes the violation."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(offset, reason)
        self.offset = offset
        self.reason = reason


class TooLongError(MalformedError):
    """Raised for a wanted value with more bytes than `limit`, dicommap's limit for the attribute.

    DICOM allows even fewer bytes.
    """

    def __init__(self, offset: int, tag: int, length: int, limit: int) -> None:
        super().__init__(
            offset, f"{format_element(tag)} has {format_count(length, 'byte')}, and at most {limit:,} are read"
        )
        self.tag, self.length, self.limit = tag, length, limit


def format_element(tag: int, inside: int | None = None) -> str:
    """Return a tag as dcmdump shows it, such as '(0008,1111)'; with `inside`, '(0008,0100) inside (0008,1111)'."""
    name = f"({tag >> 16:04x},{tag & 0xFFFF:04x})"
    return name if inside is None else f"{name} inside {format_element(inside)}"


def format_vr(vr: bytes) -> str:
    """Return a VR as the file has it: letters in quotes, other bytes in hexadecimal."""
    printable = all(0x20 <= byte <= 0x7E for byte in vr)
    return f"'{vr.decode('ascii')}'" if printable else " ".join(f"{byte:#04x}" for byte in vr)


def make_overrun_error(
    window: ByteWindow,
    start: int,
    length: int,
    encoding: DataSetEncoding,
    *,
    tag: int,
    vr: bytes,
    inside: int | None = None,
) -> MalformedError | EndOfFile:
    """Return the error for an element whose length is greater than the number of bytes left in the file.

    Either the file is cut, or the length is wrong and the file may be complete. The length is wrong if it is odd (PS3.5
    section 7.1.1), if the reserved bytes before it are not zero (section 7.1.2), if a value of this VR cannot be so
    long, or if the element StudyInstanceUID is within `length` bytes after `start`. The error names the element, its
    length, and the number of bytes left in the file.

    Args:
        window: The bytes of the file.
        start: The offset of the element's value.
        length: The length of the element's value, as written in the file.
        encoding: The encoding of the element.
        tag: The tag of the element.
        vr: The VR in the file; empty in implicit VR.
        inside: The tag of the top-level element whose items hold the element. None if the element is a top-level one.

    Returns:
        MalformedError if the length is wrong, EndOfFile if the file is cut.

    """
    left = max(0, window.size - start)
    rest = f"{left:,} {choose_verb(left, 'is', 'are')} left"
    reason = f"{format_element(tag, inside)} claims {format_count(length, 'byte')}, and {rest}"
    is_wrong = (
        length % 2 == 1
        or length >= _IMPLAUSIBLE_LENGTH
        or (length > MAX_SHORT_TEXT_BYTES and (vr.decode("ascii") or _look_up_vr(tag)) in SHORT_TEXT_VRS)
        or (vr in LONG_VRS and window.peek(start - 6, 2) != b"\0\0")
        or (tag < _FIRST_DELIMITER_TAG and _has_study_uid_in_value(window, start, encoding))
    )
    return MalformedError(start, reason) if is_wrong else EndOfFile(window.size, reason)


def _find_end_of_items(data: bytes, encoding: DataSetEncoding) -> int:
    """Return the offset after the items of defined length at the beginning of `data`, the bytes of a value.

    If the head of an item is cut, return the length of `data`.
    """
    offset, tag = 0, encoding.tag.pack(0xFFFE, 0xE000)
    while data.startswith(tag, offset):
        if offset + 8 > len(data):
            return len(data)
        _, _, length = encoding.implicit_head.unpack_from(data, offset)
        offset += 8 + length
    return min(offset, len(data))


def _look_up_vr(tag: int) -> str:
    """Return the first VR of a tag in the dictionary. Return "" for an unknown tag."""
    vrs = vrs_of(tag)
    return vrs[0] if vrs else ""


def _has_study_uid_in_value(window: ByteWindow, start: int, encoding: DataSetEncoding) -> bool:
    """Return whether the element StudyInstanceUID begins in the bytes after `start`, the offset of another value.

    Items at the beginning of these bytes are skipped. If the result is True, the length of the other value is wrong,
    because the value would include top-level elements.
    """
    rest = window.peek(start, min(_SEARCHED_BYTES, max(0, window.size - start)))
    rest = rest[_find_end_of_items(rest, encoding) :]
    offset = rest.find(encoding.tag.pack(*_STUDY_UID))
    head = rest[offset + 4 : offset + 8] if offset >= 0 else b""
    return head.endswith(b"\0\0") and len(head) == 4 if encoding.implicit else head[:2] == b"UI"
