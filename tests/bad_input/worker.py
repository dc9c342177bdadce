"""Processes that draft or validate within bounds of memory and CPU time, each of its own, and tell what they found.

`python -m tests.bad_input.worker` takes a call as JSON on each line. Each is done by a process that is forked from this
one, which has done nothing but importing what calls need.
"""

from __future__ import annotations

import atexit
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import dicommap
from dicommap.healthimaging.quotas import Quotas
from dicommap.package.temporary_store import TemporaryStore

MEMORY_LIMIT = 2**30
"""Bytes of address space: what a helpless machine still has."""
CPU_LIMIT = 120
"""Seconds: a guard against what never ends. Nothing that is measured is compared with it."""
TIME_LIMIT = 580
"""Seconds: a guard against what waits for ever."""

Found = tuple[str, dict[str, Any]]
"""The code of a finding and its location."""


@dataclass(frozen=True)
class Ran:
    """What a call came to."""

    found: list[Found]
    files: dict[str, str]
    """The package's override files by path."""
    cpu: float
    """Seconds in the call."""
    peak: int
    """Most KiB of memory that the process held, where the system tells; else 0."""

    def codes(self) -> list[str]:
        return [code for code, _ in self.found]


def bounded(verb: str, **arguments: Any) -> Ran:
    """Draft or validate in a process of its own; fails where it dies, or is not done within the bounds."""
    worker = _worker()
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(json.dumps({"verb": verb, **arguments}, default=str) + "\n")
    worker.stdin.flush()
    status, out, err = json.loads(worker.stdout.readline())
    assert status == 0, (status, err[-2000:])
    told = json.loads(out)
    return Ran(found=[(code, place) for code, place in told.pop("found")], **told)


@cache
def _worker() -> subprocess.Popen[str]:
    worker = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.bad_input.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        # glibc reserves 64 MiB of address space for the memory of each thread, which the limit would count as used.
        env={**os.environ, "MALLOC_ARENA_MAX": "2"},
    )
    atexit.register(worker.communicate)
    return worker


def main() -> None:
    """Answer each line by the status, the output and the errors of a process that did the call."""
    _imported()
    for line in sys.stdin:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if not child:
                _do(line, out.fileno(), err.fileno())
                return  # as any process ends: what waits for that is called
            _, status = os.waitpid(child, 0)
            told = [os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode() for file in (out, err)]
        sys.stdout.write(json.dumps([os.waitstatus_to_exitcode(status), *told]) + "\n")
        sys.stdout.flush()


def _imported() -> None:
    from dicommap.api import (
        draft,  # noqa: F401
        scan,  # noqa: F401
        validate,  # noqa: F401
    )
    from dicommap.validation.schema_registry import get_schema_validator, list_schema_names

    for name in list_schema_names():
        get_schema_validator(name)


def _do(call: str, out: int, err: int) -> None:
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    signal.alarm(TIME_LIMIT)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))
    arguments = json.loads(call)
    before = resource.getrusage(resource.RUSAGE_SELF)
    issues, files = _VERBS[arguments.pop("verb")](**arguments)
    after = resource.getrusage(resource.RUSAGE_SELF)
    told = {
        "found": [(found.code, found.location.to_dict()) for found in issues],
        "files": files,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak": _peak(),
    }
    sys.stdout.write(json.dumps(told))


def _peak() -> int:
    # What getrusage tells is at least what the process that started this one held.
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _scan(source: str, **options: Any) -> tuple[list[dicommap.Issue], dict[str, str]]:
    with dicommap.scan(source, **options) as inventory:
        found = inventory.summary()
        counts = {"files": str(found.files), "instances": str(found.instances)}
        # Many thousand findings of a code are one in what is told.
        return list({one.code: one for one in inventory.issues()}.values()), counts


def _draft(
    inventory: str, quotas: dict[str, int] | None = None, items_in_memory: int | None = None, **edits: Any
) -> tuple[tuple[dicommap.Issue, ...], dict[str, str]]:
    """Draft without a package, and return the issues and the override files.

    With `items_in_memory`, the draft's dicts keep no more items in memory, and the override files are not returned.
    """
    if items_in_memory is not None:
        from dicommap.api import draft as module

        vars(module).update(TemporaryStore=partial(TemporaryStore, items_in_memory=items_in_memory))
    with dicommap.Inventory.open(inventory) as opened:
        uri, allowed = "s3://example-bucket/incoming/", Quotas(**(quotas or {}))
        drafted = dicommap.draft(opened, input_s3_uri=uri, quotas=allowed, **edits)
        made = drafted.documents
        files = {} if items_in_memory is not None else {path: made[path] for path in made if "/files/" in path}
        return drafted.issues, files


def _validate(path: str) -> tuple[list[dicommap.Issue], dict[str, str]]:
    return [*dicommap.validate(path)], {}


_VERBS: Any = {"scan": _scan, "draft": _draft, "validate": _validate}

if __name__ == "__main__":
    main()
