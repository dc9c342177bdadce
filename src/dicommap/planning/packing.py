"""Pack staged studies into few import jobs. Each study stays in one job if the quotas allow this."""

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
"""Maximum number of parts of studies that are tried in a job without success. Then no further part is tried in it.

With this limit, packing takes linear time.
"""

FileSizesOf = Callable[[str, str], Iterable[int]]
"""A function that takes the UIDs of a study and a series.

It returns the bytes of each importable file, sorted by path.
"""


@dataclass(slots=True, kw_only=True)
class PackedJob:
    """A job below the staging prefix: its load (files, bytes, folders, overrides) and the studies that it imports."""

    load: JobLoad = field(default_factory=JobLoad)
    pieces: list[StudyPart] = field(default_factory=list)
    """The studies, or the parts of studies, in the order in which they were packed."""


@dataclass(slots=True, kw_only=True)
class PackedJobs:
    """The result of packing: the jobs, the studies that several jobs share, and the files that fit into no job."""

    jobs: list[PackedJob] = field(default_factory=list)
    divided: dict[str, tuple[QuotaExcess, list[int]]] = field(default_factory=dict)
    """Study that is too large for one job -> the exceeded quota, and the indices in `jobs` of the study's jobs."""
    unpackable_files: dict[str, int] = field(default_factory=dict)
    """Study -> number of its files that fit into no job: one file alone, with its override files, exceeds a quota."""
    smallest: SmallestExcesses = field(default_factory=SmallestExcesses)
    """The smallest excess of each quota, among the files that fit into no job."""


def pack_studies(
    studies: Iterable[StudySize],
    overrides: OverrideSizes,
    quotas: Quotas,
    sizes_of: FileSizesOf,
    *,
    keeps_pieces: bool = True,
) -> PackedJobs:
    """Put each study into the first open job that has room for it. If no job has room, open a new job.

    A study that is too large for one job is divided into series. A series that is too large is divided into groups of
    files.

    Args:
        studies: The numbers and bytes of the files in each study.
        overrides: The sizes of the override files.
        quotas: The limits of one job.
        sizes_of: A function that returns the bytes of each file in a series.
        keeps_pieces: Whether the returned jobs list the parts of studies that they import. If False, only the number of
            jobs is right, and less memory is needed.

    Returns:
        The jobs, the studies that were divided, and the files that fit into no job.
    """
    packing = _JobPacker(quotas, keeps_pieces=keeps_pieces)
    for study in studies:
        uid = study.study_instance_uid
        load = measure_study_load(study, overrides)
        excess = load.find_excess(quotas)
        if excess is None:
            packing.put_piece(StudyPart(study_instance_uid=uid), load)
            continue
        jobs: list[int] = []
        shared = _measure_shared_load(uid, overrides)
        for series in study.series:
            for piece, its_load in _divide_series(uid, series, overrides, quotas, sizes_of):
                job = packing.put_piece(piece, its_load, shared)
                if job is None:
                    packing.packed.unpackable_files[uid] = packing.packed.unpackable_files.get(uid, 0) + its_load.files
                    packing.packed.smallest.record(its_load.find_excess(quotas))
                elif job not in jobs:
                    jobs.append(job)
        if len(jobs) > 1 or (jobs and uid in packing.packed.unpackable_files):
            packing.packed.divided[uid] = excess, jobs
    return packing.packed


class _JobPacker:
    """Packer of pieces of studies into jobs. It keeps the jobs that may have room for further pieces."""

    def __init__(self, quotas: Quotas, *, keeps_pieces: bool) -> None:
        self.packed = PackedJobs()
        self._keeps_pieces = keeps_pieces
        self._quotas = quotas
        self._open: dict[int, int] = {}
        """Index of an open job -> number of pieces that did not fit into it."""

    def put_piece(self, piece: StudyPart, load: JobLoad, shared: JobLoad | None = None) -> int | None:
        """Add a piece to the first open job that has room for it, or to a new job.

        Args:
            piece: The part of a study.
            load: The load of the piece.
            shared: The part of `load` that is counted only once if a job has several pieces of the study.

        Returns:
            The index of the job. None if the piece alone exceeds a quota.
        """
        jobs = self.packed.jobs
        for number in list(self._open):
            # Studies are packed one after the other. So only the last pieces of a job can be pieces of this study.
            together = jobs[number].pieces[-1].study_instance_uid == piece.study_instance_uid
            both = jobs[number].load.with_other(load.without(shared) if shared is not None and together else load)
            if both.find_excess(self._quotas) is None:
                jobs[number].load = both
                if not self._keeps_pieces:
                    jobs[number].pieces.clear()
                jobs[number].pieces.append(piece)
                return number
            self._open[number] += 1
            if self._open[number] == MISSES_LIMIT:
                del self._open[number]
        if load.find_excess(self._quotas) is not None:
            return None
        jobs.append(PackedJob(load=load, pieces=[piece]))
        self._open[len(jobs) - 1] = 0
        return len(jobs) - 1


def measure_study_load(study: StudySize, overrides: OverrideSizes) -> JobLoad:
    """Return the load that a whole study adds to a staged job. It includes the folder for the copies of the study."""
    mappings, size = overrides.get_study_totals(study.study_instance_uid)
    return JobLoad(
        files=study.files,
        bytes=sum(series.bytes for series in study.series),
        folders=1,
        mappings=mappings,
        override_bytes=size,
    )


def _measure_shared_load(study: str, overrides: OverrideSizes) -> JobLoad:
    """Return the load that a job has only once for several pieces of a study: the study's folder and override."""
    sizes = [overrides.get_size(key) for key in overrides.list_study_keys(study) if key[1] is None]
    return JobLoad(folders=1, mappings=len(sizes), override_bytes=sum(sizes))


def _divide_series(
    study: str, series: SeriesSize, overrides: OverrideSizes, quotas: Quotas, sizes_of: FileSizesOf
) -> Iterator[tuple[StudyPart, JobLoad]]:
    """Yield a series with its load. If the series exceeds a quota, yield smaller pieces with their loads.

    Each piece obeys the quotas. The only exception is a single file that exceeds a quota itself.
    """
    uid = series.series_instance_uid
    keys = overrides.list_keys_of_series(study, uid)
    override_bytes = sum(map(overrides.get_size, keys))

    def make_load(files: int, size: int) -> JobLoad:
        return JobLoad(files=files, bytes=size, folders=1, mappings=len(keys), override_bytes=override_bytes)

    if not series.files:
        return
    whole = make_load(series.files, series.bytes)
    if whole.find_excess(quotas) is None:
        yield StudyPart(study_instance_uid=study, series_instance_uid=uid), whole
        return
    first, held = 0, make_load(0, 0)
    for size in sizes_of(study, uid):
        more = make_load(held.files + 1, held.bytes + size)
        if held.files and more.find_excess(quotas) is not None:
            yield StudyPart(study_instance_uid=study, series_instance_uid=uid, first=first, files=held.files), held
            first, more = first + held.files, make_load(1, size)
        held = more
    if held.files:
        yield StudyPart(study_instance_uid=study, series_instance_uid=uid, first=first, files=held.files), held
