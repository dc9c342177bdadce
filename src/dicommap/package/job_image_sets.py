"""The image sets to verify for the overrides of one job, study by study."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, partial
from threading import Lock
from typing import TYPE_CHECKING

from dicommap.errors import AwsError, DocumentError
from dicommap.overrides.override_file import parse_override_data_set
from dicommap.reconciliation.outcomes import JobState
from dicommap.verification.image_set_check import StudyOverrides
from dicommap.verification.study_result import ImageSetTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from dicommap.dicom.json_model import DataSet
    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.healthimaging.import_configuration import DicomMetadataMapping
    from dicommap.package.metadata_sources import MetadataSource
    from dicommap.package.preview_values import PreviousValues
    from dicommap.package.verification_record import VerificationRecord
    from dicommap.planning.plan import PlanJob
    from dicommap.reconciliation.job_reconciliation import JobReconciliation
    from dicommap.verification.kept_results import KeptImageSet

_UNFINISHED = {
    JobState.NOT_STARTED: "the job was not started",
    JobState.UNANSWERED: "it is not known whether the job was started",
    JobState.NOT_ENDED: "the job has not ended",
}
_NOT_IMPORTED = "no instance was imported"
_NOT_FOUND = "SearchImageSets finds no image set of the study"
_NO_RECORDS = "no record of the job names an image set"


class StudyToVerify:
    """A study to verify, with its overrides, which are read when they are first needed. Threads share the object."""

    def __init__(self, study: str, read_overrides: Callable[[], StudyOverrides]) -> None:
        self.study = study
        self._read_overrides = read_overrides
        self._overrides: StudyOverrides | None = None
        self._lock = Lock()

    def overrides(self) -> StudyOverrides:
        """Return the overrides of the study. Raises DocumentError if the package was changed."""
        with self._lock:
            if self._overrides is None:
                self._overrides = self._read_overrides()
            return self._overrides


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """One image set to verify for a study. `target` is None if the study has no image set."""

    study: StudyToVerify
    target: ImageSetTarget | None
    kept: KeptImageSet | None
    """The results that an interrupted verification has saved for this image set; None if it has saved nothing."""
    is_last: bool
    """Whether this is the last image set of the study."""
    reason: str
    """The reason that is reported for attributes that could not be checked in any image set of the study."""


class JobImageSets:
    """Finder of the image sets to verify: image sets that a job's records name, and image sets that a search finds."""

    def __init__(
        self,
        source: MetadataSource,
        previous: PreviousValues,
        record: VerificationRecord,
        assumptions: Assumptions,
        *,
        all_image_sets: bool,
    ) -> None:
        self._source = source
        self._previous = previous
        self._record = record
        self._assumptions = assumptions
        self._all_image_sets = all_image_sets
        self.searched_studies = 0
        """Number of studies of the last job whose image sets were found by SearchImageSets."""

    def list_items(
        self, job: PlanJob, reconciled: JobReconciliation | None, read_override_file: Callable[[str], bytes]
    ) -> Iterator[WorkItem]:
        """Yield the image sets to verify, study by study. A study without image sets has one item without a target."""
        self.searched_studies = 0
        mappings: dict[str, list[DicomMetadataMapping]] = {}
        for mapping in job.mappings:
            mappings.setdefault(mapping.studyInstanceUID, []).append(mapping)
        unfinished = _UNFINISHED.get(reconciled.outcomes.state) if reconciled is not None else None
        known = {} if reconciled is None else _group_imported_image_sets(reconciled, mappings.keys())
        has_records = any(known.values())
        for study in sorted(mappings):
            work = StudyToVerify(study, partial(self._read_overrides, read_override_file, mappings[study]))
            reason = unfinished or _NOT_IMPORTED
            targets = known.get(study, [])
            if not has_records and not unfinished:
                found = self._search_image_sets(study)
                targets = found or []
                reason = _NO_RECORDS if found is None else _NOT_FOUND
                self.searched_studies += bool(targets)
            elif targets and (self._all_image_sets or any(target.is_primary is False for target in targets)):
                targets = self._add_other_image_sets(study, targets)
            for target in targets:
                yield WorkItem(
                    study=work,
                    target=target,
                    kept=self._record.take_kept(job.id, study, target.image_set_id),
                    is_last=target is targets[-1],
                    reason="no image set of the series was verified",
                )
            if not targets:
                yield WorkItem(study=work, target=None, kept=None, is_last=True, reason=reason)

    def _search_image_sets(self, study: str) -> list[ImageSetTarget] | None:
        """Search for the image sets of a study. Return None if the source of metadata cannot be searched."""
        summaries = self._source.search(study)
        if summaries is None:
            return None
        return [
            ImageSetTarget(
                image_set_id=summary.imageSetId,
                study_instance_uid=study,
                series=frozenset(filter(None, [summary.attributes.get("SeriesInstanceUID")])),
                is_primary=summary.isPrimary,
            )
            for summary in summaries
        ]

    def _add_other_image_sets(self, study: str, targets: list[ImageSetTarget]) -> list[ImageSetTarget]:
        """Return the image sets of a job and the other image sets of its study, which other imports have made.

        If the job's image sets are not primary, people still see the values of the primary image set.
        """
        try:
            found = self._search_image_sets(study) or []
        except AwsError as error:
            if not error.local:
                raise
            return targets  # the issue about image sets that are not primary remains
        known = {target.image_set_id for target in targets}
        return [*targets, *(target for target in found if target.image_set_id not in known)]

    def _read_overrides(
        self, read_override_file: Callable[[str], bytes], mappings: list[DicomMetadataMapping]
    ) -> StudyOverrides:
        """Read the override files of one study."""
        data_sets = {
            mapping.seriesInstanceUID: _parse_override(read_override_file(mapping.metadataFilePath), self._assumptions)
            for mapping in mappings
        }
        study = mappings[0].studyInstanceUID
        read_previous = cache(partial(self._previous.read_study_values, study))
        return StudyOverrides(study_instance_uid=study, data_sets=data_sets, read_previous=read_previous)


def _parse_override(data: bytes, assumptions: Assumptions) -> DataSet:
    """Parse an override file that has the hash in the plan. It is valid, because it was checked before the submit."""
    try:
        return parse_override_data_set(json.loads(data), assumptions)
    except (ValueError, RecursionError, AttributeError, IndexError, KeyError, TypeError):
        raise DocumentError(
            "An override file of the package is no DICOM JSON data set.",
            fix="'dicommap validate' lists what is wrong with the package.",
        ) from None


def _group_imported_image_sets(
    reconciled: JobReconciliation, studies: Container[str]
) -> dict[str, list[ImageSetTarget]]:
    """Return the image sets of each study, in the order of their series, with the instances that the job imported."""
    series: dict[tuple[str, str], set[str]] = {}
    instances: dict[tuple[str, str], set[str]] = {}
    primary: dict[tuple[str, str], bool | None] = {}
    for outcome in reconciled.instances():
        key = (outcome.planned.study_instance_uid, outcome.image_set_id)
        if outcome.image_set_id and outcome.reported_imported and key[0] in studies:
            series.setdefault(key, set()).add(outcome.planned.series_instance_uid)
            instances.setdefault(key, set()).add(outcome.planned.sop_instance_uid)
            primary[key] = outcome.is_primary
    targets: dict[str, list[ImageSetTarget]] = {}
    for study, image_set in sorted(series, key=lambda key: (key[0], min(series[key]), key[1])):
        target = ImageSetTarget(
            image_set_id=image_set,
            study_instance_uid=study,
            series=frozenset(series[study, image_set]),
            instances=frozenset(instances[study, image_set]),
            is_primary=primary[study, image_set],
        )
        targets.setdefault(study, []).append(target)
    return targets
