"""Synthetic studies of a probe: UIDs under 2.25, invented patients, and small P10 files.

Every attribute that an experiment overrides has a known value in the files. The values name their purpose, so that no
person takes a study of a probe for a real one.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from dicommap.dicom.pydicom_warnings import silence_pydicom
from dicommap.healthimaging.levels import Level

if TYPE_CHECKING:
    from collections.abc import Mapping

INSTANCES = 2
"""Number of instances of a synthetic study. They are in one series."""

PATIENT_NAME = "Invented^Probe"
"""Name of all patients of a probe."""
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
_ROWS = 8

PRIVATE_CREATOR = "DICOMMAP PROBE"
PRIVATE_CREATOR_TAG, PRIVATE_TAG = 0x00990010, 0x00991001
"""Tags of the private creator, and of the private element that a file and an override have."""


@dataclass(frozen=True, slots=True)
class LevelAttributes:
    """Keywords of attributes of one level that experiments override."""

    text: str
    """An attribute whose value is replaced by another text."""
    second: str
    """Another attribute with a text."""
    long: str | None
    """An attribute with a text that has a maximum length in "DICOM element constraints"; None if the level has none."""
    number: str | None
    """An attribute with the value representation DS; None if the level has none."""
    integer: str | None
    """An attribute with the value representation IS; None if the level has none."""
    sequence: str
    """A sequence of one item."""
    changed: str
    """The attribute of the item that an override changes."""
    kept: str
    """The attribute of the item that an override leaves out."""
    identifiers: tuple[str, ...] = ()
    """Attributes that identify a patient or a study. A service may treat them in another way than other texts."""


ATTRIBUTES = {
    Level.PATIENT: LevelAttributes(
        text="PatientComments",
        second="EthnicGroup",
        long="PatientName",
        number=None,
        integer=None,
        sequence="OtherPatientIDsSequence",
        changed="TypeOfPatientID",
        kept="IssuerOfPatientID",
        identifiers=("PatientName", "PatientID"),
    ),
    Level.STUDY: LevelAttributes(
        text="AdmittingDiagnosesDescription",
        second="AdditionalPatientHistory",
        long="StudyDescription",
        number="PatientWeight",
        integer=None,
        sequence="ProcedureCodeSequence",
        changed="CodeMeaning",
        kept="CodingSchemeVersion",
        identifiers=("AccessionNumber", "StudyDescription", "StudyID"),
    ),
    Level.SERIES: LevelAttributes(
        text="SeriesDescription",
        second="ProtocolName",
        long=None,
        number="SpatialResolution",
        integer="SeriesNumber",
        sequence="RequestAttributesSequence",
        changed="RequestedProcedureDescription",
        kept="ScheduledProcedureStepDescription",
    ),
    Level.INSTANCE: LevelAttributes(
        text="ImageComments",
        second="DerivationDescription",
        long=None,
        number="SliceThickness",
        integer="AcquisitionNumber",
        sequence="AnatomicRegionSequence",
        changed="CodeMeaning",
        kept="CodingSchemeVersion",
    ),
}

BEFORE = {
    "PatientID": "DICOMMAP-PROBE",
    "StudyID": "PROBE",
    "AccessionNumber": "PROBE",
    "PatientComments": "Before the probe",
    "EthnicGroup": "Before",
    "PatientName": PATIENT_NAME,
    "AdmittingDiagnosesDescription": "Before the probe",
    "AdditionalPatientHistory": "Before the probe",
    "StudyDescription": "Before the probe",
    "PatientWeight": "61.5",
    "SeriesDescription": "Before the probe",
    "ProtocolName": "Before the probe",
    "SpatialResolution": "0.5",
    "SeriesNumber": "1",
    "ImageComments": "Before the probe",
    "DerivationDescription": "Before the probe",
    "SliceThickness": "2.5",
    "AcquisitionNumber": "1",
}
"""Keyword -> the value in the files of all studies."""

_CODE = {
    "CodeValue": "PROBE-1",
    "CodingSchemeDesignator": "99DICOMMAP",
    "CodingSchemeVersion": "1",
    "CodeMeaning": "Before the probe",
}
ITEMS: dict[str, dict[str, str]] = {
    "OtherPatientIDsSequence": {
        "PatientID": "DICOMMAP-PROBE-2",
        "IssuerOfPatientID": "DICOMMAP",
        "TypeOfPatientID": "TEXT",
    },
    "ProcedureCodeSequence": _CODE,
    "RequestAttributesSequence": {
        "RequestedProcedureID": "PROBE-1",
        "RequestedProcedureDescription": "Before the probe",
        "ScheduledProcedureStepID": "PROBE-2",
        "ScheduledProcedureStepDescription": "Before the probe",
    },
    "AnatomicRegionSequence": _CODE,
}
"""Keyword of a sequence -> the attributes of its item in the files."""


@dataclass(frozen=True, slots=True)
class SyntheticStudy:
    """One study of a probe. Its name is unique in the probe, so that equal names give equal UIDs."""

    probe: str
    """The id of the probe, a UUID."""
    name: str

    @property
    def study_instance_uid(self) -> str:
        """Return the Study Instance UID."""
        return self._make_uid("study")

    @property
    def series_instance_uid(self) -> str:
        """Return the UID of its only series."""
        return self._make_uid("series")

    @property
    def sop_instance_uids(self) -> tuple[str, ...]:
        """Return the SOP Instance UIDs of its instances."""
        return tuple(self._make_uid(f"instance {number}") for number in range(1, INSTANCES + 1))

    def make_p10(self, number: int, changes: Mapping[str, str] | None = None) -> bytes:
        """Return the P10 file of an instance.

        Args:
            number: The number of the instance, from 1 to INSTANCES.
            changes: Keyword -> value that differs from BEFORE.

        """
        from pydicom.dataset import FileMetaDataset
        from pydicom.filewriter import dcmwrite
        from pydicom.uid import UID

        with silence_pydicom():
            data_set = _make_data_set({**self._make_attributes(number), **BEFORE, **(changes or {})})
            data_set.file_meta = FileMetaDataset()
            data_set.file_meta.TransferSyntaxUID = UID(_EXPLICIT_LITTLE_ENDIAN)
            data_set.file_meta.MediaStorageSOPClassUID = UID(_SECONDARY_CAPTURE)
            data_set.file_meta.MediaStorageSOPInstanceUID = data_set.SOPInstanceUID
            buffer = io.BytesIO()
            dcmwrite(buffer, data_set, enforce_file_format=True)
        return buffer.getvalue()

    def _make_uid(self, part: str) -> str:
        return _make_uid(self.probe, f"{self.name}/{part}")

    def _make_attributes(self, number: int) -> dict[str, Any]:
        return {
            "SpecificCharacterSet": "ISO_IR 192",
            "SOPClassUID": _SECONDARY_CAPTURE,
            "SOPInstanceUID": self.sop_instance_uids[number - 1],
            "StudyInstanceUID": self.study_instance_uid,
            "SeriesInstanceUID": self.series_instance_uid,
            "PatientBirthDate": "19000101",
            "PatientSex": "O",
            "StudyDate": "20200101",
            "StudyTime": "120000",
            "ReferringPhysicianName": "",
            "Modality": "OT",
            "ConversionType": "SYN",
            "Manufacturer": "dicommap probe",
            "InstanceNumber": number,
            "SamplesPerPixel": 1,
            "PhotometricInterpretation": "MONOCHROME2",
            "Rows": _ROWS,
            "Columns": _ROWS,
            "BitsAllocated": 8,
            "BitsStored": 8,
            "HighBit": 7,
            "PixelRepresentation": 0,
            "PixelData": bytes(_ROWS * _ROWS),
        }


@lru_cache(maxsize=4096)
def _make_uid(probe: str, name: str) -> str:
    """Return a UID under 2.25, which is a UUID as a decimal number (PS3.5 section B.2)."""
    return f"2.25.{uuid5(UUID(probe), name).int}"


def _make_data_set(attributes: Mapping[str, Any]) -> Any:  # noqa: ANN401  pydicom's Dataset
    from pydicom import DataElement, Dataset

    data_set = Dataset()
    for keyword, value in attributes.items():
        setattr(data_set, keyword, value)
    for keyword, item_attributes in ITEMS.items():
        item = Dataset()
        for item_keyword, value in item_attributes.items():
            setattr(item, item_keyword, value)
        setattr(data_set, keyword, [item])
    data_set.add(DataElement(PRIVATE_CREATOR_TAG, "LO", PRIVATE_CREATOR))
    data_set.add(DataElement(PRIVATE_TAG, "LO", BEFORE_PRIVATE))
    return data_set


BEFORE_PRIVATE = "Before the probe"
"""The value of the private element in the files of all studies."""
