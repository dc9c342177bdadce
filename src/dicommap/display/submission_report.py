"""Build the reports of staging, submitting, watching and retrying import jobs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dicommap.dicom.printable_text import make_printable
from dicommap.display.formatting import format_byte_count
from dicommap.display.issue_report import build_issue_counts_table, count_severities, group_first_issues
from dicommap.display.report import ColumnKind, FactList, Note, Report, ReportTable, TableColumn, TableRow
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.healthimaging.service_messages import mask_service_message
from dicommap.issues.wording import format_count
from dicommap.model.masking import is_unmasked_in_repr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dicommap.display.issue_report import Issues
    from dicommap.display.report import Block
    from dicommap.healthimaging.job_properties import JobInfo
    from dicommap.model.submission import Submission
    from dicommap.planning.staging import StagedJobResult

MAX_JOBS = 50
MAX_REQUESTS = 50

_JOB_COLUMNS = (
    TableColumn("job", ColumnKind.WORD),
    TableColumn("state", ColumnKind.WORD),
    TableColumn("status", ColumnKind.WORD),
    TableColumn("jobId", ColumnKind.UID),
    TableColumn("inputS3Uri", ColumnKind.UID),
)
_OTHER_JOB_COLUMNS = (
    TableColumn("service", ColumnKind.WORD),
    TableColumn("status", ColumnKind.WORD),
    TableColumn("data store", ColumnKind.UID),
    TableColumn("jobId", ColumnKind.UID),
)
_REQUEST_COLUMNS = (
    TableColumn("operation"),
    TableColumn("to", ColumnKind.UID),
    TableColumn("bytes", ColumnKind.NUMBER),
)
COMPLETED_NOTE = "COMPLETED only says that a job has ended; its job manifest lists the outcome of each file."


def build_submit_report(
    package: str, submissions: Sequence[Submission], issues: Issues, requests: Sequence[Mapping[str, Any]] | None
) -> Report:
    """Return the report of `submit`. `requests` are the requests that a dry run lists; None without a dry run."""
    blocks: list[Block] = [FactList(pairs=[("package", package), ("sent", _describe_sent_requests(requests, issues))])]
    if requests is None:
        return _build_jobs_report("Submitted", submissions, (), issues, blocks)
    if requests:
        rows = [TableRow(cells=_build_request_cells(request)) for request in requests[:MAX_REQUESTS]]
        heading = "Would be sent, in order"
        blocks.append(
            ReportTable(columns=_REQUEST_COLUMNS, rows=rows, total=len(requests), noun="request", heading=heading)
        )
    report = _build_jobs_report("Submit, dry run", submissions, (), issues, blocks)
    return report if submissions else replace(report, counts=[format_count(len(requests), "request")])


def build_watch_report(
    package: str | None,
    submissions: Sequence[Submission],
    others: Sequence[JobInfo],
    issues: Issues,
    unsubmitted: int,
) -> Report:
    """Return the report of `watch`.

    Args:
        package: The directory of the package; None if only jobs of other services were watched.
        submissions: The states of the package's submitted jobs.
        others: The jobs of other services, such as HealthLake.
        issues: The issues that `watch` found.
        unsubmitted: The number of the package's jobs that were not submitted yet.
    """
    facts = [("package", package)] if package is not None else []
    facts += [("not submitted", format_count(unsubmitted, "job"))] if unsubmitted else []
    blocks: list[Block] = [FactList(pairs=facts)] if facts else []
    return _build_jobs_report("Watched", submissions, others, issues, blocks)


def _build_request_cells(request: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the table cells of a request to AWS: the operation, its target, and the number of bytes to upload.

    The target is the S3 URI of an object, or the prefix of a job. If nothing is uploaded, the last cell is empty.
    """
    if "Key" not in request:
        return request["operation"], request["inputS3Uri"], ""
    uri = S3Uri(bucket=request["Bucket"], prefix=request["Key"])
    return request["operation"], make_printable(str(uri)), f"{request['ContentLength']:,}"


def _describe_sent_requests(requests: Sequence[Mapping[str, Any]] | None, issues: Issues) -> str:
    if issues.errors:
        return "nothing, because of an error"
    return "everything" if requests is None else f"nothing: {format_count(len(requests), 'request')} would be"


def _build_jobs_report(
    title: str, submissions: Sequence[Submission], others: Sequence[JobInfo], issues: Issues, blocks: list[Block]
) -> Report:
    counts = Counter(submission.jobStatus or submission.state.value for submission in submissions)
    counts.update(job.status for job in others)
    issue_counts = issues.counts()
    if issue_counts:
        blocks.append(build_issue_counts_table(issue_counts, group_first_issues(issues)))
    if submissions:
        rows = [
            TableRow(cells=_build_submission_cells(submission), details=_build_submission_details(submission))
            for submission in submissions[:MAX_JOBS]
        ]
        blocks.append(ReportTable(columns=_JOB_COLUMNS, rows=rows, total=len(submissions), noun="job", heading="Jobs"))
    if others:
        rows = [TableRow(cells=(job.service, job.status, job.datastore, job.job)) for job in others[:MAX_JOBS]]
        blocks.append(
            ReportTable(
                columns=_OTHER_JOB_COLUMNS, rows=rows, total=len(others), noun="job", heading="Jobs of other services"
            )
        )
    if any(submission.jobStatus == "COMPLETED" for submission in submissions):
        blocks.append(Note(text=COMPLETED_NOTE))
    numbers = [
        format_count(len(submissions) + len(others), "job"),
        *(f"{number:,} {status}" for status, number in counts.items()),
    ]
    return Report(title=title, counts=numbers, severities=count_severities(issue_counts), blocks=blocks)


def _build_submission_cells(submission: Submission) -> tuple[str, ...]:
    return (
        submission.job,
        submission.state.value,
        submission.jobStatus or "",
        submission.jobId or "",
        submission.inputS3Uri,
    )


def _build_submission_details(submission: Submission) -> list[Block]:
    words = mask_service_message(submission.message or "", show_values=is_unmasked_in_repr())
    pairs = [
        ("submitted", submission.submittedAt),
        ("ended", submission.endedAt),
        ("message", words),
        ("requestId", submission.requestId),
    ]
    facts = [(name, make_printable(text)) for name, text in pairs if text]
    return [FactList(pairs=facts)] if facts else []


def build_retry_report(package: str | None, in_place: int, staged: int, instances: int, issues: Issues) -> Report:
    """Return the report of a retry: the new package, and the numbers of its jobs and instances.

    Args:
        package: The directory of the new package; None if no package was written.
        in_place: The number of new jobs that import the same prefixes as earlier jobs.
        staged: The number of new jobs that import staged copies.
        instances: The number of instances to import again.
        issues: The issues of the retry.
    """
    issue_counts = issues.counts()
    facts = [
        ("package", package or "none was written"),
        ("in place", f"{format_count(in_place, 'job')} of which nothing was imported"),
        ("staged", f"{format_count(staged, 'job')}, whose files 'dicommap stage' copies first"),
    ]
    blocks: list[Block] = [FactList(pairs=facts)]
    if issue_counts:
        blocks.append(build_issue_counts_table(issue_counts, group_first_issues(issues)))
    counts = (f"{format_count(instances, 'instance')} to import again",)
    return Report(title="Retry", counts=counts, severities=count_severities(issue_counts), blocks=blocks)


MAX_STAGED_JOBS = 20

_STAGED_JOB_COLUMNS = (
    TableColumn("job", ColumnKind.WORD),
    TableColumn("inputS3Uri", ColumnKind.UID),
    TableColumn("copied", ColumnKind.NUMBER),
    TableColumn("there before", ColumnKind.NUMBER),
    TableColumn("missing", ColumnKind.NUMBER),
    TableColumn("size", ColumnKind.NUMBER),
)


def build_stage_report(package: str, jobs: Sequence[StagedJobResult], issues: Issues) -> Report:
    """Return the report of `stage`: for each job, the numbers of copies that are new, existed before or are missing."""
    issue_counts = issues.counts()
    blocks: list[Block] = [FactList(pairs=[("package", package)])]
    if issue_counts:
        blocks.append(build_issue_counts_table(issue_counts, group_first_issues(issues)))
    rows = [_build_staged_job_row(job) for job in jobs[:MAX_STAGED_JOBS]]
    blocks.append(
        ReportTable(columns=_STAGED_JOB_COLUMNS, rows=rows, total=len(jobs), noun="job", heading="Staged jobs")
    )
    copied, missing = sum(job.copied for job in jobs), sum(job.missing for job in jobs)
    counts = [format_count(len(jobs), "staged job"), f"{format_count(copied, 'file')} copied", f"{missing:,} missing"]
    return Report(title="Staged", counts=counts, severities=count_severities(issue_counts), blocks=blocks)


def _build_staged_job_row(job: StagedJobResult) -> TableRow:
    numbers = (f"{number:,}" for number in (job.copied, job.existing, job.missing))
    return TableRow(cells=(job.id, job.uri, *numbers, format_byte_count(job.bytes)))
