"""Partial files: what they are called, how they take their name, and which are left behind."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from dicommap.writing.partial import partial_of, put_in_place, remove_leftovers


@pytest.fixture
def partial(tmp_path: Path) -> Path:
    written = partial_of(tmp_path / "new")
    written.write_text("text")
    return written


def test_a_partial_file_takes_its_name(tmp_path: Path, partial: Path) -> None:
    put_in_place(partial, tmp_path / "new", overwrite=False)
    assert (tmp_path / "new").read_text() == "text"


def test_only_who_says_so_writes_over_another(tmp_path: Path, partial: Path) -> None:
    (tmp_path / "new").write_text("mine")
    with pytest.raises(FileExistsError):
        put_in_place(partial, tmp_path / "new", overwrite=False)
    assert (tmp_path / "new").read_text() == "mine"
    put_in_place(partial, tmp_path / "new", overwrite=True)
    assert (tmp_path / "new").read_text() == "text"


def test_a_lack_of_links_is_no_lack_of_rights(tmp_path: Path, partial: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(source: object, target: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "link", failing)
    with pytest.raises(OSError, match="Read-only"):
        put_in_place(partial, tmp_path / "new", overwrite=False)


def test_processes_that_live_keep_their_files(tmp_path: Path) -> None:
    path = tmp_path / "new"
    partial_of(path).touch()
    alive, strange = (tmp_path / f".new.{number}.partial" for number in (os.getppid(), 9_999_999_999))
    alive.touch()
    strange.touch()
    remove_leftovers(tmp_path, path.name)
    assert list(tmp_path.iterdir()) == [alive]


def test_a_process_of_somebody_else_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(process: int, signal: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "kill", denied)
    (tmp_path / ".new.77.partial").touch()
    remove_leftovers(tmp_path, "new")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_directory_that_is_not_there_has_nothing_stale(tmp_path: Path) -> None:
    remove_leftovers(tmp_path / "none", "new")
