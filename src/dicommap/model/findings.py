"""Findings in bounded number: a document that is wrong in a million places is told of by its first ones."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from dicommap.issues import issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.issues import Issue, Location

DOCUMENT_LIMIT = 1000
"""Findings told of one document or data set."""
ATTRIBUTE_LIMIT = 100
"""Findings told of the values of one attribute."""


def limited(found: Iterable[Issue], limit: int, location: Location) -> Iterator[Issue]:
    """Yield the first findings, and for the rest one that counts them and is as severe as the worst of them.

    The rest is looked at but not kept, so that memory does not grow with what is wrong.
    """
    rest = iter(found)
    yield from islice(rest, limit)
    severities = Counter(one.severity for one in rest)
    if severities:
        worst = max(severities, key=lambda severity: severity.rank)
        yield issue("document.more-findings", location, severity=worst, count=severities.total())
