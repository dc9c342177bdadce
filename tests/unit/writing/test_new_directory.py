"""New directories: all files or nothing, and never over other files."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicommap.writing.new_directory import is_new_directory, write_new_directory


def test_all_files_are_written(tmp_path: Path) -> None:
    write_new_directory(tmp_path / "new", iter([("a.json", ["te", "xt"]), ("b/c.json", ["é"])]), 2)
    assert (tmp_path / "new/a.json").read_bytes() == b"text"
    assert (tmp_path / "new/b/c.json").read_bytes() == "é".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_only_nothing_or_an_empty_directory_is_new(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert is_new_directory(tmp_path / "nothing")
    assert is_new_directory(tmp_path / "empty")
    assert not is_new_directory(tmp_path / "file")
    assert not is_new_directory(tmp_path / "link")
    assert not is_new_directory(tmp_path)


def test_other_files_stay_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine").write_text("mine")
    with pytest.raises(OSError, match=r"not empty|exists"):
        write_new_directory(tmp_path / "full", [("a", ["text"])], 1)
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == ["full", "full/mine"]


def test_an_error_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        write_new_directory(tmp_path / "new", [("a", ["text"]), ("b", (str(1 // number) for number in (1, 0)))], 2)
    assert list(tmp_path.iterdir()) == []
