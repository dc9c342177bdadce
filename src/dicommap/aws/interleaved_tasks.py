"""Run tasks that wait for AWS alternately: while one task waits, another task continues. No threads are needed.

A task is a generator. It yields the number of seconds that it must wait, and returns its result. For example, an update
yields while its image set is LOCKED. In this time, the next update sends its request.
"""

from __future__ import annotations

import heapq
from itertools import count
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from dicommap.aws.timing import Clock

_ResultT = TypeVar("_ResultT")


def run_interleaved(
    tasks: Iterable[Generator[float, None, _ResultT]], clock: Clock, *, at_once: int
) -> Iterator[_ResultT]:
    """Run tasks, and yield the result of each task when it ends. The first error of a task ends all tasks.

    Args:
        tasks: The tasks. The next one is taken when fewer than `at_once` tasks wait.
        clock: The clock that waits.
        at_once: Maximum number of tasks that have begun and not ended.

    """
    numbers = count()
    rest = iter(tasks)
    waiting: list[tuple[float, int, Generator[float, None, _ResultT]]] = []
    is_exhausted = False
    while waiting or not is_exhausted:
        is_due = bool(waiting) and waiting[0][0] <= clock.monotonic()
        if not is_due and not is_exhausted and len(waiting) < at_once:
            task = next(rest, None)
            is_exhausted = task is None
        elif waiting:
            ready_at, _, task = heapq.heappop(waiting)
            if (seconds := ready_at - clock.monotonic()) > 0:
                clock.sleep(seconds)
        else:
            break
        if task is None:
            continue
        try:
            pause = next(task)
        except StopIteration as end:
            yield end.value
        else:
            heapq.heappush(waiting, (clock.monotonic() + pause, next(numbers), task))
