"""For all items, limits and durations, ParallelCalls gives what calls one after the other give, in their order."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from dicommap.reading.parallel_calls import ParallelCalls
from tests.support.example_counts import examples

if TYPE_CHECKING:
    from collections.abc import Iterable

DURATIONS = st.sampled_from([0.0, 0.0, 0.0002, 0.001])
ITEMS = st.lists(st.tuples(st.integers(), DURATIONS, st.integers(0, 40).map(lambda number: number == 0)), max_size=120)


def collect(calls: Iterable[int]) -> tuple[list[int], str]:
    """Return the results before an exception, and the exception."""
    results: list[int] = []
    try:
        results.extend(calls)
    except OSError as error:
        return results, repr(error)
    return results, ""


def call(item: tuple[int, float, bool]) -> int:
    number, seconds, fails = item
    if seconds:
        time.sleep(seconds)
    if fails:
        raise OSError(number)
    return number


@given(st.lists(ITEMS, min_size=1, max_size=3), st.integers(1, 9), st.integers(1, 30), st.booleans())
@examples(60)
def test_same_results_in_the_same_order(
    maps: list[list[tuple[int, float, bool]]], limit: int, kept: int, seems_slow: bool
) -> None:
    ticks = itertools.count()
    clock = (lambda: float(next(ticks))) if seems_slow else time.perf_counter
    with ParallelCalls(limit, kept=kept, elapsed=clock, count_waits=itertools.count().__next__) as calls:
        for items in maps:
            assert collect(calls.map(call, items)) == collect(map(call, items))
        threads = calls.thread_count
        assert threads <= limit
    assert calls.thread_count == 0
