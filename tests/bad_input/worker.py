"""A process of its own that drafts or validates within bounds of memory and CPU time, and tells what it found.

Run as `python -m tests.bad_input.worker`, the call as JSON on standard input.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dicommap
from dicommap.model.quotas import Quotas
from tests.cli.running import uncovered_environment

MEMORY_LIMIT = 2**30
"""Bytes of address space: what a helpless machine still has."""
CPU_LIMIT = 120
"""Seconds: a guard against what never ends. Nothing that is measured is compared with it."""

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
    call = json.dumps({"verb": verb, **arguments}, default=str)
    command = [sys.executable, "-W", "error", "-m", "tests.bad_input.worker"]
    # What is measured is not slowed by counting lines: what runs here runs in unit tests, too.
    done = subprocess.run(
        command,
        input=call.encode(),
        capture_output=True,
        check=False,
        timeout=580,
        cwd=Path(__file__).parents[2],
        env=uncovered_environment(),
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    told = json.loads(done.stdout)
    return Ran(found=[(code, place) for code, place in told.pop("found")], **told)


def main() -> None:
    """Do the call that stands on standard input."""
    call = json.loads(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))
    before = resource.getrusage(resource.RUSAGE_SELF)
    issues, files = _VERBS[call.pop("verb")](**call)
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
    inventory: str, quotas: dict[str, int] | None = None, **edits: Any
) -> tuple[tuple[dicommap.Issue, ...], dict[str, str]]:
    with dicommap.Inventory.open(inventory) as opened:
        uri, allowed = "s3://example-bucket/incoming/", Quotas(**(quotas or {}))
        drafted = dicommap.draft(opened, input_s3_uri=uri, quotas=allowed, **edits)
        made = drafted.documents
        return drafted.issues, {path: made[path] for path in made if "/files/" in path}


def _validate(path: str) -> tuple[list[dicommap.Issue], dict[str, str]]:
    return [*dicommap.validate(path)], {}


_VERBS: Any = {"scan": _scan, "draft": _draft, "validate": _validate}

if __name__ == "__main__":
    main()
