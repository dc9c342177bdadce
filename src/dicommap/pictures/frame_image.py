"""A decoded frame as an image for the screen: greys or RGB of 8 bits, in the shape that it has on the patient."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom import Dataset
from pydicom.pixels.processing import apply_color_lut

from dicommap.pictures.windowing import to_greys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicommap.pictures.frame_decoding import DecodedFrame

_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio")
_MAX_ASPECT_RATIO = 10.0
"""How far from square a pixel may be; what says more is taken for a mistake."""
_FUNCTIONAL_GROUPS = ("PixelValueTransformationSequence", "FrameVOILUTSequence", "PixelMeasuresSequence")
"""Functional groups (PS3.3 C.7.6.16.2) whose attributes say how a frame is shown."""


def to_8_bit_pixels(frame: DecodedFrame, index: int) -> tuple[NDArray[np.uint8], str]:
    """Return the image as an array of 8 bits, (rows, columns) or (rows, columns, 3), and a remark on its window."""
    attributes = merge_frame_attributes(frame.attributes, index)
    if attributes.get("PhotometricInterpretation") == "PALETTE COLOR":
        return _apply_palette(frame.array, attributes), ""
    if frame.array.ndim == 3:
        return _scale_to_8_bits(frame.array, attributes.get("BitsStored") or 8 * frame.array.dtype.itemsize), ""
    return to_greys(frame.array, attributes)


def merge_frame_attributes(attributes: Dataset, index: int) -> Dataset:
    """Return the attributes of one frame: what functional groups, its own and shared, say is put on the top level."""
    merged = Dataset()
    merged.update(attributes)
    merged.file_meta = attributes.file_meta
    shared = attributes.get("SharedFunctionalGroupsSequence") or []
    each = attributes.get("PerFrameFunctionalGroupsSequence") or []
    for groups in (*shared[:1], *each[index : index + 1]):
        for keyword in _FUNCTIONAL_GROUPS:
            for item in (groups.get(keyword) or [])[:1]:
                merged.update(item)
    return merged


def pixel_aspect_ratio(attributes: Dataset) -> float:
    """Return the height of a pixel in widths of one; 1 where nothing credible is said."""
    for keyword in _SPACINGS:
        try:
            vertical, horizontal = map(float, attributes.get(keyword) or ())
        except (TypeError, ValueError):
            continue
        if vertical > 0 < horizontal and math.isfinite(vertical / horizontal):
            ratio = vertical / horizontal
            return ratio if 1 / _MAX_ASPECT_RATIO <= ratio <= _MAX_ASPECT_RATIO else 1.0
    return 1.0


def _apply_palette(stored: NDArray[Any], attributes: Dataset) -> NDArray[np.uint8]:
    entries, first, _ = attributes.RedPaletteColorLookupTableDescriptor
    inside = np.clip(stored.astype(np.int64), first, first + (entries or 2**16) - 1)  # pydicom's index may overflow
    colours = apply_color_lut(inside, attributes)[..., :3]
    # Palettes of 16 bits are found with entries of 8, in the lower byte.
    return _scale_to_8_bits(colours, 16 if colours.max(initial=0) > 0xFF else 8)


def _scale_to_8_bits(colours: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    """Scale samples of so many bits to 8."""
    if bits == 8:
        return np.asarray(colours, np.uint8)
    scaled = colours.astype(np.float32) * (255 / (2**bits - 1))
    return np.asarray(np.rint(np.clip(scaled, 0, 255)), np.uint8)
