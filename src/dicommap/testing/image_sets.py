"""Image sets as the stand-in organises instances in them.

The elements that group instances are documented (developer guide, "Understanding image sets"). Which group of a series
becomes the primary image set is not, and is the stand-in's own rule: that of the instance imported first. An instance
that its series' primary image set holds already goes into another one.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary_model_tags_part import SERIES_INSTANCE_UID, STUDY_INSTANCE_UID, keyword_of
from dicommap.healthimaging.levels import SERIES_GROUPING_TAGS, STUDY_GROUPING_TAGS
from dicommap.testing.image_sets_testing_files_part import SOP_INSTANCE_UID, first_text

if TYPE_CHECKING:
    from dicommap.dicom.json_model import DataSet

_STUDY_TAGS = sorted(STUDY_GROUPING_TAGS)
_SERIES_TAGS = sorted(SERIES_GROUPING_TAGS)


@dataclass(frozen=True, kw_only=True)
class ImportedInstance:
    """One file that was imported."""

    job_id: str
    key: str
    """Of its object, in the job's input bucket."""
    before: DataSet = field(repr=False)
    """Its data set as the file has it, without pixel data."""
    after: DataSet = field(repr=False)
    """The same with the job's overrides."""

    @property
    def study_instance_uid(self) -> str:
        """Return the study it was imported into."""
        return first_text(self.after, STUDY_INSTANCE_UID)

    @property
    def series_instance_uid(self) -> str:
        """Return the series it was imported into."""
        return first_text(self.after, SERIES_INSTANCE_UID)

    @property
    def sop_instance_uid(self) -> str:
        """Return its own UID."""
        return first_text(self.after, SOP_INSTANCE_UID)

    @property
    def changed(self) -> frozenset[str]:
        """Return the keywords of the attributes that the overrides changed, added or emptied."""
        tags = self.before.keys() | self.after.keys()
        return frozenset(keyword_of(int(tag, 16)) for tag in tags if self.before.get(tag) != self.after.get(tag))


@dataclass(kw_only=True)
class ImageSet:
    """One image set: instances of a series whose grouping elements are the same."""

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
    _stored: set[tuple[str, str, str, str]] = field(default_factory=set)

    def add(self, datastore_id: str, instance: ImportedInstance) -> ImageSet:
        """Put an instance where it belongs, and return the image set."""
        study, series = instance.study_instance_uid, instance.series_instance_uid
        of_study = tuple(first_text(instance.after, tag) for tag in _STUDY_TAGS)
        of_series = tuple(first_text(instance.after, tag) for tag in _SERIES_TAGS)
        primary_study = self._primary_studies.setdefault((datastore_id, study), of_study)
        is_primary = primary_study == of_study
        if is_primary:
            is_primary = self._primary_series.setdefault((datastore_id, study, series), of_series) == of_series
        place = (datastore_id, study, series, instance.sop_instance_uid)
        group: tuple[object, ...] = (datastore_id, of_study, of_series)
        if is_primary and place in self._stored:
            is_primary, group = False, (*group, instance.job_id)
        if is_primary:
            self._stored.add(place)
        return self._put(group, datastore_id, instance, is_primary=is_primary)

    def _put(
        self, group: tuple[object, ...], datastore_id: str, instance: ImportedInstance, *, is_primary: bool
    ) -> ImageSet:
        found = self._by_group.get(group)
        if found is None:
            found = ImageSet(image_set_id=secrets.token_hex(16), datastore_id=datastore_id, is_primary=is_primary)
            self._by_group[group] = found
            self.all.append(found)
        elif found.instances[-1].job_id != instance.job_id:
            found.version += 1
        found.instances.append(instance)
        return found
