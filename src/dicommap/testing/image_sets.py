"""The image sets of the stand-in: the instances that a job imports, grouped by series, in versions.

AWS documents the elements that group instances (developer guide, "Understanding image sets"), but not which group of a
series becomes the primary image set. In the stand-in, the group of the instance that is imported first becomes the
primary image set of its series. Instances with other values of the grouping elements are added to an image set that is
not primary.

A job that adds or changes instances of an image set makes a new version of it. An instance that is imported again
replaces the older one ("Understanding import jobs"); AWS documents this for primary image sets only.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from dicommap.dicom.dictionary import SERIES_INSTANCE_UID, STUDY_INSTANCE_UID, keyword_of
from dicommap.healthimaging.levels import SERIES_GROUPING_TAGS, STUDY_GROUPING_TAGS
from dicommap.testing.importable_files import SOP_INSTANCE_UID, get_first_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.dicom.json_model import DataSet

_STUDY_TAGS = sorted(STUDY_GROUPING_TAGS)
_SERIES_TAGS = sorted(SERIES_GROUPING_TAGS)


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
    file_meta: DataSet = field(default_factory=dict, repr=False)
    """The file meta information of the file."""

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
class ImageSetVersion:
    """One version of an image set. It has all instances of the image set after one job."""

    number: int
    job_id: str
    """The id of the job that made the version."""
    created_at: datetime
    by_uid: dict[str, ImportedInstance] = field(default_factory=dict)
    """SOP Instance UID -> instance, in the order of import."""

    @property
    def latest_instance(self) -> ImportedInstance:
        """Return the instance that was imported last.

        Its attributes of the levels patient, study and series are those of the image set.
        """
        return next(reversed(self.by_uid.values()))

    def store(self, instance: ImportedInstance) -> None:
        """Add an instance. It replaces an instance with the same SOP Instance UID."""
        self.by_uid.pop(instance.sop_instance_uid, None)
        self.by_uid[instance.sop_instance_uid] = instance


@dataclass(kw_only=True)
class ImageSet:
    """One image set and its versions: instances of a series that have the same values of the grouping elements."""

    image_set_id: str
    datastore_id: str
    is_primary: bool
    versions: list[ImageSetVersion] = field(default_factory=list)
    """All versions, the oldest first."""
    deleted_at: datetime | None = None
    """The time of DeleteImageSet; None for an image set that was not deleted."""

    @property
    def latest(self) -> ImageSetVersion:
        """Return the latest version."""
        return self.versions[-1]

    @property
    def version(self) -> int:
        """Return the number of the latest version."""
        return self.latest.number

    @property
    def instances(self) -> list[ImportedInstance]:
        """Return the instances of the latest version, in the order of their import."""
        return list(self.latest.by_uid.values())

    def open_version(self, job_id: str) -> ImageSetVersion:
        """Return the version that the job `job_id` changes.

        If this job has not made the latest version, a new version is made. It begins as a copy of the latest version.
        """
        if not self.versions or self.latest.job_id != job_id:
            instances = dict(self.latest.by_uid) if self.versions else {}
            number = len(self.versions) + 1
            self.versions.append(
                ImageSetVersion(number=number, job_id=job_id, created_at=_read_clock(), by_uid=instances)
            )
        return self.latest


_StudyKey = tuple[str, str]
_GroupKey = tuple[object, ...]


@dataclass
class ImageSets:
    """All image sets of all data stores, with the deleted ones."""

    all: list[ImageSet] = field(default_factory=list)
    _by_group: dict[_GroupKey, ImageSet] = field(default_factory=dict)
    """(data store, grouping values of the study, grouping values of the series) -> image set that was not deleted."""
    _study_values: dict[_StudyKey, tuple[str, ...]] = field(default_factory=dict)
    """(data store, Study Instance UID) -> values of the grouping elements in the primary image sets of the study."""
    _primary_series: dict[tuple[str, str, str], ImageSet] = field(default_factory=dict)
    """(data store, Study Instance UID, Series Instance UID) -> primary image set."""
    _by_id: dict[tuple[str, str], ImageSet] = field(default_factory=dict)

    def add(
        self, datastore_id: str, instance: ImportedInstance, two_copies: Literal["first", "last"] = "last"
    ) -> ImageSet:
        """Add an instance to the image set of its group, and return the image set.

        Args:
            datastore_id: The data store of the job.
            instance: The instance.
            two_copies: Which of two instances with the same SOP Instance UID in one job is stored.

        """
        study, series = instance.study_instance_uid, instance.series_instance_uid
        study_values, series_values = _get_grouping_values(instance)
        group = (datastore_id, study_values, series_values)
        image_set = self._by_group.get(group)
        if image_set is None:
            is_primary = self._study_values.setdefault((datastore_id, study), study_values) == study_values
            is_primary = is_primary and (datastore_id, study, series) not in self._primary_series
            image_set = ImageSet(image_set_id=secrets.token_hex(16), datastore_id=datastore_id, is_primary=is_primary)
            self.all.append(image_set)
            self._by_id[datastore_id, image_set.image_set_id] = image_set
            self._register(image_set, instance)
        version = image_set.open_version(instance.job_id)
        stored = version.by_uid.get(instance.sop_instance_uid)
        if stored is None or stored.job_id != instance.job_id or two_copies == "last":
            version.store(instance)
        return image_set

    def get(self, datastore_id: str, image_set_id: str) -> ImageSet | None:
        """Return the image set with this id, also if it was deleted. Return None if the data store never had it."""
        return self._by_id.get((datastore_id, image_set_id))

    def select_active(self, datastore_id: str) -> Iterator[ImageSet]:
        """Yield the image sets of a data store that were not deleted, the oldest first."""
        return (
            image_set for image_set in self.all if image_set.datastore_id == datastore_id and not image_set.deleted_at
        )

    def select_study(self, image_set: ImageSet) -> list[ImageSet]:
        """Return the primary image sets of the study to which a primary image set belongs.

        If `image_set` is not primary, return only `image_set`.
        """
        if not image_set.is_primary:
            return [image_set]
        key = (image_set.datastore_id, image_set.latest.latest_instance.study_instance_uid)
        return [primary for series, primary in self._primary_series.items() if series[:2] == key]

    def delete(self, image_set: ImageSet) -> None:
        """Delete an image set. The next import of its series makes a new image set."""
        image_set.deleted_at = _read_clock()
        self._unregister(image_set)

    def change(self, image_set: ImageSet, job_id: str, change: Callable[[DataSet], DataSet]) -> None:
        """Make a new version of an image set in which `change` was applied to the data set of each instance."""
        self._unregister(image_set)
        version = image_set.open_version(job_id)
        instances = list(version.by_uid.values())
        version.by_uid.clear()
        for instance in instances:
            version.store(replace(instance, job_id=job_id, after=change(instance.after)))
        self._register(image_set, version.latest_instance)

    def _register(self, image_set: ImageSet, instance: ImportedInstance) -> None:
        study_values, series_values = _get_grouping_values(instance)
        datastore_id, study = image_set.datastore_id, instance.study_instance_uid
        self._by_group[datastore_id, study_values, series_values] = image_set
        if image_set.is_primary:
            self._study_values[datastore_id, study] = study_values
            self._primary_series[datastore_id, study, instance.series_instance_uid] = image_set

    def _unregister(self, image_set: ImageSet) -> None:
        self._by_group = {group: known for group, known in self._by_group.items() if known is not image_set}
        self._primary_series = {
            series: known for series, known in self._primary_series.items() if known is not image_set
        }
        studies = {series[:2] for series in self._primary_series}
        self._study_values = {study: values for study, values in self._study_values.items() if study in studies}


def _get_grouping_values(instance: ImportedInstance) -> tuple[tuple[str, ...], tuple[str, ...]]:
    study_values = tuple(get_first_text(instance.after, tag) for tag in _STUDY_TAGS)
    return study_values, tuple(get_first_text(instance.after, tag) for tag in _SERIES_TAGS)


def _read_clock() -> datetime:
    """Return the current time in milliseconds, the precision of times in answers."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
