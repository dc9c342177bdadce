"""Detect archives and compressed files by their first bytes."""

from __future__ import annotations

from typing import NamedTuple

_COMPRESSED = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"\x04\x22\x4d\x18", "LZ4"),
    (b"\x1f\x9d", "compress"),
)
_ARCHIVES = (
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
)
_TAR = slice(257, 262)
"""The bytes that are `ustar` in a tar file (POSIX.1-2017, "ustar Interchange Format")."""

HEAD_BYTES = _TAR.stop
"""Bytes at the beginning of a file that `detect_packed_format` needs."""


class PackedFormat(NamedTuple):
    """The format of an archive or compressed file."""

    kind: str
    """The name of the format, such as gzip or 7-Zip."""
    is_archive: bool
    """Whether it can hold several files."""


def detect_packed_format(head: bytes) -> PackedFormat | None:
    """Return the format of an archive or compressed file; None for any other file.

    Args:
        head: The first HEAD_BYTES bytes of the file, or all if it is shorter.

    """
    for first, kind in _COMPRESSED:
        if head.startswith(first):
            return PackedFormat(kind, is_archive=False)
    for first, kind in _ARCHIVES:
        if head.startswith(first):
            return PackedFormat(kind, is_archive=True)
    return PackedFormat("tar", is_archive=True) if head[_TAR] == b"ustar" else None
