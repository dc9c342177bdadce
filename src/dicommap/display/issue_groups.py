"""Groups of issues with the same code, and their text: the number of issues, the message, and the first locations."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING

from dicommap.issues import find_issue_code
from dicommap.issues.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.issues import Issue, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueGroup:
    """All issues that have the same code and the same severity, for a list that shows them together."""

    code: str
    severity: Severity
    count: int
    message: str | None
    """The message, if all issues of the group have the same message; else None."""
    issues: Iterable[Issue]
    """The issues. This can be an iterator that reads them from a file."""


def group_issues(issues: Iterable[Issue]) -> list[IssueGroup]:
    """Return the issues in groups, each with the same code and severity.

    The most severe groups are first. Groups of one severity are in the order of codes. The issues of a group keep their
    order.
    """
    ordered = sorted(issues, key=_make_group_key)
    return [_make_group(list(members)) for _, members in groupby(ordered, key=_make_group_key)]


def format_issue_group(group: IssueGroup, limit: int | None) -> Iterator[str]:
    """Yield the lines of a group: its heading, then a line for each listed issue.

    The line of an issue has its location, and also its message if the messages of the group differ. A group with only
    one issue has only one line.

    Args:
        group: The group.
        limit: The maximum number of listed issues; None for all issues.
    """
    issues = iter(group.issues)
    if group.count == 1:
        yield from map(str, issues)
        return
    entry = find_issue_code(group.code)
    text = group.message or (f"{entry.title}." if entry else "")
    yield f"{format_count(group.count, group.severity.value)}: {text} [{group.code}]"
    listed = 0
    for issue in islice(issues, limit):
        listed += 1
        place = issue.format_text() if group.message is None else str(issue.location)
        if place:
            yield place
    if group.count > listed:
        yield f"... and {group.count - listed:,} more; --all-issues lists them"


def _make_group_key(issue: Issue) -> tuple[int, str]:
    return -issue.severity.rank, issue.code


def _make_group(issues: list[Issue]) -> IssueGroup:
    first = issues[0]
    is_same = all(issue.message == first.message for issue in issues)
    return IssueGroup(
        code=first.code,
        severity=first.severity,
        count=len(issues),
        message=first.message if is_same else None,
        issues=issues,
    )
