"""Build the texts of the stand-in's job manifests (developer guide, "Understanding import jobs")."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from dicommap.testing.behaviour import Behaviour
    from dicommap.testing.image_sets import ImageSet
    from dicommap.testing.importable_files import FileWarning
    from dicommap.testing.started_jobs import StartedJob

JOB_MANIFEST_NAME = "job-output-manifest.json"
JOB_MANIFEST_LISTS = {
    "success": "SUCCESS/success.ndjson",
    "failure": "FAILURE/failure.ndjson",
    "warning": "WARNING/warning.ndjson",
}


@dataclass
class ObjectOutcomes:
    """The outcomes of a job's objects, by object key."""

    imported: dict[str, ImageSet] = field(default_factory=dict)
    warned: dict[str, tuple[FileWarning, ...]] = field(default_factory=dict)
    """Object key -> the warnings of the imported object."""
    rejected: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Object key -> the exception type and message of an object that was not imported."""
    override_keys: frozenset[str] = frozenset()
    """The keys of override files."""
    has_counted_overrides: bool = False
    """Whether override files count as scanned files."""

    @property
    def scanned_count(self) -> int:
        """Return the number of objects that the job scanned. Whether override files count is an open question."""
        reported = self.imported.keys() | self.rejected.keys()
        if self.has_counted_overrides:
            return len(reported | self.override_keys)
        return len(reported - self.override_keys)


def build_job_manifests(
    job: StartedJob, outcome: ObjectOutcomes, behaviour: Behaviour, faults: Collection[str]
) -> Mapping[str, str]:
    """Return the job manifests of a job: path below the job's folder -> text.

    Args:
        job: The job.
        outcome: The outcome of each object.
        behaviour: The settings of the stand-in.
        faults: The kinds of faults to put into the job manifests.

    """
    name_of = _make_object_namer(job, relative="relative-keys" in faults)
    dump = _dump_python_literals if "python-booleans" in faults else json.dumps
    lists = {
        "success": [
            dump(_make_success_record(name_of(key), image_set))
            for key, image_set in _select_successful_objects(outcome, behaviour).items()
        ],
        "failure": [dump(_make_failure_record(name_of(key), *reason)) for key, reason in outcome.rejected.items()],
        "warning": [
            dump(
                _make_warning_record(
                    name_of(key), outcome.imported[key], warned, is_upper="upper-case-warnings" in faults
                )
            )
            for key, warned in outcome.warned.items()
        ],
    }
    texts = (
        {JOB_MANIFEST_NAME: json.dumps(_make_job_summary(job, outcome), indent=2)}
        if "no-manifest" not in faults
        else {}
    )
    for name, lines in lists.items():
        if f"no-{name}" in faults or not (lines or behaviour.empty_manifests == "written"):
            continue
        whole = "".join(f"{line}\n" for line in lines)
        texts[JOB_MANIFEST_LISTS[name]] = _damage_first_and_last_line(whole) if "broken-lines" in faults else whole
    return texts


def _make_object_namer(job: StartedJob, *, relative: bool) -> Callable[[str], str]:
    """Return a function that returns an object key unchanged or, if `relative` is true, without the job's prefix."""
    prefix = job.input_prefix if relative else ""
    return lambda key: key.removeprefix(prefix)


def _select_successful_objects(outcome: ObjectOutcomes, behaviour: Behaviour) -> Mapping[str, ImageSet]:
    if behaviour.warned_files == "both":
        return outcome.imported
    return {key: image_set for key, image_set in outcome.imported.items() if key not in outcome.warned}


def _make_success_record(name: str, image_set: ImageSet) -> dict[str, Any]:
    response = {"imageSetId": image_set.image_set_id, "isPrimary": image_set.is_primary}
    return {"inputFile": name, "importResponse": response}


def _make_failure_record(name: str, kind: str, message: str) -> dict[str, Any]:
    return {"inputFile": name, "exception": {"exceptionType": kind, "message": message}}


def _make_warning_record(
    name: str, image_set: ImageSet, warnings: tuple[FileWarning, ...], *, is_upper: bool
) -> dict[str, Any]:
    return {
        "inputFile": name,
        "importResponse": {
            "imageSetId": image_set.image_set_id,
            "imageSetVersion": image_set.version,
            "isPrimary": image_set.is_primary,
            "warnings": [
                {
                    "warning_reason_code": warning.code,
                    "type": _to_upper_snake_case(warning.type) if is_upper else warning.type,
                    "message": warning.message,
                }
                for warning in warnings
            ],
        },
    }


def _make_job_summary(job: StartedJob, outcome: ObjectOutcomes) -> dict[str, Any]:
    kinds = Counter(kind for kind, _ in outcome.rejected.values())
    image_sets = {image_set.image_set_id: image_set for image_set in outcome.imported.values()}
    counts = Counter(image_set.image_set_id for image_set in outcome.imported.values())
    return {
        "jobSummary": {
            "jobId": job.job_id,
            "datastoreId": job.datastore_id,
            "inputS3Uri": job.request["inputS3Uri"],
            "outputS3Uri": job.output_folder,
            "successOutputS3Uri": f"{job.output_folder}SUCCESS/",
            "failureOutputS3Uri": f"{job.output_folder}FAILURE/",
            "warningsOutputS3Uri": f"{job.output_folder}WARNING/",
            "numberOfScannedFiles": outcome.scanned_count,
            "numberOfImportedFiles": len(outcome.imported),
            "numberOfFilesWithCustomerError": kinds["ValidationException"],
            "numberOfFilesWithServerError": kinds["InternalServerException"],
            "numberOfGeneratedImageSets": len(image_sets),
            "imageSetsSummary": [
                {
                    "imageSetId": name,
                    "imageSetVersion": image_set.version,
                    "isPrimary": image_set.is_primary,
                    "numberOfMatchedSOPInstances": counts[name],
                }
                for name, image_set in image_sets.items()
            ],
        }
    }


def _dump_python_literals(record: dict[str, Any]) -> str:
    """Return a record as JSON, but with True and False instead of true and false, as in one AWS example."""
    return json.dumps(record).replace(": true", ": True").replace(": false", ": False")


def _damage_first_and_last_line(text: str) -> str:
    """Return a text with an additional invalid first line, and with its last line cut in the middle."""
    last = text.rstrip("\n").rpartition("\n")[2]
    return f"not a record\n{text[: len(text) - len(last) // 2 - 1]}"


def _to_upper_snake_case(name: str) -> str:
    return "".join(f"_{letter}" if letter.isupper() and at else letter for at, letter in enumerate(name)).upper()
