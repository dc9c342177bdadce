"""A P10 file as pydicom's decoders can read it: not deflated, and known by the encoding that it really has."""

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

from dicommap.p10.encoding import DEFLATED, EXPLICIT_LITTLE, Encoding, encoding_of
from dicommap.p10.meta import actual_encoding, read_meta
from dicommap.p10.structure import MalformedError
from dicommap.p10.window import EndOfFile, Window
from dicommap.pictures.files import NoPictureError, opened

if TYPE_CHECKING:
    from typing import BinaryIO

MAX_INFLATED = 2**28
"""Bytes: what inflates to more is not kept in memory."""

_PREFIX = bytes(128) + b"DICM"


def is_for_codecs(path: str) -> bool:
    """Say whether a file's pixels are compressed in a way that native code decodes: all but RLE, which pydicom does.

    Raises NoPictureError where the file cannot be read.
    """
    with opened(path) as stream:
        try:
            syntax = UID(read_meta(_window(stream), len(_PREFIX)).transfer_syntax_uid, IGNORE)
        except (EndOfFile, MalformedError):  # it has no picture, and whoever reads on says why
            return False
    return syntax.is_transfer_syntax and syntax.is_encapsulated and syntax != RLELossless


def plain(stream: BinaryIO) -> tuple[BinaryIO, Encoding]:
    """Return the file at its start, or one in memory that is not deflated (PS3.5 section A.5), and its encoding.

    Raises NoPictureError where what is deflated cannot be inflated within bounds.
    """
    window = _window(stream)
    meta = read_meta(window, len(_PREFIX))
    if meta.transfer_syntax_uid == DEFLATED:
        stream.seek(meta.end)
        return _inflated(stream.read()), EXPLICIT_LITTLE
    actual = actual_encoding(window, meta.end, meta.transfer_syntax_uid)
    return stream, actual or encoding_of(meta.transfer_syntax_uid)


def _inflated(deflated: bytes) -> BinaryIO:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    content = inflater.decompress(deflated, MAX_INFLATED)
    if not inflater.eof:
        raise NoPictureError("The data set is cut, or too large when inflated")
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    head = DicomBytesIO()
    write_file_meta_info(head, meta, enforce_standard=False)
    return io.BytesIO(_PREFIX + head.getvalue() + content)


def _window(stream: BinaryIO) -> Window:
    descriptor = stream.fileno()
    return Window(partial(_bytes_at, descriptor), os.fstat(descriptor).st_size)


def _bytes_at(descriptor: int, offset: int, length: int) -> bytes:
    return os.pread(descriptor, length, offset)
