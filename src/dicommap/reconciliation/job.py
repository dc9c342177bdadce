"""Reconciling one job: its plan, its submission and what it wrote, joined."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dicommap.issues import Location, issue
from dicommap.model.job_outcomes import JobOutcomes, Standing, StudyOutcomes
from dicommap.model.outcome import ImportOutcome
from dicommap.model.s3_uri import S3Uri
from dicommap.reconciliation.accounting import Account
from dicommap.reconciliation.job_manifest import JobManifest, read_job_manifest
from dicommap.reconciliation.lines import numbered_lines
from dicommap.reconciliation.outcome_issues import outcome_issues
from dicommap.reconciliation.record import NoRecordError, read_record
from dicommap.reconciliation.summary_check import identity_issues, number_issues

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.issues import Issue
    from dicommap.model.outcome import InstanceOutcome
    from dicommap.model.plan import Job
    from dicommap.model.planned_object import PlannedObject
    from dicommap.reconciliation.evidence import Evidence, RecordFile, Submitted

_NOWHERE = S3Uri(bucket="", prefix="")
"""Of a plan that was edited into a URI that is none: nothing is found there."""
REASONS_KEPT = 50
"""Distinct reasons of failures that are counted one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """One job, accounted for."""

    outcomes: JobOutcomes
    studies: tuple[StudyOutcomes, ...]
    """In the order of their UIDs."""
    account: Account

    def instances(self) -> Iterator[InstanceOutcome]:
        """Yield what became of each planned instance, in the order of the plan."""
        return self.account.outcomes()


def reconcile_job(
    job: Job, planned: Iterable[PlannedObject], submitted: Submitted, evidence: Evidence | None
) -> Reconciled:
    """Account for every planned instance of a job; `evidence` is None where it wrote nothing that was found."""
    uri = S3Uri.parse(job.inputS3Uri) or _NOWHERE
    account = Account(planned, uri, {file.path for file in job.files})
    issues: list[Issue] = []
    manifest = None
    if evidence is not None:
        manifest, issues = _manifest(evidence, uri, submitted)
        is_used = not any(found.code in ("manifest.other-job", "manifest.several") for found in issues)
        for file in evidence.files if is_used else ():
            _note_all(file, account)
    account.close(manifest.primary if manifest else {})
    standing = _standing(submitted, manifest)
    if evidence is not None and manifest is not None:
        issues += number_issues(manifest, account.seen, len(job.files), Location(path=evidence.place))
    if evidence is None and standing in (Standing.COMPLETED, Standing.FAILED):
        issues.append(issue("manifest.missing", Location(path=job_place(job.id))))
    studies = _studies(job.id, account)
    outcomes = _outcomes(job, submitted, standing, account, manifest, len(studies))
    issues += account.tally.issues(job_place(job.id))
    issues += outcome_issues(outcomes, Location(path=job_place(job.id)))
    return Reconciled(outcomes=replace(outcomes, issues=tuple(issues)), studies=studies, account=account)


def job_place(job_id: str) -> str:
    """Return a job of the package as findings name it: its folder."""
    return f"jobs/{job_id}"


def _manifest(evidence: Evidence, uri: S3Uri, submitted: Submitted) -> tuple[JobManifest | None, list[Issue]]:
    """Return the job's summary, None where it cannot be had; and what is wrong with it."""
    place = Location(path=evidence.place)
    if evidence.others:
        return None, [issue("manifest.several", place, count=evidence.others + 1)]
    if evidence.manifest is None:
        return None, [issue("manifest.missing", place)] if submitted.ended or not submitted.started else []
    manifest = read_job_manifest(evidence.manifest)
    if manifest is None:
        return None, [issue("manifest.unreadable", place)]
    others = list(identity_issues(manifest, uri, submitted.job_id, submitted.datastore_id, place))
    return None if others else manifest, others


def _note_all(file: RecordFile, account: Account) -> None:
    for number, line in numbered_lines(file.pieces):
        try:
            if line is None:
                raise NoRecordError("is longer than any record")
            account.note(read_record(line, file.kind))
        except NoRecordError as error:
            account.tally.add(issue("manifest.broken-line", Location(path=file.path, row=number), reason=str(error)))


def _standing(submitted: Submitted, manifest: JobManifest | None) -> Standing:
    if submitted.failed:
        return Standing.FAILED
    if submitted.ended or manifest is not None:  # a job writes its manifest when it ends
        return Standing.COMPLETED
    if submitted.answered:
        return Standing.NOT_ENDED
    return Standing.UNANSWERED if submitted.started else Standing.NOT_STARTED


def _studies(job_id: str, account: Account) -> tuple[StudyOutcomes, ...]:
    counts: dict[str, Counter[ImportOutcome]] = {}
    for one in account.outcomes():
        counts.setdefault(one.planned.study_instance_uid, Counter())[one.outcome] += 1
    return tuple(
        StudyOutcomes(job=job_id, study_instance_uid=uid, counts=dict(found)) for uid, found in sorted(counts.items())
    )


def _outcomes(
    job: Job, submitted: Submitted, standing: Standing, account: Account, manifest: JobManifest | None, studies: int
) -> JobOutcomes:
    counts: Counter[ImportOutcome] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    warnings: Counter[str] = Counter()
    for one in account.outcomes():
        counts[one.outcome] += 1
        warnings.update(one.warnings)
        if one.outcome is ImportOutcome.FAILED:
            reason = (one.exception_type, one.message)
            reasons[reason if reason in reasons or len(reasons) < REASONS_KEPT else ("", "")] += 1
    return JobOutcomes(
        job=job.id,
        input_s3_uri=job.inputS3Uri,
        standing=standing,
        job_id=submitted.job_id or (manifest.job_id if manifest else ""),
        datastore_id=submitted.datastore_id or (manifest.datastore_id if manifest else ""),
        message=submitted.message,
        counts=dict(counts),
        studies=studies,
        reasons=dict(reasons),
        warnings=dict(warnings),
        image_sets=len(account.seen.image_sets),
        others=account.seen.others,
    )
