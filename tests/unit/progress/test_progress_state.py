"""What is told of work that goes over items."""

from __future__ import annotations

import pytest

from dicommap.progress import Progress, track_progress


def test_each_item_is_told_and_the_end() -> None:
    told: list[Progress] = []
    assert list(track_progress("abc", told.append, 3)) == ["a", "b", "c"]
    assert told == [Progress(1, 3, True), Progress(2, 3, True), Progress(3, 3, True), Progress(3, 3, True)]


def test_there_may_be_more_than_was_counted_or_nothing_counted() -> None:
    told: list[Progress] = []
    list(track_progress("abc", told.append, 2))
    assert [one.total for one in told] == [2, 2, 3, 3]
    told.clear()
    list(track_progress("ab", told.append))
    assert told == [Progress(1, 1, False), Progress(2, 2, False), Progress(2, 2, True)]


def test_items_may_weigh_more() -> None:
    told: list[Progress] = []
    list(track_progress([[1, 2], [3]], told.append, 3, weight=len))
    assert [one.done for one in told] == [2, 3, 3]


def test_nothing_is_told_where_nobody_listens_or_work_fails() -> None:
    assert list(track_progress("abc", None)) == ["a", "b", "c"]
    told: list[Progress] = []
    with pytest.raises(ZeroDivisionError):
        list(track_progress((1 // number for number in (1, 0)), told.append, 2))
    assert told == [Progress(1, 2, True)]
