"""The screen of a retry: what is imported again, and from where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.display.csv_json import format_count
from dicommap.display.issue_report import build_issue_codes_table, count_severities, group_first_issues
from dicommap.display.report import FactList, Report

if TYPE_CHECKING:
    from dicommap.display.issue_report import Issues
    from dicommap.display.report import Block


def build_retry_report(package: str | None, in_place: int, staged: int, instances: int, issues: Issues) -> Report:
    """Return a retry at a glance."""
    found = issues.counts()
    facts = [
        ("package", package or "none was written"),
        ("in place", f"{format_count(in_place, 'job')} of which nothing was imported"),
        ("staged", f"{format_count(staged, 'job')} for what is copied first, by 'dicommap stage'"),
    ]
    blocks: list[Block] = [FactList(pairs=facts)]
    if found:
        blocks.append(build_issue_codes_table(found, group_first_issues(issues)))
    counts = (f"{format_count(instances, 'instance')} to import again",)
    return Report(title="Retry", counts=counts, severities=count_severities(found), blocks=blocks)
