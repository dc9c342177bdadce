"""The report of a reconciliation: jobs, studies with problems, and reasons of failures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import MASK
from dicommap.display.formatting import format_count
from dicommap.display.issue_report import build_issue_codes_table, count_severities, group_first_issues
from dicommap.display.outcome_records import count_outcomes
from dicommap.display.report import CellKind, FactList, Note, Report, ReportTable, TableColumn, TableRow
from dicommap.healthimaging.service_messages import mask_service_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicommap.display.issue_report import Issues
    from dicommap.display.report import Block
    from dicommap.reconciliation.outcomes import ImportOutcome, JobOutcomes, OutcomeCounts, StudyOutcomes

MAX_JOBS = 20
MAX_STUDIES = 20
MAX_REASONS = 10

MASKED_NOTE = f"{MASK} masks words of a service message that may be a patient's; dicommap.show_values(True) shows them."
_OUTCOME_COLUMNS = tuple(TableColumn(name, CellKind.NUMBER) for name in count_outcomes({}))
_JOB_COLUMNS = (
    TableColumn("job", CellKind.WORD),
    TableColumn("status", CellKind.WORD),
    TableColumn("inputS3Uri", CellKind.UID),
    TableColumn("instances", CellKind.NUMBER),
    *_OUTCOME_COLUMNS,
)
_STUDY_COLUMNS = (
    TableColumn("StudyInstanceUID", CellKind.UID),
    TableColumn("job", CellKind.WORD),
    TableColumn("instances", CellKind.NUMBER),
    *_OUTCOME_COLUMNS,
)
_REASON_COLUMNS = (
    TableColumn("instances", CellKind.NUMBER),
    TableColumn("exception", CellKind.WORD),
    TableColumn("message", CellKind.SENTENCE),
)
_UNKNOWN_REASON = ("", "(no reason given, or one of many more)")
_WARNING_COLUMNS = (TableColumn("instances", CellKind.NUMBER), TableColumn("warning", CellKind.CODE))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationReportContent:
    """The content of a reconciliation's report."""

    package: str
    jobs: Sequence[JobOutcomes]
    counts: Mapping[ImportOutcome, int]
    studies: Sequence[StudyOutcomes]
    """The first studies with instances that are not in primary image sets or have a warning."""
    issues: Issues
    show_values: bool


def build_reconciliation_report(content: ReconciliationReportContent) -> Report:
    """Return the report of a reconciliation."""
    return _build_limited_report(content, jobs_shown=MAX_JOBS, studies_shown=MAX_STUDIES)


def build_reconciliation_page(content: ReconciliationReportContent) -> str:
    """Return a complete HTML page with all jobs and studies that the reconciliation kept."""
    from dicommap.display.report_html import render_html_page

    return render_html_page(
        _build_limited_report(content, jobs_shown=len(content.jobs), studies_shown=len(content.studies))
    )


def _build_limited_report(content: ReconciliationReportContent, *, jobs_shown: int, studies_shown: int) -> Report:
    instances = sum(content.counts.values())
    known = [f"{count:,} {outcome.value}" for outcome, count in content.counts.items() if count]
    imported = sum(count for outcome, count in content.counts.items() if outcome.is_imported)
    issue_counts = content.issues.counts()
    state = Counter(job.state.value for job in content.jobs)
    facts = [
        ("package", content.package),
        ("jobs", ", ".join(f"{count:,} {name}" for name, count in state.items()) or "none"),
        ("instances", ", ".join(known) or "none"),
    ]
    blocks: list[Block] = [FactList(pairs=facts)]
    if issue_counts:
        blocks.append(build_issue_codes_table(issue_counts, group_first_issues(content.issues)))
    blocks += [_build_reasons_table(content), _build_warnings_table(content.jobs)]
    job_rows = [
        _build_outcome_row((job.job, job.state.value, job.input_s3_uri), job.counts)
        for job in content.jobs[:jobs_shown]
    ]
    blocks.append(ReportTable(columns=_JOB_COLUMNS, rows=job_rows, total=len(content.jobs), noun="job", heading="Jobs"))
    rows = [
        _build_outcome_row((study.study_instance_uid, study.job), study.counts)
        for study in content.studies[:studies_shown]
    ]
    heading = "Studies not wholly in primary image sets"
    blocks.append(
        ReportTable(columns=_STUDY_COLUMNS, rows=rows, total=len(content.studies), noun="study", heading=heading)
    )
    shown = [block for block in blocks if not isinstance(block, ReportTable) or block.rows]
    if MASK in str(shown):
        shown.append(Note(text=MASKED_NOTE))
    counts = (f"{imported:,} of {format_count(instances, 'instance')} imported", format_count(len(content.jobs), "job"))
    return Report(title="Reconciliation", counts=counts, severities=count_severities(issue_counts), blocks=shown)


def _build_outcome_row(cells: tuple[str, ...], counts: OutcomeCounts) -> TableRow:
    content = (sum(counts.values()), *count_outcomes(counts).values())
    return TableRow(cells=(*cells, *(f"{number:,}" for number in content)))


def rank_failure_reasons(jobs: Iterable[JobOutcomes], *, show_values: bool) -> list[tuple[int, str, str]]:
    """Return the reasons of failures as tuples: number of instances, exception and service message.

    The most frequent reason is first. Words of a service message that may be a patient's are masked unless
    `show_values` is true.
    """
    reasons: Counter[tuple[str, str]] = Counter()
    for job in jobs:
        for (kind, message), count in job.reasons.items():
            reasons[kind, mask_service_message(message, show_values=show_values)] += count
        if job.message:
            reasons["(the job)", mask_service_message(job.message, show_values=show_values)] += job.instances
    rows = ((count, *(reason if any(reason) else _UNKNOWN_REASON)) for reason, count in reasons.items())
    return sorted(rows, key=lambda row: (-row[0], row[1:]))


def _build_reasons_table(content: ReconciliationReportContent) -> ReportTable:
    reasons = rank_failure_reasons(content.jobs, show_values=content.show_values)
    rows = [TableRow(cells=(f"{count:,}", *words)) for count, *words in reasons[:MAX_REASONS]]
    return ReportTable(columns=_REASON_COLUMNS, rows=rows, total=len(reasons), noun="reason", heading="Why")


def _build_warnings_table(jobs: Iterable[JobOutcomes]) -> ReportTable:
    warnings: Counter[str] = Counter()
    for job in jobs:
        warnings.update(job.warnings)
    rows = [TableRow(cells=(f"{count:,}", name)) for name, count in warnings.most_common(MAX_REASONS)]
    return ReportTable(columns=_WARNING_COLUMNS, rows=rows, total=len(warnings), noun="warning", heading="Warnings")
