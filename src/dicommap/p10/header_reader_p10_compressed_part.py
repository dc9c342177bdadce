"""Files that are no DICOM data because something else packed them: archives and compressed files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.issues import Issue, make_issue
from dicommap.reading.file_signatures import HEAD_BYTES, detect_packed_format

if TYPE_CHECKING:
    from dicommap.p10.byte_window import ByteWindow


def detect_packed_file(window: ByteWindow) -> Issue | None:
    """Return the issue of an archive or a compressed file, or None for any other file."""
    found = detect_packed_format(window.bytes_at(0, min(window.size, HEAD_BYTES)))
    if found is None:
        return None
    return make_issue("p10.archive-file" if found.is_archive else "p10.compressed-file", kind=found.kind)
