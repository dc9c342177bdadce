"""Tables on a terminal: what is too wide for it is folded, but a UID is never broken."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dicommap.cli.drawing import draw_table
from tests.cli.running import dicommap
from tests.support.p10_files import p10

if TYPE_CHECKING:
    from pathlib import Path

STUDY = "1.2.826.0.1.3680043.10." + "7" * 41
SERIES = "1.2.826.0.1.3680043.11." + "8" * 41


def on_terminal(columns: int, *arguments: object) -> str:
    """Return what a terminal of so many columns is sent."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "dicommap", *map(str, arguments)]
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": str(columns)}
    with subprocess.Popen(command, env=environment, stdout=theirs) as run:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 1_024)
            except OSError:  # Linux says so when the other end is closed
                break
    os.close(ours)
    assert run.returncode == 0
    return shown.decode().replace("\x1b[1m", "").replace("\x1b[0m", "").replace("\r", "")


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    for number in range(2):
        content = p10(StudyInstanceUID=STUDY, SeriesInstanceUID=SERIES, SOPInstanceUID=f"1.2.3.{number}")
        (tmp_path / "tree" / str(number)).write_bytes(content)
    assert dicommap("scan", tmp_path / "tree", "-o", tmp_path / "i.db").status == 0
    return tmp_path / "i.db"


@pytest.mark.parametrize("columns", [80, 120, 160, 240])
def test_uids_can_be_copied_from_a_terminal(inventory: Path, columns: int) -> None:
    shown = on_terminal(columns, "show", inventory, "--level", "series")
    assert STUDY in shown
    assert SERIES in shown


def test_a_narrow_terminal_gets_a_line_for_each_value(inventory: Path) -> None:
    lines = on_terminal(80, "show", inventory, "--level", "series").splitlines()
    assert lines[0].split() == ["StudyInstanceUID", STUDY]
    assert lines[1].split() == ["SeriesInstanceUID", SERIES]
    assert ["instances", "2"] in [line.split() for line in lines]


@pytest.mark.parametrize("columns", [("job", "jobId"), ("job", "jobId", *"abcdefgh")])
def test_ids_of_jobs_are_whole(
    columns: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicommap.cli.drawing.PIPE_WIDTH", 60)
    draw_table(columns, [("0001", "7" * 32, *["some words"] * (len(columns) - 2))], numbers=())
    assert "7" * 32 in capsys.readouterr().out


def test_tables_without_uids_are_folded(capsys: pytest.CaptureFixture[str]) -> None:
    draw_table(("code", "message"), [("a.code", "word " * 100)], numbers=())
    assert len(capsys.readouterr().out.splitlines()) > 2
