"""Issues on the terminal, and the exit status that they lead to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dicommap.cli.choices import FailOn, Format
from dicommap.cli.console import print_line, print_table, write
from dicommap.issues import Severity
from dicommap.model.choices import choice_of
from dicommap.render.text import record_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicommap.issues import Issue

LISTED = 20
"""Issues of one code that are listed before the rest is only counted."""

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
FINDINGS_STATUS = 1


def print_issues(issues: Sequence[Issue]) -> None:
    """Print issues, the worst first; of each code the first ones, and how many more there are."""
    listed: Counter[str] = Counter()
    totals = Counter(found.code for found in issues)
    for found in sorted(issues, key=lambda one: -one.severity.rank):
        listed[found.code] += 1
        if listed[found.code] <= LISTED:
            print_line(str(found), style=_STYLES[found.severity])
    for code, count in totals.items():
        if count > LISTED:
            print_line(f"... and {count - LISTED:,} more of {code}")
    if issues:
        print_line("'dicommap explain CODE' says what a finding means and what to do.")


def print_issue_counts(counts: Mapping[tuple[str, Severity], int]) -> None:
    """Print how often each code was found, the worst first."""
    rows = sorted(counts.items(), key=lambda item: (-item[0][1].rank, -item[1]))
    cells = [(severity.value, code, f"{count:,}") for (code, severity), count in rows]
    print_table(("severity", "code", "count"), cells, numbers=("count",))


def write_issues(issues: Iterable[Issue], form: Format) -> None:
    """Write issues as JSON, JSON Lines or CSV. Raises UsageError for any other format."""
    write(record_lines(issues, form, record=lambda found: found.to_dict(), row=_cells))


def exit_by(severities: Iterable[Severity], fail_on: FailOn) -> None:
    """End with status 1 if a severity reaches the floor. Raises UsageError for an unknown floor."""
    fail_on = choice_of(FailOn, fail_on, "severity")
    if fail_on is FailOn.NEVER:
        return
    floor = Severity(fail_on.value)
    if any(severity.reaches(floor) for severity in severities):
        raise SystemExit(FINDINGS_STATUS)


def _cells(found: Issue) -> dict[str, str]:
    return {
        "severity": found.severity.value,
        "code": found.code,
        "location": str(found.location),
        "message": found.message,
    }
