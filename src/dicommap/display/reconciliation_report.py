"""Build the report of a reconciliation: jobs, studies with problems, and the reasons why instances failed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import MASK
from dicommap.display.issue_report import build_issue_counts_table, count_severities, group_first_issues
from dicommap.display.outcome_records import OUTCOME_TITLES, describe_not_instances, select_outcomes
from dicommap.display.report import ColumnKind, FactList, Note, Report, ReportTable, TableColumn, TableRow
from dicommap.healthimaging.service_messages import mask_service_message
from dicommap.issues.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicommap.display.issue_report import Issues
    from dicommap.display.report import Block, Figure
    from dicommap.reconciliation.outcomes import ImportOutcome, JobOutcomes, OutcomeCounts, StudyOutcomes

MAX_JOBS = 20
MAX_STUDIES = 20
MAX_REASONS = 10

MASKED_NOTE = f"{MASK} masks words of a service message that may be a patient's; dicommap.show_values(True) shows them."
_JOB_COLUMNS = (
    TableColumn("job", ColumnKind.WORD),
    TableColumn("status", ColumnKind.WORD),
    TableColumn("inputS3Uri", ColumnKind.UID),
    TableColumn("instances", ColumnKind.NUMBER),
)
_STUDY_COLUMNS = (
    TableColumn("StudyInstanceUID", ColumnKind.UID),
    TableColumn("job", ColumnKind.WORD),
    TableColumn("instances", ColumnKind.NUMBER),
)
_REASON_COLUMNS = (
    TableColumn("instances", ColumnKind.NUMBER),
    TableColumn("exception", ColumnKind.WORD),
    TableColumn("message", ColumnKind.SENTENCE),
)
_UNKNOWN_REASON = ("", "(no reason given, or one of many more)")
_WARNING_COLUMNS = (TableColumn("instances", ColumnKind.NUMBER), TableColumn("warning", ColumnKind.CODE))


def build_reconciliation_report(
    package: str,
    jobs: Sequence[JobOutcomes],
    studies: Sequence[StudyOutcomes],
    issues: Issues,
    *,
    show_values: bool,
    is_limited: bool = True,
    figure: Figure | None = None,
) -> Report:
    """Return the report of a reconciliation.

    Args:
        package: The directory of the package.
        jobs: The outcomes of all jobs of the package.
        studies: The first studies with an instance that was not imported, is not in a primary image set, or has a
            warning.
        issues: The issues of all jobs.
        show_values: Whether messages show words that may be patient values. If false, such words are masked.
        is_limited: Whether the report shows only the first 20 jobs and the first 20 studies.
        figure: The plot of the outcomes of each job; None for no plot.

    """
    counts = sum_outcomes(jobs)
    issue_counts = issues.counts()
    blocks: list[Block] = [FactList(pairs=_list_facts(package, jobs)), *([figure] if figure and counts else [])]
    if issue_counts:
        blocks.append(build_issue_counts_table(issue_counts, group_first_issues(issues)))
    blocks += [_build_reasons_table(jobs, show_values=show_values), _build_warnings_table(jobs)]
    blocks.append(_build_jobs_table(jobs, MAX_JOBS if is_limited else len(jobs)))
    blocks.append(_build_studies_table(studies, MAX_STUDIES if is_limited else len(studies)))
    shown = [block for block in blocks if not isinstance(block, ReportTable) or block.rows]
    if MASK in str([block for block in shown if block is not figure]):
        shown.append(Note(text=MASKED_NOTE))
    imported = sum(count for outcome, count in counts.items() if outcome.is_imported)
    instances = format_count(sum(counts.values()), "instance")
    title_counts = (f"{imported:,} of {instances} imported", format_count(len(jobs), "job"))
    return Report(title="Reconciliation", counts=title_counts, severities=count_severities(issue_counts), blocks=shown)


def sum_outcomes(jobs: Iterable[JobOutcomes]) -> dict[ImportOutcome, int]:
    """Return a dict: outcome -> number of instances in all jobs."""
    total: Counter[ImportOutcome] = Counter()
    for job in jobs:
        total.update(job.counts)
    return dict(total)


def _list_facts(package: str, jobs: Sequence[JobOutcomes]) -> list[tuple[str, str]]:
    counts = sum_outcomes(jobs)
    known = [f"{counts[outcome]:,} {OUTCOME_TITLES[outcome]}" for outcome in select_outcomes([counts])]
    states = Counter(job.state.value for job in jobs)
    facts = [
        ("package", package),
        ("jobs", ", ".join(f"{count:,} {name}" for name, count in states.items()) or "none"),
        ("instances", "; ".join(known) or "none"),
    ]
    others = describe_not_instances(jobs)
    return [*facts, ("other files", others)] if others else facts


def _build_jobs_table(jobs: Sequence[JobOutcomes], limit: int) -> ReportTable:
    outcomes = select_outcomes(job.counts for job in jobs)
    rows = [
        _build_outcome_row((job.job, job.state.value, job.input_s3_uri), job.counts, outcomes) for job in jobs[:limit]
    ]
    columns = (*_JOB_COLUMNS, *_make_outcome_columns(outcomes))
    return ReportTable(columns=columns, rows=rows, total=len(jobs), noun="job", heading="Jobs")


def _build_studies_table(studies: Sequence[StudyOutcomes], limit: int) -> ReportTable:
    outcomes = select_outcomes(study.counts for study in studies)
    rows = [
        _build_outcome_row((study.study_instance_uid, study.job), study.counts, outcomes) for study in studies[:limit]
    ]
    columns = (*_STUDY_COLUMNS, *_make_outcome_columns(outcomes))
    heading = "Studies not wholly in primary image sets"
    return ReportTable(columns=columns, rows=rows, total=len(studies), noun="study", heading=heading)


def _make_outcome_columns(outcomes: Iterable[ImportOutcome]) -> Iterator[TableColumn]:
    return (TableColumn(OUTCOME_TITLES[outcome], ColumnKind.NUMBER) for outcome in outcomes)


def _build_outcome_row(cells: tuple[str, ...], counts: OutcomeCounts, outcomes: Iterable[ImportOutcome]) -> TableRow:
    numbers = (sum(counts.values()), *(counts.get(outcome, 0) for outcome in outcomes))
    return TableRow(cells=(*cells, *(f"{number:,}" for number in numbers)))


def rank_failure_reasons(jobs: Iterable[JobOutcomes], *, show_values: bool) -> list[tuple[int, str, str]]:
    """Return the reasons why instances failed, the most frequent first.

    Each reason is a tuple: the number of instances, the exception, and the service's message. Words of the message that
    may be patient values are masked unless `show_values` is true.
    """
    reasons: Counter[tuple[str, str]] = Counter()
    for job in jobs:
        for (kind, message), count in job.reasons.items():
            reasons[kind, mask_service_message(message, show_values=show_values)] += count
        if job.message:
            reasons["(the job)", mask_service_message(job.message, show_values=show_values)] += job.instances
    rows = ((count, *(reason if any(reason) else _UNKNOWN_REASON)) for reason, count in reasons.items())
    return sorted(rows, key=lambda row: (-row[0], row[1:]))


def _build_reasons_table(jobs: Iterable[JobOutcomes], *, show_values: bool) -> ReportTable:
    reasons = rank_failure_reasons(jobs, show_values=show_values)
    rows = [TableRow(cells=(f"{count:,}", *words)) for count, *words in reasons[:MAX_REASONS]]
    return ReportTable(columns=_REASON_COLUMNS, rows=rows, total=len(reasons), noun="reason", heading="Why")


def _build_warnings_table(jobs: Iterable[JobOutcomes]) -> ReportTable:
    warnings: Counter[str] = Counter()
    for job in jobs:
        warnings.update(job.warnings)
    rows = [TableRow(cells=(f"{count:,}", name)) for name, count in warnings.most_common(MAX_REASONS)]
    return ReportTable(columns=_WARNING_COLUMNS, rows=rows, total=len(warnings), noun="warning", heading="Warnings")
