"""Findings in bounded number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

import pytest

from dicommap.issues import Issue, Location, Severity, make_issue
from dicommap.issues.bounded_list import (
    ISSUE_COUNT_LIMIT,
    ITEM_LIMIT,
    BoundedList,
    limit_and_count_issues,
    make_bounded_issues,
)

HERE = Location(pointer="/a")
WARNING, ERROR = make_issue("dicom-json.order"), make_issue("dicom-json.tag")


def test_few_findings_stay_as_they_are() -> None:
    assert list(limit_and_count_issues([WARNING, ERROR], 2, HERE)) == [WARNING, ERROR]
    assert not list(limit_and_count_issues([], 2, HERE))


@pytest.mark.parametrize(
    ("rest", "severity"), [([WARNING], Severity.WARNING), ([WARNING, ERROR, WARNING], Severity.ERROR)]
)
def test_the_rest_is_one_finding_as_severe_as_the_worst(rest: list[Issue], severity: Severity) -> None:
    *told, more = limit_and_count_issues([WARNING, *rest], 1, HERE)
    assert told == [WARNING]
    assert (more.code, more.location, more.severity) == ("document.more-issues", HERE, severity)
    assert f" {len(rest)} more" in more.message


def test_looking_ends_and_then_the_worst_is_feared() -> None:
    looked = 0

    def endless() -> Iterator[Issue]:
        nonlocal looked
        for found in repeat(WARNING):
            looked += 1
            yield found

    assert list(limit_and_count_issues(endless(), 3, HERE))[-1].severity is Severity.ERROR
    assert looked <= 3 + ISSUE_COUNT_LIMIT


def test_a_list_keeps_the_first_items_of_each_kind_and_counts_all() -> None:
    words = BoundedList(["a", "b", "to", "c"], limit=2, kind=len)
    assert list(words) == ["a", "b", "to"]
    assert (words.count, words.omitted_count) == (4, 1)
    assert (words.count_of(1), words.count_of(2), words.count_of(3)) == (3, 1, 0)


def test_a_list_without_kinds_keeps_the_first_100_items() -> None:
    numbers = BoundedList(range(ITEM_LIMIT + 5))
    assert list(numbers) == list(range(ITEM_LIMIT))
    assert numbers.omitted_count == 5


def test_issues_of_different_files_are_of_different_kinds_unless_a_path_is_given() -> None:
    issues = [make_issue("dicom-json.tag", Location(path=path)) for path in "aab"]
    by_file, of_job = make_bounded_issues(1), make_bounded_issues(1, "jobs/0001")
    by_file += issues
    of_job += issues
    assert [(issue.code, issue.location.path) for issue in by_file] == [
        ("dicom-json.tag", "a"),
        ("dicom-json.tag", "b"),
        ("document.more-issues", "a"),
    ]
    assert [(issue.code, issue.location.path) for issue in of_job] == [
        ("dicom-json.tag", "a"),
        ("document.more-issues", "jobs/0001"),
    ]
    assert " 2 more" in list(of_job)[-1].message
