"""Bounded lists: keep the first items of each kind and count the rest."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar

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


JOB_ISSUE_LIMIT = 20
"""Findings of one code that are kept for a job."""


class JobIssues:
    """Findings, as they come; unlike a list it does not grow with what is wrong."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, Severity], list[Issue]] = {}
        self._counts: Counter[tuple[str, Severity]] = Counter()

    def add(self, found: Issue) -> None:
        """Keep a finding, or only count it."""
        key = found.code, found.severity
        kept = self._kept.setdefault(key, [])
        self._counts[key] += 1
        if len(kept) < JOB_ISSUE_LIMIT:
            kept.append(found)

    def count(self, code: str) -> int:
        """Return how often a code was found."""
        return sum(count for (one, _), count in self._counts.items() if one == code)

    def issues(self, path: str) -> Iterator[Issue]:
        """Yield what was kept and, for a code with more findings, one that counts them at this path."""
        for key, kept in self._kept.items():
            yield from kept
            rest = self._counts[key] - len(kept)
            if rest:
                place = Location(path=path)
                yield make_issue("document.more-findings", place, severity=key[1], count=rest, of=f" of {key[0]}")


_ItemT = TypeVar("_ItemT")

ITEMS_KEPT = 100
"""How many are kept."""


class BoundedList(Generic[_ItemT]):
    """The first items of many."""

    def __init__(self, items: Iterable[_ItemT] = ()) -> None:
        self.first: list[_ItemT] = []
        self.count = 0
        for item in items:
            self.add(item)

    def add(self, item: _ItemT) -> None:
        """Count an item, and keep it if it is one of the first."""
        self.count += 1
        if self.count <= ITEMS_KEPT:
            self.first.append(item)
