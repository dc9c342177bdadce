"""A draft on the terminal: its preview, what became of each edit, what it forecasts, and where the package is."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from dicommap.cli.console import print_line, print_table
from dicommap.cli.findings import print_issues
from dicommap.render.accounts import account_lines
from dicommap.render.conflicts import FORECAST_NOTE
from dicommap.render.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dicommap.workflows.drafted import Draft

PREVIEWED = 50
"""Changes, and other rows of a draft's tables, that are shown on the terminal; the package's tables have all."""

ACCOUNTS_SHOWN = 50
"""Rules, and files of rows, of which is told on the terminal what became of them; the package's edits.csv has all."""

_PREVIEW = ("StudyInstanceUID", "SeriesInstanceUID", "tag", "keyword", "before", "after", "because of")
_STUDY_EDITS = ("StudyInstanceUID", "edit", "changed in", "attributes")
_CONFLICTS = (
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "keyword",
    "values",
    "non-primary",
    "files",
    "cure",
    "cure value",
)
_FILES = ("StudyInstanceUID", "keyword", "value", "primary value", "SOPInstanceUID", "path")


def print_draft(drafted: Draft, *, show_values: bool, by_study: bool = False, forecast: bool = False) -> None:
    """Print a draft; `by_study` adds the edits of each study, `forecast` what is likely to become non-primary."""
    if drafted.changes:
        total = len(drafted.changes)
        _print_rows(_PREVIEW, drafted.preview(show_values=show_values), total, "change", masked=not show_values)
    if by_study and drafted.changes:
        rows = list(drafted.edits_by_study())
        print_line()
        _print_rows(_STUDY_EDITS, rows, len(rows), "edit")
    for line in islice(account_lines(drafted.accounts), ACCOUNTS_SHOWN):
        print_line(line)
    if forecast:
        _print_forecast(drafted, show_values=show_values)
    print_issues(drafted.issues)
    _print_jobs(drafted)
    studies = sum(override.series_instance_uid is None for override in drafted.overrides)
    series = len(drafted.overrides) - studies
    sum_up = f"{counted(len(drafted.changes), 'change')} in {studies:,} study and {series:,} series overrides"
    if drafted.package is None:
        print_line(f"{sum_up} would be made. Nothing was written.")
    else:
        print_line(sum_up)
        print_line(f"Package: {drafted.package}")


def _print_jobs(drafted: Draft) -> None:
    """Print how many jobs there are, and where, unless it is a single one that takes all where it lies."""
    plan = drafted.plan
    if plan is None or (len(plan.jobs) == 1 and not plan.jobs[0].staged):
        return
    staged = sum(job.staged for job in plan.jobs)
    print_line(f"{counted(len(plan.jobs), 'job')}: {len(plan.jobs) - staged:,} in place, {staged:,} staged")


def _print_forecast(drafted: Draft, *, show_values: bool) -> None:
    print_line()
    print_line(FORECAST_NOTE)
    if not drafted.conflicts:
        print_line("Each grouping attribute has one value in every study and series.")
        return
    conflicts = drafted.conflicts.to_dicts(show_values=show_values)
    _print_rows(_CONFLICTS, conflicts, len(conflicts), "conflict", masked=not show_values)
    files = list(drafted.forecast(show_values=show_values))
    print_line()
    _print_rows(_FILES, files, len(files), "file", masked=not show_values)


def _print_rows(
    columns: tuple[str, ...], rows: Iterable[Mapping[str, str]], total: int, noun: str, *, masked: bool = False
) -> None:
    """Print the first rows of a table, and how many more there are."""
    first = ([row[column] for column in columns] for row in islice(rows, PREVIEWED))
    print_table(columns, first, numbers=("non-primary", "files"), masked=masked)
    if total > PREVIEWED:
        print_line(f"... and {counted(total - PREVIEWED, f'more {noun}')}")
