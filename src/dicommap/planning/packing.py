"""Pack staged studies into few import jobs, and keep each study in one job if the quotas allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.planning.job_load import JobLoad, SmallestExcesses
from dicommap.planning.staging import StudyPart

if TYPE_CHECKING:
    from dicommap.healthimaging.quotas import Quotas
    from dicommap.planning.job_load import OverrideSizes, QuotaExcess, SeriesSize, StudySize

MISSES_LIMIT = 32
"""Pieces that a job has no room for before it is closed; without, packing would take the square of its time."""

FileSizesOf = Callable[[str, str], Iterable[int]]
"""Returns the bytes of each file of a series that a job can take, in order of path."""


@dataclass(slots=True, kw_only=True)
class PackedJob:
    """A job under the staging prefix."""

    load: JobLoad = field(default_factory=JobLoad)
    pieces: list[StudyPart] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class PackedJobs:
    """The jobs, and what did not go into them as it should."""

    jobs: list[PackedJob] = field(default_factory=list)
    cut: dict[str, tuple[QuotaExcess, list[int]]] = field(default_factory=dict)
    """Study that is over a quota alone -> the quota, and the jobs that take a part of it, counted from 0."""
    unpackable_files: dict[str, int] = field(default_factory=dict)
    """Study -> its files that fit into no job at all, since a file and its overrides are over a quota."""
    smallest: SmallestExcesses = field(default_factory=SmallestExcesses)
    """Of these files, each with its overrides."""


def pack_studies(
    studies: Iterable[StudySize], overrides: OverrideSizes, quotas: Quotas, sizes_of: FileSizesOf
) -> PackedJobs:
    """Put studies into jobs that obey every quota: each into the first of the open jobs that has room.

    A study that is over a quota alone is cut by series, and a series that is, by files.
    """
    packing = _Packer(quotas)
    for study in studies:
        uid = study.study_instance_uid
        load = measure_study(study, overrides)
        excess = load.excess(quotas)
        if excess is None:
            packing.put(StudyPart(study_instance_uid=uid), load)
            continue
        jobs: list[int] = []
        shared = _measure_shared(uid, overrides)
        for series in study.series:
            for piece, its_load in _cut_series(uid, series, overrides, quotas, sizes_of):
                job = packing.put(piece, its_load, shared)
                if job is None:
                    packing.packed.unpackable_files[uid] = packing.packed.unpackable_files.get(uid, 0) + its_load.files
                    packing.packed.smallest.record(its_load.excess(quotas))
                elif job not in jobs:
                    jobs.append(job)
        if len(jobs) > 1 or (jobs and uid in packing.packed.unpackable_files):
            packing.packed.cut[uid] = excess, jobs
    return packing.packed


class _Packer:
    def __init__(self, quotas: Quotas) -> None:
        self.packed = PackedJobs()
        self._quotas = quotas
        self._open: dict[int, int] = {}
        """Job that still takes pieces, by its number -> pieces that it had no room for."""

    def put(self, piece: StudyPart, load: JobLoad, shared: JobLoad | None = None) -> int | None:
        """Return the number of the job that takes the piece; None where none can.

        `shared` is what pieces of its study bring along once for each job.
        """
        jobs = self.packed.jobs
        for number in list(self._open):
            # Studies come one after the other, so that a job has pieces of this one last.
            together = jobs[number].pieces[-1].study_instance_uid == piece.study_instance_uid
            both = jobs[number].load.with_other(load.without(shared) if shared is not None and together else load)
            if both.excess(self._quotas) is None:
                jobs[number].load = both
                jobs[number].pieces.append(piece)
                return number
            self._open[number] += 1
            if self._open[number] == MISSES_LIMIT:
                del self._open[number]
        if load.excess(self._quotas) is not None:
            return None
        jobs.append(PackedJob(load=load, pieces=[piece]))
        self._open[len(jobs) - 1] = 0
        return len(jobs) - 1


def measure_study(study: StudySize, overrides: OverrideSizes) -> JobLoad:
    """Return what a whole study brings to a job that it is copied to: its files go into a folder of its own."""
    mappings, size = overrides.of_study(study.study_instance_uid)
    return JobLoad(
        files=study.files,
        bytes=sum(series.bytes for series in study.series),
        folders=1,
        mappings=mappings,
        override_bytes=size,
    )


def _measure_shared(study: str, overrides: OverrideSizes) -> JobLoad:
    """Return what the pieces of a study in one job have in common: their folder, and the override for the study."""
    sizes = [overrides.size(key) for key in overrides.keys(study) if key[1] is None]
    return JobLoad(folders=1, mappings=len(sizes), override_bytes=sum(sizes))


def _cut_series(
    study: str, series: SeriesSize, overrides: OverrideSizes, quotas: Quotas, sizes_of: FileSizesOf
) -> Iterator[tuple[StudyPart, JobLoad]]:
    """Yield a series, or the pieces that it has to be cut into, each with its load."""
    uid = series.series_instance_uid
    keys = overrides.of_files(study, uid)
    override_bytes = sum(map(overrides.size, keys))

    def load(files: int, size: int) -> JobLoad:
        return JobLoad(files=files, bytes=size, folders=1, mappings=len(keys), override_bytes=override_bytes)

    if not series.files:
        return
    whole = load(series.files, series.bytes)
    if whole.excess(quotas) is None:
        yield StudyPart(study_instance_uid=study, series_instance_uid=uid), whole
        return
    first, held = 0, load(0, 0)
    for size in sizes_of(study, uid):
        more = load(held.files + 1, held.bytes + size)
        if held.files and more.excess(quotas) is not None:
            yield StudyPart(study_instance_uid=study, series_instance_uid=uid, first=first, files=held.files), held
            first, more = first + held.files, load(1, size)
        held = more
    if held.files:
        yield StudyPart(study_instance_uid=study, series_instance_uid=uid, first=first, files=held.files), held
