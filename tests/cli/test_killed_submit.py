"""A submit that is killed at any step, and run again: each job is started once."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dicommap.testing import ImportJobService
from tests.cli.killing import some_steps_or_all
from tests.support.s3_server import Bucket, environment
from tests.support.submission_packages import PreparedPackage, account, ready, states

__all__ = ["ready"]

TOP = Path(__file__).parents[2]
JOBS = ("0001", "0002")


@dataclass
class Killing:
    """Runs `dicommap submit` in processes that are killed; each trial has a data store and a package of its own."""

    process: subprocess.Popen[str]
    service: ImportJobService
    ready: PreparedPackage
    root: Path
    overrides: list[str] = field(default_factory=list)
    trials: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def bucket(self) -> Bucket:
        return self.ready.bucket

    def trial(self) -> tuple[str, Path]:
        """Return a data store that has no jobs, and a package that nobody has submitted."""
        number = next(self.trials)
        datastore = f"{number:032}"
        self.service.add_datastore(datastore)
        place = self.root / f"trial{number}"
        shutil.copytree(self.ready.package, place)
        for key in self.overrides:
            self.bucket.client.delete_object(Bucket=self.bucket.name, Key=key)
        return datastore, place

    def submit(self, datastore: str, place: Path, last: int | None = None) -> tuple[int, list[str], str]:
        members = account(self.bucket) | {"datastore_id": datastore}
        arguments = [part for name, value in members.items() for part in (f"--{name.replace('_', '-')}", value)]
        variables = environment(self.bucket.endpoint_url) | self.service.environment
        request = {"arguments": ["submit", str(place), "--yes", *arguments], "environment": variables, "last": last}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        status, steps, printed = json.loads(self.process.stdout.readline())
        return status, steps, printed

    def require_started_once(self, datastore: str, place: Path) -> None:
        started = [job for job in self.service.jobs if job.datastore_id == datastore]
        assert [job.request["inputS3Uri"] for job in started] == [f"{self.bucket.uri}in/{n}/" for n in (1, 2)]
        found = states(place)
        assert [found[job]["state"] for job in JOBS] == ["started", "started"]
        assert [found[job]["jobId"] for job in JOBS] == [job.job_id for job in started]
        assert {path.name for path in (place / "submission").iterdir()} == {
            *(".lock", "account.json", "0001.json", "0002.json")
        }
        for number in (1, 2):
            files = place / f"jobs/{number:04}/files"
            for path in (one for one in files.rglob("*") if one.is_file()):
                key = f"in/{number}/{path.relative_to(files).as_posix()}"
                assert self.bucket.get(key) == path.read_bytes()


@pytest.fixture
def killing(ready: PreparedPackage, import_jobs: ImportJobService, tmp_path: Path) -> Iterator[Killing]:
    command = [sys.executable, "-m", "tests.cli.dying"]
    with subprocess.Popen(command, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        found = Killing(process, import_jobs, ready, tmp_path)
        for number in (1, 2):
            files = ready.package / f"jobs/{number:04}/files"
            paths = (path.relative_to(files).as_posix() for path in files.rglob("*") if path.is_file())
            found.overrides += [f"in/{number}/{path}" for path in paths]
        with _ended(process):
            yield found


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


def expected_steps(steps: list[str]) -> dict[str, int]:
    return {what: steps.count(f"before {what}") for what in {one.partition(" ")[2] for one in steps}}


@some_steps_or_all
def test_killed_at_every_step_and_run_again_each_job_is_started_once(killing: Killing, every: int) -> None:
    datastore, place = killing.trial()
    status, steps, printed = killing.submit(datastore, place)
    assert (status, len(steps) % 2) == (0, 0), printed
    killing.require_started_once(datastore, place)
    # Whose credentials these are; what the account is; four states of each job; each override put, each job started.
    told: dict[str, Any] = expected_steps(steps)
    assert told == {"account.json": 1, "0001.json": 4, "0002.json": 4, "PUT": 4, "POST": 3}
    for last in range(1, len(steps) + 1, every):
        datastore, place = killing.trial()
        status, taken, printed = killing.submit(datastore, place, last)
        assert (status, len(taken)) == (-signal.SIGKILL, last), printed
        status, _, printed = killing.submit(datastore, place)
        assert status == 0, (last, printed)
        killing.require_started_once(datastore, place)


def test_killed_again_and_again_it_comes_to_its_end(killing: Killing) -> None:
    datastore, place = killing.trial()
    runs = 0
    status = -signal.SIGKILL
    for last in range(2, 60, 3):
        status, _, printed = killing.submit(datastore, place, last)
        runs += 1
        if status == 0:
            break
        assert status == -signal.SIGKILL, printed
    assert status == 0
    assert runs > 3
    killing.require_started_once(datastore, place)
