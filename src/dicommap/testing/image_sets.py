"""P10 files that the stand-in imports, and the image sets to which it adds them.

AWS documents the elements that group instances (developer guide, "Understanding image sets"), but not which group of a
series becomes the primary image set. In the stand-in, the group of the instance that is imported first becomes the
primary image set. A second instance with the same UIDs is added to another image set.
"""

from __future__ import annotations

import io
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import SERIES_INSTANCE_UID, STUDY_INSTANCE_UID, hex_of, keyword_of
from dicommap.dicom.pydicom_warnings import silence_pydicom
from dicommap.dicom.uid import uid_conformance_problem
from dicommap.healthimaging.levels import SERIES_GROUPING_TAGS, STUDY_GROUPING_TAGS
from dicommap.healthimaging.limits import SUPPORTED_TRANSFER_SYNTAXES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom import Dataset

    from dicommap.dicom.json_model import DataSet

SOP_CLASS_UID, SOP_INSTANCE_UID = 0x00080016, 0x00080018
_UID_TAGS = (SOP_INSTANCE_UID, STUDY_INSTANCE_UID, SERIES_INSTANCE_UID)


_STUDY_TAGS = sorted(STUDY_GROUPING_TAGS)
_SERIES_TAGS = sorted(SERIES_GROUPING_TAGS)


class RejectedFileError(Exception):
    """Raised if an object cannot be imported. If AWS's message is known from its documentation or users, it is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWarning:
    """A warning about an imported file (developer guide, "Warning codes")."""

    code: int
    """The decimal code from that page. In the page's last three rows, it differs from the hexadecimal code."""
    type: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportableFile:
    """A P10 file that can be imported: its data set without pixel data, and its warnings."""

    data_set: DataSet = field(repr=False)
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
    transfer_syntax = str(read.file_meta.get("TransferSyntaxUID") or "")
    if not transfer_syntax:
        raise RejectedFileError("DICOM attribute TransferSyntaxUID does not exist")
    for tag in (SOP_CLASS_UID, *_UID_TAGS):
        if not get_first_text(data_set, tag):
            raise RejectedFileError(f"DICOM attribute {keyword_of(tag)} does not exist")
    return ImportableFile(data_set=data_set, warnings=tuple(_find_warnings(data_set, transfer_syntax)))


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


def _find_warnings(data_set: DataSet, transfer_syntax: str) -> Iterator[FileWarning]:
    if transfer_syntax not in SUPPORTED_TRANSFER_SYNTAXES:
        yield FileWarning(code=45344, type="UnsupportedTransferSyntax", message="The transfer syntax is not supported")
    for tag in _UID_TAGS:
        if uid_conformance_problem(get_first_text(data_set, tag)) is not None:
            yield FileWarning(code=45570, type="InvalidUidFormat", message=f"{keyword_of(tag)} is not conformant")


@dataclass(frozen=True, kw_only=True)
class ImportedInstance:
    """One imported instance: its data set before and after the overrides of its job."""

    job_id: str
    key: str
    """The key of the imported object in the job's input bucket."""
    before: DataSet = field(repr=False)
    """The data set of the file, without pixel data."""
    after: DataSet = field(repr=False)
    """The data set of the file with the job's overrides applied."""

    @property
    def study_instance_uid(self) -> str:
        """Return the Study Instance UID after the overrides."""
        return get_first_text(self.after, STUDY_INSTANCE_UID)

    @property
    def series_instance_uid(self) -> str:
        """Return the Series Instance UID after the overrides."""
        return get_first_text(self.after, SERIES_INSTANCE_UID)

    @property
    def sop_instance_uid(self) -> str:
        """Return the SOP Instance UID after the overrides."""
        return get_first_text(self.after, SOP_INSTANCE_UID)

    @property
    def changed_keywords(self) -> frozenset[str]:
        """Return the keywords of the attributes that differ before and after the overrides."""
        tags = self.before.keys() | self.after.keys()
        return frozenset(keyword_of(int(tag, 16)) for tag in tags if self.before.get(tag) != self.after.get(tag))


@dataclass(kw_only=True)
class ImageSet:
    """One image set: instances of a series that have the same values of the grouping elements."""

    image_set_id: str
    datastore_id: str
    is_primary: bool
    version: int = 1
    instances: list[ImportedInstance] = field(default_factory=list)


@dataclass
class ImageSets:
    """All image sets of all data stores."""

    all: list[ImageSet] = field(default_factory=list)
    _by_group: dict[tuple[object, ...], ImageSet] = field(default_factory=dict)
    _primary_studies: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    _primary_series: dict[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    _primary_instances: set[tuple[str, str, str, str]] = field(default_factory=set)

    def add(self, datastore_id: str, instance: ImportedInstance) -> ImageSet:
        """Add an instance to the image set of its group, and return the image set."""
        study, series = instance.study_instance_uid, instance.series_instance_uid
        study_values = tuple(get_first_text(instance.after, tag) for tag in _STUDY_TAGS)
        series_values = tuple(get_first_text(instance.after, tag) for tag in _SERIES_TAGS)
        primary_study = self._primary_studies.setdefault((datastore_id, study), study_values)
        is_primary = primary_study == study_values
        if is_primary:
            is_primary = self._primary_series.setdefault((datastore_id, study, series), series_values) == series_values
        instance_key = (datastore_id, study, series, instance.sop_instance_uid)
        group: tuple[object, ...] = (datastore_id, study_values, series_values)
        if is_primary and instance_key in self._primary_instances:
            is_primary, group = False, (*group, instance.job_id)
        if is_primary:
            self._primary_instances.add(instance_key)
        return self._add_to_group(group, datastore_id, instance, is_primary=is_primary)

    def _add_to_group(
        self, group: tuple[object, ...], datastore_id: str, instance: ImportedInstance, *, is_primary: bool
    ) -> ImageSet:
        image_set = self._by_group.get(group)
        if image_set is None:
            image_set = ImageSet(image_set_id=secrets.token_hex(16), datastore_id=datastore_id, is_primary=is_primary)
            self._by_group[group] = image_set
            self.all.append(image_set)
        elif image_set.instances[-1].job_id != instance.job_id:
            image_set.version += 1
        image_set.instances.append(instance)
        return image_set
