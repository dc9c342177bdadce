"""Findings in bounded number: a document that is wrong in a million places is told of by its first ones."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from dicommap.issues import Severity, issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.issues import Issue, Location

DOCUMENT_LIMIT = 1000
"""Findings told of one document or data set."""
ATTRIBUTE_LIMIT = 100
"""Findings told of the values of one attribute."""
COUNTED_LIMIT = 10_000
"""Findings that are counted beyond these; then looking ends, since it would take long and tell nothing more."""


def limited(found: Iterable[Issue], limit: int, location: Location) -> Iterator[Issue]:
    """Yield the first findings, and for the rest one that counts them and is as severe as the worst of them.

    The rest is counted but not kept, and not beyond COUNTED_LIMIT: neither memory nor time grows with what is wrong.
    """
    rest = iter(found)
    yield from islice(rest, limit)
    severities = [one.severity for one in islice(rest, COUNTED_LIMIT)]
    if len(severities) == COUNTED_LIMIT:  # of what was not looked at the worst must be feared
        count = f"at least {COUNTED_LIMIT}"
        yield issue("document.more-findings", location, severity=Severity.ERROR, count=count)
    elif severities:
        worst = max(severities, key=lambda severity: severity.rank)
        yield issue("document.more-findings", location, severity=worst, count=len(severities))
