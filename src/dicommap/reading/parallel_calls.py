"""Call a function for many items, in threads if the calls wait for storage. The results keep the order of the items.

On a fast disk, a call takes less time than it takes to hand the call to another thread. So calls are first made in the
caller's thread, and some calls are timed. If these calls wait for storage, threads start. If later one thread is as
fast as several threads, calls are made in the caller's thread again.
"""

from __future__ import annotations

import resource
import time
from collections import deque
from functools import partial
from operator import length_hint
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from dicommap.reading.thread_count import ThreadCount, WaitDetector, count_waits

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from typing import Self

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

MAX_THREADS = 64
"""The default limit of threads. With it, a network share that answers in 5 ms gives 12,800 answers per second."""

MAX_KEPT = 256
"""The default limit of items that are taken from their iterator before the caller uses the result of the first item."""

_IDLE_SECONDS = 1.0
"""A thread without work ends after this time, even if nobody calls `close`."""

_STACK_BYTES = 2**20
"""The stack of a thread. The usual 8 MiB for each of 64 threads would need much of a limited address space."""

_JOIN_SECONDS = 1.0
"""`close` waits this long for running calls. A thread whose call hangs for longer ends when its call returns."""

NO_ITEM_YET: Any = object()
"""An iterator may yield this object in place of an item while results are outstanding.

It means that the iterator knows its next item only after the caller has used the next result.
"""

_END: Any = object()

_GROUP_SECONDS = 0.01
"""A thread takes several short calls together, which take about this time. To hand over a call costs time, too."""

_BUSY = 0.7
"""If the interpreter works for this part of the time, it has no time for calls of more threads."""


class _CallGroup(Generic[_Item, _Result]):
    """Calls that one thread makes one after the other, with their results. After an error, no further call is made."""

    __slots__ = ("call_all", "error", "is_cancelled", "is_done", "items", "results")

    def __init__(self, call_all: Callable[[Sequence[_Item]], Iterable[_Result]], items: Sequence[_Item]) -> None:
        self.call_all, self.items = call_all, items
        self.is_done = self.is_cancelled = False
        self.error: BaseException | None = None
        self.results: list[_Result] = []

    def run(self) -> None:
        add = self.results.append
        try:
            for result in self.call_all(self.items):
                add(result)
                if self.is_cancelled:
                    break
        except BaseException as error:  # noqa: BLE001  the thread that takes the results raises it
            self.error = error
        self.is_done = True

    def raise_error(self) -> None:
        """Raise the error that a call raised, if there is one. It comes after the results."""
        error, self.error = self.error, None  # without this, the traceback and the calls would refer to each other
        if error is not None:
            raise error


class ParallelCalls:
    """A context manager that makes calls in this thread, and in other threads while calls wait for storage.

    The measured times are kept from one call of `map` to the next. Only one `map` may run at a time.
    """

    def __init__(
        self,
        limit: int = MAX_THREADS,
        *,
        kept: int = MAX_KEPT,
        elapsed: Callable[[], float] = time.perf_counter,
        count_waits: Callable[[], int] = count_waits,
    ) -> None:
        """Make an object that has no threads yet.

        Args:
            limit: The maximum number of threads. With 1, all calls are made in the caller's thread.
            kept: The maximum number of items that are taken from their iterator before the caller has used the result
                of the first of them. It limits the number of results in memory.
            elapsed: A clock of the elapsed time in seconds.
            count_waits: A function that returns how often the calling thread has waited.
        """
        self._limit, self._kept, self._elapsed = limit, max(1, kept), elapsed
        self._detector = WaitDetector(elapsed, count_waits)
        self._count = ThreadCount(limit)
        self._threads: _Threads | None = None
        self._uses_threads = False

    @property
    def thread_count(self) -> int:
        """Return the number of threads that are running."""
        return 0 if self._threads is None else len(self._threads.running)

    def map(
        self,
        function: Callable[[_Item], _Result],
        items: Iterable[_Item],
        *,
        call_group: Callable[[Sequence[_Item]], Iterable[_Result]] | None = None,
        first_threads: int | None = None,
    ) -> Generator[_Result, None, None]:
        """Yield `function(item)` for each item, in the order of the items.

        Items are taken in the caller's thread. If a call or the iterator of the items raises an exception, `map` raises
        it in place of the result, and starts no further calls.

        Args:
            function: A function that may be called in several threads at the same time.
            items: The items. Several items are taken before the first result is used. Some iterators need earlier
                results to find their next item. If such a result is not known yet, they yield NO_ITEM_YET, for which
                `function` is not called.
            call_group: A function that takes several items and yields the result of each of them. If it is given, a
                thread that takes several items calls it, and not `function` for each item.
            first_threads: The number of threads with which the first `map` begins, if the caller knows that the calls
                wait. None: threads start only after measured waits.
        """
        if first_threads is not None and self._threads is None and self._limit > 1:
            self._count.restart(first_threads)
            self._uses_threads = True
        call_group = call_group or partial(map, function)
        iterator, has_items = iter(items), True
        while has_items:
            if not self._uses_threads:
                has_items = yield from self._call_here(function, iterator)
            else:
                has_items = yield from self._call_in_threads(call_group, iterator)

    def close(self) -> None:
        """End the threads after their current calls. If a call hangs, this method does not wait long for it."""
        if self._threads is not None:
            self._threads.close()

    def __del__(self) -> None:
        if self._threads is not None:
            self._threads.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _call_here(
        self, function: Callable[[_Item], _Result], items: Iterator[_Item]
    ) -> Generator[_Result, None, bool]:
        """Make calls in this thread until they are measured to wait. Return False if there are no more items."""
        if self._limit == 1:
            yield from map(function, items)
            return False
        detector = self._detector
        for item in items:
            if detector.unmeasured:
                detector.unmeasured -= 1
                yield function(item)
                continue
            yield detector.call(function, item)
            if detector.take_verdict():
                self._count.restart()
                self._uses_threads = True
                return True
        return False

    def _call_in_threads(
        self, call_group: Callable[[Sequence[_Item]], Iterable[_Result]], items: Iterator[_Item]
    ) -> Generator[_Result, None, bool]:
        """Make calls in threads until one thread is as fast as many. Return False if there are no more items."""
        if self._threads is None:
            self._threads = _Threads(self._count, self._elapsed)
        threads, groups, has_items, kept = self._threads, deque[_CallGroup[_Item, _Result]](), True, 0
        try:
            while True:
                while has_items and kept < self._kept and self._count.value > 1:
                    taken, end = _take_items(items, threads.choose_group_size(items, self._kept, kept))
                    if taken:
                        groups.append(_CallGroup(call_group, taken))
                        threads.submit(groups[-1])
                        kept += len(taken)
                    if end is NO_ITEM_YET:
                        break
                    has_items = end is None
                    if isinstance(end, Exception):
                        groups.append(_CallGroup(call_group, ()))
                        groups[-1].error, groups[-1].is_done = end, True
                if not groups:
                    self._uses_threads = self._count.value > 1
                    return has_items
                threads.start(len(groups))
                if not groups[0].is_done:
                    # To be woken for each group would cost as much as the calls themselves.
                    threads.wait(groups[min(len(groups) - 1, self._count.value // 2)])
                    threads.wait(groups[0])
                threads.adapt()
                group = groups.popleft()
                kept -= len(group.items)
                yield from group.results
                group.raise_error()
        finally:
            threads.cancel(groups)


def _take_items(items: Iterator[_Item], count: int) -> tuple[list[_Item], object]:
    """Return the next items, at most `count`, and why there are fewer.

    The reason is NO_ITEM_YET, _END, the exception that the iterator has raised, or None if there are `count` items.
    """
    taken: list[_Item] = []
    try:
        while len(taken) < count:
            item = next(items, _END)
            if item is _END or item is NO_ITEM_YET:
                return taken, item
            taken.append(item)
    except Exception as error:  # noqa: BLE001  it is raised after the results of the items before
        return taken, error
    return taken, None


def _get_user_seconds() -> float:
    """Return the CPU time of this process outside of system calls, which is about the time of the interpreter."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


class _Threads:
    """The threads of a ParallelCalls object. They take groups of calls from a queue."""

    def __init__(self, count: ThreadCount, elapsed: Callable[[], float]) -> None:
        import threading  # not needed as long as no call waits
        from queue import Empty, SimpleQueue

        self.running: set[threading.Thread] = set()
        self._new_thread, self._current_thread = threading.Thread, threading.current_thread
        self._set_stack_size = threading.stack_size
        self._lock = threading.Lock()
        self._count, self._elapsed = count, elapsed
        self._queue: SimpleQueue[_CallGroup[Any, Any] | None] = SimpleQueue()
        self._empty = Empty
        self._awaited: _CallGroup[Any, Any] | None = None
        self._wake: SimpleQueue[None] = SimpleQueue()
        """A queue that gets an item when the awaited group is done."""
        self._seconds: list[float] = []
        """The mean seconds of a call, for each group since the number of threads was chosen."""
        self._has_waited = False
        """Whether the caller has waited for a result since then."""
        self._begin, self._cpu_begin = elapsed(), _get_user_seconds()

    def choose_group_size(self, items: Iterator[Any], most: int, kept: int) -> int:
        """Return the number of calls in the next group.

        Args:
            items: The next items. Near their end, groups are small, so that all threads end at about the same time.
            most: The maximum number of items that are kept.
            kept: The number of items that are kept now.
        """
        threads = self._count.value
        left = min(most // 2, length_hint(items, most)) // (2 * threads)
        return max(1, min(int(_GROUP_SECONDS / self._count.call_seconds), left, most - kept))

    def submit(self, group: _CallGroup[Any, Any]) -> None:
        """Put a group at the end of the queue."""
        self._queue.put(group)

    def start(self, groups: int) -> None:
        """Start threads, up to the number that was measured to be best, and at most `groups`. Call `submit` before."""
        with self._lock:  # a thread that is ending has either taken the submitted group or left the set
            missing = min(self._count.value, groups) - len(self.running)
        for _ in range(missing):
            thread = self._new_thread(target=self._run_calls, name="dicommap-call", daemon=True)
            self.running.add(thread)
            usual = self._set_stack_size(_STACK_BYTES)
            try:
                thread.start()
            except RuntimeError:  # the process or the user has too many threads
                self.running.discard(thread)
                self._count.lower_limit(len(self.running))
                return
            finally:
                self._set_stack_size(usual)

    def wait(self, group: _CallGroup[Any, Any]) -> None:
        """Wait until the calls of a group are done."""
        self._awaited, self._has_waited = group, True
        while not group.is_done:
            if self.running:
                self._wake.get()
            elif (waiting := self._queue.get()) is not None:
                waiting.run()  # no thread could be started

    def adapt(self) -> None:
        """Choose the number of threads, if enough calls were measured."""
        if len(self._seconds) >= self._count.window:
            seconds, self._seconds = self._seconds, []
            begin, self._begin = self._begin, self._elapsed()
            cpu_begin, self._cpu_begin = self._cpu_begin, _get_user_seconds()
            is_busy = self._cpu_begin - cpu_begin > _BUSY * (self._begin - begin)
            self._count.adapt(seconds, is_busy=is_busy, is_ahead=not self._has_waited)
            self._has_waited = False

    def cancel(self, groups: Iterable[_CallGroup[Any, Any]] = ()) -> None:
        """Remove the groups that have not begun from the queue, and let `groups` end after their current call."""
        for group in groups:
            group.is_cancelled = True
        try:
            while True:
                self._queue.get_nowait()
        except self._empty:
            return

    def stop(self) -> list[threading.Thread]:
        """Let each thread end after its current call. Return the threads without waiting for them."""
        threads = list(self.running)
        for _ in threads:
            self._queue.put(None)
        return threads

    def close(self) -> None:
        """End the threads after their current calls. If a call hangs, this method does not wait long for it."""
        threads = self.stop()
        end = time.monotonic() + _JOIN_SECONDS
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        self.cancel()

    def _run_calls(self) -> None:
        """Run calls until `close` is called, the queue stays empty for a while, or fewer threads are wanted."""
        is_idle, end = False, 0.0
        while not self._leave(is_idle=is_idle):
            has_to_wait = self._queue.empty()
            try:
                group = self._queue.get(timeout=_IDLE_SECONDS)
            except self._empty:
                is_idle = True
                continue
            if group is None:
                self.running.discard(self._current_thread())
                return
            # If a group was ready, the time since the last one counts: another thread may have had the interpreter.
            begin = self._elapsed() if has_to_wait or not end else end
            group.run()
            end = self._elapsed()
            self._seconds.append((end - begin) / max(1, len(group.results)))
            is_idle = False
            if self._awaited is group:
                self._wake.put(None)
            del group  # a thread that waits for work must not keep a result

    def _leave(self, *, is_idle: bool) -> bool:
        """Remove the current thread from the set of running threads if it is not needed.

        Return whether it was removed.
        """
        if not is_idle and len(self.running) <= self._count.value:
            return False
        with self._lock:
            if not (is_idle and self._queue.empty()) and len(self.running) <= self._count.value:
                return False
            self.running.discard(self._current_thread())
            return True
