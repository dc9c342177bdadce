"""Convert stored pixel values to greys: apply the modality LUT, then the VOI LUT or window (PS3.3 C.11)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom import Dataset
from pydicom.multival import MultiValue
from pydicom.pixels.processing import apply_modality_lut, apply_voi, apply_windowing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.floating[Any]]
    Array = NDArray[Any]

WINDOW_FROM_FILE = "window from the file"
WINDOW_BY_PERCENTILES = "window by percentiles"
WINDOW_INSTEAD_OF_FILE = "window by percentiles, because that of the file shows nothing"
WINDOW_OF_SEGMENTATION = "window of a segmentation"
EMPTY_SEGMENTATION = "window of a segmentation, no pixel is in it"
NO_WINDOW = "all pixels have one value"

_MAX_LOOKUP_TABLE_SIZE = 2**16
"""Maximum number of entries in a lookup table from stored values to greys. A larger range of values has no table."""
_SAMPLE_SIZE = 2**18
"""Approximate number of pixels from which percentiles are computed. These pixels are spread evenly over the image."""
_PERCENTILES = (1, 99)
_BACKGROUND_SHARE = 0.25
"""If at least this share of the pixels has the lowest value, these pixels are background, which percentiles ignore.

A mosaic has black tiles, and a projection has black corners.
"""
_DARK, _BRIGHT = 32, 223
"""Grey levels. An image shows nothing if 99% of its pixels are darker than the first, or brighter than the second."""
_MID_GREY = 128
"""The grey of an image whose pixels all have the same value. Black would look like an empty image."""
_VOI_LUT_FUNCTIONS = frozenset({"LINEAR", "LINEAR_EXACT", "SIGMOID"})


def to_greys(stored: Array, attributes: Dataset) -> tuple[NDArray[np.uint8], str]:
    """Return an image as greys from 0 (black) to 255 (white), and a text that gives the source of its window.

    A window is the range of values that are shown. If the file has a VOI LUT (a table from values to greys), its
    windows are ignored. If it has several windows, the first window is used. Padding pixels and values that are not
    numbers are black.
    """
    padding = _compute_padding_mask(stored, attributes)
    whole = stored.dtype.kind in "iu"
    low, high = (int(stored.min()), int(stored.max())) if whole else (0, 0)
    by_table = whole and high - low < _MAX_LOOKUP_TABLE_SIZE
    places = stored.astype(np.int32) - low if by_table else None
    values = np.arange(low, high + 1) if by_table else stored
    meaning = _apply_modality_lut(values, attributes)
    shown, origin = _apply_window(meaning, _compute_sample_values(meaning, places, padding), attributes)
    if attributes.get("PhotometricInterpretation") == "MONOCHROME1":
        shown = 255 - shown
    shades = np.rint(np.nan_to_num(np.clip(shown, 0, 255), nan=0)).astype(np.uint8)
    picture = shades if places is None else shades[places]
    if padding is not None:
        picture[padding] = 0
    return picture, origin


def _apply_modality_lut(values: Array, attributes: Dataset) -> Numbers:
    """Return stored values in the units of the modality, for example Hounsfield units (PS3.3 C.11.1)."""
    if attributes.get("ModalityLUTSequence"):
        return apply_modality_lut(values.astype(np.int64), attributes).astype(np.float64)
    slope, intercept = _get_first_number(attributes, "RescaleSlope"), _get_first_number(attributes, "RescaleIntercept")
    if not slope or intercept is None:  # a slope of zero would make all pixels equal
        return values.astype(np.float64)
    return values * slope + intercept


def _compute_sample_values(meaning: Numbers, places: Array | None, padding: NDArray[np.bool_] | None) -> Numbers:
    """Return a sample of the pixel values of an image, without padding, infinite values and NaN.

    Args:
        meaning: Values in the units of the modality: of each pixel, or of each entry of a lookup table.
        places: The index of each pixel in the lookup table `meaning`; None if `meaning` has a value for each pixel.
        padding: An array that is True at padding pixels; None without padding.
    """
    flat = (meaning if places is None else places).ravel()
    step = max(1, flat.size // _SAMPLE_SIZE)
    chosen = flat[::step]
    if padding is not None:
        chosen = chosen[~padding.ravel()[::step]]
    values = chosen if places is None else meaning[chosen]
    return values[np.isfinite(values)]


def _apply_window(meaning: Numbers, sample: Numbers, attributes: Dataset) -> tuple[Numbers, str]:
    if attributes.get("VOILUTSequence"):
        return _apply_voi_lut(meaning, attributes), WINDOW_FROM_FILE
    with_background, sample = sample, _leave_out_background(sample)
    center, width = _get_first_number(attributes, "WindowCenter"), _get_first_number(attributes, "WindowWidth")
    window = None
    if center is not None and width is not None and width > 0:
        window = _make_window_dataset(center, width, attributes)
        if _has_visible_contrast(sample, window):
            return apply_windowing(meaning, window), WINDOW_FROM_FILE
    if (largest := _find_max_segmentation_value(attributes)) is not None:
        return meaning * (255 / largest), WINDOW_OF_SEGMENTATION if sample.any() else EMPTY_SEGMENTATION
    low, high = 0.0, 1.0
    if sample.size:  # only the background gets the darkest grey, so that the lowest values of the image differ from it
        low = float(np.percentile(with_background, _PERCENTILES[0]))
        high = float(np.percentile(sample, _PERCENTILES[1]))
    if not low < high and sample.size:
        low, high = float(sample.min()), float(sample.max())
    if not low < high and sample.size:
        return np.where(np.isfinite(meaning), float(_MID_GREY), meaning), NO_WINDOW
    origin = WINDOW_BY_PERCENTILES if window is None else WINDOW_INSTEAD_OF_FILE
    return (meaning - low) * (255 / ((high - low) or 1)), origin


def _leave_out_background(sample: Numbers) -> Numbers:
    """Return a sample of pixel values without the background, which has the lowest value.

    If too few pixels have the lowest value, or if all other pixels have the same value, return the sample unchanged.
    """
    if not sample.size:
        return sample
    foreground = sample[sample > sample.min()]
    is_background = foreground.size <= (1 - _BACKGROUND_SHARE) * sample.size
    return foreground if is_background and foreground.size and np.ptp(foreground) > 0 else sample


def _has_visible_contrast(sample: Numbers, window: Dataset) -> bool:
    """Return whether an image with a window has visible contrast: it is neither nearly black nor nearly white.

    If all values are equal, return True, because no other window would show more.
    """
    if not sample.size or not np.ptp(sample):
        return True
    dark, bright = np.percentile(apply_windowing(sample, window), _PERCENTILES)
    return bool(bright > _DARK and dark < _BRIGHT)


def _find_max_segmentation_value(attributes: Dataset) -> float | None:
    """Return the largest possible pixel value of a segmentation (PS3.3 C.8.20.2). Return None for other images."""
    kind = attributes.get("SegmentationType")
    if kind == "FRACTIONAL":
        largest = _get_first_number(attributes, "MaximumFractionalValue")
        return largest if largest is not None and largest > 0 else None
    return 1.0 if kind == "BINARY" or attributes.get("BitsAllocated") == 1 else None


def _make_window_dataset(center: float, width: float, attributes: Dataset) -> Dataset:
    """Return a data set with which pydicom applies a window to pixels. The new pixel values are from 0 to 255."""
    function = attributes.get("VOILUTFunction")
    screen = Dataset()
    screen.PhotometricInterpretation = "MONOCHROME2"
    screen.PixelRepresentation = 0
    screen.BitsStored = 8
    screen.WindowCenter = center
    screen.WindowWidth = width
    screen.VOILUTFunction = function if function in _VOI_LUT_FUNCTIONS else "LINEAR"
    if width < 1 and screen.VOILUTFunction == "LINEAR":
        screen.VOILUTFunction = (
            "LINEAR_EXACT"  # LINEAR needs a width of 1 or more (PS3.3 C.11.2.1.2.1), but some files have less
        )
    return screen


def _apply_voi_lut(meaning: Numbers, attributes: Dataset) -> Numbers:
    entries, first, bits = attributes.VOILUTSequence[0].LUTDescriptor
    inside = np.clip(np.nan_to_num(meaning), first, first + (entries or 2**16) - 1)  # pydicom's index may overflow
    return np.asarray(apply_voi(np.rint(inside).astype(np.int64), attributes) * (255 / (2**bits - 1)), np.float64)


def _compute_padding_mask(stored: Array, attributes: Dataset) -> NDArray[np.bool_] | None:
    """Return an array that is True at padding pixels.

    Return None if the file declares no padding (PS3.3 C.7.5.1.1.2).
    """
    value = _get_first_number(attributes, "PixelPaddingValue")
    if value is None:
        return None
    other = _get_first_number(attributes, "PixelPaddingRangeLimit")
    bounds = [_convert_padding_to_signed(bound, stored) for bound in (value, value if other is None else other)]
    return (stored >= min(bounds)) & (stored <= max(bounds))


def _convert_padding_to_signed(value: float, stored: Array) -> float:
    """Return a padding value as a signed number if the pixels are signed. Files may store it as an unsigned number."""
    if stored.dtype.kind == "i" and value > np.iinfo(stored.dtype).max:
        return value - float(2 ** (8 * stored.dtype.itemsize))
    return value


def _get_first_number(attributes: Dataset, keyword: str) -> float | None:
    """Return the first value of an attribute as a float. Return None if it is missing or not a finite number."""
    value = attributes.get(keyword)
    if isinstance(value, MultiValue):
        value = value[0] if value else None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
