"""Plan staged import jobs for the instances that earlier jobs did not import."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from typing import TYPE_CHECKING

from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import Location, make_issue
from dicommap.issues.wording import format_count
from dicommap.planning.job_load import SeriesSize, StudySize
from dicommap.planning.packing import pack_studies
from dicommap.planning.planned_objects import PlannedJob

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dicommap.healthimaging.quotas import Quotas
    from dicommap.issues import Issue
    from dicommap.planning.job_load import OverrideSizes
    from dicommap.planning.packing import PackedJobs
    from dicommap.planning.planned_objects import PlannedObject
    from dicommap.planning.staging import StudyPart

    BySeries = Mapping[str, Mapping[str, Sequence[PlannedObject]]]
    """Study Instance UID -> Series Instance UID -> the objects of the series to import again."""


@dataclass(frozen=True, slots=True)
class _StagedObjects(Iterable["PlannedObject"]):
    """The objects of one staged job: for each study, a folder of numbered files. It can be iterated several times."""

    _pieces: Sequence[StudyPart]
    _missing: BySeries = field(repr=False)

    def __iter__(self) -> Iterator[PlannedObject]:
        for study, pieces in groupby(self._pieces, key=lambda piece: piece.study_instance_uid):
            number = 0
            for piece in pieces:
                for planned in self._select_objects(piece):
                    number += 1
                    yield replace(planned, key=f"{study}/{number:07}.dcm")

    def _select_objects(self, piece: StudyPart) -> Iterator[PlannedObject]:
        """Yield the objects to import again for one part of a study."""
        series = self._missing[piece.study_instance_uid]
        if piece.series_instance_uid is None:
            for uid in sorted(series):
                yield from series[uid]
        else:
            end = None if piece.files is None else piece.first + piece.files
            yield from islice(series[piece.series_instance_uid], piece.first, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryJobs:
    """The staged jobs of a retry, and the result of packing them."""

    jobs: tuple[PlannedJob, ...]
    packed: PackedJobs

    def issues(self) -> Iterator[Issue]:
        """Yield an issue for each study whose files are in several jobs, and an issue if files fit into no job.

        The last issue has the number of these files.
        """
        for study, (excess, numbers) in sorted(self.packed.divided.items()):
            yield make_issue(
                "job.study-over-quota",
                Location(study=study),
                jobs=f"Jobs {', '.join(self.jobs[number].id for number in numbers)}",
                rest="",
                count=excess.count,
                what=excess.what,
                limit=excess.limit,
            )
        unplanned_files = sum(self.packed.unpackable_files.values())
        if unplanned_files:
            yield make_issue("job.unplanned", files=format_count(unplanned_files, "file"))


def plan_retry_jobs(
    missing: Iterable[PlannedObject], overrides: OverrideSizes, quotas: Quotas, stage: S3Uri, number: int
) -> RetryJobs:
    """Pack objects into few staged jobs. A study is in one job if the quotas allow it.

    Args:
        missing: The objects to import again.
        overrides: The sizes of the override files.
        quotas: The limits of one job.
        stage: The staging prefix. Each job has a folder below it, named by the job's number.
        number: The number of the first job.

    Returns:
        The jobs, and the result of packing.
    """
    by_series: dict[str, dict[str, list[PlannedObject]]] = {}
    for planned in missing:
        by_series.setdefault(planned.study_instance_uid, {}).setdefault(planned.series_instance_uid, []).append(planned)
    packed = pack_studies(
        (_measure_study(study, series) for study, series in sorted(by_series.items())),
        overrides,
        quotas,
        lambda study, series: (planned.size for planned in by_series[study][series]),
    )
    jobs = tuple(
        PlannedJob(
            id=f"{job_number:04}",
            uri=S3Uri(bucket=stage.bucket, prefix=f"{stage.prefix}{job_number:04}/"),
            staged=True,
            objects=_StagedObjects(sorted(job.pieces, key=_make_sort_key), by_series),
        )
        for job_number, job in enumerate(packed.jobs, number)
    )
    return RetryJobs(jobs=jobs, packed=packed)


def _measure_study(study: str, series: Mapping[str, Sequence[PlannedObject]]) -> StudySize:
    """Return the numbers and bytes of the objects of a study to import again."""
    return StudySize(
        study_instance_uid=study,
        series=tuple(
            SeriesSize(series_instance_uid=uid, files=len(objects), bytes=sum(planned.size for planned in objects))
            for uid, objects in sorted(series.items())
        ),
    )


def _make_sort_key(piece: StudyPart) -> tuple[str, str, int]:
    return f"{piece.study_instance_uid}/", piece.series_instance_uid or "", piece.first
