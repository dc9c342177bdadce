"""A worker process: how it starts, works, and ends with the process that it works for."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from multiprocessing import connection, parent_process
from typing import TYPE_CHECKING

from dicommap.errors import DicommapError
from dicommap.scanning.reading import read_files

if TYPE_CHECKING:
    from dicommap.scanning.reading import Rows, Task


class Fault(Exception):  # noqa: N818  our own fault, told apart from those of an executor
    """Reading raised what it should not. The text names the kind and the place, and holds no value."""


def work(task: Task) -> Rows:
    """Read a task's files for another process or thread."""
    try:
        return read_files(task)
    except DicommapError:
        raise  # the way to a source is wrong, and it says what to do
    except Exception as error:  # noqa: BLE001  it goes on as a fault of ours, and not as one of the executor
        frames = traceback.extract_tb(error.__traceback__)
        raise Fault(f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}") from None


def start_worker() -> None:
    """Make this process one that ends with its parent, and leaves it to that to hear signals."""
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
