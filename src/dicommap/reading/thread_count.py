"""Measure whether calls wait for storage, and find the number of threads with which such calls are fast."""

from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    _Item = TypeVar("_Item")
    _Result = TypeVar("_Result")

WAIT_SECONDS = 0.0001
"""Only calls that take at least this time, in seconds, are worth a thread: a thread costs about as much time."""

FIRST_THREADS = 8
"""The number of threads that start when calls are measured to wait."""

_CALLS_UNMEASURED = 15
"""The number of calls between two measured calls. To read clocks takes a tenth of the time of a short call."""

_CALLS_WATCHED = 8
_WAITS_NEEDED = 3
"""After a long call, the next _CALLS_WATCHED calls are measured. If _WAITS_NEEDED of them wait, calls wait for storage.

A single wait is not enough: the call may have waited for a lock, or for another thread that had the interpreter.
"""

_RUSAGE_THREAD: int | None = getattr(resource, "RUSAGE_THREAD", None)
"""The argument with which `getrusage` returns how often one thread has waited. Only Linux has it, else it is None."""

_GAIN = 1.15
"""Twice as many threads are kept if they make at least 1.15 times as many calls per second.

Half as many threads are kept if the calls per second fall by this factor at most.
"""

_SLOWDOWN = 1.5
_SLOW_WINDOWS = 2
"""Storage has become slower if calls per second are lower by the factor _SLOWDOWN in _SLOW_WINDOWS windows in a row.

A window consists of the calls between two calls of `ThreadCount.adapt`.
"""

_WINDOWS_OF_SECOND_COMPARISON = 2
"""If a larger number of threads was rejected, it is compared once more with this window after the rejection.

The first comparison may be wrong: the calls in the window before the trial may have been shorter, such as listings of
small directories. The first window after a change is not used, because some of its calls began with more threads.
"""

_WINDOWS_BETWEEN_TRIALS = 16
"""After this many windows, another number of threads is tried, because storage may become faster."""


def count_waits() -> int:
    """Return how often this thread has waited so far, for example for a disk.

    A long call has not always waited: another process may have used the processor.
    """
    if _RUSAGE_THREAD is not None:
        return resource.getrusage(_RUSAGE_THREAD).ru_nvcsw
    return int((time.perf_counter() - time.thread_time()) / WAIT_SECONDS)


class WaitDetector:
    """A detector that finds out whether the calls of one thread wait for storage. It measures some of the calls."""

    def __init__(
        self, elapsed: Callable[[], float] = time.perf_counter, count_waits: Callable[[], int] = count_waits
    ) -> None:
        """Make a detector.

        Args:
            elapsed: A clock of the elapsed time in seconds.
            count_waits: A function that returns how often the calling thread has waited. It is called only after a long
                call.
        """
        self._elapsed, self._count_waits = elapsed, count_waits
        self.unmeasured = 0
        """The number of calls that need not be measured before the next measured call. The caller counts it down."""
        self._watched = 0
        self._waits = 0

    def call_and_measure(self, function: Callable[[_Item], _Result], item: _Item) -> _Result:
        """Return `function(item)`, and measure how long the call takes."""
        if not self._watched:
            begin = self._elapsed()
            result = function(item)
            if self._elapsed() - begin > WAIT_SECONDS:
                self._watched, self._waits = _CALLS_WATCHED, 0
            else:
                self.unmeasured = _CALLS_UNMEASURED
            return result
        waits_before, begin = self._count_waits(), self._elapsed()
        result = function(item)
        is_long = self._elapsed() - begin > WAIT_SECONDS
        self._waits += is_long and self._count_waits() > waits_before
        self._watched -= 1
        if not self._watched:
            self.unmeasured = _CALLS_UNMEASURED
        return result

    def take_wait_verdict(self) -> bool:
        """Return whether calls wait for storage. If they do, reset the detector."""
        if self._waits < _WAITS_NEEDED:
            return False
        self._watched = self._waits = self.unmeasured = 0
        return True


class ThreadCount:
    """The number of threads that call a function at the same time. It is adapted to the measured calls per second.

    The goal is the smallest number of threads with about as many calls per second as any other number. The number is
    doubled as long as this increases the calls per second by the factor _GAIN. If the calls become slower, half the
    number is tried, because overloaded storage is as fast with fewer calls at the same time. From time to time, half
    the number and twice the number are tried in turn.
    """

    def __init__(self, limit: int) -> None:
        """Start with FIRST_THREADS threads. `limit` is the maximum number of threads."""
        self._limit = limit
        self.restart()

    def restart(self, first_threads: int = FIRST_THREADS) -> None:
        """Start again with a number of threads, or with the limit if it is lower."""
        self.value = min(first_threads, self._limit)
        self._previous: tuple[int, float] | None = None
        """While a number is tried: the number before it, and its calls per second. None if no number is tried."""
        self._rejected: tuple[int, float] | None = None
        """A larger number that was rejected, and its calls per second. None after the second comparison."""
        self._speed = 0.0
        """The calls per second with the chosen number."""
        self._windows = _WINDOWS_BETWEEN_TRIALS
        self._slow_windows = 0
        self._tries_fewer = True

    def lower_limit(self, limit: int) -> None:
        """Lower the limit, because no more threads can be started."""
        self._limit = max(1, limit)
        self.value = min(self.value, self._limit)

    @property
    def calls_per_window(self) -> int:
        """Return the number of calls to measure before `adapt` is called."""
        return max(16, 4 * self.value)

    def adapt(self, seconds: Sequence[float]) -> None:
        """Choose the next number of threads.

        Args:
            seconds: The time of each call since the last call of `adapt`, in seconds. If the calls are short, one
                thread is enough.
        """
        mean = _mean_without_longest_sixteenth(seconds)
        if mean < WAIT_SECONDS:
            self._use_until_next_trial(1, 1 / mean)
            return
        speed = self.value / mean
        if self._previous is None:
            self._try_other_number_if_due(speed)
            return
        number, speed_before = self._previous
        if self.value > number:
            is_better = speed >= speed_before * _GAIN
            further = self.value * 2
        else:
            is_better = speed * _GAIN >= speed_before
            further = self.value // 2
            speed = max(speed, speed_before)  # all smaller numbers are compared with the first number
        if is_better:
            self._use_until_next_trial(self.value, speed)
            self._try_number(further)
        else:
            rejected = (self.value, speed) if self.value > number else None
            self._use_until_next_trial(number, speed_before)
            self._rejected = rejected

    def _try_other_number_if_due(self, speed: float) -> None:
        """Try another number if the storage has become slower, or if the last trial was long ago."""
        self._windows += 1
        if self._rejected is not None and self._windows == _WINDOWS_OF_SECOND_COMPARISON:
            (larger, its_speed), self._rejected = self._rejected, None
            if its_speed >= speed * _GAIN:
                self._use_until_next_trial(larger, its_speed)
                self._try_number(larger * 2)
                return
        self._slow_windows = self._slow_windows + 1 if speed * _SLOWDOWN < self._speed else 0
        if not self._slow_windows:
            self._speed = speed
        is_slower = self._slow_windows >= _SLOW_WINDOWS
        if is_slower or self._windows >= _WINDOWS_BETWEEN_TRIALS:
            self._speed = speed
            self._tries_fewer = is_slower or not self._tries_fewer
            self._windows = self._slow_windows = 0
            self._try_number(self.value // 2 if self._tries_fewer else self.value * 2)

    def _use_until_next_trial(self, number: int, speed: float) -> None:
        """Use this number of threads until the next trial, or the limit if it is lower now.

        `speed` is the measured speed with the number.
        """
        self.value, self._speed, self._previous, self._windows = min(number, self._limit), speed, None, 0
        self._rejected, self._slow_windows = None, 0

    def _try_number(self, number: int) -> None:
        """Set the number of threads for the next calls, at least one and at most the limit.

        The previous number and its speed are kept for a comparison. If the number is one, the caller makes the calls.
        """
        number = max(1, min(number, self._limit))
        if number != self.value:
            self._previous = self.value, self._speed
            self.value = number


def _mean_without_longest_sixteenth(seconds: Sequence[float]) -> float:
    """Return the mean time of the calls. The longest sixteenth of them is left out, because a call may hang."""
    kept = sorted(seconds)[: max(1, len(seconds) - len(seconds) // 16)]
    return max(sum(kept) / len(kept), 1e-9)
