"""Who is told of progress: a function, a bar in a notebook, a bar on a terminal, or nobody."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import IPython
import IPython.display
import pytest

import dicommap
from dicommap.errors import UsageError
from dicommap.progress import OnProgress, Progress, progress_reporter
from dicommap.progress.notebook_bar import NotebookBar, RedrawTimer

URI = "s3://bucket/in/"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Shell:
    kernel = object()


class Handle:
    """Keeps what one output shows, one after the other."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []

    def display(self, data: dict[str, str], *, raw: bool, display_id: bool) -> Handle:
        assert (raw, display_id) == (True, True)
        assert not self.shown, "one output is replaced, never a second one made"
        self.shown.append(data)
        return self

    def update(self, data: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.shown.append(data)


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> Handle:
    """Return the output of a notebook's cell, in which the test runs."""
    handle = Handle()
    monkeypatch.setattr(IPython, "get_ipython", Shell)
    monkeypatch.setattr(IPython.display, "display", handle.display)
    return handle


def test_a_function_is_told_itself(output: Handle) -> None:
    told: list[Progress] = []
    with progress_reporter(told.append, "files") as report:
        assert report == told.append
    assert not output.shown


@pytest.mark.parametrize("wrong", ["yes", 1, []])
def test_what_is_no_function_is_refused(wrong: Any) -> None:
    with pytest.raises(UsageError, match="a function, True or False"), progress_reporter(wrong, "files"):
        pass


@pytest.mark.parametrize("asked", [None, True])
def test_a_script_whose_output_nobody_sees_has_no_bar(asked: bool | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    with progress_reporter(asked, "files") as report:
        assert report is None
    monkeypatch.setattr(sys, "stderr", None)
    with progress_reporter(asked, "files") as report:
        assert report is None


def test_a_terminal_has_a_bar_where_it_is_asked_for_or_somebody_types(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delattr(sys, "ps1", raising=False)
    for asked in (None, False):
        with progress_reporter(asked, "files") as report:
            assert report is None
    with progress_reporter(True, "files") as report:
        told(report, Progress(1_000, 2_000, False), Progress(2_000, 2_000, True))
    assert "2,000 of 2,000 files" in terminal.getvalue()
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    with progress_reporter(None, "files") as report:
        assert report is not None
    with progress_reporter(False, "files") as report:
        assert report is None


def told(report: OnProgress | None, *every: Progress) -> None:
    assert report is not None
    for one in every:
        report(one)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw bars at once and each time."""
    monkeypatch.setattr(RedrawTimer, "take_redraw_turn", lambda _: True)


@pytest.mark.usefixtures("at_once")
def test_a_notebook_has_a_bar_that_is_gone_when_work_is_done(output: Handle) -> None:
    with progress_reporter(None, "files") as report:
        told(report, Progress(500, 500, False), Progress(1_000, 2_000, True))
    pulsing, half, gone = (one["text/html"] for one in output.shown)
    assert "<progress style=" in pulsing
    assert "500 files, 0 s" in pulsing
    assert '<progress value="1000" max="2000"' in half
    assert "1,000 of 2,000 files, 0 s, about 0 s left" in half
    assert output.shown[1]["text/plain"] == "1,000 of 2,000 files, 0 s, about 0 s left"
    assert gone == ""


@pytest.mark.usefixtures("at_once")
def test_the_bar_is_gone_when_work_fails(output: Handle) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_at_half()
    assert output.shown[-1]["text/html"] == ""


def fail_at_half() -> None:
    with progress_reporter(None, "files") as report:
        told(report, Progress(1, 2, True))
        raise ZeroDivisionError


def test_work_of_a_moment_leaves_no_output(output: Handle) -> None:
    bar = NotebookBar("files", RedrawTimer(clock=lambda: 0.0))
    bar.show(Progress(1, 2, True))
    bar.close()
    assert not output.shown


@pytest.mark.usefixtures("at_once")
def test_a_name_in_a_bar_is_no_markup(output: Handle) -> None:
    bar = NotebookBar("<b>", RedrawTimer())
    bar.show(Progress(0, 2, True))
    assert "&lt;b&gt;" in output.shown[0]["text/html"]
    assert "left" not in output.shown[0]["text/html"]


def given(_: object) -> dict[str, str]:
    return {"PatientID": "P"}


@pytest.mark.usefixtures("at_once")
def test_everything_long_has_a_bar_in_a_notebook(inventory: dicommap.Inventory, output: Handle, tmp_path: Path) -> None:
    """Each is called as people do, without `progress`."""
    study = next(inventory.studies())
    package = tmp_path / "package"
    work: list[tuple[str, Callable[[], object]]] = [
        ("files", lambda: dicommap.scan(*inventory.sources).close()),
        ("studies", lambda: dicommap.draft(inventory, input_s3_uri=URI, by_study=given, output=package)),
        ("files", lambda: dicommap.validate(package)),
        ("rows", lambda: inventory.to_parquet(tmp_path / "i.parquet")),
        ("rows", inventory.to_pandas),
        ("rows", lambda: inventory.to_polars("study")),
        ("studies", inventory.plots.modalities),
        ("studies", inventory.plots.timeline),
        ("studies", inventory.plots.attributes),
        ("series", lambda: study.overview(32)),
        ("images", lambda: study.series[0].montage(2, 32)),
    ]
    for noun, do in work:
        output.shown.clear()
        do()
        assert len(output.shown) > 1, noun
        assert f" {noun}, " in output.shown[0]["text/plain"], noun
        assert output.shown[-1]["text/html"] == "", noun


def test_what_is_told_ends_with_all_there_is(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    every: list[Progress] = []
    for level, count in {"study": 2, "series": 4, "instance": 8, "file": 8, "issue": 0}.items():
        every.clear()
        assert inventory.to_arrow(level, progress=every.append).num_rows == count
        assert every[-1] == Progress(count, count, True)
        assert all(one.total == count for one in every), level
    series = next(inventory.series())
    series.montage(2, 32, progress=every.append)
    assert every[-1].is_counted
    package = tmp_path / "package"
    draft = dicommap.draft(inventory, input_s3_uri=URI, by_study=given, output=package, progress=every.append)
    assert draft.ok
    assert every[-1] == Progress(2, 2, True)
    dicommap.validate(package, progress=every.append)
    assert every[-1].is_counted
    assert every[-1].done > 4
