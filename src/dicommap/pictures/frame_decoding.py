"""Decode one frame of a file with pydicom, after a check of the image size that the file declares."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydicom import dcmread
from pydicom._dicom_dict import DicomDictionary
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID, RLELossless

from dicommap.model.extras import PIXELS_INSTALL_COMMAND
from dicommap.p10.data_set_encoding import get_encoding
from dicommap.pictures.decodable_file import make_decodable_stream
from dicommap.pictures.file_to_draw import NoPictureError, open_file_to_draw

if TYPE_CHECKING:
    from typing import Any, BinaryIO

    import numpy
    from pydicom import Dataset

    from dicommap.pictures.file_to_draw import FileToDraw

_J2K_START = b"\xff\x4f\xff\x51"
"""First bytes of a JPEG 2000 codestream: the markers SOC and SIZ (ITU-T T.800 section A.4)."""
_JPEG_START = b"\xff\xd8"
_SOF_MARKERS = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
"""SOF markers of JPEG (ITU-T T.81 table B.1) and JPEG-LS (T.87). The size of the image follows them."""
_MARKERS_WITHOUT_LENGTH = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})


def read_declared_sample_count(codestream: bytes) -> int | None:
    """Return the number of samples that a JPEG, JPEG-LS or JPEG 2000 image declares. Return None if it is unknown.

    The number of samples is the width times the height times the number of components.
    """
    try:
        if codestream.startswith(_JPEG_START):
            return _count_jpeg_samples(codestream)
        # Some files contain a whole JP2 file, which has boxes before its codestream (PS3.5 section A.4.4).
        start = codestream.find(_J2K_START)
        return None if start < 0 else _count_j2k_samples(codestream, start)
    except struct.error:
        return None


def _count_j2k_samples(codestream: bytes, start: int) -> int:
    width, height, left, top = struct.unpack_from(">4L", codestream, start + 8)
    (components,) = struct.unpack_from(">H", codestream, start + 40)
    return int(max(width - left, 0) * max(height - top, 0) * components)


def _count_jpeg_samples(codestream: bytes) -> int | None:
    """Return rows x columns x components of a JPEG image. Return None if it has no frame header."""
    position = 2
    while codestream[position : position + 1] == b"\xff":
        (marker,) = struct.unpack_from("B", codestream, position + 1)
        if marker == 0xFF:  # fill bytes
            position += 1
        elif marker in _MARKERS_WITHOUT_LENGTH:
            position += 2
        elif marker in _SOF_MARKERS:
            height, width, components = struct.unpack_from(">HHB", codestream, position + 5)
            return int(height) * int(width) * int(components)
        else:
            (length,) = struct.unpack_from(">H", codestream, position + 2)
            position += 2 + int(length)
    return None


MAX_SAMPLES = 2**26
"""Maximum number of samples in a frame: 8,192 x 8,192 in grey. A larger frame needs gigabytes of memory."""

_PLUGINS = {RLELossless: "pydicom"}
"""Transfer syntax -> the decoding plugin that pydicom must use.

pylibjpeg-rle is not used for RLE: it panics on incomplete data, and `except Exception` does not catch a panic.
"""

_EXPLICIT_VR_HEAD_BYTES = 12
"""Number of bytes in the tag, VR and length of Pixel Data in explicit VR."""
_SUPPORTED_PHOTOMETRIC_INTERPRETATIONS = frozenset(
    {"MONOCHROME1", "MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"}
)
"""Photometric interpretations (PS3.3 C.7.6.3.1.2) that can be drawn."""

_SEGMENTATION_TAGS = (0x00620001, 0x0062000E)
"""Tags of SegmentationType and MaximumFractionalValue."""
_TAGS_OUTSIDE_GROUP_0028 = (
    0x00080018,
    0x00080060,
    0x00181164,
    0x7FE00001,
    0x7FE00002,
    0x52009229,
    0x52009230,
    *_SEGMENTATION_TAGS,
)
"""Tags of SOPInstanceUID, Modality, ImagerPixelSpacing, extended offset tables, functional groups and segmentations."""


@dataclass(frozen=True, slots=True)
class DecodedFrame:
    """A decoded frame: its stored pixel values, and the attributes that describe them. YBR is converted to RGB."""

    array: numpy.ndarray[Any, numpy.dtype[Any]]
    attributes: Dataset
    """The attributes of the file that are in group 0028, and a few others."""


def decode_frame(file: FileToDraw, index: int) -> DecodedFrame:
    """Decode one frame of a file, and return its pixels and attributes.

    Args:
        file: The file.
        index: The index of the frame in the file, from 0.

    Raises:
        NoPictureError: The image cannot be drawn for a known reason.
        Exception: Any error that pydicom or a codec raises.
    """
    with open_file_to_draw(file.path) as stream:
        source, encoding = make_decodable_stream(stream)
        attributes = dcmread(source, stop_before_pixels=True, specific_tags=_list_tags_to_read())
        if attributes.get("SOPInstanceUID") != file.sop_instance_uid:
            raise NoPictureError("The file has changed since the scan")
        start = source.tell()
        if not attributes.get("Rows") or len(source.read(4)) < 4:
            raise NoPictureError("The file has no pixel data")
        syntax = UID(attributes.file_meta.get("TransferSyntaxUID", ""))
        _require_decoder(syntax)
        _require_supported_image(attributes)
        if syntax.is_encapsulated:
            source.seek(start + (encoding.implicit_head.size if encoding.implicit else _EXPLICIT_VR_HEAD_BYTES))
            _require_declared_size(source, attributes, index)
        source.seek(0)
        # If a file declares a wrong encoding, `dcmread` finds the right one, but it reads the whole file.
        has_declared_encoding = encoding is get_encoding(attributes.file_meta.TransferSyntaxUID)
        whole = source if has_declared_encoding else dcmread(source)
        return DecodedFrame(pixel_array(whole, index=index, decoding_plugin=_PLUGINS.get(syntax, "")), attributes)


def _list_tags_to_read() -> list[int]:
    return [*(tag for tag in DicomDictionary if tag >> 16 == 0x0028), *_TAGS_OUTSIDE_GROUP_0028]


def _require_decoder(syntax: UID) -> None:
    try:
        available = get_decoder(syntax).is_available
    except NotImplementedError:
        name = syntax.name if syntax.is_valid else "a file without a valid transfer syntax"
        raise NoPictureError(f"pydicom has no decoder for {name}") from None
    if not available:
        raise NoPictureError(f"No codec for {syntax.name} is installed: {PIXELS_INSTALL_COMMAND}")


def _count_samples(attributes: Dataset) -> int:
    return int(attributes.Rows * (attributes.get("Columns") or 0) * (attributes.get("SamplesPerPixel") or 1))


def _require_supported_image(attributes: Dataset) -> None:
    samples = _count_samples(attributes)
    if not samples:
        raise NoPictureError("The image has no columns")
    if samples > MAX_SAMPLES:
        raise NoPictureError("The image is too large to draw")
    if attributes.get("PhotometricInterpretation") not in _SUPPORTED_PHOTOMETRIC_INTERPRETATIONS:
        raise NoPictureError("Its PhotometricInterpretation cannot be drawn")


def _require_declared_size(source: BinaryIO, attributes: Dataset, index: int) -> None:
    """Raise NoPictureError if the compressed image has another size than the attributes of the file.

    Decoders allocate memory for the size in the compressed image, which may be wrong: libjpeg took 23 GB for an image
    without a height.
    """
    tables = (attributes.get("ExtendedOffsetTable"), attributes.get("ExtendedOffsetTableLengths"))
    frame = get_frame(
        source,
        index,
        extended_offsets=tables if all(tables) else None,
        number_of_frames=int(attributes.get("NumberOfFrames") or 1),
    )
    declared = read_declared_sample_count(frame)
    if declared is not None and declared != _count_samples(attributes):
        raise NoPictureError("The compressed image has another size than its file says")
