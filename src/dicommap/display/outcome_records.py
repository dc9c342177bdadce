"""Build records (JSON objects) of the outcomes of jobs, studies and instances. The schema `outcome` describes them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.healthimaging.service_messages import mask_service_message
from dicommap.reconciliation.outcomes import ImportOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dicommap.display.inventory_records import Record
    from dicommap.reconciliation.outcomes import InstanceOutcome, JobOutcomes, OutcomeCounts, StudyOutcomes

OUTCOME_ORDER = (
    ImportOutcome.PRIMARY,
    ImportOutcome.NON_PRIMARY,
    ImportOutcome.WARNINGS,
    ImportOutcome.IMPORTED,
    ImportOutcome.FAILED,
    ImportOutcome.NOT_REPORTED,
)
"""All outcomes in the order in which tables have columns for them, the best outcome first."""

OUTCOME_TITLES = {
    **{outcome: outcome.value for outcome in OUTCOME_ORDER},
    ImportOutcome.IMPORTED: "imported, primary or not unknown",
}
"""Outcome -> its name for people. Records have the outcome's short name instead."""


def build_job_outcome_record(job: JobOutcomes, *, show_values: bool) -> Record:
    """Return the record of a job: its inputS3Uri and status, and the number of instances with each outcome."""
    return {
        "job": job.job,
        "inputS3Uri": job.input_s3_uri,
        "datastoreId": job.datastore_id,
        "jobId": job.job_id,
        "status": job.state.value,
        "message": mask_service_message(job.message, show_values=show_values),
        "studies": job.studies,
        "instances": job.instances,
        **build_outcome_counts(job.counts),
        "imageSets": job.image_sets,
        "others": job.others,
        "notInstances": dict(job.not_instances),
        "refusedNotInstances": dict(job.refused_not_instances),
    }


def build_study_outcome_record(study: StudyOutcomes) -> Record:
    """Return the record of a study in one job: for each outcome, the number of the study's instances with it."""
    return {
        "StudyInstanceUID": study.study_instance_uid,
        "job": study.job,
        "instances": study.instances,
        **build_outcome_counts(study.counts),
    }


def build_instance_outcome_record(job: JobOutcomes, instance: InstanceOutcome, *, show_values: bool) -> Record:
    """Return the record of one planned instance and its outcome."""
    planned = instance.planned
    return {
        "StudyInstanceUID": planned.study_instance_uid,
        "SeriesInstanceUID": planned.series_instance_uid,
        "SOPInstanceUID": planned.sop_instance_uid,
        "job": job.job,
        "object": make_printable(job.input_s3_uri + planned.key),
        "source": make_printable(planned.source),
        "outcome": instance.outcome.value,
        "imageSetId": instance.image_set_id,
        "isPrimary": instance.is_primary,
        "warnings": list(instance.warnings),
        "exceptionType": instance.exception_type,
        "message": mask_service_message(instance.message, show_values=show_values),
    }


def build_outcome_counts(counts: OutcomeCounts) -> dict[str, int]:
    """Return a dict: outcome -> number of instances; 0 for outcomes that are not in `counts`."""
    return {outcome.value: counts.get(outcome, 0) for outcome in OUTCOME_ORDER}


def select_outcomes(counts: Iterable[Mapping[ImportOutcome, int]]) -> tuple[ImportOutcome, ...]:
    """Return the outcomes that at least one instance has, in the order of OUTCOME_ORDER.

    Each item of `counts` is a job or study: outcome -> number of instances.
    """
    present = {outcome for numbers in counts for outcome, number in numbers.items() if number}
    return tuple(outcome for outcome in OUTCOME_ORDER if outcome in present)


def describe_not_instances(jobs: Iterable[JobOutcomes]) -> str:
    """Return a sentence about planned files that are not instances, such as DICOMDIRs.

    The sentence has the number of these files that failed. It is empty if no job has such files.
    """
    planned: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for job in jobs:
        planned.update(job.not_instances)
        refused.update(job.refused_not_instances)
    if not planned:
        return ""
    kinds = ", ".join(f"{count:,} {disposition}" for disposition, count in planned.items())
    if not refused.total():
        return f"Not instances: {kinds}; none of them is reported as failed."
    share = "all" if refused == planned else f"{refused.total():,}"
    return f"Not instances: {kinds}; {share} of them failed, which is expected of files without an instance."


def flatten_outcome_record(record: Record) -> dict[str, str]:
    """Return the record of a job, study, instance or issue as a row of text cells: member name -> text."""
    return {name: _format_cell(value) for name, value in record.items()}


def _format_cell(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, dict):  # the location of an issue
        return " ".join(f"{name} {part}" for name, part in value.items())
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
