"""Run tasks in this process, in a process pool, or in the caller's executor."""

from __future__ import annotations

import os
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from dicommap.dicom.member_names import mask_unknown_type
from dicommap.errors import DicommapError, ExecutorError, UsageError
from dicommap.scanning.tasks import TaskRows, WorkerError, read_files, run_task

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from concurrent.futures import Executor, Future, ThreadPoolExecutor
    from types import TracebackType
    from typing import Self

    from dicommap.scanning.process_pool import WorkerProcesses
    from dicommap.scanning.tasks import ReadTask

_Item = TypeVar("_Item", bound="Splittable")


class Splittable(Protocol):
    """What tasks are made of: it can be split where reading stopped."""

    def split(self, count: int) -> tuple[Self, Self]:
        """Return what the first `count` files of its task are of, and the rest."""


AUTO_JOBS = 0
"""As many processes as there are processors, once it pays."""

MIN_FILES_FOR_PROCESSES = 20_000
"""Files that one process reads in less time than others need to start, with much to spare."""

_THREADS = 2
"""Enough that one task is waited for while another is read; each waits for many answers at once."""

_TASKS_PER_PROCESS = 4
_TASKS_PER_EXECUTOR = 64
"""Tasks under way where nobody says how many workers there are: some ten megabytes of rows."""


class Workers:
    """Reads tasks; a context, since processes have to end."""

    def __init__(self, jobs: int = 1, executor: Executor | None = None, *, waits_for_network: bool = False) -> None:
        """Choose who reads: `executor`, or so many processes, of which this one is the first.

        `waiting` says that reading waits for answers: then this process reads in threads, and goes on meanwhile.
        Raises UsageError for fewer than no jobs, and for jobs beside an executor.
        """
        if jobs < 0:
            raise UsageError(f"{jobs} is no number of processes.", fix="Ask for 1 or more, or 0 for what there is.")
        self._wait_for = 0 if jobs else MIN_FILES_FOR_PROCESSES
        self._jobs = jobs or count_processors()
        self._executor = executor
        self._others: WorkerProcesses | None = None
        self._threads = _start_threads() if waits_for_network and executor is None else None
        self._submitted = 0

    @property
    def in_flight(self) -> int:
        """Return how many tasks to hand out before the first is waited for."""
        if self._executor is not None:
            return _TASKS_PER_EXECUTOR
        if self._others is not None and self._others.started:
            return _TASKS_PER_PROCESS * self._jobs
        return 1 if self._threads is None else _THREADS + 1

    def submit(self, task: ReadTask) -> PendingTask:
        """Hand out a task, or read it here and now where nobody else does.

        Raises ExecutorError where the executor or other processes do not take it.
        """
        try:
            future = self._handed_out(task)
        except Exception as error:
            raise _executor_error(error) from error
        if future is not None:
            return PendingTask(partial(_result, future), future)
        rows = read_files(task)
        return PendingTask(lambda: rows)

    def _handed_out(self, task: ReadTask) -> Future[TaskRows] | None:
        """Hand a task out; None where it is for this process: it is alone, or the others have enough to do."""
        if self._executor is not None:
            return self._executor.submit(run_task, task)
        if self._jobs > 1 and self._others is None and self._submitted >= self._wait_for:
            from dicommap.scanning.process_pool import WorkerProcesses  # most scans need none

            self._others = WorkerProcesses(self._jobs - 1)
        self._submitted += len(task.files)
        future = None if self._others is None else self._others.take(task)
        if future is None and self._threads is not None:
            return self._threads.submit(run_task, task)
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._others is not None:
            self._others.shutdown()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)


class PendingTask:
    """A task that was handed out."""

    def __init__(self, result: Callable[[], TaskRows], future: Future[TaskRows] | None = None) -> None:
        self.result = result
        """Return what reading gave, or wait for it. Raises ExecutorError where the executor failed."""
        self._future = future

    def cancel(self) -> None:
        """Let it go, if nobody has begun it."""
        if self._future is not None:
            self._future.cancel()


def run_in_order(
    items: Iterable[tuple[_Item, ReadTask | None]], workers: Workers
) -> Generator[tuple[_Item, TaskRows | None], None, None]:
    """Hand out tasks and yield their results in the order of the items, whatever the order they are done in.

    A bounded number is under way at any time. An item without a task comes with None, in its place. An item is split
    if its rows hold so much that reading stopped before the end of its task.
    """
    waiting: deque[tuple[_Item, ReadTask | None, PendingTask | None]] = deque()
    try:
        for item, task in items:
            waiting.append((item, task, None if task is None else workers.submit(task)))
            while len(waiting) >= workers.in_flight:
                yield _take_next(waiting, workers)
        while waiting:
            yield _take_next(waiting, workers)
    finally:
        for _, _, pending in waiting:
            if pending is not None:
                pending.cancel()


def _start_threads() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # most scans need none

    return ThreadPoolExecutor(_THREADS)


def count_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _take_next(
    waiting: deque[tuple[_Item, ReadTask | None, PendingTask | None]], workers: Workers
) -> tuple[_Item, TaskRows | None]:
    """Return the first item with its rows; what its task has not read is handed out anew and comes next."""
    item, task, pending = waiting.popleft()
    if task is None or pending is None:
        return item, None
    rows = pending.result()
    if len(rows.files) < len(task.files):
        item, rest = item.split(len(rows.files))
        left = task._replace(files=task.files[len(rows.files) :])
        waiting.appendleft((rest, left, workers.submit(left)))
    return item, rows


def _result(future: Future[TaskRows]) -> TaskRows:
    try:
        return future.result()
    except (WorkerError, DicommapError):
        raise  # not the executor's: it did its work
    except Exception as error:
        raise _executor_error(error) from error


def _executor_error(error: Exception) -> ExecutorError:
    return ExecutorError(
        f"The processes or threads that read the files failed ({mask_unknown_type(type(error))}).",
        fix="Run the scan again: it goes on from where it was. With fewer jobs it needs less memory.",
    )
