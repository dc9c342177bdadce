"""Findings about one job, of each code the first ones; the rest is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.issues import Location, issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue

LISTED = 20
"""Findings of one code that are kept for a job."""


class Tally:
    """Findings, as they come; unlike a list it does not grow with what is wrong."""

    def __init__(self) -> None:
        self._kept: dict[str, list[Issue]] = {}
        self._counts: dict[str, int] = {}

    def add(self, found: Issue) -> None:
        """Keep a finding, or only count it."""
        kept = self._kept.setdefault(found.code, [])
        self._counts[found.code] = self._counts.get(found.code, 0) + 1
        if len(kept) < LISTED:
            kept.append(found)

    def count(self, code: str) -> int:
        """Return how often a code was found."""
        return self._counts.get(code, 0)

    def issues(self, path: str) -> Iterator[Issue]:
        """Yield what was kept and, for a code with more findings, one that counts them at this path."""
        for code, kept in self._kept.items():
            yield from kept
            rest = self._counts[code] - len(kept)
            if rest:
                yield issue("document.more-findings", Location(path=path), severity=kept[0].severity, count=rest)
