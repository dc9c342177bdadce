"""A small process that runs one command and tells what it used, itself and all processes that it started.

It is started anew for each command, because Linux counts the memory of the process that starts a command as the
command's own: `python -m tests.benchmarks.child_usage COMMAND...` prints JSON.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.options import ROOT

_SET_CHILD_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of Linux's prctl."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a command used."""

    status: int
    cpu: float
    """Seconds of CPU time, of all its processes."""
    elapsed: float
    """Seconds."""
    peak: int
    """Bytes of memory that the largest of its processes held at most."""


class CommandFailedError(Exception):
    """A command ended with a status that is no answer."""


def usage_of(
    command: Sequence[str | os.PathLike[str]],
    *,
    accepted: Sequence[int] = (0, 1),
    environment: Mapping[str, str] | None = None,
) -> Usage:
    """Run a command and return what it used. Raises CommandFailedError where it ends with another status.

    1 is the status of dicommap for findings of severity error. `environment` has more variables for the command.
    """
    launcher = [sys.executable, "-m", "tests.benchmarks.child_usage", *(os.fspath(word) for word in command)]
    # Installed programs have their bytecode; a checkout gets it by running.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    variables = {**inherited, **(environment or {})}
    ran = subprocess.run(launcher, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT, env=variables)
    found = Usage(**json.loads(ran.stdout))
    if found.status not in accepted:
        raise CommandFailedError(f"{os.path.basename(command[0])} ended with status {found.status}")
    return found


def _adopt() -> None:
    """Let what the command leaves behind become children of this process, so that it can be waited for (Linux only).

    The server that starts worker processes is not waited for by the process that works with it.
    """
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError("prctl failed")


def _left() -> Iterator[resource.struct_rusage]:
    """Yield what each process used that the command left behind, with those that it waited for."""
    while True:
        try:
            yield os.wait4(-1, 0)[2]
        except ChildProcessError:
            return


def _main(command: list[str]) -> None:
    _adopt()
    nowhere = [(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_WRONLY, 0) for descriptor in (1, 2)]
    started = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=nowhere)
    _, status, used = os.wait4(child, 0)
    elapsed = time.perf_counter() - started
    left = list(_left())
    unit = 1 if sys.platform == "darwin" else 1024
    answer = {
        "status": os.waitstatus_to_exitcode(status),
        "cpu": sum(one.ru_utime + one.ru_stime for one in (used, *left)),
        "elapsed": elapsed,
        "peak": max(one.ru_maxrss for one in (used, *left)) * unit,
    }
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _main(sys.argv[1:])
