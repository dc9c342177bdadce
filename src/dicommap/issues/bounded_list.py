"""Findings in bounded number: a document that is wrong in a million places is told of by its first ones."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from dicommap.issues import Location, Severity, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self

    from dicommap.issues import Issue

DOCUMENT_ISSUE_LIMIT = 1000
"""Findings told of one document or data set."""
ATTRIBUTE_ISSUE_LIMIT = 100
"""Findings told of the values of one attribute."""
ISSUE_COUNT_LIMIT = 10_000
"""Findings that are counted beyond these; then looking ends, since it would take long and tell nothing more."""


def limit_issues(found: Iterable[Issue], limit: int, location: Location) -> Iterator[Issue]:
    """Yield the first findings, and for the rest one that counts them and is as severe as the worst of them.

    The rest is counted but not kept, and not beyond COUNTED_LIMIT: neither memory nor time grows with what is wrong.
    """
    rest = iter(found)
    yield from islice(rest, limit)
    severities = [one.severity for one in islice(rest, ISSUE_COUNT_LIMIT)]
    if len(severities) == ISSUE_COUNT_LIMIT:  # of what was not looked at the worst must be feared
        count = f"at least {ISSUE_COUNT_LIMIT}"
        yield make_issue("document.more-findings", location, severity=Severity.ERROR, count=count, of="")
    elif severities:
        worst = max(severities, key=lambda severity: severity.rank)
        yield make_issue("document.more-findings", location, severity=worst, count=len(severities), of="")


def stop_after_limit(found: Iterable[Issue], limit: int, location: Location) -> Iterator[Issue]:
    """Yield the first issues and, if there is one more, an error that says so; further ones are not looked for."""
    rest = iter(found)
    yield from islice(rest, limit)
    if next(rest, None) is not None:
        yield make_issue("document.more-findings", location, severity=Severity.ERROR, count="at least 1", of="")


class BoundedIssues:
    """What a draft finds, in its order: of each code at one document and rule the first ones, and how many more.

    An inventory has millions of studies, and what is wrong with an edit is most often wrong in all of them.
    """

    def __init__(self, limit: int = DOCUMENT_ISSUE_LIMIT) -> None:
        """Take how many findings of a kind are kept."""
        self._limit = limit
        self._kept: list[Issue] = []
        self._counts: Counter[tuple[str, Severity, str | None, str | None]] = Counter()

    def __iadd__(self, found: Iterable[Issue]) -> Self:
        for one in found:
            kind = (one.code, one.severity, one.location.path, one.location.rule)
            self._counts[kind] += 1
            if self._counts[kind] <= self._limit:
                self._kept.append(one)
        return self

    def __iter__(self) -> Iterator[Issue]:
        """Yield the findings, and last one for each kind of which there are more."""
        yield from self._kept
        for (code, severity, path, rule), count in self._counts.items():
            if count > self._limit:
                place, more = Location(path=path, rule=rule), f"{count - self._limit:,}"
                yield make_issue("document.more-findings", place, severity=severity, count=more, of=f" of {code}")
