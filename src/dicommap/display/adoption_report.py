"""Build the report and the records (schema `adoption`) of import jobs that `adopt` compared with a package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.display.issue_report import build_issue_counts_table, count_severities, group_first_issues
from dicommap.display.report import ColumnKind, FactList, Report, ReportTable, TableColumn, TableRow
from dicommap.healthimaging.job_properties import format_utc
from dicommap.issues.wording import format_count, join_names
from dicommap.model.job_adoption import AdoptionResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.display.inventory_records import Record
    from dicommap.display.issue_report import Issues
    from dicommap.display.report import Block
    from dicommap.model.job_adoption import JobAdoption

MAX_JOBS = 50
ADOPTION_COLUMNS = ("job", "jobId", "status", "result", "reason", "submitted")
"""Columns of the table of import jobs that were compared with a package."""
_COLUMN_KINDS = (ColumnKind.WORD, ColumnKind.UID, ColumnKind.WORD, ColumnKind.WORD, ColumnKind.TEXT, ColumnKind.TEXT)
_REASONS = {
    "missing": "no configuration",
    "differs": "other configuration",
    "other-prefix": "other prefix",
}


def build_adoption_record(adoption: JobAdoption) -> Record:
    """Return the JSON object that describes an import job and the result of its comparison with a package.

    Texts that may contain patient values, such as jobName, are left out.
    """
    job = adoption.properties
    return {
        "job": adoption.job,
        "jobId": job.jobId,
        "jobStatus": make_printable(job.jobStatus),
        "submittedAt": format_utc(job.submittedAt),
        "endedAt": format_utc(job.endedAt),
        "datastoreId": job.datastoreId,
        "inputS3Uri": None if job.inputS3Uri is None else make_printable(job.inputS3Uri),
        "configuration": adoption.agreement,
        "differing": list(adoption.differing),
        "knownJobId": adoption.known_job_id,
        "result": adoption.result.value,
    }


def build_adoption_cells(adoption: JobAdoption) -> tuple[str, ...]:
    """Return a table row with the columns ADOPTION_COLUMNS for an import job that was compared with a package."""
    job = adoption.properties
    return (
        adoption.job or "",
        job.jobId,
        make_printable(job.jobStatus),
        adoption.result.value,
        describe_refusal(adoption),
        format_utc(job.submittedAt) or "",
    )


def describe_refusal(adoption: JobAdoption) -> str:
    """Return the reasons why a package cannot adopt an import job, such as `other prefix`; empty if it can."""
    reasons = [_REASONS[adoption.agreement]] if adoption.agreement in _REASONS else []
    if adoption.differing:
        reasons.append(f"other {join_names(adoption.differing)}")
    if adoption.known_job_id not in (None, adoption.properties.jobId):
        reasons.append("the package has another job")
    return ", ".join(reasons)


def build_adoption_report(package: str, jobs: Sequence[JobAdoption], issues: Issues, *, is_search: bool) -> Report:
    """Return the report of import jobs that were compared with a package.

    Args:
        package: The package's directory.
        jobs: The compared jobs.
        issues: The issues of the comparison.
        is_search: Whether dicommap searched the data store for the jobs. If False, the user gave the ids of the jobs.
    """
    issue_counts = issues.counts()
    blocks: list[Block] = [FactList(pairs=[("package", package)])]
    if issue_counts:
        blocks.append(build_issue_counts_table(issue_counts, group_first_issues(issues)))
    rows = [TableRow(cells=build_adoption_cells(job)) for job in jobs[:MAX_JOBS]]
    columns = [TableColumn(*column) for column in zip(ADOPTION_COLUMNS, _COLUMN_KINDS, strict=True)]
    blocks.append(ReportTable(columns=columns, rows=rows, total=len(jobs), noun="job", heading="Compared jobs"))
    numbers = [(result, sum(job.result is result for job in jobs)) for result in AdoptionResult]
    counts = [format_count(len(jobs), "job"), *(f"{number:,} {result.value}" for result, number in numbers if number)]
    title = "Jobs to adopt" if is_search else "Adopted"
    return Report(title=title, counts=counts, severities=count_severities(issue_counts), blocks=blocks)
