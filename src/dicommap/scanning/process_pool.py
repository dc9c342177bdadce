"""The pool of worker processes. This module is imported only if a scan starts a pool."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import Pipe, connection, get_context, parent_process
from typing import TYPE_CHECKING

from dicommap.scanning.tasks import read_files, run_task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from dicommap.scanning.tasks import ReadTask, TaskRows

_MAX_PENDING_PER_PROCESS = 3
"""The maximum number of tasks of one process: the task that it runs, and two that wait."""


class WorkerProcesses:
    """The worker processes of a scan.

    The processes start in the background. Until they have started, and while they have enough tasks, the scanning
    process runs tasks itself. So it never waits for a worker, and no more processes are busy than the user requested.
    """

    def __init__(self, count: int) -> None:
        """Start `count` processes in the background."""
        stop, self._stop_workers = Pipe(duplex=False)
        self._starting = start_pool_in_background(lambda: start_processes(count, stop))
        self._room = _MAX_PENDING_PER_PROCESS * count
        self._in_flight: list[Future[TaskRows]] = []

    @property
    def is_started(self) -> bool:
        """Return whether the processes have started or failed to start."""
        return self._starting.done()

    def submit(self, task: ReadTask) -> Future[TaskRows] | None:
        """Submit a task and return its future. Return None if the processes have not started or have enough tasks.

        If the processes failed to start, raise the exception that occurred.
        """
        if not self.is_started:
            return None
        self._in_flight = [future for future in self._in_flight if not future.done()]
        if len(self._in_flight) >= self._room:
            return None
        future = self._starting.result().submit(run_task, task)
        self._in_flight.append(future)
        return future

    def shutdown(self, *, at_once: bool = False) -> None:
        """End each process after its current task, or at once, for example if files are on a share that hangs."""
        if at_once:
            self._stop_workers.close()
        with suppress(Exception):  # if the processes failed to start, `submit` has raised the exception already
            self._starting.result().shutdown(cancel_futures=True)
        self._stop_workers.close()


def start_pool_in_background(start: Callable[[], ProcessPoolExecutor]) -> Future[ProcessPoolExecutor]:
    """Call `start` in a new thread. Return a future with its result."""
    thread = ThreadPoolExecutor(1)
    try:
        return thread.submit(start)
    finally:
        thread.shutdown(wait=False)


def start_processes(count: int, stop: connection.Connection) -> ProcessPoolExecutor:
    """Start `count` processes that end when this process ends, or when it closes the other end of the pipe `stop`.

    Return the executor of these processes as soon as the first process has started.
    """
    # A fork of this process would copy locks that other threads hold. The processes are therefore forks of a server
    # process.
    context = get_context("forkserver")
    # The server process imports these modules once for all processes.
    context.set_forkserver_preload(["__main__", __name__, read_files.__module__])
    environment = dict(os.environ)
    executor = ProcessPoolExecutor(count, mp_context=context, initializer=prepare_worker, initargs=(environment, stop))
    executor.submit(os.getpid).result()
    return executor


def prepare_worker(environment: Mapping[str, str], stop: connection.Connection) -> None:
    """Prepare a worker process: copy the parent's environment, ignore terminal signals, and end with the parent.

    The process also ends when the parent closes the other end of the pipe `stop`.
    """
    # The fork server's environment is from the time of its start. Credentials may have been renewed since then.
    os.environ.clear()
    os.environ.update(environment)
    # A terminal sends these signals to all processes; the parent ends the workers in order.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_exit_with_parent, args=(parent.sentinel, stop), daemon=True).start()


def _exit_with_parent(sentinel: int, stop: connection.Connection) -> None:
    """End this process when its parent ends, even if the parent was killed, or when the parent closes the pipe."""
    connection.wait([sentinel, stop])
    os._exit(1)
