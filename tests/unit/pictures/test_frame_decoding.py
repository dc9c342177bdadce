"""What compressed images say of their own size."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.encaps import get_frame

from dicommap.pictures.frame_decoding import read_declared_sample_count

NAMES = [
    "JPEG2000.dcm",
    "693_J2KI.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "JPEGLSNearLossless_16.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "JPEG-lossy.dcm",
    "GDCMJ2K_TextGBR.dcm",
]


@pytest.mark.parametrize("name", NAMES)
def test_real_images_are_as_large_as_their_attributes_say(pydicom_files: Path, name: str) -> None:
    dataset = dcmread(pydicom_files / "test_files" / name)
    codestream = get_frame(dataset.PixelData, 0)
    samples = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel
    assert read_declared_sample_count(codestream) == samples
    assert read_declared_sample_count(codestream[:10]) is None


def test_an_image_of_another_kind_says_nothing() -> None:
    assert read_declared_sample_count(b"") is None
    assert read_declared_sample_count(bytes(100)) is None
    assert read_declared_sample_count(b"\xff\xd8\xff\xd9") is None


def test_fill_bytes_and_restart_markers_are_passed() -> None:
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, 300, 200, 3)
    assert read_declared_sample_count(b"\xff\xd8\xff\xff\xd0" + frame) == 180_000
    assert read_declared_sample_count(b"\xff\xd8\xff\x01\xff\xe0\x00\x04ab" + frame) == 180_000
