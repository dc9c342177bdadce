"""Detect archives and compressed files by their first bytes."""

from __future__ import annotations

from typing import NamedTuple

_COMPRESSED_FILE_SIGNATURES = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"\x04\x22\x4d\x18", "LZ4"),
    (b"\x1f\x9d", "compress"),
)
_ARCHIVE_SIGNATURES = (
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
)
_TAR_SIGNATURE_SPAN = slice(257, 262)
"""The bytes of a tar file that contain the text `ustar` (POSIX.1-2017, "ustar Interchange Format")."""

SQLITE_SIGNATURE = b"SQLite format 3\0"
"""The first bytes of an SQLite file, such as an inventory."""

HEAD_BYTES = _TAR_SIGNATURE_SPAN.stop
"""The number of bytes at the beginning of a file that `detect_packed_format` needs."""


class PackedFormat(NamedTuple):
    """The format of an archive or compressed file."""

    kind: str
    """The name of the format, such as gzip or 7-Zip."""
    is_archive: bool
    """Whether a file of this format can contain several files."""


def detect_packed_format(head: bytes) -> PackedFormat | None:
    """Return the format of an archive or compressed file. Return None for any other file.

    Args:
        head: The first HEAD_BYTES bytes of the file, or all bytes if the file is shorter.
    """
    for signature, kind in _COMPRESSED_FILE_SIGNATURES:
        if head.startswith(signature):
            return PackedFormat(kind, is_archive=False)
    for signature, kind in _ARCHIVE_SIGNATURES:
        if head.startswith(signature):
            return PackedFormat(kind, is_archive=True)
    return PackedFormat("tar", is_archive=True) if head[_TAR_SIGNATURE_SPAN] == b"ustar" else None
