"""An estimate of a probe: the numbers of jobs, objects and requests that it sends to AWS, and the billed units.

It is computed before the probe sends anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from dicommap.healthimaging.limits import (
    GET_IMAGE_SET_METADATA_RATE,
    GET_RATE,
    LIST_RATE,
    SEARCH_IMAGE_SETS_RATE,
    START_RATE,
)
from dicommap.healthimaging.override_questions import SIZES
from dicommap.probing.experiments import COPIES, FIRST_IMPORT, build_job, make_form_job_name, make_level_job_name
from dicommap.probing.override_forms import FORMS, PAIRS
from dicommap.probing.question_experiments import EXPERIMENTS, LEVEL_QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dicommap.healthimaging.limits import Rate
    from dicommap.probing.override_forms import LevelPair

BILLED_MEGABYTES = 5
"""Minimum number of megabytes that are billed for an image set (developer guide, "Cost optimization")."""
BILLED_DAYS = 30
"""Minimum number of days for which an image set is billed (developer guide, "Cost optimization")."""

_RATES: Mapping[str, Rate] = {
    "StartDICOMImportJob": START_RATE,
    "GetDICOMImportJob": GET_RATE,
    "ListDICOMImportJobs": LIST_RATE,
    "SearchImageSets": SEARCH_IMAGE_SETS_RATE,
    "GetImageSetMetadata": GET_IMAGE_SET_METADATA_RATE,
}
_NO_PROBE = str(UUID(int=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeEstimate:
    """The jobs, objects and requests of a probe, if the data store accepts the first form and level that it tries."""

    jobs: tuple[str, ...]
    """The names of the jobs."""
    further_jobs: int
    """The number of jobs that may follow, if the data store does not apply the attributes that are tried first."""
    objects: int
    bytes: int
    """The total size of the objects in bytes."""
    image_sets: int
    """The number of studies, each of which becomes one image set if its files are imported."""
    requests: Mapping[str, int]
    """Operation -> the number of requests of the probe. Jobs that run long are polled more often."""
    clean_up_requests: Mapping[str, int]
    """Operation -> the number of requests of the clean-up."""

    @property
    def seconds(self) -> int:
        """Return the minimum time of the probe's requests in seconds, at the rates that AWS documents."""
        return round(sum(count / _RATES[name].per_second for name, count in self.requests.items() if name in _RATES))

    @property
    def billed_megabytes(self) -> int:
        """Return the minimum number of megabytes that AWS bills for the image sets, for BILLED_DAYS."""
        return self.image_sets * BILLED_MEGABYTES


def estimate_probe(questions: Iterable[str]) -> ProbeEstimate:
    """Return the estimate for a probe that asks these questions."""
    names, further = list_planned_jobs(questions)
    jobs = [build_job(_NO_PROBE, name, FORMS[0], _choose_suitable_pair(name)) for name in names]
    objects = [item for job in jobs for item in job.objects]
    studies = {study for job in jobs for study in job.studies}
    observed = sum(len(job.studies) for job in jobs)
    requests = {
        "GetDatastore": 1,
        "HeadBucket": 2,
        "PutObject": len(objects),
        "StartDICOMImportJob": len(jobs),
        "ListDICOMImportJobs": 2,
        "GetDICOMImportJob": 2 * len(jobs),
        "ListObjectsV2": len(jobs),
        "GetObject": 2 * len(jobs),
        "SearchImageSets": observed,
        "GetImageSetMetadata": observed,
    }
    clean_up_requests = {
        "SearchImageSets": len(studies),
        "DeleteImageSet": len(studies),
        "ListObjectsV2": len(jobs) + 1,
        "DeleteObject": len(objects) + 2 * len(jobs),
    }
    return ProbeEstimate(
        jobs=tuple(names),
        further_jobs=further,
        objects=len(objects),
        bytes=sum(len(item.content) for item in objects),
        image_sets=len(studies),
        requests=requests,
        clean_up_requests=clean_up_requests,
    )


def list_planned_jobs(questions: Iterable[str]) -> tuple[list[str], int]:
    """Return the names of the jobs that the questions need, and the number of further jobs that may be needed.

    The names are those for a data store that accepts the first form and level that the probe tries.
    """
    asked = set(questions)
    if asked <= {"twoCopies"}:
        return [COPIES], 0
    names = [COPIES, *(make_form_job_name(form, PAIRS[0]) for form in FORMS)]
    needs_all = "precedence" in asked or any(
        name in asked and not experiment.suits(PAIRS[0]) for name, experiment in EXPERIMENTS.items()
    )
    pairs = PAIRS if needs_all else [pair for question, pair in LEVEL_QUESTIONS.items() if question in asked]
    names += map(make_level_job_name, pairs)
    names += [FIRST_IMPORT] if "withoutFiles" in asked else []
    asked |= {"sequences"} if asked & SIZES.keys() else set()
    names += [experiment.job for question, experiment in EXPERIMENTS.items() if question in asked]
    return names, (len(PAIRS) - 1) * len(FORMS)


def _choose_suitable_pair(name: str) -> LevelPair:
    """Return the first pair that the job with this name can use."""
    experiment = next((one for one in EXPERIMENTS.values() if one.job == name), None)
    return next(pair for pair in PAIRS if experiment is None or experiment.suits(pair))
