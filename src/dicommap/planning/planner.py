"""Choose the S3 prefixes of import jobs from file keys, overrides, quotas and the staging setting."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from dicommap.planning.jobs_in_place import JobsInPlace, UnfitFile, find_jobs_in_place
from dicommap.planning.packing import PackedJobs, measure_study, pack_studies
from dicommap.planning.staging import StagingPolicy

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from dicommap.healthimaging.quotas import Quotas
    from dicommap.planning.folders import PrefixRules
    from dicommap.planning.job_load import OverrideSizes, QuotaExcess, StudySize
    from dicommap.planning.jobs_in_place import KeyedFile

MANY_JOBS = 100
"""Jobs in place from which on it is found out how many would do if all files were staged."""


class PlannableFiles(Protocol):
    """Files with their keys in S3 and their sizes, which prefixes are planned for."""

    def keyed_files(self) -> Iterable[KeyedFile]:
        """Return every file that has a key, in order of the keys' UTF-8."""
        ...

    def study_sizes(self, largest: int) -> Iterable[StudySize]:
        """Return the studies in order of their UIDs; files of more than `largest` bytes are counted apart."""
        ...

    def series_file_sizes(self, study: str, series: str, largest: int) -> Iterable[int]:
        """Return the bytes of the files of a series that have at most `largest`, in order of path."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixPlan:
    """The prefixes of all jobs, the staged studies, and the files that are in no job."""

    in_place: JobsInPlace = field(default_factory=JobsInPlace)
    staged: PackedJobs = field(default_factory=PackedJobs)
    staged_studies: int = 0
    staged_files: int = 0
    left_out: Mapping[str, int]
    """Study -> its files that are in no job."""
    over_quota: Mapping[str, QuotaExcess] = field(default_factory=dict)
    """Studies that are cut in place, and that no job could take whole anywhere -> the quota that they are over."""
    if_staged: int | None = None
    """Where there are many jobs in place: how many there would be if everything were staged."""


def plan_prefixes(
    layout: PlannableFiles, needs: OverrideSizes, places: PrefixRules, quotas: Quotas, staging: StagingPolicy
) -> PrefixPlan:
    """Plan the S3 prefix of each job, and the studies that are staged because no prefix fits."""
    if staging is StagingPolicy.ALL:
        return _plan_staged(_find_too_large_files(layout, quotas), layout, needs, quotas, None)
    totals = {one.study_instance_uid: one.files + one.too_large for one in layout.study_sizes(quotas.fileBytes)}
    found = find_jobs_in_place(
        layout.keyed_files(), totals, needs, places, quotas, whole=staging is StagingPolicy.WHERE_NEEDED
    )
    if staging is StagingPolicy.WHERE_NEEDED:
        return _plan_staged(found, layout, needs, quotas, found.apart)
    over: dict[str, QuotaExcess] = {}

    def judged() -> Iterator[StudySize]:
        for study in layout.study_sizes(quotas.fileBytes):
            excess = measure_study(study, needs).excess(quotas) if study.study_instance_uid in found.cut else None
            if excess is not None:
                over[study.study_instance_uid] = excess
            yield study

    studies = judged()
    if_staged = _count_jobs_if_staged(studies, found, layout, needs, quotas)
    if found.cut:
        deque(studies, maxlen=0)  # those that were not asked for so far
    return PrefixPlan(in_place=found, left_out=found.apart, over_quota=over, if_staged=if_staged)


def _find_too_large_files(layout: PlannableFiles, quotas: Quotas) -> JobsInPlace:
    """Return nothing in place, but for the files of instances that are too large to be imported from anywhere."""
    found = JobsInPlace()
    if any(study.too_large for study in layout.study_sizes(quotas.fileBytes)):
        for key, size, study, _ in layout.keyed_files():
            if study is not None and size > quotas.fileBytes:
                found.too_large.add(UnfitFile(key=key, size=size, study=study))
    return found


def _plan_staged(
    found: JobsInPlace, layout: PlannableFiles, needs: OverrideSizes, quotas: Quotas, chosen: Container[str] | None
) -> PrefixPlan:
    """Stage the chosen studies, or all; what cannot be staged either is left out."""
    studies = files = 0
    left_out: dict[str, int] = {}

    def counted() -> Iterable[StudySize]:
        nonlocal studies, files
        for study in layout.study_sizes(quotas.fileBytes):
            if chosen is not None and study.study_instance_uid not in chosen:
                continue
            if study.too_large:
                left_out[study.study_instance_uid] = study.too_large
            if study.files:
                studies += 1
                files += study.files
                yield study

    jobs = _pack(counted(), layout, needs, quotas)
    for study, count in jobs.unpackable_files.items():
        left_out[study] = left_out.get(study, 0) + count
    return PrefixPlan(
        in_place=found,
        staged=jobs,
        staged_studies=studies,
        staged_files=files - sum(jobs.unpackable_files.values()),
        left_out=left_out,
        if_staged=_count_jobs_if_staged(layout.study_sizes(quotas.fileBytes), found, layout, needs, quotas),
    )


def _pack(studies: Iterable[StudySize], layout: PlannableFiles, needs: OverrideSizes, quotas: Quotas) -> PackedJobs:
    return pack_studies(
        studies, needs, quotas, lambda study, series: layout.series_file_sizes(study, series, quotas.fileBytes)
    )


def _count_jobs_if_staged(
    studies: Iterable[StudySize], found: JobsInPlace, layout: PlannableFiles, needs: OverrideSizes, quotas: Quotas
) -> int | None:
    """Return how many jobs there would be if all studies were staged, where that is worth knowing."""
    if len(found.prefixes) < MANY_JOBS:
        return None
    return len(_pack((one for one in studies if one.files), layout, needs, quotas).jobs)
