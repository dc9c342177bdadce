"""Stored values to greys, beside formulas written out here and beside pydicom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut
from pydicom.sequence import Sequence

from dicommap.pictures.windowing import (
    EMPTY_SEGMENTATION,
    NO_WINDOW,
    WINDOW_BY_PERCENTILES,
    WINDOW_FROM_FILE,
    WINDOW_INSTEAD_OF_FILE,
    WINDOW_OF_SEGMENTATION,
    to_greys,
)
from tests.support.image_files import Array, attributes, make_ramp


def shown(stored: Array, **values: Any) -> Array:
    return to_greys(stored, attributes(**values))[0].astype(int)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("dtype", ["int16", "uint16", "int8", "uint8", "int32"])
def test_a_window_is_what_pydicom_makes_of_it(function: str, dtype: str) -> None:
    stored = make_ramp(0, 100, dtype)
    values = {"WindowCenter": 40, "WindowWidth": 50, "VOILUTFunction": function, "RescaleSlope": 2}
    given = attributes(**values, RescaleIntercept=-60, PixelRepresentation=int(dtype[0] == "i"), BitsStored=8)
    found, origin = to_greys(stored, given)
    reference = apply_voi_lut(apply_modality_lut(stored, given), given)
    low, high = given.PixelRepresentation * -256 - 60, given.PixelRepresentation * -256 + 450
    assert origin == WINDOW_FROM_FILE
    assert np.abs(found - (reference - low) / (high - low) * 255).max() <= 0.51


def test_the_first_of_several_windows_counts() -> None:
    stored = make_ramp(0, 1000)
    both = shown(stored, WindowCenter=[100, 900], WindowWidth=[50, 100])
    assert (both == shown(stored, WindowCenter=100, WindowWidth=50)).all()


@pytest.mark.parametrize(
    "window",
    [
        {"WindowCenter": 10, "WindowWidth": 0},
        {"WindowCenter": 10, "WindowWidth": -4},
        {"WindowCenter": float("nan"), "WindowWidth": 10},
        {"WindowCenter": 10, "WindowWidth": float("inf")},
        {"WindowCenter": 10},
        {"WindowCenter": None, "WindowWidth": None},
        {},
    ],
)
def test_without_a_window_that_can_be_percentiles_decide(window: dict[str, Any]) -> None:
    stored = make_ramp(-500, 500)
    stored[0, 0] = 30_000  # one bright spot must not darken the rest
    found, origin = to_greys(stored, attributes(**window))
    assert origin == WINDOW_BY_PERCENTILES
    low, high = np.percentile(stored, [1, 99])
    assert np.abs(found - np.clip((stored - low) / (high - low), 0, 1) * 255).max() <= 0.51


def test_a_linear_window_narrower_than_one_is_taken_as_exact() -> None:
    stored = np.linspace(0, 1, 64, dtype="float32").reshape(8, 8)
    assert (
        np.abs(shown(stored, WindowCenter=0.5, WindowWidth=0.8) - np.clip((stored - 0.1) / 0.8, 0, 1) * 255).max() < 1
    )


def test_monochrome1_is_the_other_way_round() -> None:
    stored = make_ramp(0, 1000)
    light = shown(stored, WindowCenter=500, WindowWidth=800)
    dark = shown(stored, WindowCenter=500, WindowWidth=800, PhotometricInterpretation="MONOCHROME1")
    assert (dark == 255 - light).all()
    assert light[0, 0] == 0
    assert dark[0, 0] == 255


@pytest.mark.parametrize("slope", [0, float("nan"), None])
def test_a_rescale_that_leaves_nothing_is_not_applied(slope: float | None) -> None:
    stored = make_ramp(0, 1000)
    window = {"WindowCenter": 500, "WindowWidth": 800}
    assert (shown(stored, RescaleSlope=slope, RescaleIntercept=5, **window) == shown(stored, **window)).all()


@pytest.mark.parametrize(("dtype", "value"), [("int16", -2000), ("int16", 63536), ("uint16", 63536)])
def test_padding_is_black_and_left_out_of_percentiles(dtype: str, value: int) -> None:
    stored = make_ramp(100, 200, dtype)
    whole = shown(stored)
    padded = stored.copy()
    padded[:, 8:] = np.array([value]).astype(dtype)[0]
    found = shown(padded, PixelPaddingValue=value, PhotometricInterpretation="MONOCHROME1")
    assert (found[:, 8:] == 0).all()
    low, high = np.percentile(stored[:, :8], [1, 99])
    assert np.abs(found[:, :8] - 255 + np.clip((stored[:, :8] - low) / (high - low), 0, 1) * 255).max() <= 0.51
    assert whole.max() == 255


def test_a_range_of_padding_is_black() -> None:
    stored = make_ramp(0, 255, "uint8")
    found = shown(stored, PixelPaddingValue=200, PixelPaddingRangeLimit=255, WindowCenter=128, WindowWidth=256)
    assert (found[stored >= 200] == 0).all()
    assert (found[(stored > 1) & (stored < 200)] > 0).all()


def lut(entries: list[int], first: int, bits: int) -> Sequence:
    item = attributes(LUTDescriptor=[len(entries), first, bits])
    item.add_new("LUTData", "US", entries)
    return Sequence([item])


@pytest.mark.parametrize(("bits", "highest"), [(8, 255), (12, 4095), (16, 65535)])
def test_a_voi_lut_comes_before_a_window(bits: int, highest: int) -> None:
    stored = make_ramp(-50, 400)
    entries = [round(number / 99 * highest) for number in range(100)]
    found = shown(stored, VOILUTSequence=lut(entries, 100, bits), WindowCenter=0, WindowWidth=1)
    assert np.abs(found - np.clip(stored.astype(float) - 100, 0, 99) / 99 * 255).max() <= 1


def test_a_modality_lut_comes_before_all() -> None:
    stored = make_ramp(0, 9, "uint8", (2, 5))
    found = shown(stored, ModalityLUTSequence=lut([9 - n for n in range(10)], 0, 16), WindowCenter=5, WindowWidth=10)
    assert (np.diff(found.ravel()) < 0).all()


def test_one_bit_is_black_and_white() -> None:
    stored = np.zeros((32, 32), "uint8")
    stored[3, 4] = 1
    assert set(np.unique(shown(stored))) == {0, 255}


def test_what_is_not_a_number_is_black() -> None:
    stored = make_ramp(0, 100, "float32")
    stored[0, :3] = [np.nan, np.inf, -np.inf]
    found = shown(stored)
    assert found[0, 0] == found[0, 2] == 0
    assert found[0, 1] == 255
    assert found[-1, -1] == 255
    assert (shown(np.full((4, 4), np.nan, "float64")) == 0).all()


def test_an_image_of_one_value_is_drawn() -> None:
    assert len(np.unique(shown(np.full((4, 4), 7, "int16")))) == 1


def test_values_over_a_wide_range_need_no_table() -> None:
    stored = np.array([[-(2**31), 0], [2**30, 2**31 - 1]], "int32")
    found = shown(stored, WindowCenter=0, WindowWidth=2**32)
    assert found.tolist() == [[0, 128], [191, 255]]


@pytest.mark.parametrize(
    ("value", "told", "grey"),
    [
        (0, {"SegmentationType": "BINARY"}, 0),
        (1, {"SegmentationType": "BINARY"}, 255),
        (1, {"BitsAllocated": 1}, 255),
        (0, {"BitsAllocated": 1}, 0),
        (0, {"SegmentationType": "FRACTIONAL", "MaximumFractionalValue": 200}, 0),
        (200, {"SegmentationType": "FRACTIONAL", "MaximumFractionalValue": 200}, 255),
        (50, {"SegmentationType": "FRACTIONAL", "MaximumFractionalValue": 200}, 64),
    ],
)
def test_segmentations_have_the_window_of_their_values(value: int, told: dict[str, Any], grey: int) -> None:
    found, origin = to_greys(np.full((4, 4), value, "uint8"), attributes(**told))
    assert origin == (WINDOW_OF_SEGMENTATION if value else EMPTY_SEGMENTATION)
    assert (found == grey).all()


@pytest.mark.parametrize("value", [0, 500, -3])
@pytest.mark.parametrize("more", [{}, {"PhotometricInterpretation": "MONOCHROME1"}, {"SegmentationType": "FRACTIONAL"}])
def test_an_image_of_one_value_is_grey_and_says_so(value: int, more: dict[str, Any]) -> None:
    found, origin = to_greys(np.full((4, 4), value, "int16"), attributes(**more))
    assert origin == NO_WINDOW
    assert ((found >= 127) & (found <= 128)).all()


def test_an_image_of_one_value_with_a_window_is_shown_by_it() -> None:
    found, origin = to_greys(np.full((4, 4), 500, "int16"), attributes(WindowCenter=500, WindowWidth=100))
    assert origin == WINDOW_FROM_FILE
    assert (np.abs(found.astype(int) - 128) <= 2).all()


def make_mosaic(brightest: int) -> Array:
    """Return a mosaic as scanners write it: one tile of sixteen has tissue, and the others are black."""
    mosaic = np.zeros((64, 64), "uint16")
    mosaic[:16, :16] = make_ramp(1, brightest, "uint16")
    return mosaic


def test_a_window_of_the_file_that_leaves_an_image_black_is_not_used() -> None:
    """Files of some scanners have a window for 12 bits, and use a tenth of these values."""
    mosaic = make_mosaic(300)
    found, origin = to_greys(mosaic, attributes(WindowCenter=2048, WindowWidth=4096))
    assert origin == WINDOW_INSTEAD_OF_FILE
    assert found[:16, :16].max() == 255
    assert 100 < found[:16, :16].mean() < 155
    assert not found[16:].any()


def test_a_window_of_the_file_that_leaves_an_image_white_is_not_used() -> None:
    found, origin = to_greys(make_ramp(3000, 4000), attributes(WindowCenter=100, WindowWidth=200))
    assert origin == WINDOW_INSTEAD_OF_FILE
    assert 100 < found.mean() < 155


def test_a_dark_image_with_bright_spots_keeps_the_window_of_the_file() -> None:
    stored = make_ramp(0, 100)
    stored[:2] = 1000
    assert to_greys(stored, attributes(WindowCenter=500, WindowWidth=1000))[1] == WINDOW_FROM_FILE


def test_background_does_not_count_for_percentiles() -> None:
    mosaic = make_mosaic(300)
    mosaic[0, 0] = 4000
    found, origin = to_greys(mosaic, attributes())
    assert origin == WINDOW_BY_PERCENTILES
    assert np.median(found[:16, :16]) > 100
    assert not found[16:].any()
