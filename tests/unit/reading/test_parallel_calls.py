"""Tests of dicommap.reading.parallel_calls: results in order, in bounded threads that end, also after errors."""

from __future__ import annotations

import itertools
import random
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from dicommap.reading import parallel_calls
from dicommap.reading.parallel_calls import NO_ITEM_YET, ParallelCalls

if TYPE_CHECKING:
    from collections.abc import Iterator


class SlowClock:
    """A clock that goes on by a second whenever it is read, so that all calls seem to wait."""

    def __init__(self) -> None:
        self._ticks = itertools.count()

    def __call__(self) -> float:
        return float(next(self._ticks))


def waiting_calls(limit: int = 8, **options: Any) -> ParallelCalls:
    """Return an object to which all calls seem to wait."""
    return ParallelCalls(limit, elapsed=SlowClock(), count_waits=itertools.count().__next__, **options)


def our_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "dicommap-call"]


def pause(number: int) -> int:
    time.sleep(0.001)
    return -number


def test_calls_that_do_not_wait_are_made_in_this_thread_one_by_one() -> None:
    made: list[int] = []

    def call(number: int) -> threading.Thread:
        made.append(number)
        return threading.current_thread()

    calls = ParallelCalls(elapsed=lambda: 0.0)
    results = calls.map(call, range(10_000))
    assert next(results) is threading.current_thread()
    assert made == [0]
    assert set(results) == {threading.current_thread()}
    assert calls.thread_count == 0


def test_with_a_limit_of_one_all_calls_are_made_in_this_thread() -> None:
    with waiting_calls(1) as calls:
        assert list(calls.map(pause, range(20))) == [-number for number in range(20)]
        assert calls.thread_count == 0


def test_results_keep_the_order_of_the_items() -> None:
    def call(number: int) -> int:
        time.sleep(random.random() / 500)
        return -number

    with waiting_calls() as calls:
        assert list(calls.map(call, range(500))) == [-number for number in range(500)]
        assert calls.thread_count <= 8
    assert not our_threads()


def test_waiting_is_measured_with_the_real_clocks() -> None:
    callers: set[threading.Thread] = set()

    def call(number: int) -> int:
        callers.add(threading.current_thread())
        return pause(number)

    with ParallelCalls(4) as calls:
        assert list(calls.map(call, range(100))) == [-number for number in range(100)]
    assert len(callers) > 2


def test_threads_are_kept_from_one_map_to_the_next() -> None:
    with waiting_calls() as calls:
        list(calls.map(pause, range(100)))
        threads = our_threads()
        assert list(calls.map(pause, range(100))) == [-number for number in range(100)]
        assert set(our_threads()) & set(threads)
    assert not our_threads()


def test_never_more_calls_at_once_than_the_limit() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def call(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.001)
        with lock:
            running -= 1
        return number

    with waiting_calls(5) as calls:
        list(calls.map(call, range(300)))
    assert 1 < most <= 5


def test_the_number_of_kept_results_is_bounded() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(1, 1001):
            taken = number
            yield number

    with waiting_calls(kept=20) as calls:
        for used, _ in enumerate(calls.map(pause, items())):
            assert taken - used <= 20
            if used % 100 == 0:
                time.sleep(0.01)
    assert taken == 1000


def test_an_exception_is_raised_in_the_place_of_its_result() -> None:
    def call(number: int) -> int:
        if number == 50:
            raise OSError(5, "I/O error")
        time.sleep(0.001)
        return number

    results: list[int] = []
    with waiting_calls() as calls:
        with pytest.raises(OSError, match="I/O error"):
            results.extend(calls.map(call, range(1000)))
        assert results == list(range(50))
        assert list(calls.map(pause, range(20))) == [-number for number in range(20)]
    assert not our_threads()


def test_an_exception_of_the_items_is_raised_after_the_results_before_it() -> None:
    def items() -> Iterator[int]:
        yield from range(60)
        raise ValueError("no more")

    results: list[int] = []
    with waiting_calls() as calls, pytest.raises(ValueError, match="no more"):
        results.extend(calls.map(pause, items()))
    assert results == [-number for number in range(60)]


def test_after_the_iterator_is_closed_no_further_call_begins() -> None:
    begun: list[int] = []

    def call(number: int) -> int:
        begun.append(number)
        return pause(number)

    with waiting_calls() as calls:
        results = calls.map(call, range(100_000))
        for _ in range(50):
            next(results)
        results.close()
        time.sleep(0.01)
        count = len(begun)
        time.sleep(0.02)
        assert len(begun) == count < 500
    assert not our_threads()


def test_one_call_that_hangs_holds_up_only_its_place() -> None:
    hanging = threading.Event()
    done: list[int] = []

    def call(number: int) -> int:
        if number == 10:
            hanging.wait(10)
        else:
            time.sleep(0.001)
        done.append(number)
        return number

    with waiting_calls(kept=50) as calls:
        results = calls.map(call, range(200))
        assert [next(results) for _ in range(10)] == list(range(10))
        while len(done) < 40:  # the others go on, until as many are kept as may be
            time.sleep(0.001)
        hanging.set()
        assert list(results) == list(range(10, 200))


def test_ctrl_c_ends_the_waiting_for_calls_that_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_calls, "_JOIN_SECONDS", 0.05)
    hanging = threading.Event()
    calls = waiting_calls()
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    with calls, pytest.raises(KeyboardInterrupt):
        list(calls.map(lambda number: number < 10 or hanging.wait(20), range(1000)))
    assert our_threads()  # they are daemons, so that the process can end
    assert all(thread.daemon for thread in our_threads())
    hanging.set()
    for thread in our_threads():
        thread.join(5)
    assert not our_threads()


def test_threads_end_with_the_object_that_started_them() -> None:
    calls = waiting_calls()
    list(calls.map(pause, range(100)))
    threads = our_threads()
    assert threads
    del calls
    for thread in threads:
        thread.join(0.5)
    assert not our_threads()


def test_the_number_of_threads_to_begin_with_can_be_given() -> None:
    callers: list[threading.Thread] = []

    def call(number: int) -> int:
        callers.append(threading.current_thread())
        return pause(number)

    with ParallelCalls(6) as calls:
        assert list(calls.map(call, range(50), first_threads=6)) == [-number for number in range(50)]
    assert threading.current_thread() not in callers


def test_threads_without_work_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_calls, "_IDLE_SECONDS", 0.02)
    calls = waiting_calls()
    list(calls.map(pause, range(100)))
    for thread in our_threads():
        thread.join(5)
    assert not our_threads()
    assert list(calls.map(pause, range(100))) == [-number for number in range(100)]
    calls.close()


def test_this_thread_goes_on_alone_if_threads_are_no_faster() -> None:
    callers: list[threading.Thread] = []

    def call(number: int) -> int:
        callers.append(threading.current_thread())
        if number < 200:
            time.sleep(0.0005)
        return number

    with ParallelCalls(8) as calls:
        assert list(calls.map(call, range(20_000))) == list(range(20_000))
    assert callers[100] is not threading.current_thread()
    assert callers[-1] is threading.current_thread()


@pytest.mark.parametrize("possible", [0, 3])
def test_fewer_threads_if_the_system_starts_no_more(possible: int, monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = threading.Thread.start, 0

    def start_some(thread: threading.Thread) -> None:
        nonlocal started
        if started >= possible:
            raise RuntimeError("can't start new thread")
        started += 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_some)
    with waiting_calls() as calls:
        assert list(calls.map(pause, range(200))) == [-number for number in range(200)]
        assert calls.thread_count <= possible


@pytest.mark.parametrize("limit", [1, 8])
def test_an_iterator_may_find_its_items_with_the_results(limit: int) -> None:
    waiting, outstanding, results = [1], 0, []

    def find_items() -> Iterator[Any]:
        nonlocal outstanding
        while waiting or outstanding:
            if waiting:
                outstanding += 1
                yield waiting.pop(0)
            else:
                yield NO_ITEM_YET

    with waiting_calls(limit) as calls:
        for result in calls.map(pause, find_items()):
            outstanding -= 1
            results.append(-result)
            if -result < 64:
                waiting.extend([-result * 2, -result * 2 + 1])
    assert sorted(results) == list(range(1, 128))
