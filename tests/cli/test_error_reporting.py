"""How runs end: exit status, what is told, and what is left behind."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dicommap.cli import scan as scan_module
from tests.cli.running import Ran, dicommap
from tests.support.long_cases import one_of
from tests.support.p10_files import small_tree

pytestmark = pytest.mark.usefixtures("counted")


def environment() -> dict[str, str]:
    return {**os.environ, "NO_COLOR": "1", "PYTHONWARNINGS": "error"}


FAULTY = """
import sys
import dicommap.cli.show as show
from dicommap.cli.main import main

def failing(*arguments, **options):
    raise {error}

show.build_study_record = failing
sys.argv = ["dicommap", *sys.argv[1:]]
main()
"""

SLOW = """
import pathlib, signal, sys, time
from dicommap.cli.main import main
from dicommap.p10 import HeaderReader

def slow(*arguments, **options):
    pathlib.Path("started").touch()
    time.sleep(60)

HeaderReader.read = slow
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore it
sys.argv = ["dicommap", *sys.argv[1:]]
main()
"""


def python(code: str, *arguments: str | Path) -> Ran:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, env=environment(), capture_output=True, check=False, timeout=60)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def shell(line: str, cwd: Path) -> Ran:
    """Run a line of bash in which $D is dicommap."""
    variables = {**environment(), "D": f"{sys.executable} -m dicommap"}
    command = ["bash", "-c", line]
    done = subprocess.run(command, cwd=cwd, env=variables, capture_output=True, check=False, timeout=60)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture(scope="module")
def scanned_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("scanned")
    small_tree(place / "tree", studies=30, series=2, instances=1)
    dicommap("scan", place / "tree", "-o", place / "i.db")
    return place


@pytest.fixture
def scanned(scanned_once: Path, tmp_path: Path) -> Path:
    shutil.copytree(scanned_once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "i.db"


@pytest.mark.parametrize("error", ['ValueError("CANARY")', 'EOFError("CANARY")', 'RuntimeError("CANARY")'])
def test_a_fault_of_our_own_is_told_without_its_text(scanned: Path, error: str) -> None:
    ran = python(FAULTY.format(error=error), "show", scanned)
    assert ran.status == 3
    kind = error.partition("(")[0]
    assert ran.err.startswith(f"dicommap: this is a fault of dicommap itself; please report it: {kind}\n")
    assert "show.py:" in ran.err
    assert "CANARY" not in ran.everything
    assert "Traceback" not in ran.everything


def test_what_the_system_refuses_is_told_in_two_lines(scanned: Path) -> None:
    ran = python(FAULTY.format(error="OSError(28, 'No space left on device', 'a\\x1b\\nb')"), "show", scanned)
    assert ran.status == 2
    assert ran.err.splitlines() == [
        r"dicommap: a\x1b\x0ab: No space left on device.",
        "Check the place, its rights and its space.",
    ]
    assert ran.out == ""


@pytest.mark.parametrize("name", ["x" * 300, "file/below"])
@pytest.mark.parametrize(
    "line",
    [
        "show {}",
        "scan tree -o {}",
        "scan {} -o new.db",
        "sheet i.db -o {}",
        "demo -o {}",
        "validate {}",
        "draft i.db --sheet {} --input-s3-uri s3://b/p/ -n",
    ],
)
def test_odd_places_are_no_fault(scanned: Path, line: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (scanned.parent / "file").touch()
    monkeypatch.chdir(scanned.parent)
    ran = dicommap(*line.format(name).split())
    assert ran.status == 2, ran
    assert len(ran.err.splitlines()) == 2
    assert "fault" not in ran.err


@pytest.mark.parametrize(
    "command", one_of(3, ["show i.db", "show i.db --format jsonl", "sheet i.db -o -", "explain", "schema"])
)
def test_a_full_disk_behind_stdout_is_told(scanned: Path, command: str) -> None:
    ran = shell(f"$D {command} > /dev/full", scanned.parent)
    assert (ran.status, ran.err.splitlines()[0]) == (2, f"dicommap: {os.strerror(errno.ENOSPC)}.")
    assert len(ran.err.splitlines()) == 2


def test_a_full_disk_behind_stderr_leaves_the_status(scanned: Path) -> None:
    assert shell("$D show none 2> /dev/full", scanned.parent) == Ran(2, "", "")


@pytest.mark.parametrize(
    "command", one_of(2, ["show i.db", "show i.db --format jsonl", "sheet i.db -o -", "schema plan"])
)
def test_a_pipe_that_nobody_reads_ends_quietly(scanned: Path, command: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    arguments = [sys.executable, "-m", "dicommap", *command.split()]
    done = subprocess.run(
        arguments,
        cwd=scanned.parent,
        env=environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


def test_a_reader_of_one_line_gets_it_and_nothing_else(scanned: Path) -> None:
    for command in ("show i.db", "show i.db --level file --format csv", "sheet i.db -o -"):
        ran = shell(f"$D {command} | head -1", scanned.parent)
        assert (ran.out.count("\n"), ran.err) == (1, "")


def test_a_closed_stdout_is_told(scanned: Path) -> None:
    ran = shell("$D show i.db >&-", scanned.parent)
    assert (ran.status, ran.err.splitlines()[0]) == (2, "dicommap: Standard output is closed.")
    assert len(ran.err.splitlines()) == 2


def test_a_closed_stderr_does_not_matter(scanned: Path) -> None:
    ran = shell("$D scan tree -o j.db 2>&-", scanned.parent)
    assert ran.status == 0
    assert shell("$D show none 2>&-", scanned.parent) == Ran(2, "", "")


def test_a_character_that_the_terminal_does_not_have_is_no_fault(scanned: Path) -> None:
    scanned.rename(scanned.parent / "ü.db")
    ran = shell("PYTHONIOENCODING=ascii $D sheet ü.db -o s.csv", scanned.parent)
    assert ran.status == 0
    assert r"$'\xc3\xbc.db'" in ran.out


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=str
)
def test_a_signal_ends_a_scan_cleanly(scanned: Path, number: signal.Signals, status: int) -> None:
    place = scanned.parent
    command = [sys.executable, "-c", SLOW, "scan", "tree", "-o", "new.db"]
    with subprocess.Popen(command, cwd=place, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        _wait_for(lambda: (place / "started").exists())
        assert {path.name for path in place.glob(".new.db.*")} >= {".new.db.unfinished", ".new.db.lock"}
        run.send_signal(number)
        out, err = run.communicate(timeout=30)
    assert (run.returncode, out, err.decode()) == (status, b"", f"dicommap: stopped by {number.name}.\n")
    assert {path.name for path in place.iterdir()} == {"tree", "i.db", "started"}


def test_a_signal_that_is_ignored_stays_ignored(scanned: Path) -> None:
    ran = shell("trap '' HUP; $D show i.db; kill -HUP $$; echo alive", scanned.parent)
    assert ran.out.endswith("alive\n")


def test_handlers_are_given_back(scanned: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    dicommap("show", scanned)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_an_interrupt_from_anywhere_is_one_line(scanned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(scan_module, "scan", failing)
    ran = dicommap("scan", scanned.parent / "tree", "-o", scanned.parent / "new.db")
    assert (ran.status, ran.err) == (130, "dicommap: stopped by SIGINT.\n")


def _wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)
