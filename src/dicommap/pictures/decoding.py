"""One frame of one file, decoded by pydicom; no other frame is read."""

from __future__ import annotations

import io
import os
import zlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pydicom import dcmread
from pydicom._dicom_dict import DicomDictionary
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import get_frame
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from dicommap.p10.meta import read_meta
from dicommap.p10.window import Window
from dicommap.pictures.codestream import declared_samples
from dicommap.pictures.extra import INSTALL
from dicommap.pictures.files import NoPictureError, opened

if TYPE_CHECKING:
    from typing import Any, BinaryIO

    import numpy
    from pydicom import Dataset

    from dicommap.pictures.files import PictureFile

MAX_SAMPLES = 2**26
"""Samples of one frame: 8,192 by 8,192 of one colour. What is larger would take gigabytes to draw."""

_MAX_INFLATED = 2**28
_PREFIX_END = 132
_DRAWN = frozenset(
    {"MONOCHROME1", "MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"}
)
"""Photometric interpretations (PS3.3 C.7.6.3.1.2) that have a known way to the screen here."""

_OUTSIDE_GROUP_0028 = (0x00080018, 0x00080060, 0x00181164, 0x7FE00001, 0x7FE00002, 0x52009229, 0x52009230)
"""SOPInstanceUID, Modality, ImagerPixelSpacing, extended offset tables, functional groups."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded frame: stored values, or RGB where they were YBR, and the attributes that say what they are."""

    array: numpy.ndarray[Any, numpy.dtype[Any]]
    attributes: Dataset
    """Group 0028 and little else."""


def decode(file: PictureFile, index: int) -> Frame:
    """Decode a frame, counted from 0.

    Raises NoPictureError where it is clear why there is no picture; pydicom and the codecs raise all other kinds.
    """
    with opened(file.path) as stream:
        source = _inflated(stream)
        attributes = dcmread(source, stop_before_pixels=True, specific_tags=_wanted_tags())
        if attributes.get("SOPInstanceUID") != file.sop_instance_uid:
            raise NoPictureError("The file has changed since the scan")
        start = source.tell()
        if not attributes.get("Rows") or len(source.read(4)) < 4:
            raise NoPictureError("The file has no pixel data")
        syntax = UID(attributes.file_meta.get("TransferSyntaxUID", ""))
        _require_decoder(syntax)
        _require_drawn(attributes)
        if syntax.is_encapsulated:
            source.seek(start + 12)  # tag, VR, two bytes and the length, which is undefined
            _require_bounded_frame(source, attributes, index)
        source.seek(0)
        return Frame(pixel_array(source, index=index), attributes)


def _wanted_tags() -> list[int]:
    return [*(tag for tag in DicomDictionary if tag >> 16 == 0x0028), *_OUTSIDE_GROUP_0028]


def _require_decoder(syntax: UID) -> None:
    try:
        available = get_decoder(syntax).is_available
    except NotImplementedError:
        raise NoPictureError(f"pydicom has no decoder for {syntax.name or 'a file without transfer syntax'}") from None
    if not available:
        raise NoPictureError(f"No codec for {syntax.name} is installed: {INSTALL}")


def _require_drawn(attributes: Dataset) -> None:
    samples = attributes.Rows * (attributes.get("Columns") or 0) * (attributes.get("SamplesPerPixel") or 1)
    if not samples:
        raise NoPictureError("The image has no columns")
    if samples > MAX_SAMPLES:
        raise NoPictureError("The image is too large to draw")
    if attributes.get("PhotometricInterpretation") not in _DRAWN:
        raise NoPictureError("Its PhotometricInterpretation is none that is drawn")


def _require_bounded_frame(source: BinaryIO, attributes: Dataset, index: int) -> None:
    """Raise NoPictureError where the compressed image is larger than the attributes say, and too large to draw."""
    tables = (attributes.get("ExtendedOffsetTable"), attributes.get("ExtendedOffsetTableLengths"))
    frame = get_frame(
        source,
        index,
        extended_offsets=tables if all(tables) else None,
        number_of_frames=int(attributes.get("NumberOfFrames") or 1),
    )
    if (declared_samples(frame) or 0) > MAX_SAMPLES:
        raise NoPictureError("The image is too large to draw")


def _inflated(stream: BinaryIO) -> BinaryIO:
    """Return the file itself, or one in memory that is not deflated (PS3.5 section A.5)."""
    descriptor = stream.fileno()
    meta = read_meta(Window(partial(_bytes_at, descriptor), os.fstat(descriptor).st_size), _PREFIX_END)
    if meta.transfer_syntax_uid != DeflatedExplicitVRLittleEndian:
        return stream
    stream.seek(meta.end)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    content = inflater.decompress(stream.read(), _MAX_INFLATED)
    if not inflater.eof:
        raise NoPictureError("The data set is cut, or too large when inflated")
    plain_meta = FileMetaDataset()
    plain_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    head = DicomBytesIO()
    write_file_meta_info(head, plain_meta, enforce_standard=False)
    return io.BytesIO(bytes(128) + b"DICM" + head.getvalue() + content)


def _bytes_at(descriptor: int, offset: int, length: int) -> bytes:
    return os.pread(descriptor, length, offset)
