"""Decoded frames as they come to the screen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from dicommap.pictures.frame_decoding import DecodedFrame
from dicommap.pictures.frame_image import compute_pixel_aspect_ratio, to_8_bit_pixels
from tests.support.image_files import Array, attributes, make_ramp


def frame(array: Array, **values: Any) -> DecodedFrame:
    given = attributes(**values)
    given.file_meta = FileMetaDataset()
    given.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.1")
    return DecodedFrame(array, given)


def test_colours_of_more_bits_are_scaled_to_eight() -> None:
    colours = np.array([[[0, 2048, 4095]]], "uint16")
    found, remark = to_8_bit_pixels(frame(colours, PhotometricInterpretation="RGB", BitsStored=12), 0)
    assert found.tolist() == [[[0, 128, 255]]]
    assert remark == ""


@pytest.mark.parametrize(("entries", "scale"), [("uint8", 1), ("uint16", 257), ("uint16", 1)])
def test_a_palette_gives_colours_and_its_ends_hold_beyond_it(entries: str, scale: int) -> None:
    tables = {
        f"{name}PaletteColorLookupTableData": (np.array(table) * scale).astype(entries).tobytes()
        for name, table in (("Red", [10, 20, 30, 40]), ("Green", [0, 0, 255, 255]), ("Blue", [1, 2, 3, 4]))
    }
    given = frame(
        np.array([[0, 100, 101], [103, 104, 400]], "uint16"),
        PhotometricInterpretation="PALETTE COLOR",
        RedPaletteColorLookupTableDescriptor=[4, 100, 8 if entries == "uint8" else 16],
        **tables,
    )
    found, _ = to_8_bit_pixels(given, 0)
    assert found[..., 0].tolist() == [[10, 10, 20], [40, 40, 40]]
    assert found[..., 1].tolist() == [[0, 0, 0], [255, 255, 255]]


def test_each_frame_has_its_own_window() -> None:
    windows = [
        attributes(FrameVOILUTSequence=Sequence([attributes(WindowCenter=center, WindowWidth=100)]))
        for center in (100, 900)
    ]
    shared = attributes(
        PixelValueTransformationSequence=Sequence([attributes(RescaleSlope=10, RescaleIntercept=0)]),
        FrameVOILUTSequence=Sequence([attributes(WindowCenter=1, WindowWidth=1)]),
    )
    stored = make_ramp(0, 100)
    given = frame(
        stored,
        SharedFunctionalGroupsSequence=Sequence([shared]),
        PerFrameFunctionalGroupsSequence=Sequence(windows),
    )
    means = [to_8_bit_pixels(given, index)[0].mean() for index in (0, 1)]
    assert means[0] > 200
    assert means[1] < 50


@pytest.mark.parametrize(
    ("values", "height"),
    [
        ({}, 1),
        ({"PixelSpacing": [2, 1]}, 2),
        ({"PixelAspectRatio": [3, 4]}, 0.75),
        ({"PixelSpacing": [0, 1]}, 1),
        ({"PixelSpacing": [1, 1000]}, 1),
        ({"PixelSpacing": [1]}, 1),
        ({"PixelSpacing": None, "ImagerPixelSpacing": [1, 2]}, 0.5),
    ],
)
def test_pixels_have_the_height_that_the_file_says(values: dict[str, Any], height: float) -> None:
    assert compute_pixel_aspect_ratio(attributes(**values)) == height
