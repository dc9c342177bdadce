"""Requests stay within their limit, whatever window one looks at."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from dicommap.aws.timing import GET_LIMIT, START_LIMIT, Clock, RateLimit, Throttle
from tests.support.fake_clock import QuickClock


def test_a_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    clock = QuickClock()
    throttle = Throttle(START_LIMIT, clock)
    at = []
    for _ in range(5):
        throttle.wait()
        at.append(clock.seconds)
    assert at == [0, 0, 1, 2, 3]


def test_tokens_come_back_but_no_more_than_a_burst() -> None:
    clock = QuickClock()
    throttle = Throttle(START_LIMIT, clock)
    for _ in range(2):
        throttle.wait()
    clock.seconds += 100
    before = len(clock.sleeps)
    for _ in range(3):
        throttle.wait()
    assert clock.sleeps[before:] == [1]


@given(
    st.sampled_from([START_LIMIT, GET_LIMIT, RateLimit(0.25, 1)]),
    st.lists(st.floats(min_value=0, max_value=10), min_size=1, max_size=60),
)
def test_no_window_holds_more_than_the_limit_allows(limit: RateLimit, pauses: list[float]) -> None:
    clock = QuickClock()
    throttle = Throttle(limit, clock)
    at = []
    for pause in pauses:
        clock.seconds += pause
        throttle.wait()
        at.append(clock.seconds)
    for begin, first in enumerate(at):
        for end, last in enumerate(at[begin:], begin):
            assert end - begin + 1 <= limit.burst + (last - first) * limit.per_second + 1e-6


def test_another_rate_keeps_the_burst_unless_it_is_below_one() -> None:
    assert START_LIMIT.with_rate(None) is START_LIMIT
    assert START_LIMIT.with_rate(5) == RateLimit(5, START_LIMIT.burst)
    assert START_LIMIT.with_rate(0.5) == RateLimit(0.5, 1)


def test_threads_share_a_throttle() -> None:
    limit = RateLimit(1000, 1)
    clock = Clock()
    throttle = Throttle(limit, clock)
    begin = clock.monotonic()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(100):
            pool.submit(throttle.wait)
    # A lost update of the number of tokens would let some threads pass at once.
    assert clock.monotonic() - begin >= 0.099
