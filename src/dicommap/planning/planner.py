"""Choose the S3 prefixes of import jobs from the keys of files, the overrides, the quotas and the staging policy."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from dicommap.model.item_store import MEMORY, ItemStore
from dicommap.planning.jobs_in_place import JobsInPlace, UnfitFile, find_jobs_in_place
from dicommap.planning.packing import PackedJobs, measure_study_load, pack_studies
from dicommap.planning.staging import StagingPolicy

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, MutableMapping

    from dicommap.healthimaging.quotas import Quotas
    from dicommap.planning.folders import PrefixRules
    from dicommap.planning.job_load import OverrideSizes, QuotaExcess, StudySize
    from dicommap.planning.jobs_in_place import KeyedFile

MANY_JOBS = 100
"""Minimum number of jobs in place for which a plan has `jobs_if_staged`, for comparison."""


class PlannableFiles(Protocol):
    """The interface of the planner's input: files with their S3 keys and sizes."""

    def keyed_files(self) -> Iterable[KeyedFile]:
        """Return each file that has an S3 key, in the order of the UTF-8 bytes of the keys."""
        ...

    def study_sizes(self, largest: int) -> Iterable[StudySize]:
        """Return the sizes of the studies, in the order of their UIDs.

        Files over `largest` bytes are counted as `too_large`.
        """
        ...

    def series_file_sizes(self, study: str, series: str, largest: int) -> Iterable[int]:
        """Return the bytes of each file in a series, in the order of paths. Files over `largest` bytes are left out."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixPlan:
    """The planned jobs (jobs in place and staged jobs), and the numbers of files that are in no job."""

    in_place: JobsInPlace = field(default_factory=JobsInPlace)
    staged: PackedJobs = field(default_factory=PackedJobs)
    staged_studies: int = 0
    staged_files: int = 0
    unplanned_files: Mapping[str, int]
    """Study -> number of its files that are in no job."""
    over_quota: Mapping[str, QuotaExcess] = field(default_factory=dict)
    """Study that is divided between jobs in place, and is too large for a single job -> the exceeded quota."""
    jobs_if_staged: int | None = None
    """Number of jobs if all files were staged. None if there are fewer than MANY_JOBS jobs in place."""


def plan_prefixes(
    files: PlannableFiles,
    overrides: OverrideSizes,
    rules: PrefixRules,
    quotas: Quotas,
    staging: StagingPolicy,
    store: ItemStore = MEMORY,
) -> PrefixPlan:
    """Plan the S3 prefix of each job, and choose the studies to stage.

    Args:
        files: The files with their S3 keys and sizes.
        overrides: The sizes of the override files.
        rules: The rules for the prefixes of jobs in place.
        quotas: The size limits of one job.
        staging: The staging policy.
        store: The store that keeps the numbers of files by study.

    """
    if staging is StagingPolicy.ALL:
        return _plan_staged_jobs(_make_empty_jobs_in_place(files, quotas), files, overrides, quotas, None)
    totals: MutableMapping[str, int] = store.make_dict()
    for study in files.study_sizes(quotas.fileBytes):
        totals[study.study_instance_uid] = study.files + study.too_large
    in_place = find_jobs_in_place(
        files.keyed_files(),
        totals,
        overrides,
        rules,
        quotas,
        whole=staging is StagingPolicy.WHERE_NEEDED,
    )
    if staging is StagingPolicy.WHERE_NEEDED:
        return _plan_staged_jobs(in_place, files, overrides, quotas, in_place.unplanned_files)
    return _plan_in_place(in_place, files, overrides, quotas)


def _plan_in_place(
    in_place: JobsInPlace, files: PlannableFiles, overrides: OverrideSizes, quotas: Quotas
) -> PrefixPlan:
    """Return a plan with the jobs in place only. It names the divided studies that are too large for a single job."""
    over: dict[str, QuotaExcess] = {}

    def iterate_and_record_excesses() -> Iterator[StudySize]:
        """Yield the sizes of all studies. Record each divided study that exceeds a quota of a single job."""
        for study in files.study_sizes(quotas.fileBytes):
            excess = (
                measure_study_load(study, overrides).find_excess(quotas)
                if study.study_instance_uid in in_place.cut_studies
                else None
            )
            if excess is not None:
                over[study.study_instance_uid] = excess
            yield study

    studies = iterate_and_record_excesses()
    jobs_if_staged = _count_jobs_if_staged(studies, in_place, files, overrides, quotas)
    if in_place.cut_studies:
        deque(studies, maxlen=0)  # iterates over the remaining studies, so that `over` is complete
    return PrefixPlan(
        in_place=in_place, unplanned_files=in_place.unplanned_files, over_quota=over, jobs_if_staged=jobs_if_staged
    )


def _make_empty_jobs_in_place(files: PlannableFiles, quotas: Quotas) -> JobsInPlace:
    """Return a JobsInPlace without jobs. Its `too_large` has the instances that are too large for any job."""
    in_place = JobsInPlace()
    if any(study.too_large for study in files.study_sizes(quotas.fileBytes)):
        for key, size, study, _ in files.keyed_files():
            if study is not None and size > quotas.fileBytes:
                in_place.too_large.add(UnfitFile(key=key, size=size, study=study))
    return in_place


def _plan_staged_jobs(
    in_place: JobsInPlace,
    files: PlannableFiles,
    overrides: OverrideSizes,
    quotas: Quotas,
    chosen: Container[str] | None,
) -> PrefixPlan:
    """Return a plan with staged jobs for the chosen studies. Its `unplanned_files` are those that no job can import.

    Args:
        in_place: The jobs in place.
        files: The files with their S3 keys and sizes.
        overrides: The sizes of the override files.
        quotas: The limits of one job.
        chosen: The studies to stage. None for all studies.
    """
    studies = file_count = 0
    unplanned_files: dict[str, int] = {}

    def select_studies() -> Iterable[StudySize]:
        """Yield the sizes of the studies to stage, and count their files."""
        nonlocal studies, file_count
        for study in files.study_sizes(quotas.fileBytes):
            if chosen is not None and study.study_instance_uid not in chosen:
                continue
            if study.too_large:
                unplanned_files[study.study_instance_uid] = study.too_large
            if study.files:
                studies += 1
                file_count += study.files
                yield study

    jobs = _pack_studies_of_files(select_studies(), files, overrides, quotas)
    for study, count in jobs.unpackable_files.items():
        unplanned_files[study] = unplanned_files.get(study, 0) + count
    return PrefixPlan(
        in_place=in_place,
        staged=jobs,
        staged_studies=studies,
        staged_files=file_count - sum(jobs.unpackable_files.values()),
        unplanned_files=unplanned_files,
        jobs_if_staged=_count_jobs_if_staged(files.study_sizes(quotas.fileBytes), in_place, files, overrides, quotas),
    )


def _pack_studies_of_files(
    studies: Iterable[StudySize],
    files: PlannableFiles,
    overrides: OverrideSizes,
    quotas: Quotas,
    *,
    keeps_pieces: bool = True,
) -> PackedJobs:
    """Pack studies, with the sizes of their files from `files`."""
    return pack_studies(
        studies,
        overrides,
        quotas,
        lambda study, series: files.series_file_sizes(study, series, quotas.fileBytes),
        keeps_pieces=keeps_pieces,
    )


def _count_jobs_if_staged(
    studies: Iterable[StudySize],
    in_place: JobsInPlace,
    files: PlannableFiles,
    overrides: OverrideSizes,
    quotas: Quotas,
) -> int | None:
    """Return the number of jobs that would be needed if all studies were staged.

    Return None if there are fewer than MANY_JOBS jobs in place.
    """
    if len(in_place.prefixes) < MANY_JOBS:
        return None
    importable = (study for study in studies if study.files)
    return len(_pack_studies_of_files(importable, files, overrides, quotas, keeps_pieces=False).jobs)
