"""Processes that run `dicommap` and are killed at a step: `python -m tests.cli.dying`, one request on each line.

A step is the moment before or after something changes: a state takes its place on disk, or a request goes out that is
no look. A run that is asked for `everything` has a step around each request, around all that is to last on disk (what
is synced, linked or renamed there), around the question whether files may be sent, and around each check that a file
is the planned instance. A run with an `answer` has a terminal on which that is typed.

Each run is a process of its own, forked from this one, which has imported everything already; it is killed by SIGKILL.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import tty
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from botocore.httpsession import URLLib3Session

from dicommap.aws import Clients, object_copies
from dicommap.aws.object_copies import find_instance_problem
from dicommap.cli import commands, confirmation, reconcile, stage, submit  # imported now, not by each run
from dicommap.cli.main import main
from tests.support.s3_server import REGION, share_botocore_models

__all__ = ["commands", "reconcile", "stage", "submit"]


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
    arguments: list[str],
    environment: dict[str, str],
    last: int | None,
    *,
    everything: bool = False,
    answer: str | None = None,
) -> tuple[int, list[str], str]:
    """Run `dicommap`, and return its status (that of a signal is negative), its steps and what it told."""
    told, telling = os.pipe()
    out = os.memfd_create("out")
    controller, terminal = _terminal(answer)
    child = os.fork()
    if not child:
        os.close(told)
        os.dup2(out, 1)
        os.dup2(out, 2)
        if answer is not None:
            os.dup2(terminal, 0)
            os.dup2(terminal, 2)
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
    os.close(terminal)
    keeping = threading.Thread(target=_keep, args=(controller, out))
    keeping.start()
    with os.fdopen(told) as lines:
        taken = lines.read().splitlines()
    _, status = os.waitpid(child, 0)
    keeping.join()
    os.lseek(out, 0, os.SEEK_SET)
    with os.fdopen(out, "rb") as text:
        printed = text.read().decode()
    return os.waitstatus_to_exitcode(status), taken, printed


def _terminal(answer: str | None) -> tuple[int, int]:
    """Return both ends of a terminal on which an answer is typed."""
    controller, terminal = os.openpty()
    tty.setraw(terminal)
    os.write(controller, f"{answer}\n".encode())
    return controller, terminal


def _keep(controller: int, out: int) -> None:
    """Write what a terminal shows to `out`, until nobody has it open."""
    with suppress(OSError):  # what the last one to close it leaves
        while shown := os.read(controller, 4096):
            os.write(out, shown)
    os.close(controller)


def _hook_submissions(steps: Steps) -> None:
    os.replace = steps.around(os.replace, lambda _, to: os.path.basename(to) if "submission" in str(to) else None)
    URLLib3Session.send = steps.around(URLLib3Session.send, _changing)


def _hook_everything(steps: Steps) -> None:
    for name in ("fsync", "link", "rename", "replace"):
        setattr(os, name, steps.around(getattr(os, name), lambda *_, name=name, **__: name))
    URLLib3Session.send = steps.around(URLLib3Session.send, lambda _, request: str(request.method))
    confirmation._read_yes = steps.around(confirmation._read_yes, lambda: "question")
    check = steps.around(find_instance_problem, lambda *_: "check")
    vars(object_copies).update(find_instance_problem=check)


def _changing(_: URLLib3Session, request: Any) -> str | None:
    return None if request.method in ("GET", "HEAD") else str(request.method)


def serve() -> None:
    with share_botocore_models():
        warm = Clients(region=REGION)
        assert warm.s3
        assert warm.medical_imaging  # the models are read now, and not by each run
        assert warm.session.client("sts")
        for line in sys.stdin:
            answer = run(**json.loads(line))
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    serve()
