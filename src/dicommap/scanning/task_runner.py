"""Run tasks in this process, in a process pool, or in the caller's executor."""

from __future__ import annotations

import os
import sys
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from dicommap.dicom.member_names import mask_unknown_type
from dicommap.errors import DicommapError, ExecutorError, UsageError
from dicommap.scanning.tasks import TaskRows, WorkerError, close_reader, read_files, run_task, uses_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from concurrent.futures import Executor, Future, ThreadPoolExecutor
    from types import TracebackType
    from typing import Self

    from dicommap.scanning.process_pool import WorkerProcesses
    from dicommap.scanning.tasks import ReadTask

_Item = TypeVar("_Item", bound="SplittableBatch")


class SplittableBatch(Protocol):
    """The interface of a batch of files that can be divided, because its task may stop before the last file."""

    def split(self, count: int) -> tuple[Self, Self]:
        """Return two batches. The task of the first one reads the first `count` files of this batch's task."""


AUTO_JOBS = 0
"""A value for `jobs`: one process for each processor. Processes are started only if there are enough files."""

MIN_FILES_FOR_PROCESSES = 20_000
"""With AUTO_JOBS, other processes start after this number of files. For fewer files, one process is faster."""

MIN_SLOW_FILES_FOR_PROCESSES = 2_000
"""With AUTO_JOBS and slow storage, other processes start after this number of files.

The threads that wait for the storage use much of one processor's time.
"""

_THREADS = 2
"""The number of threads that run tasks over the network. They share the files that may be read at the same time."""

_TASKS_PER_PROCESS = 4
_TASKS_PER_EXECUTOR = 64
"""The maximum number of pending tasks in the caller's executor. Their rows need about ten megabytes of memory."""


def require_main_guard() -> None:
    """Raise UsageError if each process that this script starts would run the script again.

    A new process imports the script to find its functions. Code outside of `if __name__ == "__main__":` then runs a
    second time, for example the call of `scan` and everything before it.
    """
    main = sys.modules.get("__main__")
    spec, path = getattr(main, "__spec__", None), getattr(main, "__file__", None)
    is_package = spec is not None and spec.name.endswith("__main__")  # such a module is not imported again
    # multiprocessing sets this during that import. If it is not loaded, this process is not one of its processes.
    process = sys.modules.get("multiprocessing.process")
    is_run_again = process is not None and getattr(process.current_process(), "_inheriting", False)
    if not is_run_again and (is_package or path is None or _mentions_main(path)):
        return
    raise UsageError(
        'The script has no `if __name__ == "__main__":`, so that each process of `jobs` would run it again.',
        fix='Put its code into a function, and call the function below `if __name__ == "__main__":`; or set jobs=1.',
    )


def _mentions_main(script: str) -> bool:
    """Return whether a script contains the word `__main__`. Return True if it cannot be read."""
    try:
        with open(script, "rb") as file:
            return b"__main__" in file.read()
    except OSError:
        return True


class TaskRunner:
    """A context manager that runs read tasks in this process, in a process pool, or in the caller's executor.

    The processes and threads that it starts end when the `with` block ends.
    """

    def __init__(self, jobs: int = 1, executor: Executor | None = None, *, waits_for_network: bool = False) -> None:
        """Choose the processes, threads or executor that run tasks.

        Args:
            jobs: The number of processes, including this process. 0 means one process for each processor, if there are
                enough files.
            executor: An executor that runs all tasks. If it is given, `jobs` is ignored.
            waits_for_network: Whether files are read over the network. If so, this process reads in threads.

        Raises:
            UsageError: `jobs` is negative, or the running script cannot start processes: see `require_main_guard`.
        """
        if jobs < 0:
            raise UsageError(
                f"The number of jobs is {jobs}.", fix="Set it to 1 or more, or to 0 for one for each processor."
            )
        if jobs != 1 and executor is None:
            require_main_guard()
        self._min_files = 0 if jobs else MIN_FILES_FOR_PROCESSES
        self._jobs = jobs or count_processors()
        self._executor = executor
        self._others: WorkerProcesses | None = None
        self._threads = _start_threads() if waits_for_network and executor is None else None
        self._submitted = 0
        self.sharing_processes = 1 if executor is not None or not jobs else jobs
        """The number of processes among which the files of a small tree are divided.

        It is 1 with AUTO_JOBS, which divides only large trees.
        """

    @property
    def max_pending(self) -> int:
        """Return the maximum number of pending tasks. A task is pending until its result is used."""
        if self._executor is not None:
            return _TASKS_PER_EXECUTOR
        if self._others is not None and self._others.is_started:
            return _TASKS_PER_PROCESS * self._jobs
        return 1 if self._threads is None else _THREADS + 1

    def submit(self, task: ReadTask) -> PendingTask:
        """Submit a task. It runs in the caller's executor, in a worker process or in a thread.

        If none of them can take the task, it runs now, in this process.

        Returns:
            The pending task. Call its `result` to get the rows.

        Raises:
            ExecutorError: The executor or the process pool has failed.
        """
        try:
            future = self._submit_to_other_worker(task)
        except Exception as error:
            raise _executor_error(error) from error
        if future is not None:
            return PendingTask(partial(_wait_for_rows, future), future)
        rows = read_files(task)
        return PendingTask(lambda: rows)

    def _submit_to_other_worker(self, task: ReadTask) -> Future[TaskRows] | None:
        """Submit a task to the executor, a process or a thread. Return None if this process must run the task now."""
        if self._executor is not None:
            return self._executor.submit(run_task, task)
        if self._jobs > 1 and self._others is None and self._has_files_for_processes():
            from dicommap.scanning.process_pool import WorkerProcesses  # most scans start no processes

            self._others = WorkerProcesses(self._jobs - 1)
        self._submitted += len(task.files)
        future = None if self._others is None else self._others.submit(task)
        if future is None and self._threads is not None:
            return self._threads.submit(run_task, task._replace(in_flight=-(-task.in_flight // _THREADS)))
        return future

    def _has_files_for_processes(self) -> bool:
        """Return whether so many files were submitted that it is faster to start other processes."""
        is_slow_and_large = self._submitted >= MIN_SLOW_FILES_FOR_PROCESSES and uses_threads()
        return self._submitted >= self._min_files or is_slow_and_large

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._others is not None:
            self._others.shutdown(at_once=kind is not None)
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        close_reader()


class PendingTask:
    """A read task that was submitted. It may be waiting, running or complete."""

    def __init__(self, result: Callable[[], TaskRows], future: Future[TaskRows] | None = None) -> None:
        self.result = result
        """A function that waits for the rows and returns them. It raises ExecutorError if the executor has failed."""
        self._future = future

    def cancel(self) -> None:
        """Cancel the task if it has not started."""
        if self._future is not None:
            self._future.cancel()


def run_in_order(
    items: Iterable[tuple[_Item, ReadTask | None]], runner: TaskRunner
) -> Generator[tuple[_Item, TaskRows | None], None, None]:
    """Run the read tasks of batches. Yield each batch with the rows of its task, in the order of the batches.

    The tasks run at the same time and may end in another order.

    Args:
        items: Pairs of a batch and its task. The task is None if no file of the batch must be read.
        runner: The runner of the tasks. Only a few tasks are submitted at a time.

    Yields:
        Pairs of a batch and the rows of its task, or None if it has no task. If a task stopped early because its rows
            are large, its batch is divided where the task stopped, and two batches are yielded.
    """
    waiting: deque[tuple[_Item, ReadTask | None, PendingTask | None]] = deque()
    try:
        for item, task in items:
            waiting.append((item, task, None if task is None else runner.submit(task)))
            while len(waiting) >= runner.max_pending:
                yield _take_next_result(waiting, runner)
        while waiting:
            yield _take_next_result(waiting, runner)
    finally:
        for _, _, pending in waiting:
            if pending is not None:
                pending.cancel()


def _start_threads() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # scans of local trees need no threads

    return ThreadPoolExecutor(_THREADS)


def count_processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _take_next_result(
    waiting: deque[tuple[_Item, ReadTask | None, PendingTask | None]], runner: TaskRunner
) -> tuple[_Item, TaskRows | None]:
    """Remove the first batch from `waiting`. Return it with the rows of its task, or None if it has no task.

    If the task has not read all files, submit a task for the remaining files. They become the next batch.
    """
    item, task, pending = waiting.popleft()
    if task is None or pending is None:
        return item, None
    rows = pending.result()
    if len(rows.files) < len(task.files):
        item, rest = item.split(len(rows.files))
        left = task._replace(files=task.files[len(rows.files) :])
        waiting.appendleft((rest, left, runner.submit(left)))
    return item, rows


def _wait_for_rows(future: Future[TaskRows]) -> TaskRows:
    """Return the rows of a task. Raise ExecutorError if the executor itself failed."""
    try:
        return future.result()
    except (WorkerError, DicommapError):
        raise  # the task failed, not the executor
    except Exception as error:
        raise _executor_error(error) from error


def _executor_error(error: Exception) -> ExecutorError:
    return ExecutorError(
        f"The processes or threads that read the files failed ({mask_unknown_type(type(error))}).",
        fix="Scan again: the scan continues where it stopped. With fewer jobs it needs less memory.",
    )
