"""Build elements and P10 files byte by byte, including malformed ones."""

from __future__ import annotations

import struct

from dicommap.p10 import Header, HeaderReader, RejectedFile, WantedAttributes, read_header
from dicommap.p10.data_set_encoding import (
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    LONG_VRS,
    DataSetEncoding,
)
from tests.support import p10_files

UNDEFINED = 0xFFFFFFFF
ENCODINGS = {
    p10_files.EXPLICIT_LITTLE: EXPLICIT_LITTLE_ENDIAN,
    p10_files.IMPLICIT_LITTLE: IMPLICIT_LITTLE_ENDIAN,
    p10_files.EXPLICIT_BIG: EXPLICIT_BIG_ENDIAN,
}
SYNTAXES = tuple(ENCODINGS)

STUDY_UID, SERIES_UID, SOP_UID = "1.2.3", "1.2.3.4", "1.2.3.4.5"
UID_TAGS = {
    0x00080016: p10_files.CT_IMAGE_STORAGE,
    0x00080018: SOP_UID,
    0x0020000D: STUDY_UID,
    0x0020000E: SERIES_UID,
}


def tag_bytes(tag: int, encoding: DataSetEncoding = EXPLICIT_LITTLE_ENDIAN) -> bytes:
    return encoding.tag.pack(tag >> 16, tag & 0xFFFF)


def element(
    tag: int,
    vr: str,
    value: bytes | str,
    encoding: DataSetEncoding = EXPLICIT_LITTLE_ENDIAN,
    *,
    length: int | None = None,
) -> bytes:
    """Return the bytes of an element; `length` overrides the length in its head."""
    content = value.encode("latin-1") if isinstance(value, str) else value
    said = len(content) if length is None else length
    head = tag_bytes(tag, encoding)
    if encoding.implicit:
        return head + encoding.long.pack(said) + content
    if vr.encode() in LONG_VRS:
        return head + vr.encode() + b"\0\0" + encoding.long.pack(said) + content
    return head + vr.encode() + encoding.short.pack(said) + content


def item(content: bytes, encoding: DataSetEncoding = EXPLICIT_LITTLE_ENDIAN, *, defined: bool) -> bytes:
    if defined:
        return tag_bytes(0xFFFEE000, encoding) + encoding.long.pack(len(content)) + content
    end = tag_bytes(0xFFFEE00D, encoding) + bytes(4)
    return tag_bytes(0xFFFEE000, encoding) + encoding.long.pack(UNDEFINED) + content + end


def sequence(
    tag: int,
    items: list[bytes],
    encoding: DataSetEncoding = EXPLICIT_LITTLE_ENDIAN,
    *,
    defined: bool = False,
    vr: str = "SQ",
) -> bytes:
    """Return the bytes of a sequence with complete items."""
    content = b"".join(items)
    if defined:
        return element(tag, vr, content, encoding)
    end = tag_bytes(0xFFFEE0DD, encoding) + bytes(4)
    return element(tag, vr, content, encoding, length=UNDEFINED) + end


def even(text: str, padding: str = "\0") -> str:
    return text + padding * (len(text) % 2)


def uid_elements(encoding: DataSetEncoding = EXPLICIT_LITTLE_ENDIAN, **uids: str) -> dict[int, bytes]:
    """Return the four identifying elements: tag -> bytes. A keyword such as `x0020000D` replaces a value."""
    values = UID_TAGS | {int(name[1:], 16): value for name, value in uids.items()}
    return {tag: element(tag, "UI", even(value), encoding) for tag, value in values.items()}


def content(
    encoding: DataSetEncoding = EXPLICIT_LITTLE_ENDIAN, more: dict[int, bytes] | None = None, **uids: str
) -> bytes:
    """Return a data set in the order of tags: the UIDs, `more`, and Rows, which is after the last wanted tag."""
    rows = {0x00280010: element(0x00280010, "US", encoding.short.pack(1), encoding)}
    elements = uid_elements(encoding, **uids) | rows | (more or {})
    return b"".join(elements[tag] for tag in sorted(elements))


def meta(syntax: str | None = p10_files.EXPLICIT_LITTLE, *, instance: str = "", sop_class: str = "") -> bytes:
    """Return the file meta without preamble and prefix."""
    parts = [(0x00020002, sop_class), (0x00020003, instance), (0x00020010, syntax)]
    inner = b"".join(element(tag, "UI", even(value)) for tag, value in parts if value)
    return element(0x00020000, "UL", struct.pack("<L", len(inner))) + inner


def p10(
    data: bytes, syntax: str | None = p10_files.EXPLICIT_LITTLE, *, instance: str = "", sop_class: str = ""
) -> bytes:
    """Return a P10 file with the data set `data`."""
    return bytes(128) + b"DICM" + meta(syntax, instance=instance, sop_class=sop_class) + data


def read(file: bytes, wanted: WantedAttributes | None = None) -> Header | RejectedFile:
    """Read a header from bytes."""
    return read_header(
        lambda offset, length: file[offset : offset + length], len(file), wanted or WantedAttributes.default()
    )


def header_of(file: bytes, wanted: WantedAttributes | None = None) -> Header:
    """Read a header from bytes that must have one."""
    found = read(file, wanted)
    assert isinstance(found, Header), [issue.message for issue in found.issues]
    return found


def codes(found: Header | RejectedFile) -> list[str]:
    return [issue.code for issue in found.issues]


def read_with_reader(reader: HeaderReader, file: bytes) -> Header | RejectedFile:
    """Read a header from bytes with a HeaderReader, which may have layouts of earlier files."""
    return reader.read(lambda offset, length: file[offset : offset + length], len(file))


def make_warm_reader(*files: bytes, wanted: WantedAttributes | None = None) -> HeaderReader:
    """Return a HeaderReader that has read some files, and so has their layouts."""
    reader = HeaderReader(wanted or WantedAttributes.default())
    for file in files:
        read_with_reader(reader, file)
    return reader
