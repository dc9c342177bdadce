"""Verify the overrides of one job: read the metadata of its image sets, and collect the results by study."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import hex_of
from dicommap.display.verification_records import format_stored_value
from dicommap.package.job_image_sets import JobImageSets, WorkItem
from dicommap.package.metadata_sources import LOCKED_REASON, MetadataFailure
from dicommap.verification.effects import WRONG_EFFECTS, AttributeCheck, Effect
from dicommap.verification.kept_results import KeptEffect, KeptImageSet
from dicommap.verification.stored_metadata import UnreadableMetadataError, read_stored_image_set
from dicommap.verification.study_result import ImageSetTarget, StudyResult, StudyResultBuilder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.errors import AwsError
    from dicommap.package.metadata_sources import MetadataSource
    from dicommap.package.package_directory import PackageDirectory
    from dicommap.package.preview_values import PreviousValues
    from dicommap.package.verification_record import VerificationRecord
    from dicommap.planning.plan import PlanJob
    from dicommap.reconciliation.job_reconciliation import JobReconciliation
    from dicommap.verification.image_set_check import StudyOverrides

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


@dataclass(frozen=True, slots=True)
class _CheckedItem:
    """The results of checking one image set. `denial` is AWS's error if a permission was missing; else None."""

    item: WorkItem
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
        self._source = source
        self._record = record
        self._job_image_sets = JobImageSets(
            source, previous, record, package.plan.assumptions, all_image_sets=all_image_sets
        )
        self._denied: list[KeptImageSet] = []
        """Results of image sets without a permission. They are kept when another image set could be read."""
        self._large = Lock()
        """The lock of the thread that has a large document in memory."""

    @property
    def searched_studies(self) -> int:
        """Return the number of studies of the last job whose image sets were found by SearchImageSets."""
        return self._job_image_sets.searched_studies

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
        builder: StudyResultBuilder | None = None
        for checked in self._check_items(self._job_image_sets.list_items(job, reconciled, read_override_file)):
            item = checked.item
            builder = builder or StudyResultBuilder(job.id, item.study.study)
            if item.target is not None:
                self._keep(job, item, checked)
                self._count(item.target)
                builder.add(checked.checks, item.target)
            if item.is_last:
                yield builder.build(item.study.overrides().make_checks(Effect.NOT_CHECKED, item.reason))
                builder = None

    def _check_items(self, items: Iterator[WorkItem]) -> Iterator[_CheckedItem]:
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

    def _check_item(self, item: WorkItem) -> _CheckedItem:
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

    def _keep(self, job: PlanJob, item: WorkItem, checked: _CheckedItem) -> None:
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
        """Save the results of image sets that could not be read because a permission is missing. Call this at the end.

        These results are not saved at once: if too many image sets in a row cannot be read, AwsError is raised instead.
        """
        for line in self._denied:
            self._record.add(line)
        self._denied.clear()


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
