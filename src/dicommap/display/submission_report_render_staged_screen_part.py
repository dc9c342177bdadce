"""The screen of a staging: each staged job, what was copied for it, and what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.display.csv_json import format_byte_count, format_count
from dicommap.display.issue_report import build_issue_codes_table, count_severities, group_first_issues
from dicommap.display.report import CellKind, FactList, Report, ReportTable, TableColumn, TableRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.display.issue_report import Issues
    from dicommap.display.report import Block
    from dicommap.planning.staging import StagedJobResult

MAX_STAGED_JOBS = 20

_STAGED_JOB_COLUMNS = (
    TableColumn("job", CellKind.WORD),
    TableColumn("inputS3Uri", CellKind.UID),
    TableColumn("copied", CellKind.NUMBER),
    TableColumn("there before", CellKind.NUMBER),
    TableColumn("missing", CellKind.NUMBER),
    TableColumn("size", CellKind.NUMBER),
)


def build_stage_report(package: str, jobs: Sequence[StagedJobResult], issues: Issues) -> Report:
    """Return what staging came to."""
    found = issues.counts()
    blocks: list[Block] = [FactList(pairs=[("package", package)])]
    if found:
        blocks.append(build_issue_codes_table(found, group_first_issues(issues)))
    rows = [_staged_job_row(job) for job in jobs[:MAX_STAGED_JOBS]]
    blocks.append(
        ReportTable(columns=_STAGED_JOB_COLUMNS, rows=rows, total=len(jobs), noun="job", heading="Staged jobs")
    )
    copied, missing = sum(job.copied for job in jobs), sum(job.missing for job in jobs)
    counts = [format_count(len(jobs), "staged job"), f"{format_count(copied, 'file')} copied", f"{missing:,} missing"]
    return Report(title="Staged", counts=counts, severities=count_severities(found), blocks=blocks)


def _staged_job_row(job: StagedJobResult) -> TableRow:
    numbers = (f"{number:,}" for number in (job.copied, job.there, job.missing))
    return TableRow(cells=(job.id, job.uri, *numbers, format_byte_count(job.bytes)))
