"""Findings about one job, of each code and severity the first ones; the rest is counted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dicommap.issues import Location, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue, Severity

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
