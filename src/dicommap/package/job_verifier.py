"""Verify the overrides of one job: choose the image sets, read their metadata, and collect the results by study."""

from __future__ import annotations

import json
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import hex_of
from dicommap.display.verification_records import format_stored_value
from dicommap.errors import AwsError, DocumentError
from dicommap.overrides.override_file import parse_override_data_set
from dicommap.package.metadata_sources import LOCKED_REASON, MetadataFailure
from dicommap.reconciliation.outcomes import JobState
from dicommap.verification.effects import WRONG_EFFECTS, AttributeCheck, Effect
from dicommap.verification.image_set_check import StudyOverrides
from dicommap.verification.kept_results import KeptEffect, KeptImageSet
from dicommap.verification.stored_metadata import UnreadableMetadataError, read_stored_image_set
from dicommap.verification.study_result import ImageSetTarget, StudyResult, StudyResultBuilder

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from dicommap.dicom.json_model import DataSet
    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.healthimaging.import_configuration import DicomMetadataMapping
    from dicommap.package.metadata_sources import MetadataSource
    from dicommap.package.package_directory import PackageDirectory
    from dicommap.package.previous_values import PreviousValues
    from dicommap.package.verification_record import VerificationRecord
    from dicommap.planning.plan import PlanJob
    from dicommap.reconciliation.job_reconciliation import JobReconciliation

_UNFINISHED = {
    JobState.NOT_STARTED: "the job was not started",
    JobState.UNANSWERED: "it is not known whether the job was started",
    JobState.NOT_ENDED: "the job has not ended",
}
_NOT_IMPORTED = "no instance was imported"
_NOT_FOUND = "SearchImageSets finds no image set of the study"
_NO_RECORDS = "no record of the job names an image set"

REQUESTS_AT_ONCE = 8
"""Number of image sets that are fetched and checked at the same time."""
ITEMS_AHEAD = 16 * REQUESTS_AT_ONCE
"""Number of image sets that threads may check before the results of the first of them are used.

If it were smaller, all threads would wait whenever one answer is late.
"""
SMALL_BYTES = 16 * 2**10
"""Maximum size of fetched metadata that several threads may decompress and parse at the same time.

zlib makes at most 1,032 bytes of one byte, so that all threads together decompress about as many bytes as one document
may have.
"""
STORED_CHARACTERS = 10_000
"""Maximum number of characters of a stored value that is kept for display. A longer value is cut."""
DENIALS_LIMIT = 10
"""Number of consecutive image sets with a missing permission after which the verification raises AwsError."""


class _StudyWork:
    """A study to verify, with its overrides. The overrides are read when they are first needed. Threads share it."""

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
class _WorkItem:
    """One image set to verify for a study. If the study has no image set, `target` is None."""

    study: _StudyWork
    target: ImageSetTarget | None
    kept: KeptImageSet | None
    """The results that an interrupted verification has saved for this image set; None if it has saved nothing."""
    is_last: bool
    """Whether this is the last image set of the study."""
    reason: str
    """The reason that is reported for attributes that could not be checked in any image set of the study."""


@dataclass(frozen=True, slots=True)
class _CheckedItem:
    """The checks of one image set. If a permission was missing, `denial` is AWS's error."""

    item: _WorkItem
    checks: list[AttributeCheck]
    denial: AwsError | None = None


class JobVerifier:
    """Verifier of the jobs of one package, one job at a time.

    Several threads fetch and check image sets in advance. Small documents are decompressed at the same time. Of the
    larger documents, only one is in memory.
    """

    def __init__(
        self,
        package: PackageDirectory,
        source: MetadataSource,
        previous: PreviousValues,
        record: VerificationRecord,
        divided_studies: frozenset[str],
        *,
        all_image_sets: bool = False,
    ) -> None:
        self._package = package
        self._divided_studies = divided_studies
        """The Study Instance UIDs of the studies that are divided among jobs."""
        self._divided_image_sets: set[str] = set()
        """The ids of the verified image sets of divided studies. Several jobs may have imported into one of them."""
        self.image_sets = 0
        """Number of different image sets that were verified, in all jobs."""
        self.non_primary = 0
        """Number of those image sets that are not primary."""
        self._all_image_sets = all_image_sets
        self._source = source
        self._previous = previous
        self._record = record
        self._denied: list[KeptImageSet] = []
        """Results of image sets without a permission. They are kept when another image set could be read."""
        self._large = Lock()
        """The lock of the thread that has a large document in memory."""
        self.searched_studies = 0
        """Number of studies of the last job whose image sets were found by SearchImageSets."""

    def verify(self, job: PlanJob, reconciled: JobReconciliation | None) -> Iterator[StudyResult]:
        """Yield the result of each study with an override in a job, in the order of the Study Instance UIDs.

        Args:
            job: The job.
            reconciled: The reconciliation of the job; None if its job manifests cannot be read.

        Raises:
            AwsError: AWS cannot be reached, or refuses DENIALS_LIMIT image sets in a row.
            DocumentError: The package was changed.
            OSError: The results cannot be kept.

        """
        with self._package.open_override_files(job) as read_override_file:
            yield from self._verify(job, reconciled, read_override_file)

    def _verify(
        self, job: PlanJob, reconciled: JobReconciliation | None, read_override_file: Callable[[str], bytes]
    ) -> Iterator[StudyResult]:
        self.searched_studies = 0
        builder: StudyResultBuilder | None = None
        for checked in self._check_items(self._list_work(job, reconciled, read_override_file)):
            item = checked.item
            builder = builder or StudyResultBuilder(job.id, item.study.study)
            if item.target is not None:
                self._keep(job, item, checked)
                self._count(item.target)
                builder.add(checked.checks, item.target)
            if item.is_last:
                yield builder.build(item.study.overrides().make_checks(Effect.NOT_CHECKED, item.reason))
                builder = None

    def _check_items(self, items: Iterator[_WorkItem]) -> Iterator[_CheckedItem]:
        """Fetch and check image sets in several threads. Yield the checks of each item, in the order of the items."""
        waiting: deque[Future[_CheckedItem]] = deque()
        with ThreadPoolExecutor(REQUESTS_AT_ONCE) as threads:
            try:
                for item in islice(items, ITEMS_AHEAD):
                    waiting.append(threads.submit(self._check_item, item))
                while waiting:
                    checked = waiting.popleft().result()
                    for item in islice(items, 1):
                        waiting.append(threads.submit(self._check_item, item))
                    yield checked
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise

    def _check_item(self, item: _WorkItem) -> _CheckedItem:
        target = item.target
        if target is None:
            return _CheckedItem(item, [])
        overrides = item.study.overrides()
        if item.kept is not None:
            return _CheckedItem(item, list(_restore_checks(overrides, target, item.kept)))
        answer = self._source.fetch(target.image_set_id)
        if isinstance(answer, MetadataFailure):
            return _CheckedItem(item, _make_unreadable(overrides, target, answer.reason), answer.denial)
        with nullcontext() if len(answer) <= SMALL_BYTES else self._large:
            checks = self._compare(overrides, target, answer)
        if any(check.effect in WRONG_EFFECTS for check in checks) and self._source.is_locked(target.image_set_id):
            checks = _make_unreadable(overrides, target, LOCKED_REASON)
        return _CheckedItem(item, checks)

    def _compare(self, overrides: StudyOverrides, target: ImageSetTarget, data: bytes) -> list[AttributeCheck]:
        document = self._source.decompress(data, target.image_set_id)
        if isinstance(document, MetadataFailure):
            return _make_unreadable(overrides, target, document.reason)
        try:
            stored = read_stored_image_set(document, target.image_set_id)
        except UnreadableMetadataError as error:
            return _make_unreadable(overrides, target, f"the metadata cannot be used: {error}")
        checks = list(overrides.check(stored, target.image_set_id, target.series, target.instances))
        # Results are kept until the end of the job, or longer. So they must not hold large values.
        return checks if len(document) <= STORED_CHARACTERS else [_cut_stored_value(check) for check in checks]

    def _count(self, target: ImageSetTarget) -> None:
        if target.study_instance_uid in self._divided_studies:
            if target.image_set_id in self._divided_image_sets:
                return
            self._divided_image_sets.add(target.image_set_id)
        self.image_sets += 1
        self.non_primary += target.is_primary is False

    def _keep(self, job: PlanJob, item: _WorkItem, checked: _CheckedItem) -> None:
        """Save the results of an image set.

        Raises AwsError if a permission was missing for DENIALS_LIMIT image sets in a row.
        """
        if item.target is None or item.kept is not None:
            return
        line = KeptImageSet(
            job=job.id,
            study=item.target.study_instance_uid,
            imageSetId=item.target.image_set_id,
            effects=tuple(map(_make_kept_effect, checked.checks)),
        )
        self._denied.append(line)
        if checked.denial is None:
            self.keep_denied()
        elif len(self._denied) >= DENIALS_LIMIT:
            raise checked.denial

    def keep_denied(self) -> None:
        """Save the results of image sets that could not be read because a permission is missing.

        They wait until another image set can be read, or until the verification ends. So call this method at the end.
        """
        for line in self._denied:
            self._record.add(line)
        self._denied.clear()

    def _list_work(
        self, job: PlanJob, reconciled: JobReconciliation | None, read_override_file: Callable[[str], bytes]
    ) -> Iterator[_WorkItem]:
        """Yield the image sets to verify, study by study. A study without image sets has one item without a target."""
        mappings: dict[str, list[DicomMetadataMapping]] = {}
        for mapping in job.mappings:
            mappings.setdefault(mapping.studyInstanceUID, []).append(mapping)
        unfinished = _UNFINISHED.get(reconciled.outcomes.state) if reconciled is not None else None
        known = {} if reconciled is None else _group_imported_instances(reconciled, mappings.keys())
        has_records = any(known.values())
        for study in sorted(mappings):
            work = _StudyWork(study, partial(self._read_overrides, read_override_file, mappings[study]))
            reason = unfinished or _NOT_IMPORTED
            targets = known.get(study, [])
            if not has_records and not unfinished:
                found = self._search(study)
                targets = found or []
                reason = _NO_RECORDS if found is None else _NOT_FOUND
                self.searched_studies += bool(targets)
            elif targets and (self._all_image_sets or any(target.is_primary is False for target in targets)):
                targets = self._add_other_image_sets(study, targets)
            for target in targets:
                yield _WorkItem(
                    study=work,
                    target=target,
                    kept=self._record.take_kept(job.id, study, target.image_set_id),
                    is_last=target is targets[-1],
                    reason="no image set of the series was verified",
                )
            if not targets:
                yield _WorkItem(study=work, target=None, kept=None, is_last=True, reason=reason)

    def _search(self, study: str) -> list[ImageSetTarget] | None:
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
            found = self._search(study) or []
        except AwsError as error:
            if not error.local:
                raise
            return targets  # the issue about image sets that are not primary remains
        known = {target.image_set_id for target in targets}
        return [*targets, *(target for target in found if target.image_set_id not in known)]

    def _read_overrides(
        self, read_override_file: Callable[[str], bytes], mappings: list[DicomMetadataMapping]
    ) -> StudyOverrides:
        data_sets = {
            mapping.seriesInstanceUID: _parse_override(
                read_override_file(mapping.metadataFilePath), self._package.plan.assumptions
            )
            for mapping in mappings
        }
        study = mappings[0].studyInstanceUID
        read_previous = cache(partial(self._previous.of_study, study))
        return StudyOverrides(study_instance_uid=study, data_sets=data_sets, read_previous=read_previous)


def _parse_override(data: bytes, assumptions: Assumptions) -> DataSet:
    """Parse an override file whose hash is that of the plan. So its issues were found before it was submitted."""
    try:
        return parse_override_data_set(json.loads(data), assumptions)
    except (ValueError, RecursionError, AttributeError, IndexError, KeyError, TypeError):
        raise DocumentError(
            "An override file of the package is no DICOM JSON data set.",
            fix="'dicommap validate' lists what is wrong with the package.",
        ) from None


def _cut_stored_value(check: AttributeCheck) -> AttributeCheck:
    """Return a check whose stored value has at most STORED_CHARACTERS. A longer value becomes a text that is cut."""
    text = format_stored_value(check.stored)
    return check if len(text) <= STORED_CHARACTERS else replace(check, stored=text[: STORED_CHARACTERS - 1] + "…")


def _make_unreadable(overrides: StudyOverrides, target: ImageSetTarget, reason: str) -> list[AttributeCheck]:
    return list(overrides.make_checks(Effect.NOT_READABLE, reason, target.image_set_id, target.series))


def _make_kept_effect(check: AttributeCheck) -> KeptEffect:
    return KeptEffect(series=check.series_instance_uid, tag=hex_of(check.tag), effect=check.effect, reason=check.reason)


def _restore_checks(overrides: StudyOverrides, target: ImageSetTarget, kept: KeptImageSet) -> Iterator[AttributeCheck]:
    """Yield the checks that an interrupted verification has saved. They have no stored values: these were not saved."""
    for effect in kept.effects:
        wanted = overrides.data_sets.get(effect.series, {}).get(effect.tag)
        if wanted is not None:
            yield AttributeCheck(
                study_instance_uid=target.study_instance_uid,
                series_instance_uid=effect.series,
                tag=int(effect.tag, 16),
                image_set_id=target.image_set_id,
                effect=effect.effect,
                reason=effect.reason,
                wanted=wanted,
            )


def _group_imported_instances(
    reconciled: JobReconciliation, studies: Container[str]
) -> dict[str, list[ImageSetTarget]]:
    """Return the image sets of each study, in the order of their ids, with the instances that the job imported."""
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
    for study, image_set in sorted(series):
        target = ImageSetTarget(
            image_set_id=image_set,
            study_instance_uid=study,
            series=frozenset(series[study, image_set]),
            instances=frozenset(instances[study, image_set]),
            is_primary=primary[study, image_set],
        )
        targets.setdefault(study, []).append(target)
    return targets
