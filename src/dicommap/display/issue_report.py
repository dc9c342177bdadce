"""Show issues: the class Issues (a tuple with a report), a table of issues, and the issue codes as Markdown."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING

from dicommap.display.report import ColumnKind, Note, Report, ReportTable, TableColumn, TableRow
from dicommap.issues import Severity, find_issue_code
from dicommap.model.displayable import DisplayableTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dicommap.display.report import Block
    from dicommap.issues import Issue, IssueCode

MAX_CODES = 12
MAX_LOCATIONS_PER_CODE = 5
MAX_ISSUES = 10

_CODE_COLUMNS = (
    TableColumn("severity", ColumnKind.SEVERITY),
    TableColumn("count", ColumnKind.NUMBER),
    TableColumn("code", ColumnKind.CODE),
    TableColumn("what was found", ColumnKind.SENTENCE),
)
_LOCATION_COLUMNS = (TableColumn("where", ColumnKind.SENTENCE), TableColumn("message", ColumnKind.SENTENCE))
_ISSUE_COLUMNS = (TableColumn("severity", ColumnKind.SEVERITY), *_LOCATION_COLUMNS)


def count_severities(counts: Mapping[tuple[str, Severity], int]) -> list[tuple[str, int]]:
    """Return pairs of a severity and the number of its issues, the highest severity first.

    Args:
        counts: The number of issues of each code and severity.
    """
    totals: Counter[Severity] = Counter()
    for (_, severity), number in counts.items():
        totals[severity] += number
    return [(severity.value, totals[severity]) for severity in sorted(totals, key=lambda severity: -severity.rank)]


def rank_codes(counts: Mapping[tuple[str, Severity], int]) -> list[tuple[str, Severity]]:
    """Return the pairs of code and severity, sorted: the highest severity first, then the most frequent code."""
    return sorted(counts, key=lambda key: (-key[1].rank, -counts[key], key[0]))


def build_issue_counts_table(
    counts: Mapping[tuple[str, Severity], int],
    issues: Mapping[tuple[str, Severity], Sequence[Issue]] | None = None,
    heading: str = "Issues",
    *,
    are_errors_open: bool = False,
) -> ReportTable:
    """Return a table of issues with a row for each code and severity, the most severe first.

    Args:
        counts: The number of issues of each code and severity.
        issues: The first issues of each code and severity. They are shown inside the row.
        heading: The heading of the table.
        are_errors_open: Whether rows of errors show their issues at first. In other rows, the user must unfold the
            issues.
    """
    ranked = rank_codes(counts)
    rows = [_build_code_row(*key, counts[key], (issues or {}).get(key, ())) for key in ranked[:MAX_CODES]]
    if are_errors_open:
        opened = [severity is Severity.ERROR for _, severity in ranked[:MAX_CODES]]
        rows = [replace(row, is_open=is_open) for row, is_open in zip(rows, opened, strict=True)]
    return ReportTable(columns=_CODE_COLUMNS, rows=rows, total=len(ranked), noun="code", heading=heading)


def _build_code_row(code: str, severity: Severity, number: int, first: Sequence[Issue]) -> TableRow:
    entry = find_issue_code(code)
    details: list[Block] = []
    if entry is not None:
        details += [Note(text=entry.explanation), Note(text=f"What to do: {entry.fix}")]
    if first:
        places = [TableRow(cells=(str(issue.location), issue.message)) for issue in first]
        details.append(ReportTable(columns=_LOCATION_COLUMNS, rows=places, total=number, noun="issue"))
    cells = (severity.value, f"{number:,}", code, entry.title if entry else "")
    return TableRow(cells=cells, details=details)


class Issues(DisplayableTuple["Issue"]):
    """Tuple of issues. It is equal to any tuple or list of the same issues in the same order."""

    __slots__ = ()

    @property
    def errors(self) -> Issues:
        """Return only the issues whose severity is error."""
        return self.with_severity(Severity.ERROR)

    @property
    def warnings(self) -> Issues:
        """Return only the issues whose severity is warning."""
        return self.with_severity(Severity.WARNING)

    @property
    def notes(self) -> Issues:
        """Return only the issues whose severity is note."""
        return self.with_severity(Severity.NOTE)

    def with_severity(self, severity: Severity) -> Issues:
        """Return only the issues that have the severity `severity`."""
        return Issues(issue for issue in self if issue.severity is severity)

    def counts(self) -> dict[tuple[str, Severity], int]:
        """Return a dict: (code, severity) -> number of issues. The pairs are in the order of their first issues."""
        return dict(Counter((issue.code, issue.severity) for issue in self))

    def to_dicts(self) -> list[dict[str, object]]:
        """Return the issues as a list of dicts that are valid for the schema `issue`."""
        return [issue.to_dict() for issue in self]

    def _build_report(self) -> Report:
        counts = self.counts()
        if not self:
            return Report(title="Issues", counts=("none",), blocks=[Note(text="No issues.")])
        blocks: list[Block] = [
            build_issue_counts_table(counts, group_first_issues(self), heading=""),
            _build_worst_issues_table(self),
        ]
        return Report(title="Issues", severities=count_severities(counts), blocks=blocks)


def _build_worst_issues_table(issues: Issues) -> ReportTable:
    worst = chain.from_iterable(issues.with_severity(severity) for severity in reversed(Severity))
    rows = [
        TableRow(cells=(issue.severity.value, str(issue.location), issue.message))
        for issue in islice(worst, MAX_ISSUES)
    ]
    return ReportTable(columns=_ISSUE_COLUMNS, rows=rows, total=len(issues), noun="issue", heading="The worst first")


def group_first_issues(issues: Iterable[Issue]) -> dict[tuple[str, Severity], list[Issue]]:
    """Return a dict: (code, severity) -> the first MAX_LOCATIONS_PER_CODE issues with this code and severity."""
    first: dict[tuple[str, Severity], list[Issue]] = {}
    for issue in issues:
        kept = first.setdefault((issue.code, issue.severity), [])
        if len(kept) < MAX_LOCATIONS_PER_CODE:
            kept.append(issue)
    return first


def format_codes_markdown(codes: Iterable[IssueCode]) -> Iterator[str]:
    """Yield the pieces of a Markdown page that explains each code. Each family of codes has a section."""
    yield "# Issue codes\n\nThe same texts as `dicommap explain CODE` prints; made from one catalogue.\n"
    for family, members in groupby(codes, key=lambda code: code.name.partition(".")[0]):
        yield f"\n## {family}\n"
        for code in members:
            yield (
                f"\n### {code.name}\n\n**{code.severity.value}: {code.title}.** {code.explanation}\n\n"
                f"*What to do:* {code.fix}\n"
            )
