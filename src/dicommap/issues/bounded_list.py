"""A list that keeps the first items of each kind and only counts the others, and limits for lists of issues.

An inventory may have millions of studies, and an edit that is wrong in one study is often wrong in all studies. Memory
and output must not grow with the number of mistakes. In this example, the kind of a word is its length:

>>> words = BoundedList(limit=2, kind=len)
>>> words += ["a", "b", "c", "to"]
>>> list(words), words.count, words.count_of(1)
(['a', 'b', 'to'], 4, 3)
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar

from dicommap.issues import Location, Severity, make_issue

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator
    from typing import Self

    from dicommap.issues import Issue

ITEM_LIMIT = 100
"""Default maximum number of items of one kind that a list keeps."""
ATTRIBUTE_ISSUE_LIMIT = 100
"""Maximum number of issues that are listed for the values of one attribute."""
DOCUMENT_ISSUE_LIMIT = 1000
"""Maximum number of issues that are listed for one document or data set, or for each code in one edit file."""
JOB_ISSUE_LIMIT = 20
"""Maximum number of issues with the same code that are listed for one import job."""
ISSUE_COUNT_LIMIT = 10_000
"""Maximum number of issues that are counted but not listed. After this number, the search for more issues ends."""

ItemT = TypeVar("ItemT")


class BoundedList(Generic[ItemT]):
    """A list that keeps the first items of each kind, in the order in which they were added, and counts all items."""

    def __init__(
        self,
        items: Iterable[ItemT] = (),
        *,
        limit: int = ITEM_LIMIT,
        kind: Callable[[ItemT], Hashable] | None = None,
        describe_rest: Callable[[ItemT, int], ItemT] | None = None,
    ) -> None:
        """Create a list, and add `items` to it.

        Args:
            items: The first items.
            limit: The maximum number of items of one kind to keep.
            kind: A function that returns the kind of an item. If it is None, all items are of one kind.
            describe_rest: A function that makes an item for the end of the list, if items of one kind were not kept. It
                takes the first item of that kind and the number of items that were not kept.
        """
        self._limit = limit
        self._kind = kind or (lambda item: None)
        self._describe_rest = describe_rest
        self._kept: list[ItemT] = []
        self._first: dict[Hashable, ItemT] = {}
        self._counts: Counter[Hashable] = Counter()
        self.__iadd__(items)

    def add(self, item: ItemT) -> None:
        """Count an item, and keep it if fewer than `limit` items of its kind are kept."""
        kind = self._kind(item)
        self._counts[kind] += 1
        self._first.setdefault(kind, item)
        if self._counts[kind] <= self._limit:
            self._kept.append(item)

    def __iadd__(self, items: Iterable[ItemT]) -> Self:
        for item in items:
            self.add(item)
        return self

    def __iter__(self) -> Iterator[ItemT]:
        """Yield the kept items, then one item from `describe_rest` for each kind with items that were not kept."""
        yield from self._kept
        if self._describe_rest is not None:
            for kind, first in self._first.items():
                if self._counts[kind] > self._limit:
                    yield self._describe_rest(first, self._counts[kind] - self._limit)

    @property
    def count(self) -> int:
        """Return the number of all items that were added."""
        return self._counts.total()

    @property
    def omitted_count(self) -> int:
        """Return the number of items that were added but not kept."""
        return self.count - len(self._kept)

    def count_of(self, kind: Hashable) -> int:
        """Return the number of added items of a kind, including the items that were not kept."""
        return self._counts[kind]


def make_bounded_issues(limit: int = DOCUMENT_ISSUE_LIMIT, path: str | None = None) -> BoundedList[Issue]:
    """Return an empty BoundedList for issues. It keeps `limit` issues of each kind and counts the others.

    If there are more issues of a kind, the end of the list has one issue with the number of the others.

    Args:
        limit: The maximum number of issues of one kind to keep.
        path: The path that all issues are about, such as the folder of a job. The kind of an issue is then its code and
            severity. If `path` is None, the kind is also the file or rule of the issue.
    """

    def get_issue_kind(issue: Issue) -> Hashable:
        location = issue.location if path is None else _NO_LOCATION
        return issue.code, issue.severity, location.path, location.rule

    def make_issue_for_rest(first: Issue, count: int) -> Issue:
        location = Location(path=path) if path else Location(path=first.location.path, rule=first.location.rule)
        return _make_rest_issue(location, first.severity, count, of=f" of {first.code}")

    return BoundedList(limit=limit, kind=get_issue_kind, describe_rest=make_issue_for_rest)


def limit_and_count_issues(issues: Iterable[Issue], limit: int, location: Location) -> Iterator[Issue]:
    """Yield the first `limit` issues, then one issue with the number and the highest severity of the others.

    At most `ISSUE_COUNT_LIMIT` of the other issues are counted, so that the search ends in time. If this limit is
    reached, the last issue has the severity error, because the issues that are not counted may be errors.
    """
    rest = iter(issues)
    yield from islice(rest, limit)
    severities = [issue.severity for issue in islice(rest, ISSUE_COUNT_LIMIT)]
    if len(severities) == ISSUE_COUNT_LIMIT:  # the issues that were not counted may be errors
        yield _make_rest_issue(location, Severity.ERROR, ISSUE_COUNT_LIMIT, least="at least ")
    elif severities:
        yield _make_rest_issue(location, max(severities, key=lambda severity: severity.rank), len(severities))


def limit_and_stop_issues(issues: Iterable[Issue], limit: int, location: Location) -> Iterator[Issue]:
    """Yield the first `limit` issues.

    If there are more, yield one error which says that others are not listed, and stop.
    """
    rest = iter(issues)
    yield from islice(rest, limit)
    if next(rest, None) is not None:
        yield _make_rest_issue(location, Severity.ERROR, 1, least="at least ")


def _make_rest_issue(location: Location, severity: Severity, count: int, of: str = "", least: str = "") -> Issue:
    """Return the issue with the number (`count`) of issues that are not listed."""
    return make_issue("document.more-issues", location, severity=severity, count=count, of=of, least=least)


_NO_LOCATION = Location()
