"""A small process that runs one command and tells what it used, itself and all processes it waited for.

It is started anew for each command, because Linux counts the memory of the process that starts a command as the
command's own: `python -m tests.benchmarks.child_usage COMMAND...` prints JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.options import ROOT


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


def usage_of(command: Sequence[str | os.PathLike[str]], *, accepted: Sequence[int] = (0, 1)) -> Usage:
    """Run a command and return what it used. Raises CommandFailedError where it ends with another status.

    1 is the status of dicommap for findings of severity error.
    """
    launcher = [sys.executable, "-m", "tests.benchmarks.child_usage", *(os.fspath(word) for word in command)]
    # Installed programs have their bytecode; a checkout gets it by running.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    ran = subprocess.run(launcher, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT, env=environment)
    found = Usage(**json.loads(ran.stdout))
    if found.status not in accepted:
        raise CommandFailedError(f"{os.path.basename(command[0])} ended with status {found.status}")
    return found


def _main(command: list[str]) -> None:
    nowhere = [(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_WRONLY, 0) for descriptor in (1, 2)]
    started = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=nowhere)
    _, status, used = os.wait4(child, 0)
    elapsed = time.perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024
    answer = {
        "status": os.waitstatus_to_exitcode(status),
        "cpu": used.ru_utime + used.ru_stime,
        "elapsed": elapsed,
        "peak": used.ru_maxrss * unit,
    }
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _main(sys.argv[1:])
