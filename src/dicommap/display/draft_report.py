"""Build the reports of a draft and of its plan."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dicommap.display.conflict_report import build_conflict_blocks
from dicommap.display.edit_result_rows import format_edit_result_lines
from dicommap.display.formatting import format_byte_count
from dicommap.display.inventory_report import join_first_names_by_commas
from dicommap.display.issue_report import build_issue_counts_table, count_severities, group_first_issues
from dicommap.display.preview import build_changes_table, build_preview_row, group_changes_by_target
from dicommap.display.report import (
    ColumnKind,
    FactList,
    Note,
    Report,
    ReportTable,
    TableColumn,
    TableRow,
    build_masked_notes,
)
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.levels import Level
from dicommap.healthimaging.quotas import Quotas
from dicommap.issues.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.display.issue_report import Issues
    from dicommap.display.report import Block, Figure
    from dicommap.edits.edit_result import EditResult
    from dicommap.model.masking import Masker
    from dicommap.overrides.attribute_change import AttributeChange
    from dicommap.overrides.grouping_conflicts import GroupingConflict
    from dicommap.overrides.override import Override
    from dicommap.planning.plan import Plan, PlanJob


MAX_TARGETS = 20
MAX_CHANGES = 20
UNFOLDED_TARGETS = 3
"""Number of studies or series whose changes are visible at first."""
MAX_EDITS = 10


def build_draft_report(
    *,
    overrides: Sequence[Override],
    changes: Sequence[AttributeChange],
    targets: int,
    updates: int,
    edit_results: Sequence[EditResult],
    conflicts: Sequence[GroupingConflict],
    issues: Issues,
    package: str,
    masker: Masker,
) -> Report:
    """Return the report of a draft.

    Args:
        overrides: The overrides.
        changes: The changes by overrides and updates.
        targets: The number of studies, series and instances with changes of their own.
        updates: The number of changes that updates make.
        edit_results: The results of all edits.
        conflicts: The conflicts of grouping attributes.
        issues: The issues of the draft.
        package: The directory of the package, or the reason why no package was written.
        masker: The Masker of the values.
    """
    levels = Counter(override.level for override in overrides)
    by_level = ", ".join(f"{levels[level]:,} of a {level.value}" for level in Level if levels[level])
    counts = (
        format_count(len(changes), "change"),
        format_count(len(overrides), "override") + (f" ({by_level})" if by_level else ""),
        *([f"{updates:,} by updates"] if updates else ()),
    )
    issue_counts = issues.counts()
    blocks: list[Block] = [FactList(pairs=[("package", package), *_list_edit_facts(edit_results)])]
    if issue_counts:
        blocks.append(build_issue_counts_table(issue_counts, group_first_issues(issues)))
    rows = (build_preview_row(change, masker=masker) for change in changes)
    groups = group_changes_by_target(rows, MAX_TARGETS)
    if groups:
        blocks.append(
            build_changes_table(
                groups, total=targets, opened=UNFOLDED_TARGETS, limit=MAX_CHANGES, has_updates=updates > 0
            )
        )
    else:
        blocks.append(Note(text="No changes."))
    if conflicts:
        blocks += build_conflict_blocks(conflicts, masker=masker, heading="Forecast")
    blocks += build_masked_notes(masker)
    return Report(title="Draft", counts=counts, severities=count_severities(issue_counts), blocks=blocks)


def _list_edit_facts(edit_results: Sequence[EditResult]) -> list[tuple[str, str]]:
    lines = list(format_edit_result_lines(edit_results))
    more = len(lines) - MAX_EDITS
    shown = [*lines[:MAX_EDITS], *([f"and {more:,} more"] if more > 0 else [])]
    return [("" if number else "edits", line) for number, line in enumerate(shown)]


MAX_JOBS = 20

_JOB_COLUMNS = (
    TableColumn("job", ColumnKind.WORD),
    TableColumn("inputS3Uri", ColumnKind.UID),
    TableColumn("mappings", ColumnKind.NUMBER),
    TableColumn("overrides", ColumnKind.NUMBER),
    TableColumn("instances", ColumnKind.NUMBER),
    TableColumn("files", ColumnKind.NUMBER),
    TableColumn("size", ColumnKind.NUMBER),
    TableColumn("staged", ColumnKind.WORD),
)


def build_plan_report(plan: Plan, figure: Figure) -> Report:
    """Return the report of a plan: the settings, a plot of the jobs against the quotas, and the first jobs."""
    counts = (
        format_count(len(plan.jobs), "job"),
        format_count(plan.studies, "study"),
        format_count(plan.series, "series"),
        *([format_count(len(plan.updates), "update")] if plan.updates is not None else ()),
    )
    usual = Assumptions().model_dump()
    settings = (f"{name}={value}" for name, value in plan.assumptions.model_dump().items() if value != usual[name])
    rows = [_build_job_row(job) for job in plan.jobs[:MAX_JOBS]]
    jobs = ReportTable(columns=_JOB_COLUMNS, rows=rows, total=len(plan.jobs), noun="job", heading="Jobs")
    quotas = Quotas().model_dump()
    others = (f"{name}={value:,}" for name, value in plan.quotas.model_dump().items() if value != quotas[name])
    pairs = [
        ("sources", join_first_names_by_commas(plan.sources)),
        *([("inputS3Uri", plan.inputS3Uri)] if plan.inputS3Uri is not None else ()),
        ("quotas", ", ".join(others) or "the defaults"),
        ("assumptions", ", ".join(settings) or "the defaults"),
    ]
    if plan.unplanned.files:
        left = (
            f"{format_count(plan.unplanned.files, 'file')}, "
            f"{format_count(plan.unplanned.instances, 'instance')} among them"
        )
        pairs.append(("in no job", left))
    if plan.attempt > 1:
        pairs.append(("attempt", str(plan.attempt)))
    return Report(title="Plan", counts=counts, blocks=[FactList(pairs=pairs), figure, jobs])


def _build_job_row(job: PlanJob) -> TableRow:
    numbers = (len(job.mappings), len(job.files), job.instances, job.sourceFiles)
    staged = "staged" if job.staged else ""
    cells = (f"{number:,}" for number in numbers)
    return TableRow(cells=(job.id, job.inputS3Uri, *cells, format_byte_count(job.sourceBytes), staged))


def summarize_jobs(plan: Plan) -> str:
    """Return the number of jobs; empty if there is no job, or if the only job imports files in place."""
    if not plan.jobs or (len(plan.jobs) == 1 and not plan.jobs[0].staged):
        return ""
    staged = sum(job.staged for job in plan.jobs)
    return f"{format_count(len(plan.jobs), 'job')}: {len(plan.jobs) - staged:,} in place, {staged:,} staged"
