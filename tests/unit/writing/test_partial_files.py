"""Partial files: what they are called, who holds them, how they take their name, and which are left behind."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicommap.writing import partial_files as module
from dicommap.writing.partial_files import PartialFile, partial_directory, partial_file, remove_leftovers

LEFT = ".new.0123456789abcdef.partial"


@pytest.fixture
def partial(tmp_path: Path) -> Iterator[PartialFile]:
    with partial_file(tmp_path / "new") as held:
        with held.open() as file:
            file.write(b"text")
        yield held


def test_a_partial_file_takes_its_name(tmp_path: Path, partial: PartialFile) -> None:
    assert re.fullmatch(r"\.new\.[0-9a-f]{16}\.partial", partial.path.name)
    partial.put_in_place(tmp_path / "new", overwrite=False)
    assert (tmp_path / "new").read_text() == "text"


def test_only_who_says_so_writes_over_another(tmp_path: Path, partial: PartialFile) -> None:
    (tmp_path / "new").write_text("mine")
    with pytest.raises(FileExistsError):
        partial.put_in_place(tmp_path / "new", overwrite=False)
    assert (tmp_path / "new").read_text() == "mine"
    partial.put_in_place(tmp_path / "new", overwrite=True)
    assert (tmp_path / "new").read_text() == "text"


def test_a_lack_of_links_is_no_lack_of_rights(
    tmp_path: Path, partial: PartialFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(source: object, target: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "link", failing)
    with pytest.raises(OSError, match="Read-only"):
        partial.put_in_place(tmp_path / "new", overwrite=False)


def test_what_has_not_taken_its_name_is_removed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), partial_file(tmp_path / "new"):
        raise KeyboardInterrupt
    with partial_directory(tmp_path / "new") as folder:
        (folder / "file").touch()
    assert os.listdir(tmp_path) == []


HOLD = """
import sys
from pathlib import Path
from dicommap.writing.partial_files import partial_directory, partial_file
with partial_file(Path(sys.argv[1])), partial_directory(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_process_that_lives_keeps_its_files_and_a_killed_one_does_not(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path / "new"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        remove_leftovers(tmp_path, "new")
        assert len(os.listdir(tmp_path)) == 2
        holder.kill()
    remove_leftovers(tmp_path, "another")
    assert len(os.listdir(tmp_path)) == 2
    remove_leftovers(tmp_path, "new")
    assert os.listdir(tmp_path) == []


def test_a_number_of_a_process_says_nothing(tmp_path: Path) -> None:
    # Another process may have the number by now, on this machine or on another that shares the disk.
    (tmp_path / f".new.{os.getpid()}.partial").touch()
    remove_leftovers(tmp_path, "new")
    assert len(os.listdir(tmp_path)) == 1


def test_nothing_is_removed_on_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", failing)
    (tmp_path / LEFT).touch()
    with partial_file(tmp_path / "new") as held:
        remove_leftovers(tmp_path)
        assert set(os.listdir(tmp_path)) == {LEFT, held.path.name}
        held.put_in_place(tmp_path / "new", overwrite=False)
    assert set(os.listdir(tmp_path)) == {LEFT, "new"}


@pytest.mark.parametrize("create", [partial_file, partial_directory])
def test_one_that_is_removed_before_it_is_held_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, create: object
) -> None:
    as_it_is = module._try_lock
    removed: list[str] = []

    def late(descriptor: int) -> bool:
        if not removed:
            remove_leftovers(tmp_path, "new")
            removed.append("once")
            assert os.listdir(tmp_path) == []
        return as_it_is(descriptor)

    monkeypatch.setattr(module, "_try_lock", late)
    with create(tmp_path / "new"):  # type: ignore[operator]
        assert len(os.listdir(tmp_path)) == 1
    assert os.listdir(tmp_path) == []


def test_a_link_with_such_a_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    (tmp_path / LEFT).symlink_to("precious")
    remove_leftovers(tmp_path, "new")
    assert len(os.listdir(tmp_path)) == 2


def test_a_directory_that_is_not_there_has_nothing_stale(tmp_path: Path) -> None:
    remove_leftovers(tmp_path / "none", "new")
