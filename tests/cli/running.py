"""The command line, run as a user runs it: in a process of its own, with its exit status and streams."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def everything(self) -> str:
        return self.out + self.err


def dicommap(*arguments: str | Path | bytes, cwd: Path | None = None) -> Ran:
    """Run `dicommap` with these arguments."""
    command = [sys.executable, "-X", "utf8", "-m", "dicommap", *(os.fspath(argument) for argument in arguments)]
    environment = {**os.environ, "PYTHONWARNINGS": "error", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=False, timeout=120)
    return Ran(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))
