"""Prepare a P10 file for pydicom's decoders: inflate it, and find out its actual encoding."""

from __future__ import annotations

import io
import os
import zlib
from functools import partial
from typing import TYPE_CHECKING

from pydicom.config import IGNORE
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID, ExplicitVRLittleEndian, RLELossless

from dicommap.p10.byte_window import ByteWindow, EndOfFile
from dicommap.p10.data_set_encoding import (
    DEFLATED_TRANSFER_SYNTAX,
    EXPLICIT_LITTLE_ENDIAN,
    DataSetEncoding,
    get_encoding,
)
from dicommap.p10.file_meta import detect_encoding, read_file_meta
from dicommap.p10.structure_errors import MalformedError
from dicommap.pictures.file_to_draw import NoPictureError, open_file_to_draw

if TYPE_CHECKING:
    from typing import BinaryIO

MAX_INFLATED_BYTES = 2**28
"""Maximum number of bytes in an inflated data set. A larger data set is not drawn."""

_P10_PREFIX = bytes(128) + b"DICM"


def has_native_compression(path: str) -> bool:
    """Return whether a native library (and not Python code) decodes the pixels of the file.

    This is true for every compression except RLE, which pydicom decodes in Python.

    Raises NoPictureError if the file cannot be read.
    """
    with open_file_to_draw(path) as stream:
        try:
            syntax = UID(read_file_meta(_make_byte_window(stream), len(_P10_PREFIX)).transfer_syntax_uid, IGNORE)
        except (EndOfFile, MalformedError):  # decoding fails later and gives the reason
            return False
    return syntax.is_transfer_syntax and syntax.is_encapsulated and syntax != RLELossless


def make_decodable_stream(stream: BinaryIO) -> tuple[BinaryIO, DataSetEncoding]:
    """Return a stream that pydicom can decode, and the encoding of its data set.

    A deflated file (PS3.5 section A.5) is inflated in memory; any other stream is returned unchanged.

    Raises:
        NoPictureError: The deflated data set is cut, or larger than `MAX_INFLATED_BYTES`.
    """
    window = _make_byte_window(stream)
    meta = read_file_meta(window, len(_P10_PREFIX))
    if meta.transfer_syntax_uid == DEFLATED_TRANSFER_SYNTAX:
        stream.seek(meta.end)
        return _inflate_data_set(stream.read()), EXPLICIT_LITTLE_ENDIAN
    actual = detect_encoding(window, meta.end, meta.transfer_syntax_uid)
    return stream, actual or get_encoding(meta.transfer_syntax_uid)


def _inflate_data_set(deflated: bytes) -> BinaryIO:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    content = inflater.decompress(deflated, MAX_INFLATED_BYTES)
    if not inflater.eof:
        raise NoPictureError("The data set is cut, or too large when inflated")
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    head = DicomBytesIO()
    write_file_meta_info(head, meta, enforce_standard=False)
    return io.BytesIO(_P10_PREFIX + head.getvalue() + content)


def _make_byte_window(stream: BinaryIO) -> ByteWindow:
    descriptor = stream.fileno()
    return ByteWindow(partial(_read_range, descriptor), os.fstat(descriptor).st_size)


def _read_range(descriptor: int, offset: int, length: int) -> bytes:
    return os.pread(descriptor, length, offset)
