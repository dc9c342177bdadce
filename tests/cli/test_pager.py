"""Long results are shown in a pager on a terminal, and only there."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.running import dicommap_on_terminal
from tests.support.filled_inventories import added, inventory_of

LINES = "<pager>"
MARKING = f"import sys\nfor line in sys.stdin: print('{LINES}' + line, end='')"


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("long") / "i.db"
    files = [added(f"file {number}", f"1.{number} 1.{number}.1 1.{number}.1.1") for number in range(2000)]
    with inventory_of(*files, path=path):
        pass
    return path


@pytest.fixture
def pager(tmp_path: Path) -> Path:
    """Return a command that marks each line that it shows."""
    path = tmp_path / "pager"
    path.write_text(f"#!{sys.executable}\n{MARKING}\n")
    path.chmod(0o700)
    return path


def on_terminal(*words: object, act: str = "", **environment: str) -> tuple[int, str]:
    """Run `dicommap` on a terminal; `act` names the signal that is sent after the first output."""
    ours, theirs = pty.openpty()
    settings = {**os.environ, "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "80", **environment}
    command = [sys.executable, "-m", "dicommap", *map(str, words)]
    shown = b""
    with subprocess.Popen(command, env=settings, stdin=theirs, stdout=theirs, stderr=theirs) as run:
        os.close(theirs)
        while True:
            try:
                shown += os.read(ours, 4096)
            except OSError:  # Linux says so when the other end is closed
                break
            if act and shown:
                time.sleep(0.1)
                run.send_signal(signal.Signals[act])
                act = ""
    os.close(ours)
    return run.returncode, shown.decode().replace("\r", "")


def test_a_terminal_gets_the_pager(inventory: Path, pager: Path) -> None:
    status, shown = on_terminal("show", inventory, "--level", "file", PAGER=str(pager))
    assert status == 0
    assert len(shown.splitlines()) > 2000
    assert all(line.startswith(LINES) for line in shown.splitlines())


@pytest.mark.parametrize("settings", [{"PAGER": "cat"}, {"PAGER": ""}, {"TERM": "dumb"}, {"DICOMMAP_PAGER": "cat"}])
def test_no_pager_is_used(inventory: Path, pager: Path, settings: dict[str, str]) -> None:
    shown = dicommap_on_terminal(80, "show", inventory, **{"PAGER": str(pager), **settings})
    assert LINES not in shown
    assert shown.startswith("StudyInstanceUID")


def test_the_option_uses_no_pager(inventory: Path, pager: Path) -> None:
    assert LINES not in dicommap_on_terminal(80, "show", inventory, "--no-pager", PAGER=str(pager))


def test_a_pager_that_cannot_be_started_is_named_and_results_are_printed(inventory: Path) -> None:
    status, shown = on_terminal("show", inventory, "--limit", "3", PAGER="no-such-pager -x")
    assert status == 0
    assert "the pager 'no-such-pager' cannot be started" in shown
    assert "1.0  " in shown


def test_leaving_the_pager_early_is_no_error(inventory: Path) -> None:
    status, shown = on_terminal("show", inventory, "--level", "file", "--all-issues", PAGER="head -n 1")
    assert status == 0
    assert shown == "disposition  bytes  path\n"


def test_ctrl_c_is_for_the_pager(inventory: Path, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text(f"#!{sys.executable}\nimport time\n{MARKING}\ntime.sleep(0.5)\nprint('end')")
    slow.chmod(0o700)
    status, shown = on_terminal("show", inventory, act="SIGINT", PAGER=str(slow))
    assert status == 0
    assert shown.endswith("end\n")


def test_a_termination_ends_the_pager(inventory: Path, tmp_path: Path) -> None:
    endless = tmp_path / "endless"
    endless.write_text(f"#!{sys.executable}\nimport time\nprint('begin', flush=True)\n{MARKING}\ntime.sleep(60)")
    endless.chmod(0o700)
    started = time.monotonic()
    status, shown = on_terminal("show", inventory, act="SIGTERM", PAGER=str(endless))
    assert status == 128 + signal.SIGTERM
    assert time.monotonic() - started < 30
    assert "stopped by SIGTERM" in shown


def test_less_gets_the_options_of_git(inventory: Path, tmp_path: Path) -> None:
    echo = tmp_path / "echo"
    echo.write_text('#!/bin/sh\ncat > /dev/null\necho "LESS=$LESS"\n')
    echo.chmod(0o700)
    without = {"LESS": "FRX"} if "LESS" in os.environ else {}
    assert on_terminal("show", inventory, PAGER=str(echo), **without)[1] == "LESS=FRX\n"
    assert on_terminal("show", inventory, PAGER=str(echo), LESS="i")[1] == "LESS=i\n"
