"""The command line, run as a user runs it: with its exit status and streams."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from dicommap.cli.main import main


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def everything(self) -> str:
        return self.out + self.err

    @property
    def results(self) -> str:
        """Return stdout without the next step at its end."""
        return re.sub(r"^(?:Next|Done)\b.*\Z", "", self.out, flags=re.MULTILINE | re.DOTALL)


def dicommap(*arguments: str | Path) -> Ran:
    """Run `dicommap` with these arguments in this process; a fault of its own fails the test."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    argv = ["dicommap", *(os.fspath(argument) for argument in arguments)]
    status = 0
    with (
        patch.multiple(sys, argv=argv, stdout=out, stderr=err, excepthook=sys.excepthook),
        patch.dict(os.environ, {"NO_COLOR": "1"}),
    ):
        try:
            main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0
    return Ran(status, *(stream.buffer.getvalue().decode("utf-8") for stream in (out, err)))


class TerminalOutput(io.TextIOWrapper):
    """A text stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def dicommap_on_terminal(columns: int, *arguments: str | Path, **environment: str) -> str:
    """Run `dicommap` in this process, and return what it prints on a terminal of so many columns, without a pager."""
    content = io.BytesIO()
    out = TerminalOutput(content, encoding="utf-8", write_through=True)
    argv = ["dicommap", *(os.fspath(argument) for argument in arguments)]
    usual = {"COLUMNS": str(columns), "PAGER": "cat", "TERM": "xterm", "NO_COLOR": "1", **environment}
    with patch.multiple(sys, argv=argv, stdout=out), patch.dict(os.environ, usual), suppress(SystemExit):
        main()
    return content.getvalue().decode("utf-8")


def dicommap_process(*arguments: str | Path, cwd: Path | None = None) -> Ran:
    """Run `dicommap` in a process of its own, with warnings as errors."""
    command = [sys.executable, "-X", "utf8", "-m", "dicommap", *(os.fspath(argument) for argument in arguments)]
    environment = {**os.environ, "PYTHONWARNINGS": "error", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=False, timeout=120)
    return Ran(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))
