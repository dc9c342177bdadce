"""Findings on a screen: how many of which severity, and each code with what it means and what to do."""

from __future__ import annotations

from collections import Counter
from itertools import chain, islice
from typing import TYPE_CHECKING

from dicommap.issues import Severity, explain
from dicommap.render.screen import Column, Kind, Note, Row, Rows, Screen
from dicommap.render.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicommap.issues import Issue
    from dicommap.render.screen import Block

CODES_SHOWN = 12
PLACES_SHOWN = 5
ISSUES_SHOWN = 10

_CODES = (
    Column("severity", Kind.SEVERITY),
    Column("count", Kind.NUMBER),
    Column("code", Kind.CODE),
    Column("what was found", Kind.SENTENCE),
)
_PLACES = (Column("where", Kind.SENTENCE), Column("message", Kind.SENTENCE))
_ISSUES = (Column("severity", Kind.SEVERITY), *_PLACES)


def severity_counts(counts: Mapping[tuple[str, Severity], int]) -> list[tuple[str, int]]:
    """Return the severities that there are with their numbers, the worst first."""
    totals: Counter[Severity] = Counter()
    for (_, severity), number in counts.items():
        totals[severity] += number
    return [(severity.value, totals[severity]) for severity in sorted(totals, key=lambda one: -one.rank)]


def codes_block(
    counts: Mapping[tuple[str, Severity], int],
    issues: Mapping[tuple[str, Severity], Sequence[Issue]] | None = None,
    heading: str = "Issues",
) -> Rows:
    """Return a row for each code and severity, the worst first, with its explanation inside and its first issues."""
    ranked = sorted(counts.items(), key=lambda item: (-item[0][1].rank, -item[1], item[0][0]))
    rows = [_code_row(*key, number, (issues or {}).get(key, ())) for key, number in ranked[:CODES_SHOWN]]
    return Rows(columns=_CODES, rows=rows, total=len(ranked), noun="code", heading=heading)


def _code_row(code: str, severity: Severity, number: int, first: Sequence[Issue]) -> Row:
    entry = explain(code)
    inside: list[Block] = []
    if entry is not None:
        inside += [Note(text=entry.explanation), Note(text=f"What to do: {entry.fix}")]
    if first:
        places = [Row(cells=(str(found.location), found.message)) for found in first]
        inside.append(Rows(columns=_PLACES, rows=places, total=number, noun="issue"))
    cells = (severity.value, f"{number:,}", code, entry.title if entry else "")
    return Row(cells=cells, inside=inside)


class Issues(tuple["Issue", ...], Shown):
    """Findings in order; equal to any tuple or list of the same ones."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return tuple.__eq__(self, tuple(other)) if isinstance(other, tuple | list) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__

    @property
    def errors(self) -> Issues:
        """Return those of severity error."""
        return self.of(Severity.ERROR)

    @property
    def warnings(self) -> Issues:
        """Return those of severity warning."""
        return self.of(Severity.WARNING)

    @property
    def notes(self) -> Issues:
        """Return those of severity note."""
        return self.of(Severity.NOTE)

    def of(self, severity: Severity) -> Issues:
        """Return those of one severity."""
        return Issues(found for found in self if found.severity is severity)

    def counts(self) -> dict[tuple[str, Severity], int]:
        """Return how often each code was found, with its severity, in the order of finding."""
        return dict(Counter((found.code, found.severity) for found in self))

    def to_dicts(self) -> list[dict[str, object]]:
        """Return each as the issue schema describes it."""
        return [found.to_dict() for found in self]

    # A tuple has both of its own.
    __str__ = Shown.__str__
    __repr__ = Shown.__repr__

    def _screen(self) -> Screen:
        counts = self.counts()
        found = severity_counts(counts)
        if not self:
            return Screen(title="Issues", counts=("none",), blocks=[Note(text="Nothing was found wrong.")])
        blocks: list[Block] = [codes_block(counts, first_of_each(self), heading=""), _first_block(self)]
        return Screen(title="Issues", severities=found, blocks=blocks)


def _first_block(issues: Issues) -> Rows:
    worst = chain.from_iterable(issues.of(severity) for severity in reversed(Severity))
    rows = [
        Row(cells=(found.severity.value, str(found.location), found.message)) for found in islice(worst, ISSUES_SHOWN)
    ]
    return Rows(columns=_ISSUES, rows=rows, total=len(issues), noun="issue", heading="The worst first")


def first_of_each(issues: Iterable[Issue]) -> dict[tuple[str, Severity], list[Issue]]:
    """Return the first issues of each code and severity."""
    first: dict[tuple[str, Severity], list[Issue]] = {}
    for found in issues:
        kept = first.setdefault((found.code, found.severity), [])
        if len(kept) < PLACES_SHOWN:
            kept.append(found)
    return first
