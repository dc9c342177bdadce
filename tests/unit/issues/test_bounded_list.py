"""Findings in bounded number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

import pytest

from dicommap.issues import Issue, Location, Severity, make_issue
from dicommap.issues.bounded_list import ISSUE_COUNT_LIMIT, limit_issues

HERE = Location(pointer="/a")
WARNING, ERROR = make_issue("dicom-json.order"), make_issue("dicom-json.tag")


def test_few_findings_stay_as_they_are() -> None:
    assert list(limit_issues([WARNING, ERROR], 2, HERE)) == [WARNING, ERROR]
    assert not list(limit_issues([], 2, HERE))


@pytest.mark.parametrize(
    ("rest", "severity"), [([WARNING], Severity.WARNING), ([WARNING, ERROR, WARNING], Severity.ERROR)]
)
def test_the_rest_is_one_finding_as_severe_as_the_worst(rest: list[Issue], severity: Severity) -> None:
    *told, more = limit_issues([WARNING, *rest], 1, HERE)
    assert told == [WARNING]
    assert (more.code, more.location, more.severity) == ("document.more-findings", HERE, severity)
    assert f" {len(rest)} more" in more.message


def test_looking_ends_and_then_the_worst_is_feared() -> None:
    looked = 0

    def endless() -> Iterator[Issue]:
        nonlocal looked
        for found in repeat(WARNING):
            looked += 1
            yield found

    assert list(limit_issues(endless(), 3, HERE))[-1].severity is Severity.ERROR
    assert looked <= 3 + ISSUE_COUNT_LIMIT
