"""Errors on a terminal are broken between words; in a pipe they are not."""

from __future__ import annotations

import io
import sys

import pytest

from dicommap.cli.output import print_error
from tests.cli.running import TerminalOutput

PATH = "/data/" + "long-name-of-a-folder/" * 5
ERROR = f"dicommap: {PATH} is no inventory, and the option --input-s3-uri or a sheet with --carry-over is missing here."


def errors_of(stream: io.TextIOWrapper, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("COLUMNS", "60")
    print_error(ERROR, "  a frame of a traceback " + "and so on " * 5)
    stream.flush()
    stream.seek(0)
    return stream.read()


def test_on_a_terminal_words_are_kept_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    text = errors_of(TerminalOutput(io.BytesIO(), encoding="utf-8"), monkeypatch)
    lines = text.splitlines()
    words = f"{ERROR} a frame of a traceback {'and so on ' * 5}".split()
    assert " ".join(lines).split() == words
    assert f"  {PATH}" in lines
    assert all(len(line) <= 60 for line in lines if PATH not in line)
    assert [line[:3] for line in lines] == ["dic", "  /", "  i", "  w", "  a", "   "]


def test_in_a_pipe_lines_are_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    text = errors_of(io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), monkeypatch)
    assert text.splitlines()[0] == ERROR
    assert len(text.splitlines()) == 2
