"""Files that are no DICOM data because something else packed them: archives and compressed files, by how they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.issues import Issue, issue

if TYPE_CHECKING:
    from dicommap.p10.window import Window

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
"""Where a tar header has `ustar` (POSIX.1-2017, "ustar Interchange Format")."""


def packed_file_issue(window: Window) -> Issue | None:
    """Return the issue of an archive or a compressed file, or None for any other file."""
    head = window.bytes_at(0, min(window.size, _TAR.stop))
    for magic, kind in _COMPRESSED:
        if head.startswith(magic):
            return issue("p10.compressed-file", kind=kind)
    for magic, kind in _ARCHIVES:
        if head.startswith(magic):
            return issue("p10.archive-file", kind=kind)
    return issue("p10.archive-file", kind="tar") if head[_TAR] == b"ustar" else None
