"""Commands that are killed at each of their steps, and run again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]

some_steps_or_all = pytest.mark.parametrize("every", [20, pytest.param(1, marks=pytest.mark.long)])
"""Runs a test that kills a command at every twentieth step, and with `make long` at each."""


@dataclass(frozen=True)
class Died:
    """What a run came to: its status, that of a signal being negative, its steps, and what it printed."""

    status: int
    steps: list[str]
    printed: str


@dataclass(frozen=True)
class Killer:
    """Runs `dicommap` in processes, and kills them at a step."""

    process: subprocess.Popen[str]
    environment: dict[str, str]

    def run(self, *arguments: str | Path, last: int | None = None, answer: str | None = None) -> Died:
        """Run a command, up to the step of this number, with an answer typed on a terminal; see `tests.cli.dying`."""
        request = {
            "arguments": [str(one) for one in arguments],
            "environment": self.environment,
            "last": last,
            "everything": True,
            "answer": answer,
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return Died(*json.loads(self.process.stdout.readline()))

    def killed(self, last: int, *arguments: str | Path, answer: str | None = None) -> Died:
        """Run a command that does not survive the step of this number."""
        died = self.run(*arguments, last=last, answer=answer)
        assert (died.status, len(died.steps)) == (-signal.SIGKILL, last), died.printed
        return died


@contextmanager
def killing(environment: dict[str, str]) -> Iterator[Killer]:
    """Start the process that all runs are forked from."""
    command = [sys.executable, "-m", "tests.cli.dying"]
    with subprocess.Popen(command, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Killer(process, environment)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(30)
