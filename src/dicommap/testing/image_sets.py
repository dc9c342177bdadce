"""The image sets of the stand-in: the instances that a job imports, grouped by series, in versions.

AWS documents the elements that group instances (developer guide, "Understanding image sets"), but not which group of a
series becomes the primary image set. In the stand-in, the group of the instance that is imported first becomes the
primary image set of its series. Instances with other values of the grouping elements are added to an image set that is
not primary.

A job that adds or changes instances of an image set makes a new version of it. An instance that is imported again
replaces the older one ("Understanding import jobs"); AWS documents this for primary image sets only. An update or a
copy makes a new version, too, and locks the image set until it has ended. An import job waits until then, which is a
rule of the stand-in only.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
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
    """The id of the job that made the version; empty if an update or a copy made it."""
    created_at: datetime
    status: str = "CREATED"
    """The workflow status of the version."""
    message: str | None = None
    """The reason why an update or a copy failed; None if it did not fail."""
    by_uid: dict[str, ImportedInstance] = field(default_factory=dict)
    """SOP Instance UID -> instance, in the order of import."""

    @property
    def latest_instance(self) -> ImportedInstance:
        """Return the instance that was imported last.

        Its attributes of the levels patient, study and series are those of the image set.
        """
        return next(reversed(self.by_uid.values()))

    @property
    def study_instance_uid(self) -> str:
        """Return the Study Instance UID of the image set."""
        return self.latest_instance.study_instance_uid

    @property
    def series_instance_uid(self) -> str:
        """Return the Series Instance UID of the image set."""
        return self.latest_instance.series_instance_uid

    def store_instance(self, instance: ImportedInstance) -> None:
        """Add an instance. It replaces an instance with the same SOP Instance UID."""
        self.by_uid.pop(instance.sop_instance_uid, None)
        self.by_uid[instance.sop_instance_uid] = instance


@dataclass(kw_only=True)
class PendingChange:
    """An update or a copy that has not ended. Its image sets are LOCKED until then."""

    statuses: dict[str, str]
    """Image set id -> workflow status until the change ends."""
    reads_left: int
    """The number of reads until the change ends."""
    fail: Callable[[], None] | None = None
    """A function that takes the change back; None for a change that succeeds."""


@dataclass(kw_only=True, eq=False)
class ImageSet:
    """One image set and its versions: instances of a series that have the same values of the grouping elements."""

    image_set_id: str
    datastore_id: str
    is_primary: bool
    versions: list[ImageSetVersion] = field(default_factory=list)
    """All versions, the oldest first."""
    deleted_at: datetime | None = None
    """The time of DeleteImageSet; None for an image set that was not deleted."""
    pending: PendingChange | None = None
    """The update or copy that locks the image set; None if it is ACTIVE."""

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

    def open_job_version(self, job_id: str) -> ImageSetVersion:
        """Return the version that the job `job_id` changes.

        If this job has not made the latest version, a new version is made. It begins as a copy of the latest version.
        """
        if not self.versions or self.latest.job_id != job_id:
            instances = dict(self.latest.by_uid) if self.versions else {}
            self.append_version(instances, "IMPORTED" if self.versions else "CREATED", job_id)
        return self.latest

    def append_version(self, by_uid: dict[str, ImportedInstance], status: str, job_id: str = "") -> None:
        """Append a version with these instances and this workflow status."""
        number = len(self.versions) + 1
        self.versions.append(
            ImageSetVersion(number=number, job_id=job_id, created_at=_read_current_time(), status=status, by_uid=by_uid)
        )


_GroupKey = tuple[object, ...]


@dataclass
class ImageSets:
    """All image sets of all data stores, also those that were deleted."""

    all: list[ImageSet] = field(default_factory=list)
    _by_group: dict[_GroupKey, ImageSet] = field(default_factory=dict)
    """(data store, grouping values of the study, grouping values of the series) -> image set that was not deleted.

    If several image sets have the same values after an update, the primary one is kept, or else the first one.
    """
    _primaries: dict[tuple[str, str], list[ImageSet]] = field(default_factory=dict)
    """(data store, Study Instance UID) -> primary image sets of the study."""
    _by_id: dict[tuple[str, str], ImageSet] = field(default_factory=dict)
    _series_counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(data store, Series Instance UID) -> number of image sets of the series, also those that were deleted."""

    def add(
        self, datastore_id: str, instance: ImportedInstance, two_copies: Literal["first", "last"] = "last"
    ) -> ImageSet:
        """Add an instance to the image set of its group, and return the image set.

        Args:
            datastore_id: The data store of the job.
            instance: The instance.
            two_copies: Which of two instances with the same SOP Instance UID in one job is stored.

        """
        image_set = self._by_group.get((datastore_id, *get_grouping_values(instance)))
        if image_set is not None and image_set.pending is not None:
            self.end_change(image_set.pending)
            return self.add(datastore_id, instance, two_copies)
        if image_set is None:
            is_primary = not any(self.find_conflicts(datastore_id, instance)) and not any(
                primary.latest.series_instance_uid == instance.series_instance_uid
                for primary in self.select_primaries(datastore_id, instance.study_instance_uid)
            )
            image_set = self._create_image_set(datastore_id, instance.series_instance_uid, is_primary=is_primary)
            self._index_image_set(image_set, instance)
        version = image_set.open_job_version(instance.job_id)
        stored = version.by_uid.get(instance.sop_instance_uid)
        if stored is None or stored.job_id != instance.job_id or two_copies == "last":
            version.store_instance(instance)
        return image_set

    def create_from_copies(
        self, datastore_id: str, instances: dict[str, ImportedInstance], *, is_primary: bool
    ) -> ImageSet:
        """Add and return an image set with copied instances."""
        series = next(iter(instances.values())).series_instance_uid
        image_set = self._create_image_set(datastore_id, series, is_primary=is_primary)
        image_set.append_version(instances, "COPIED")
        self._index_image_set(image_set, image_set.latest.latest_instance)
        return image_set

    def _create_image_set(self, datastore_id: str, series: str, *, is_primary: bool) -> ImageSet:
        """Add and return an image set without versions.

        Its id is the same whenever the same things are imported, so that the compressed metadata has the same size.
        """
        self._series_counts[datastore_id, series] += 1
        name = f"{datastore_id} {series} {self._series_counts[datastore_id, series]}"
        image_set_id = sha256(name.encode()).hexdigest()[:32]
        image_set = ImageSet(image_set_id=image_set_id, datastore_id=datastore_id, is_primary=is_primary)
        self.all.append(image_set)
        self._by_id[datastore_id, image_set.image_set_id] = image_set
        return image_set

    def get(self, datastore_id: str, image_set_id: str) -> ImageSet | None:
        """Return the image set with this id, also if it was deleted. Return None if the data store never had it."""
        return self._by_id.get((datastore_id, image_set_id))

    def select_not_deleted(self, datastore_id: str) -> Iterator[ImageSet]:
        """Yield the image sets of a data store that were not deleted, the oldest first."""
        return (
            image_set for image_set in self.all if image_set.datastore_id == datastore_id and not image_set.deleted_at
        )

    def select_primaries(self, datastore_id: str, study: str) -> list[ImageSet]:
        """Return the primary image sets of a study."""
        return list(self._primaries.get((datastore_id, study), ()))

    def select_same_study(self, image_set: ImageSet) -> list[ImageSet]:
        """Return the primary image sets of the study to which a primary image set belongs.

        If `image_set` is not primary, return only `image_set`.
        """
        if not image_set.is_primary:
            return [image_set]
        return self.select_primaries(image_set.datastore_id, image_set.latest.study_instance_uid)

    def find_conflicts(self, datastore_id: str, instance: ImportedInstance) -> Iterator[ImageSet]:
        """Yield the primary image sets that an instance conflicts with ("Understanding image sets").

        They are of the same study and have other grouping values of the study, or are of the same series and have
        other grouping values of the series.
        """
        study_values, series_values = get_grouping_values(instance)
        for primary in self.select_primaries(datastore_id, instance.study_instance_uid):
            primary_study, primary_series = get_grouping_values(primary.latest.latest_instance)
            is_same_series = primary.latest.series_instance_uid == instance.series_instance_uid
            if primary_study != study_values or (is_same_series and primary_series != series_values):
                yield primary

    def delete(self, image_set: ImageSet) -> None:
        """Delete an image set. The next import of its series makes a new image set."""
        image_set.deleted_at = _read_current_time()
        self._unregister(image_set)

    def change_instances(self, image_set: ImageSet, job_id: str, change: Callable[[DataSet], DataSet]) -> None:
        """Make a new version of an image set, and replace the data set of each instance with the result of `change`."""
        instances = [replace(instance, job_id=job_id, after=change(instance.after)) for instance in image_set.instances]
        self.replace_instances(image_set, instances, "IMPORTED", job_id)

    def replace_instances(
        self, image_set: ImageSet, instances: list[ImportedInstance], status: str, job_id: str = ""
    ) -> None:
        """Make a new version of an image set that has these instances and this workflow status."""
        self._unregister(image_set)
        image_set.append_version({one.sop_instance_uid: one for one in instances}, status, job_id)
        self._index_image_set(image_set, image_set.latest.latest_instance)

    def remove_latest_version(self, image_set: ImageSet) -> None:
        """Take back the latest version of an image set. If it is the only version, delete the image set."""
        if len(image_set.versions) == 1:
            self.delete(image_set)
            return
        self._unregister(image_set)
        image_set.versions.pop()
        self._index_image_set(image_set, image_set.latest.latest_instance)

    def end_change(self, change: PendingChange) -> None:
        """End an update or a copy: its image sets are no longer LOCKED."""
        for image_set in self.all:
            if image_set.pending is change:
                image_set.pending = None
        if change.fail is not None:
            change.fail()

    def end_all_changes(self) -> None:
        """End the updates and copies of all image sets."""
        for image_set in list(self.all):
            if image_set.pending is not None:
                self.end_change(image_set.pending)

    def _index_image_set(self, image_set: ImageSet, instance: ImportedInstance) -> None:
        """Let later imports find an image set by the grouping attributes of an instance in it."""
        datastore_id = image_set.datastore_id
        group = (datastore_id, *get_grouping_values(instance))
        if image_set.is_primary:
            self._by_group[group] = image_set
            self._primaries.setdefault((datastore_id, instance.study_instance_uid), []).append(image_set)
        else:
            self._by_group.setdefault(group, image_set)

    def _unregister(self, image_set: ImageSet) -> None:
        self._by_group = {group: known for group, known in self._by_group.items() if known is not image_set}
        for known in self._primaries.values():
            if image_set in known:
                known.remove(image_set)


def get_grouping_values(instance: ImportedInstance) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the values of the elements of the study, and of the series, by which instances are grouped."""
    study_values = tuple(get_first_text(instance.after, tag) for tag in _STUDY_TAGS)
    return study_values, tuple(get_first_text(instance.after, tag) for tag in _SERIES_TAGS)


def _read_current_time() -> datetime:
    """Return the current time in milliseconds, the precision of times in answers."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
