"""Call a function for many items, in threads if the calls wait for storage. The results keep the order of the items.

On a fast disk, a call takes less time than it takes to hand the call to another thread. So calls are first made in the
caller's thread, and some calls are timed. If these calls wait for storage, threads start. If later one thread is as
fast as several threads, calls are made in the caller's thread again.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from dicommap.reading.thread_count import ThreadCount, WaitDetector, count_waits

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Iterable, Iterator
    from typing import Self

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

MAX_THREADS = 64
"""The default limit of threads. With it, a network share that answers in 5 ms gives 12,800 answers per second."""

MAX_KEPT = 256
"""By default, at most this many items are taken from their iterator before the caller uses the first result."""

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


class _Call(Generic[_Item, _Result]):
    """A call that was given to the threads, and its result or error."""

    __slots__ = ("error", "function", "is_done", "item", "result")

    def __init__(self, function: Callable[[_Item], _Result], item: _Item) -> None:
        self.function, self.item = function, item
        self.is_done = False
        self.error: BaseException | None = None
        self.result: _Result

    def run(self) -> None:
        try:
            self.result = self.function(self.item)
        except BaseException as error:  # noqa: BLE001  the thread that takes the result raises it
            self.error = error
        self.is_done = True

    def take_result(self) -> _Result:
        """Return the result of the call, or raise the error that the call raised."""
        error, self.error = self.error, None  # without this, the traceback and the call would refer to each other
        if error is not None:
            raise error
        return self.result


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
        self._threads: _ThreadPool | None = None
        self._uses_threads = False

    @property
    def thread_count(self) -> int:
        """Return the number of threads that are running."""
        return 0 if self._threads is None else len(self._threads.running)

    def map(
        self, function: Callable[[_Item], _Result], items: Iterable[_Item], *, first_threads: int | None = None
    ) -> Generator[_Result, None, None]:
        """Yield `function(item)` for each item, in the order of the items.

        Items are taken in the caller's thread. If a call or the iterator of the items raises an exception, `map` raises
        it in place of the result, and starts no further calls.

        Args:
            function: A function that may be called in several threads at the same time.
            items: The items. Several items are taken before the first result is used. Some iterators need earlier
                results to find their next item. If such a result is not known yet, they yield NO_ITEM_YET, for which
                `function` is not called.
            first_threads: The number of threads with which the first `map` begins, if the caller knows that the calls
                wait. None: threads start only after measured waits.
        """
        if first_threads is not None and self._threads is None and self._limit > 1:
            self._count.restart(first_threads)
            self._uses_threads = True
        iterator, has_items = iter(items), True
        while has_items:
            if not self._uses_threads:
                has_items = yield from self._call_in_this_thread(function, iterator)
            else:
                has_items = yield from self._call_in_threads(function, iterator)

    def close(self) -> None:
        """End the threads after their current calls. If a call hangs, this method does not wait long for it."""
        if self._threads is not None:
            self._threads.close()

    def __del__(self) -> None:
        if self._threads is not None:
            self._threads.request_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _call_in_this_thread(
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
            yield detector.call_and_measure(function, item)
            if detector.take_wait_verdict():
                self._count.restart()
                self._uses_threads = True
                return True
        return False

    def _call_in_threads(
        self, function: Callable[[_Item], _Result], items: Iterator[_Item]
    ) -> Generator[_Result, None, bool]:
        """Make calls in threads until one thread is as fast as many. Return False if there are no more items."""
        if self._threads is None:
            self._threads = _ThreadPool(self._count, self._elapsed)
        threads, calls, has_items = self._threads, deque[_Call[_Item, _Result]](), True
        try:
            while True:
                while has_items and len(calls) < self._kept and self._count.value > 1:
                    call = _take_next_call(function, items)
                    if call is not None and call.item is NO_ITEM_YET:
                        break
                    if call is None or call.is_done:
                        has_items = False
                    else:
                        threads.submit(call)
                    if call is not None:
                        calls.append(call)
                if not calls:
                    self._uses_threads = self._count.value > 1
                    return has_items
                threads.start_missing_threads(len(calls))
                if not calls[0].is_done:
                    # To be woken for each result would cost as much as the calls themselves.
                    threads.wait_for_call(calls[min(len(calls) - 1, self._count.value // 2)])
                    threads.wait_for_call(calls[0])
                threads.adapt_thread_count()
                yield calls.popleft().take_result()
        finally:
            threads.drop_waiting_calls()


def _take_next_call(function: Callable[[_Item], _Result], items: Iterator[_Item]) -> _Call[_Item, _Result] | None:
    """Return the call for the next item, or None after the last item.

    If the iterator raises an exception, return a finished call with this exception as its error.
    """
    try:
        return _Call(function, next(items))
    except StopIteration:
        return None
    except Exception as error:  # noqa: BLE001  it is raised after the results of the items before
        failed = _Call(function, _END)
        failed.error, failed.is_done = error, True
        return failed


class _ThreadPool:
    """The threads of a ParallelCalls object. They take calls from a queue."""

    def __init__(self, count: ThreadCount, elapsed: Callable[[], float]) -> None:
        import threading  # not needed as long as no call waits
        from queue import Empty, SimpleQueue

        self.running: set[threading.Thread] = set()
        self._new_thread, self._current_thread = threading.Thread, threading.current_thread
        self._set_stack_size = threading.stack_size
        self._lock = threading.Lock()
        self._count, self._elapsed = count, elapsed
        self._queue: SimpleQueue[_Call[Any, Any] | None] = SimpleQueue()
        self._empty = Empty
        self._awaited: _Call[Any, Any] | None = None
        self._wake: SimpleQueue[None] = SimpleQueue()
        """A queue that gets an item when the awaited call is done."""
        self._seconds: list[float] = []
        """The seconds that each call took since the number of threads was chosen."""

    def submit(self, call: _Call[Any, Any]) -> None:
        """Put a call at the end of the queue."""
        self._queue.put(call)

    def start_missing_threads(self, calls: int) -> None:
        """Start threads, up to the number that was measured to be best, and at most `calls`. Call `submit` before."""
        with self._lock:  # a thread that is ending has either taken the submitted call or left the set
            missing = min(self._count.value, calls) - len(self.running)
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

    def wait_for_call(self, call: _Call[Any, Any]) -> None:
        """Wait until a call is done."""
        self._awaited = call
        while not call.is_done:
            if self.running:
                self._wake.get()
            elif (waiting := self._queue.get()) is not None:
                waiting.run()  # no thread could be started

    def adapt_thread_count(self) -> None:
        """Choose the number of threads, if enough calls were measured."""
        if len(self._seconds) >= self._count.calls_per_window:
            seconds, self._seconds = self._seconds, []
            self._count.adapt(seconds)

    def drop_waiting_calls(self) -> None:
        """Remove the calls that have not begun from the queue."""
        try:
            while True:
                self._queue.get_nowait()
        except self._empty:
            return

    def request_stop(self) -> list[threading.Thread]:
        """Let each thread end after its current call. Return the threads without waiting for them."""
        threads = list(self.running)
        for _ in threads:
            self._queue.put(None)
        return threads

    def close(self) -> None:
        """End the threads after their current calls. If a call hangs, this method does not wait long for it."""
        threads = self.request_stop()
        end = time.monotonic() + _JOIN_SECONDS
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        self.drop_waiting_calls()

    def _run_calls(self) -> None:
        """Run calls until `close` is called, the queue stays empty for a while, or fewer threads are wanted."""
        is_idle, end = False, 0.0
        while not self._leave_if_not_needed(is_idle=is_idle):
            has_to_wait = self._queue.empty()
            try:
                call = self._queue.get(timeout=_IDLE_SECONDS)
            except self._empty:
                is_idle = True
                continue
            if call is None:
                self.running.discard(self._current_thread())
                return
            # If a call was ready, the time since the last call counts: another thread may have had the interpreter.
            begin = self._elapsed() if has_to_wait or not end else end
            call.run()
            end = self._elapsed()
            self._seconds.append(end - begin)
            is_idle = False
            if self._awaited is call:
                self._wake.put(None)
            del call  # a thread that waits for work must not keep a result

    def _leave_if_not_needed(self, *, is_idle: bool) -> bool:
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
