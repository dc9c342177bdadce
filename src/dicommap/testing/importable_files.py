"""Read the P10 files that an import job finds: their data sets, warnings, and reasons for a rejection."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import SERIES_INSTANCE_UID, STUDY_INSTANCE_UID, hex_of, keyword_of
from dicommap.dicom.pydicom_warnings import silence_pydicom
from dicommap.dicom.uid import describe_uid_violation
from dicommap.healthimaging.limits import SUPPORTED_TRANSFER_SYNTAXES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom import Dataset

    from dicommap.dicom.json_model import DataSet

SOP_CLASS_UID, SOP_INSTANCE_UID = 0x00080016, 0x00080018
_UID_TAGS = (SOP_INSTANCE_UID, STUDY_INSTANCE_UID, SERIES_INSTANCE_UID)


class RejectedFileError(Exception):
    """The error that an object cannot be imported. Its message is AWS's, if AWS or its users have published it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWarning:
    """A warning about an imported file (developer guide, "Warning codes")."""

    code: int
    """The decimal code in the table "Warning codes". In its last three rows, it does not match the hexadecimal code."""
    type: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportableFile:
    """A P10 file that can be imported: its data set without pixel data, its file meta information, and its warnings."""

    data_set: DataSet = field(repr=False)
    file_meta: DataSet = field(default_factory=dict, repr=False)
    warnings: tuple[FileWarning, ...] = ()


def read_importable_file(content: bytes) -> ImportableFile:
    """Read a P10 file with pydicom, and return its data set and warnings.

    Args:
        content: The bytes of the file.

    Raises:
        RejectedFileError: The file is not a P10 file, or a UID that identifies the instance is missing.

    """
    from dicommap.dicom.json_model.from_pydicom import data_set_from_pydicom

    with silence_pydicom():
        read = _read_data_set(content)
        data_set, _ = data_set_from_pydicom(read)
        file_meta = _convert_file_meta(read.file_meta)
    transfer_syntax = str(read.file_meta.get("TransferSyntaxUID") or "")
    if not transfer_syntax:
        raise RejectedFileError("DICOM attribute TransferSyntaxUID does not exist")
    for tag in (SOP_CLASS_UID, *_UID_TAGS):
        if not get_first_text(data_set, tag):
            raise RejectedFileError(f"DICOM attribute {keyword_of(tag)} does not exist")
    return ImportableFile(
        data_set=data_set,
        file_meta=file_meta,
        warnings=tuple(_find_warnings(data_set, transfer_syntax)),
    )


def get_first_text(data_set: DataSet, tag: int) -> str:
    """Return the first value of the attribute `tag` as text; an empty text if the attribute has no value."""
    attribute = data_set.get(hex_of(tag))
    values = attribute.get("Value") if attribute else None
    return str(values[0]) if values and values[0] is not None else ""


def _read_data_set(content: bytes) -> Dataset:
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    try:
        return dcmread(io.BytesIO(content), stop_before_pixels=True)
    except InvalidDicomError:
        raise RejectedFileError("DICOM attributes does not exist") from None
    except Exception as error:  # noqa: BLE001  pydicom raises many types for malformed bytes
        raise RejectedFileError(f"DICOM data set cannot be read: {type(error).__name__}") from None


def _convert_file_meta(file_meta: Dataset) -> DataSet:
    """Return file meta information in the form of the DICOM JSON Model, which PS3.18 defines for data sets only."""
    converted: DataSet = {}
    for element in file_meta:
        if isinstance(element.value, bytes):
            content = base64.b64encode(element.value).decode("ascii")
            converted[hex_of(int(element.tag))] = {"vr": element.VR, "InlineBinary": content}
        else:
            value = element.value if isinstance(element.value, int) else str(element.value or "")
            converted[hex_of(int(element.tag))] = {"vr": element.VR, "Value": [value]}
    return converted


def _find_warnings(data_set: DataSet, transfer_syntax: str) -> Iterator[FileWarning]:
    if transfer_syntax not in SUPPORTED_TRANSFER_SYNTAXES:
        yield FileWarning(code=45344, type="UnsupportedTransferSyntax", message="The transfer syntax is not supported")
    for tag in _UID_TAGS:
        if describe_uid_violation(get_first_text(data_set, tag)) is not None:
            yield FileWarning(code=45570, type="InvalidUidFormat", message=f"{keyword_of(tag)} is not conformant")
