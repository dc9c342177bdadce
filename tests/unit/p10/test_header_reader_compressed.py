"""Archives and compressed files are named as such, by how they begin and whatever they are called."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest

from dicommap.model.study import Disposition
from dicommap.p10 import RejectedFile, WantedAttributes, read_header
from tests.support.p10_files import p10

CONTENT = b"content" * 100


def zipped(*, empty: bool = False) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if not empty:
            archive.writestr("a", CONTENT)
    return buffer.getvalue()


def tarred(form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return buffer.getvalue()


COMPRESSED = {
    "gzip": gzip.compress(CONTENT),
    "bzip2": bz2.compress(CONTENT),
    "xz": lzma.compress(CONTENT),
    "Zstandard": b"\x28\xb5\x2f\xfd" + CONTENT,
    "LZ4": b"\x04\x22\x4d\x18" + CONTENT,
    "compress": b"\x1f\x9d\x90" + CONTENT,
}
ARCHIVES = [
    ("ZIP", zipped()),
    ("ZIP", zipped(empty=True)),
    ("7-Zip", b"7z\xbc\xaf\x27\x1c\x00\x04" + CONTENT),
    ("RAR", b"Rar!\x1a\x07\x01\x00" + CONTENT),
    ("tar", tarred(tarfile.USTAR_FORMAT)),
    ("tar", tarred(tarfile.GNU_FORMAT)),
]


def refusal(content: bytes) -> RejectedFile:
    found = read_header(
        lambda offset, length: content[offset : offset + length], len(content), WantedAttributes.default()
    )
    assert isinstance(found, RejectedFile)
    assert found.disposition is Disposition.NOT_DICOM
    return found


@pytest.mark.parametrize("kind", COMPRESSED)
def test_a_compressed_file_names_its_compression(kind: str) -> None:
    (found,) = refusal(COMPRESSED[kind]).issues

    assert found.code == "p10.compressed-file"
    assert f"compressed with {kind};" in found.message


@pytest.mark.parametrize(("kind", "content"), ARCHIVES)
def test_an_archive_names_its_kind(kind: str, content: bytes) -> None:
    (found,) = refusal(content).issues

    assert found.code == "p10.archive-file"
    assert f"({kind})" in found.message


@pytest.mark.parametrize("content", [b"\x1f", b"PK", b"text" * 100, b"\x1f\x8b", bytes(262)])
def test_any_other_file_is_only_no_dicom_file(content: bytes) -> None:
    assert [found.code for found in refusal(content).issues] == ["p10.not-dicom"]


def test_a_p10_file_whose_preamble_looks_like_a_compressed_file_is_read() -> None:
    content = b"\x1f\x8b\x08" + p10()[3:]

    found = read_header(
        lambda offset, length: content[offset : offset + length], len(content), WantedAttributes.default()
    )

    assert found.disposition is Disposition.INSTANCE
