"""Processes that run `dicommap` and are killed at a step: `python -m tests.cli.dying`, one request on each line.

A step is the moment before or after something changes: a state takes its place on disk, or a request goes out that is
no look. A run that is asked for `everything` has a step around each request, and around all that is to last on disk:
what is synced, linked or renamed there. Each run is a process of its own, forked from this one, which has imported
everything already; it is killed by SIGKILL.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from botocore.httpsession import URLLib3Session

from dicommap.aws import Clients
from dicommap.cli import application, commands, reconcile, stage, submit  # imported now, and not by each run
from dicommap.cli.app import main
from tests.s3 import REGION, models_read_once

__all__ = ["application", "commands", "reconcile", "stage", "submit"]


class Steps:
    """Counts steps, and ends the process at one of them."""

    def __init__(self, last: int | None, pipe: int) -> None:
        self._last = last
        self._pipe = pipe
        self._lock = threading.Lock()
        self._taken = 0

    def take(self, what: str) -> None:
        with self._lock:
            self._taken += 1
            os.write(self._pipe, f"{what}\n".encode())
            if self._taken == self._last:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any], name: Callable[..., str | None]) -> Callable[..., Any]:
        """Return a function with a step before it and one after it, where it has a name."""

        def stepping(*arguments: Any, **options: Any) -> Any:
            what = name(*arguments, **options)
            if what is None:
                return function(*arguments, **options)
            self.take(f"before {what}")
            result = function(*arguments, **options)
            self.take(f"after {what}")
            return result

        return stepping


def run(
    arguments: list[str], environment: dict[str, str], last: int | None, *, everything: bool = False
) -> tuple[int, list[str], str]:
    """Run `dicommap`, and return its status (that of a signal is negative), its steps and what it told."""
    told, telling = os.pipe()
    out = os.memfd_create("out")
    child = os.fork()
    if not child:
        os.close(told)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.environ.update(environment)
        steps = Steps(last, telling)
        (_hook_everything if everything else _hook_submissions)(steps)
        sys.argv = ["dicommap", *arguments]
        try:
            main()
        except SystemExit as end:
            os._exit(end.code if isinstance(end.code, int) else 99)
        os._exit(98)
    os.close(telling)
    with os.fdopen(told) as lines:
        taken = lines.read().splitlines()
    _, status = os.waitpid(child, 0)
    os.lseek(out, 0, os.SEEK_SET)
    with os.fdopen(out, "rb") as text:
        printed = text.read().decode()
    return os.waitstatus_to_exitcode(status), taken, printed


def _hook_submissions(steps: Steps) -> None:
    os.replace = steps.around(os.replace, lambda _, to: os.path.basename(to) if "submission" in str(to) else None)
    URLLib3Session.send = steps.around(URLLib3Session.send, _changing)


def _hook_everything(steps: Steps) -> None:
    for name in ("fsync", "link", "rename", "replace"):
        setattr(os, name, steps.around(getattr(os, name), lambda *_, name=name, **__: name))
    URLLib3Session.send = steps.around(URLLib3Session.send, lambda _, request: str(request.method))


def _changing(_: URLLib3Session, request: Any) -> str | None:
    return None if request.method in ("GET", "HEAD") else str(request.method)


def serve() -> None:
    with models_read_once():
        warm = Clients(region=REGION)
        assert warm.s3
        assert warm.medical_imaging  # the models are read now, and not by each run
        for line in sys.stdin:
            answer = run(**json.loads(line))
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    serve()
