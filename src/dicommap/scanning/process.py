"""Worker processes: how they start, and end with the process that they work for; imported when there are any."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import connection, get_context, parent_process
from typing import TYPE_CHECKING

from dicommap.scanning.reading import read_files

if TYPE_CHECKING:
    from collections.abc import Mapping


def processes(count: int) -> ProcessPoolExecutor:
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
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    """End when a parent does that was killed: nobody else would tell."""
    connection.wait([sentinel])
    os._exit(1)
