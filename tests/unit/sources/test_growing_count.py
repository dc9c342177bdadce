"""GrowingCount: the sum of its increases is the number of added files."""

from __future__ import annotations

from dicommap.sources.growing_count import GrowingCount


def test_increases_end_with_the_listing() -> None:
    count = GrowingCount()
    count.add(3)
    count.add(4)
    count.end()
    assert list(count.increases()) == [7]


def test_each_increase_is_yielded_once() -> None:
    count = GrowingCount()
    increases = count.increases()
    count.add(2)
    assert next(increases) == 2
    assert next(increases) == 0
    count.add(5)
    count.end()
    assert list(increases) == [5]
