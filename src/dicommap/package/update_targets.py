"""Find the image sets of an update: from the job manifests of the package, or by SearchImageSets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from dicommap.aws.image_sets import ImageSets
    from dicommap.reconciliation.job_reconciliation import JobReconciliation
    from dicommap.updates.update import Update

_SeriesKey = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateTarget:
    """One image set to which an update is sent, and how: alone, or with the other primary image sets of its study."""

    image_set_id: str
    is_primary: bool | None
    """Whether the image set is primary; None if it is not known."""
    include_study: bool = False
    """Whether the request is sent with includeStudyImageSets, which reaches all primary image sets of the study."""
    others: tuple[str, ...] = ()
    """The ids of the other primary image sets, if the request reaches them."""

    def with_receiver(self, image_set: str) -> UpdateTarget:
        """Return a copy of this target in which requests are sent to another one of its primary image sets."""
        candidates = (self.image_set_id, *self.others)
        return replace(self, image_set_id=image_set, others=tuple(uid for uid in candidates if uid != image_set))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedImageSets:
    """The image sets into which the jobs of a package have imported the studies that have updates."""

    by_series: dict[_SeriesKey, dict[str, bool | None]] = field(default_factory=dict)
    """Study and Series Instance UID -> id of each image set -> whether it is primary."""

    @classmethod
    def collect(cls, reconciled: Iterable[JobReconciliation], studies: Container[str]) -> ImportedImageSets:
        """Return the image sets that the job manifests name for the instances of some studies.

        Args:
            reconciled: The reconciliation of each job.
            studies: The Study Instance UIDs of the studies.

        """
        by_series: dict[_SeriesKey, dict[str, bool | None]] = {}
        for job in reconciled:
            for outcome in job.instances():
                planned = outcome.planned
                if outcome.image_set_id and outcome.reported_imported and planned.study_instance_uid in studies:
                    key = (planned.study_instance_uid, planned.series_instance_uid)
                    by_series.setdefault(key, {})[outcome.image_set_id] = outcome.is_primary
        return cls(by_series=by_series)

    def select_study(self, study: str) -> dict[str, bool | None]:
        """Return the image sets of a study: id -> whether it is primary."""
        return {
            image_set: is_primary
            for key, image_sets in self.by_series.items()
            if key[0] == study
            for image_set, is_primary in image_sets.items()
        }


class UpdateTargetFinder:
    """Finder of the image sets of updates."""

    def __init__(self, service: ImageSets, datastore: str, imported: ImportedImageSets | None) -> None:
        """Make a finder.

        Args:
            service: The client that searches.
            datastore: The id of the data store.
            imported: The image sets of the package's jobs; None if the package has no jobs.

        """
        self._service = service
        self._datastore = datastore
        self._imported = imported

    def find_targets(self, update: Update) -> list[UpdateTarget]:
        """Return the image sets of an update, in the order of their ids. Raises AwsError.

        For a series, these are the image sets into which the jobs of the package have imported it. If no job has
        imported it, they are all image sets of the series in the data store. For a study, one primary image set stands
        for all primary ones; image sets that are not primary are updated one by one.
        """
        if update.series_instance_uid is None:
            return self._find_study_targets(update.study_instance_uid)
        key = (update.study_instance_uid, update.series_instance_uid)
        known = self._imported.by_series.get(key, {}) if self._imported is not None else {}
        if not known:
            return self.search_series(update)
        return [UpdateTarget(image_set_id=uid, is_primary=is_primary) for uid, is_primary in sorted(known.items())]

    def search_series(self, update: Update) -> list[UpdateTarget]:
        """Return all image sets of the update's series in the data store. Raises AwsError."""
        filters = {
            "StudyInstanceUID": update.study_instance_uid,
            "SeriesInstanceUID": update.series_instance_uid or "",
        }
        found = {summary.imageSetId: summary.isPrimary for summary in self._service.search(self._datastore, filters)}
        return [UpdateTarget(image_set_id=uid, is_primary=is_primary) for uid, is_primary in sorted(found.items())]

    def _find_study_targets(self, study: str) -> list[UpdateTarget]:
        """Return the image sets of an update of a whole study: the primary ones as one target, then each other one."""
        found = {
            summary.imageSetId: summary.isPrimary
            for summary in self._service.search(self._datastore, {"StudyInstanceUID": study})
        }
        primary = sorted(uid for uid, is_primary in found.items() if is_primary)
        imported = self._imported.select_study(study) if self._imported is not None else {}
        # Other imports of the study may have made image sets that are not primary. They are not the package's.
        others = sorted(
            uid for uid, is_primary in found.items() if not is_primary and (not imported or uid in imported)
        )
        targets = [UpdateTarget(image_set_id=uid, is_primary=found[uid]) for uid in others]
        if primary:
            first, *rest = primary
            head = UpdateTarget(image_set_id=first, is_primary=True, include_study=True, others=tuple(rest))
            targets.insert(0, head)
        return targets
