"""Readers run in processes of their own, a new one for each round: nothing is kept, and a crash ends only itself."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.options import ROOT

_TIMEOUT = 600

Row = list[str] | None
"""The values of one file as text, or None where it was refused."""


class ReaderDiedError(Exception):
    """A reader's process ended without an answer."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader's process answered."""

    seconds: float
    """CPU time of the process around reading."""
    refused: int
    rows: list[Row]
    """The values, where they were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A module that reads headers, and the interpreter that runs it."""

    title: str
    python: Path
    module: str
    argument: str = ""
    slow: bool = False
    """Fewer rounds do."""

    def read(self, paths: Sequence[str], *, values: bool = False) -> Reading:
        """Read files in a new process. Raises ReaderDiedError where the process crashes or hangs."""
        command = [str(self.python), "-m", f"tests.benchmarks.{self.module}", self.argument]
        request = json.dumps({"paths": list(paths), "values": values})
        try:
            ran = subprocess.run(
                command, input=request, capture_output=True, text=True, timeout=_TIMEOUT, cwd=ROOT, env=dict(os.environ)
            )
            return Reading(**json.loads(ran.stdout))
        except (subprocess.TimeoutExpired, json.JSONDecodeError) as error:
            raise ReaderDiedError(self.title) from error

    def rows(self, paths: Sequence[str]) -> dict[str, Row]:
        """Return what is read from each file; those at which the process dies are left out."""
        try:
            return dict(zip(paths, self.read(paths, values=True).rows, strict=True))
        except ReaderDiedError:
            if len(paths) < 2:
                return {}
        middle = len(paths) // 2
        return self.rows(paths[:middle]) | self.rows(paths[middle:])
