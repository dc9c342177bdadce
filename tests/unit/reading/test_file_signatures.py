"""Archives and compressed files are known by their first bytes, as programs write them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest

from dicommap.reading.file_signatures import HEAD_BYTES, detect_packed_format


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a", b"x")
    return content.getvalue()


def tarred() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return content.getvalue()


@pytest.mark.parametrize(
    ("data", "kind", "is_archive"),
    [
        (gzip.compress(b"x"), "gzip", False),
        (bz2.compress(b"x"), "bzip2", False),
        (lzma.compress(b"x"), "xz", False),
        (b"\x28\xb5\x2f\xfd" + bytes(9), "Zstandard", False),
        (zipped(), "ZIP", True),
        (tarred(), "tar", True),
        (b"7z\xbc\xaf\x27\x1c\0\4", "7-Zip", True),
        (b"Rar!\x1a\x07\1\0", "RAR", True),
    ],
)
def test_formats_are_named(data: bytes, kind: str, is_archive: bool) -> None:
    assert detect_packed_format(data[:HEAD_BYTES]) == (kind, is_archive)


@pytest.mark.parametrize("data", [b"", b"\x1f", bytes(128) + b"DICM" + bytes(200), b"StudyInstanceUID,PatientID\n"])
def test_other_files_are_none(data: bytes) -> None:
    assert detect_packed_format(data[:HEAD_BYTES]) is None
