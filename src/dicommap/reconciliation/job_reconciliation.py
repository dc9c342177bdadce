"""Reconcile one job: compare its plan, its submission and its job manifest, and report issues."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dicommap.healthimaging.job_properties import JobEnding
from dicommap.healthimaging.request_agreement import request_agreement_issues
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import Issue, Location, make_issue
from dicommap.model.package_layout import job_folder
from dicommap.reconciliation.job_ledger import JobLedger
from dicommap.reconciliation.job_manifest import JobManifest, read_job_manifest
from dicommap.reconciliation.lenient_json import read_numbered_lines
from dicommap.reconciliation.manifest_records import InvalidRecordError, read_record
from dicommap.reconciliation.outcomes import ImportOutcome, JobOutcomes, JobState, StudyOutcomes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.model.submission import Submission
    from dicommap.planning.plan import PlanJob
    from dicommap.planning.planned_objects import PlannedObject
    from dicommap.reconciliation.job_ledger import RecordCounts
    from dicommap.reconciliation.job_manifest import JobOutput, RecordFile
    from dicommap.reconciliation.outcomes import InstanceOutcome

_UNFINISHED_CODES = {
    JobState.NOT_STARTED: "reconcile.not-started",
    JobState.UNANSWERED: "reconcile.unanswered",
    JobState.NOT_ENDED: "reconcile.not-ended",
}
"""State of a job whose outcomes are not yet known -> code of the issue."""
_OUTCOME_CODES = {
    ImportOutcome.FAILED: "reconcile.failed",
    ImportOutcome.NOT_REPORTED: "reconcile.not-reported",
    ImportOutcome.NON_PRIMARY: "reconcile.non-primary",
}


def outcome_issues(outcomes: JobOutcomes, location: Location) -> Iterator[Issue]:
    """Yield issues if a job has not ended or has failed, or if its instances have outcomes that need attention."""
    if outcomes.state in _UNFINISHED_CODES:
        yield make_issue(_UNFINISHED_CODES[outcomes.state], location, count=outcomes.instances)
        return
    if outcomes.state is JobState.FAILED:
        yield make_issue("reconcile.job-failed", location)
    for outcome, code in _OUTCOME_CODES.items():
        if count := outcomes.counts.get(outcome):
            yield make_issue(code, location, count=count, planned=outcomes.instances)
    for name, count in sorted(outcomes.warnings.items()):
        yield make_issue("reconcile.warnings", location, count=count, planned=outcomes.instances, name=name)


def manifest_identity_issues(
    manifest: JobManifest, uri: S3Uri, submission: Submission | None, location: Location
) -> Iterator[Issue]:
    """Yield an issue for each ID or URI in a job manifest that differs from the job's ID or URI.

    Args:
        manifest: The job manifest. An ID or URI that is missing in it is not compared.
        uri: The inputS3Uri of the job.
        submission: The saved state of the job. None if the job was never submitted.
        location: The location of the issues.
    """
    pairs = {
        "jobId": (manifest.job_id, submission and submission.jobId),
        "datastoreId": (manifest.datastore_id, submission and submission.datastoreId),
    }
    for member, (reported, known) in pairs.items():
        if reported and known and reported != known:
            yield make_issue("manifest.other-job", _locate_member(location, member), member=member)
    if manifest.input_s3_uri and S3Uri.parse(manifest.input_s3_uri) != uri:
        yield make_issue("manifest.other-job", _locate_member(location, "inputS3Uri"), member="inputS3Uri")


def manifest_count_issues(
    manifest: JobManifest, record_counts: RecordCounts, overrides: int, location: Location
) -> Iterator[Issue]:
    """Yield an issue for each count in the job summary that differs from the number in the records.

    AWS does not document whether override files count as scanned files, so the count may include them or not.

    Args:
        manifest: The job manifest.
        record_counts: The numbers of objects in the records.
        overrides: The number of the job's override files.
        location: The location of the issues.
    """
    numbers = manifest.numbers
    failures = [numbers.get(f"numberOfFilesWith{party}Error") for party in ("Customer", "Server")]
    yield from _difference_issues(
        numbers.get("numberOfImportedFiles"), record_counts.imported, "numberOfImportedFiles", location
    )
    if any(number is not None for number in failures):
        reported = sum(filter(None, failures))
        yield from _difference_issues(
            reported, record_counts.failed, "numberOfFilesWithCustomerError and ...ServerError", location
        )
    scanned, recorded = numbers.get("numberOfScannedFiles"), record_counts.imported + record_counts.failed
    if scanned is not None and not recorded <= scanned <= recorded + overrides - record_counts.overrides:
        yield from _difference_issues(scanned, recorded, "numberOfScannedFiles", location)
    if record_counts.image_sets:
        sets = numbers.get("numberOfGeneratedImageSets")
        yield from _difference_issues(sets, len(record_counts.image_sets), "numberOfGeneratedImageSets", location)


def _locate_member(location: Location, member: str) -> Location:
    return replace(location, pointer=f"/jobSummary/{member}")


def _difference_issues(reported: int | None, counted: int, member: str, location: Location) -> Iterator[Issue]:
    """Yield an issue if a count of the job summary is known and differs from the counted number."""
    if reported is not None and reported != counted:
        yield make_issue("manifest.numbers", location, member=member, reported=reported, found=counted)


NO_URI = S3Uri(bucket="", prefix="")
"""An empty S3 URI. It replaces an inputS3Uri that is invalid because somebody edited the plan. No record matches it."""
REASONS_KEPT = 50
"""Maximum number of failure reasons that are counted separately. All other reasons are counted together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReconciliation:
    """The outcomes of the planned instances of one import job, also counted for the whole job and for each study."""

    outcomes: JobOutcomes
    studies: tuple[StudyOutcomes, ...]
    """The outcomes of the studies, in the order of their UIDs."""
    ledger: JobLedger

    def instances(self) -> Iterator[InstanceOutcome]:
        """Yield the outcome of each planned instance, in the order of the plan."""
        return self.ledger.outcomes()


def reconcile_job(
    job: PlanJob, planned: Iterable[PlannedObject], submission: Submission | None, job_output: JobOutput | None
) -> JobReconciliation:
    """Determine the outcome of each planned instance of a job.

    Args:
        job: The job of the plan.
        planned: The planned objects of the job.
        submission: The saved state of the job. None if the job was never submitted.
        job_output: The output files of the job. None if there are no output files.

    Returns:
        The outcomes and issues of the job.
    """
    uri = S3Uri.parse(job.inputS3Uri) or NO_URI
    ledger = JobLedger(planned, uri, {file.path for file in job.files}, job_folder(job.id))
    issues: list[Issue] = []
    manifest = None
    if job_output is not None:
        manifest, issues = _read_manifest(job_output, uri, submission)
        is_used = not any(issue.code in ("manifest.other-job", "manifest.several") for issue in issues)
        for file in job_output.files if is_used else ():
            _add_records(file, ledger)
    ledger.finish(manifest.primary if manifest else {})
    state = _decide_job_state(submission, manifest)
    if job_output is not None and manifest is not None:
        issues += manifest_count_issues(
            manifest, ledger.record_counts, len(job.files), Location(path=job_output.folder)
        )
    if job_output is None and state in (JobState.COMPLETED, JobState.FAILED):
        issues.append(make_issue("manifest.missing", Location(path=job_folder(job.id))))
    agreement = submission.configuration if submission else None
    issues += request_agreement_issues(agreement, Location(path=job_folder(job.id)))
    if submission is not None and submission.statusSource is not None and submission.has_ended:
        issues.append(
            make_issue("watch.not-confirmed", Location(path=job_folder(job.id)), status=submission.jobStatus, reason="")
        )
    studies = _make_study_outcomes(job.id, ledger)
    outcomes = _make_job_outcomes(job, submission, state, ledger, manifest, len(studies))
    issues += ledger.issues
    issues += outcome_issues(outcomes, Location(path=job_folder(job.id)))
    return JobReconciliation(outcomes=replace(outcomes, issues=tuple(issues)), studies=studies, ledger=ledger)


def _read_manifest(
    job_output: JobOutput, uri: S3Uri, submission: Submission | None
) -> tuple[JobManifest | None, list[Issue]]:
    """Return the job manifest and its issues. The manifest is None if it is missing or cannot be used."""
    place = Location(path=job_output.folder)
    if job_output.others:
        return None, [make_issue("manifest.several", place, count=job_output.others + 1)]
    if job_output.manifest is None:
        is_expected = submission is None or not submission.is_start_sent or submission.has_ended
        return None, [make_issue("manifest.missing", place)] if is_expected else []
    manifest = read_job_manifest(job_output.manifest)
    if manifest is None:
        return None, [make_issue("manifest.unreadable", place)]
    others = list(manifest_identity_issues(manifest, uri, submission, place))
    return None if others else manifest, others


def _add_records(file: RecordFile, ledger: JobLedger) -> None:
    """Add the records of a file to the ledger. Lines that are no records become issues."""
    for number, line in read_numbered_lines(file.pieces):
        try:
            if line is None:
                raise InvalidRecordError("is longer than any record")
            ledger.add_record(read_record(line, file.kind))
        except InvalidRecordError as error:
            ledger.issues.add(
                make_issue("manifest.broken-line", Location(path=file.path, row=number), reason=str(error))
            )


def _decide_job_state(submission: Submission | None, manifest: JobManifest | None) -> JobState:
    """Return the state of a job from its submission and its job manifest."""
    if submission is not None and submission.ending is JobEnding.FAILED:
        return JobState.FAILED
    if manifest is not None or (submission is not None and submission.has_ended):
        return JobState.COMPLETED  # a job writes its job manifest at its end
    if submission is None or not submission.is_start_sent:
        return JobState.NOT_STARTED
    return JobState.NOT_ENDED if submission.state.has_job else JobState.UNANSWERED


def _make_study_outcomes(job_id: str, ledger: JobLedger) -> tuple[StudyOutcomes, ...]:
    """Count the outcomes of the instances of each study."""
    counts: dict[str, Counter[ImportOutcome]] = {}
    for instance in ledger.outcomes():
        counts.setdefault(instance.planned.study_instance_uid, Counter())[instance.outcome] += 1
    return tuple(
        StudyOutcomes(job=job_id, study_instance_uid=uid, counts=dict(study_counts))
        for uid, study_counts in sorted(counts.items())
    )


def _make_job_outcomes(
    job: PlanJob,
    submission: Submission | None,
    state: JobState,
    ledger: JobLedger,
    manifest: JobManifest | None,
    studies: int,
) -> JobOutcomes:
    """Count the outcomes, reasons and warnings of all instances of a job."""
    counts: Counter[ImportOutcome] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    warnings: Counter[str] = Counter()
    for instance in ledger.outcomes():
        counts[instance.outcome] += 1
        warnings.update(instance.warnings)
        if instance.outcome is ImportOutcome.FAILED:
            reason = (instance.exception_type, instance.message)
            reasons[reason if reason in reasons or len(reasons) < REASONS_KEPT else ("", "")] += 1
    return JobOutcomes(
        job=job.id,
        input_s3_uri=job.inputS3Uri,
        state=state,
        job_id=(submission and submission.jobId) or (manifest.job_id if manifest else ""),
        datastore_id=submission.datastoreId if submission else (manifest.datastore_id if manifest else ""),
        message=(submission and submission.message) or "",
        counts=dict(counts),
        studies=studies,
        reasons=dict(reasons),
        warnings=dict(warnings),
        image_sets=len(ledger.record_counts.image_sets),
        others=ledger.record_counts.others,
        recorded_imports=ledger.record_counts.imported,
        not_instances=dict(ledger.record_counts.not_instances),
        refused_not_instances=dict(+ledger.record_counts.refused_not_instances),
        agreement=submission.configuration if submission else None,
    )
