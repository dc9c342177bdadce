"""Partial files, and new files that are never written over another."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from dicommap.inventory.partial import partial_of, remove_stale_partials, write_new


@pytest.fixture
def without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(source: object, target: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", failing)


def test_a_new_file_is_written(tmp_path: Path) -> None:
    write_new(tmp_path / "new", "text\r\n")
    assert (tmp_path / "new").read_bytes() == b"text\r\n"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


@pytest.mark.usefixtures("without_links")
def test_a_file_system_without_links_will_do(tmp_path: Path) -> None:
    test_a_new_file_is_written(tmp_path)


def test_another_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "mine", "text")
    assert (tmp_path / "mine").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.usefixtures("without_links")
def test_nor_is_it_where_there_are_no_links(tmp_path: Path) -> None:
    test_another_file_is_never_written_over(tmp_path)


@pytest.mark.usefixtures("without_links")
def test_half_a_file_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lone_surrogate_last(path: Path, *arguments: object, **options: object) -> int:
        return 0

    monkeypatch.setattr(Path, "write_text", lone_surrogate_last)
    with pytest.raises(UnicodeEncodeError):
        write_new(tmp_path / "new", "x" * 100_000 + "\udcff")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_keeps_its_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        write_new(tmp_path / "file" / "new", "text")


def test_processes_that_live_keep_their_files(tmp_path: Path) -> None:
    path = tmp_path / "new"
    partial_of(path).touch()
    alive, strange = (tmp_path / f".new.{number}.partial" for number in (os.getppid(), 9_999_999_999))
    alive.touch()
    strange.touch()
    remove_stale_partials(path)
    assert list(tmp_path.iterdir()) == [alive]


def test_a_process_of_somebody_else_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(process: int, signal: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "kill", denied)
    (tmp_path / ".new.77.partial").touch()
    remove_stale_partials(tmp_path / "new")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_directory_that_is_not_there_has_nothing_stale(tmp_path: Path) -> None:
    remove_stale_partials(tmp_path / "none" / "new")
