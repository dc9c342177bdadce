"""P10 files and directory trees of them."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydicom.config import disable_value_validation
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID

if TYPE_CHECKING:
    from pathlib import Path

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"

STUDY = "1.2.826.0.1.3680043.10.1"
"""A Study Instance UID; `uid(STUDY, 2, 3)` continues it."""


def uid(*parts: object) -> str:
    """Join parts to a UID."""
    return ".".join(map(str, parts))


def uids_of_study(number: int) -> dict[str, str]:
    """Return the UIDs of a study with one series and one instance, by keyword."""
    return {
        "StudyInstanceUID": uid(number),
        "SeriesInstanceUID": uid(number, 1),
        "SOPInstanceUID": uid(number, 1, 1),
    }


def data_set(**attributes: Any) -> Dataset:
    """Return a small CT instance; keywords set attributes, and None removes one."""
    values: dict[str, Any] = {
        "SOPClassUID": CT_IMAGE_STORAGE,
        "SOPInstanceUID": uid(STUDY, 1, 1),
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": uid(STUDY, 1),
        "PatientID": "P1",
        "PatientName": "Doe^Jane",
        "StudyDate": "20260102",
        "StudyID": "S1",
        "AccessionNumber": "A1",
        "Modality": "CT",
        "SeriesNumber": 1,
        "InstanceNumber": 1,
        "Rows": 1,
        "Columns": 1,
        **attributes,
    }
    made = Dataset()
    with disable_value_validation():
        for keyword, value in values.items():
            if value is not None:
                setattr(made, keyword, value)
    return made


def p10(made: Dataset | None = None, *, transfer_syntax: str = EXPLICIT_LITTLE, **attributes: Any) -> bytes:
    """Return the bytes of a P10 file with the data set `made`, or with `data_set(**attributes)`."""
    if made is None and all(isinstance(value, str | int | None) for value in attributes.values()):
        return _write_once(transfer_syntax, **attributes)
    return _write(data_set(**attributes) if made is None else made, transfer_syntax)


@lru_cache(2_000, typed=True)
def _write_once(transfer_syntax: str, **attributes: Any) -> bytes:
    """Return the bytes of a file. Thousands of tests need the same few files, and pydicom takes its time."""
    return _write(data_set(**attributes), transfer_syntax)


def _write(content: Dataset, transfer_syntax: str) -> bytes:
    content.file_meta = FileMetaDataset()
    content.file_meta.TransferSyntaxUID = UID(transfer_syntax)
    content.file_meta.MediaStorageSOPClassUID = content.get("SOPClassUID", CT_IMAGE_STORAGE)
    content.file_meta.MediaStorageSOPInstanceUID = content.get("SOPInstanceUID", "1.2.3")
    buffer = io.BytesIO()
    with disable_value_validation():
        dcmwrite(buffer, content, enforce_file_format=True)
    return buffer.getvalue()


def write_tree(root: Path, files: dict[str, bytes]) -> Path:
    """Write files at their paths relative to `root`, and return `root`."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def small_tree(root: Path, *, studies: int = 2, series: int = 2, instances: int = 2) -> Path:
    """Write studies with `series` series of `instances` instances each, and return `root`."""
    for study in range(1, studies + 1):
        for one in range(1, series + 1):
            for instance in range(1, instances + 1):
                content = p10(
                    StudyInstanceUID=uid(STUDY, study),
                    SeriesInstanceUID=uid(STUDY, study, one),
                    SOPInstanceUID=uid(STUDY, study, one, instance),
                    PatientID=f"P{study}",
                    AccessionNumber=f"A{study}",
                    StudyID=f"S{study}",
                    SeriesNumber=one,
                    InstanceNumber=instance,
                )
                write_tree(root, {f"study{study}/series{one}/IM{instance:04}": content})
    return root
