"""Tests of dicommap.reading.thread_count: calls that wait are noticed, and the number of threads follows the speed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from dicommap.reading import thread_count
from dicommap.reading.thread_count import FIRST_THREADS, WAIT_SECONDS, ThreadCount, WaitDetector, count_waits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class CallClock:
    """A clock that a call moves on, and the number of waits."""

    def __init__(self) -> None:
        self.now, self.waits = 0.0, 0

    def call(self, call: tuple[float, int]) -> None:
        seconds, waits = call
        self.now += seconds
        self.waits += waits


def detect(calls: Sequence[tuple[float, int]]) -> int | None:
    """Return after how many calls the detector says that they wait, or None if it does not say so."""
    clock = CallClock()
    detector = WaitDetector(lambda: clock.now, lambda: clock.waits)
    for number, seconds in enumerate(calls, 1):
        if detector.unmeasured:
            detector.unmeasured -= 1
            clock.call(seconds)
            continue
        detector.call_and_measure(clock.call, seconds)
        if detector.take_wait_verdict():
            return number
    return None


SHORT, WAITING, BUSY = (0.00001, 0), (0.001, 1), (0.001, 0)


def test_calls_that_wait_are_noticed_after_four() -> None:
    assert detect([WAITING] * 10) == 4


@pytest.mark.parametrize("call", [SHORT, BUSY, (WAIT_SECONDS / 2, 1)])
def test_short_calls_and_calls_that_compute_do_not_wait(call: tuple[float, int]) -> None:
    assert detect([call] * 1000) is None


def test_single_long_calls_do_not_count_as_waiting() -> None:
    assert detect(([WAITING] + [SHORT] * 99) * 100) is None


def test_calls_that_begin_to_wait_are_noticed_soon() -> None:
    found = detect([SHORT] * 1000 + [WAITING] * 100)
    assert found is not None
    assert found <= 1020


def test_a_thread_that_sleeps_has_waited() -> None:
    before = count_waits()
    time.sleep(0.001)
    assert count_waits() > before


def test_waits_are_counted_where_the_system_counts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_count, "_RUSAGE_THREAD", None)
    before = count_waits()
    time.sleep(0.001)
    assert count_waits() > before


def adapt(count: ThreadCount, latency: Callable[[int], float], windows: int) -> list[int]:
    """Return the numbers of threads after each window of calls, each of which takes latency(number of threads)."""
    values = []
    for _ in range(windows):
        count.adapt([latency(count.value)] * count.calls_per_window)
        values.append(count.value)
    return values


def test_the_number_grows_to_the_limit_if_the_storage_answers_any_number_of_calls() -> None:
    count = ThreadCount(64)
    assert count.value == FIRST_THREADS
    assert adapt(count, lambda _: 0.005, 3) == [16, 32, 64]
    assert set(adapt(count, lambda _: 0.005, 200)) <= {32, 64}
    assert adapt(count, lambda _: 0.005, 200).count(64) >= 180


def test_the_limit_need_not_be_a_power_of_two_and_is_never_exceeded() -> None:
    count = ThreadCount(50)
    assert max(adapt(count, lambda _: 0.005, 100)) == 50
    assert max(adapt(ThreadCount(3), lambda _: 0.005, 100)) == 3


def test_the_number_stays_where_more_calls_at_once_are_not_faster() -> None:
    count = ThreadCount(512)
    values = adapt(count, lambda number: max(1.0, number / 32) * 0.001, 300)
    assert max(values) <= 64
    assert values[4:].count(32) >= 250


def test_more_calls_at_once_after_a_first_window_of_short_calls() -> None:
    count = ThreadCount(64)
    adapt(count, lambda _: 0.0005, 2)  # the calls become longer while 32 threads are tried
    assert count.value == 32
    assert adapt(count, lambda _: 0.0011, 4) == [16, 16, 64, 64]
    assert adapt(count, lambda _: 0.0011, 14) == [64] * 14


def test_a_larger_number_is_rejected_twice_if_it_is_not_faster() -> None:
    count = ThreadCount(64)
    values = adapt(count, lambda number: max(1.0, number / 16) * 0.001, 10)
    assert values == [16, 32, 16, 16, 16, 16, 16, 16, 16, 16]


def test_fewer_calls_at_once_if_the_storage_becomes_slower() -> None:
    count = ThreadCount(64)
    adapt(count, lambda _: 0.001, 10)
    assert count.value == 64
    values = adapt(count, lambda number: max(1.0, number / 8) * 0.01, 10)
    assert values[-1] == 8
    values = adapt(count, lambda _: 0.001, 100)
    assert values[-1] == 64


def test_one_call_that_hangs_does_not_change_the_number() -> None:
    count = ThreadCount(64)
    adapt(count, lambda _: 0.001, 4)
    assert count.value == 64
    count.adapt([0.001] * (count.calls_per_window - 1) + [60.0])
    assert count.value == 64


def test_one_thread_is_enough_if_the_interpreter_is_the_bottleneck() -> None:
    count = ThreadCount(64)
    values = []
    while count.value > 1:
        values += adapt(count, lambda number: number * 0.0002, 1)
        assert len(values) < 100


def test_one_thread_is_enough_if_calls_no_longer_wait() -> None:
    assert adapt(ThreadCount(64), lambda _: WAIT_SECONDS / 2, 1) == [1]


def test_the_limit_can_be_lowered() -> None:
    count = ThreadCount(64)
    count.lower_limit(5)
    assert count.value == 5
    assert max(adapt(count, lambda _: 0.001, 50)) == 5
    count.lower_limit(0)
    assert count.value == 1


def test_a_number_above_a_lowered_limit_is_not_used_again() -> None:
    count = ThreadCount(64)
    adapt(count, lambda _: 0.0005, 2)
    assert adapt(count, lambda _: 0.0011, 1) == [16]  # 32 is rejected for now
    count.lower_limit(12)
    assert max(adapt(count, lambda _: 0.0011, 50)) == 12
    tried = ThreadCount(64)
    assert adapt(tried, lambda _: 0.001, 2) == [16, 32]
    tried.lower_limit(12)  # while 32 is tried
    assert max(adapt(tried, lambda _: 0.001, 50)) == 12
