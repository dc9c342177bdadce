"""Render one frame of a file as an 8-bit image."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.pixels.processing import apply_color_lut

from dicommap.dicom.member_names import mask_unknown_type
from dicommap.dicom.pydicom_warnings import silence_pydicom
from dicommap.pictures.codec_process import CODEC_PROCESS
from dicommap.pictures.decodable_file import has_native_compression
from dicommap.pictures.drawing import resize_image
from dicommap.pictures.file_to_draw import NoPictureError
from dicommap.pictures.frame_decoding import decode_frame
from dicommap.pictures.windowing import to_greys

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from dicommap.pictures.file_to_draw import FileToDraw
    from dicommap.pictures.frame_decoding import DecodedFrame

_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio")
_MAX_ASPECT_RATIO = 10.0
"""Maximum ratio of a pixel's sides that is believed. With a larger ratio, pixels are drawn as squares."""
_FUNCTIONAL_GROUPS = ("PixelValueTransformationSequence", "FrameVOILUTSequence", "PixelMeasuresSequence")
"""Functional groups (PS3.3 C.7.6.16.2) with attributes that change how a frame is drawn."""


def to_8_bit_pixels(frame: DecodedFrame, index: int) -> tuple[NDArray[np.uint8], str]:
    """Convert a frame to 8-bit pixels.

    Returns:
        The pixels, with the shape (rows, columns) or (rows, columns, 3); and a text that gives the source of the window
        (the range of shown values), such as the file. The text is empty for a colour image.
    """
    attributes = merge_frame_attributes(frame.attributes, index)
    if attributes.get("PhotometricInterpretation") == "PALETTE COLOR":
        return _apply_palette(frame.array, attributes), ""
    if frame.array.ndim == 3:
        return _scale_to_8_bits(frame.array, attributes.get("BitsStored") or 8 * frame.array.dtype.itemsize), ""
    return to_greys(frame.array, attributes)


def merge_frame_attributes(attributes: Dataset, index: int) -> Dataset:
    """Return the attributes of the file, with the values that the functional groups have for one frame.

    Shared functional groups are applied before per-frame functional groups.
    """
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


def compute_pixel_aspect_ratio(attributes: Dataset) -> float:
    """Return the height of a pixel divided by its width. Return 1 if the file has no credible value."""
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
    # Some files declare 16 bits for a palette whose entries have only 8 bits, in the lower byte.
    return _scale_to_8_bits(colours, 16 if colours.max(initial=0) > 0xFF else 8)


def _scale_to_8_bits(colours: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    """Return samples with `bits` bits as samples with 8 bits."""
    if bits == 8:
        return np.asarray(colours, np.uint8)
    scaled = colours.astype(np.float32) * (255 / (2**bits - 1))
    return np.asarray(np.rint(np.clip(scaled, 0, 255)), np.uint8)


def render_frame(file: FileToDraw, index: int, size: int | None) -> tuple[Image, str]:
    """Return an image of one frame, and a text that says where its window (the range of shown values) comes from.

    Native codecs run in the codec process.

    Args:
        file: The file, which may be invalid.
        index: The index of the frame in the file, from 0.
        size: Pixels of the longer side. None keeps the size of the frame.

    Raises:
        NoPictureError: The image cannot be drawn. No other exception is raised.
    """
    return (
        CODEC_PROCESS.render(file, index, size)
        if has_native_compression(file.path)
        else render_frame_in_process(file, index, size)
    )


def render_frame_in_process(file: FileToDraw, index: int, size: int | None) -> tuple[Image, str]:
    """Return the same as `render_frame`, but decode the image in this process and not in the codec process."""
    with silence_pydicom():  # the placeholder gives the reason
        try:
            frame = decode_frame(file, index)
            array, remark = to_8_bit_pixels(frame, index)
            return resize_image(array, compute_pixel_aspect_ratio(frame.attributes), size), remark
        except NoPictureError:
            raise
        except InvalidDicomError:
            raise NoPictureError("The file has changed since the scan") from None
        except OSError:
            raise NoPictureError("The file cannot be read") from None
        except MemoryError:
            raise NoPictureError("The image is larger than memory") from None
        except Exception as error:  # noqa: BLE001  pydicom and the codecs raise many kinds
            raise NoPictureError(f"The image cannot be decoded ({mask_unknown_type(type(error))})") from None
