"""The pool of worker processes; imported only when a scan starts one."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import connection, get_context, parent_process
from typing import TYPE_CHECKING

from dicommap.scanning.tasks import read_files, run_task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from dicommap.scanning.tasks import ReadTask, TaskRows

_MAX_PENDING_PER_PROCESS = 3
"""One that is read, and two that wait: enough for the time in which this process reads one itself."""


class WorkerProcesses:
    """Processes that read beside this one.

    They start in the background, and what they have no room for this process reads itself: so it neither waits, nor
    are there more processes at work than were asked for.
    """

    def __init__(self, count: int) -> None:
        """Let so many processes start."""
        self._starting = start_in_background(lambda: start_processes(count))
        self._room = _MAX_PENDING_PER_PROCESS * count
        self._under_way: list[Future[TaskRows]] = []

    @property
    def started(self) -> bool:
        """Say whether they have started, or failed to."""
        return self._starting.done()

    def take(self, task: ReadTask) -> Future[TaskRows] | None:
        """Take a task, or return None where they have not started or have enough. Raises what kept them from it."""
        if not self.started:
            return None
        self._under_way = [future for future in self._under_way if not future.done()]
        if len(self._under_way) >= self._room:
            return None
        future = self._starting.result().submit(run_task, task)
        self._under_way.append(future)
        return future

    def shutdown(self) -> None:
        """Let them end, once they have read what they are at."""
        with suppress(Exception):  # they did not start, and either that was told or nobody needed them
            self._starting.result().shutdown(cancel_futures=True)


def start_in_background(start: Callable[[], ProcessPoolExecutor]) -> Future[ProcessPoolExecutor]:
    """Call a function in a thread of its own."""
    thread = ThreadPoolExecutor(1)
    try:
        return thread.submit(start)
    finally:
        thread.shutdown(wait=False)


def start_processes(count: int) -> ProcessPoolExecutor:
    """Return an executor of so many processes, the first of which has started; they end with this one."""
    # Not forked from here: a fork would copy locks that other threads hold.
    context = get_context("forkserver")
    # They are forked from a server instead, which imports what all of them need, once.
    context.set_forkserver_preload(["__main__", __name__, read_files.__module__])
    environment = dict(os.environ)
    executor = ProcessPoolExecutor(count, mp_context=context, initializer=start_worker, initargs=(environment,))
    executor.submit(os.getpid).result()
    return executor


def start_worker(environment: Mapping[str, str]) -> None:
    """Make this process one that ends with its parent, has its environment, and leaves it to that to hear signals."""
    # A fork server has the environment of its own start: credentials may have been renewed since.
    os.environ.clear()
    os.environ.update(environment)
    # A terminal sends these to all; the parent ends the work in order.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_exit_with_parent, args=(parent.sentinel,), daemon=True).start()


def _exit_with_parent(sentinel: int) -> None:
    """End when a parent does that was killed: nobody else would tell."""
    connection.wait([sentinel])
    os._exit(1)
