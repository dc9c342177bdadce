"""New documents: all of it or nothing, and never over another file."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicommap.errors import DocumentError
from dicommap.writing.new_file import require_new_file, write_new_text_file


@pytest.fixture
def without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(source: object, target: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", failing)


def test_a_new_file_is_written(tmp_path: Path) -> None:
    write_new_text_file(tmp_path / "new", ("te", "xt\r\n"))
    assert (tmp_path / "new").read_bytes() == b"text\r\n"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


@pytest.mark.usefixtures("without_links")
def test_a_file_system_without_links_will_do(tmp_path: Path) -> None:
    test_a_new_file_is_written(tmp_path)


def another_comes_first(path: Path) -> Iterator[str]:
    path.write_text("mine")
    yield "text"


def test_another_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    with pytest.raises(DocumentError, match="exists already"):
        write_new_text_file(path, another_comes_first(path))
    assert path.read_text() == "mine"
    with pytest.raises(DocumentError, match="exists already"):
        require_new_file(path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.usefixtures("without_links")
def test_nor_is_it_where_there_are_no_links(tmp_path: Path) -> None:
    test_another_file_is_never_written_over(tmp_path)


def failing_half_way() -> Iterator[str]:
    yield "x" * 100_000
    raise ZeroDivisionError


def test_half_a_file_does_not_stay(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        write_new_text_file(tmp_path / "new", failing_half_way())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "words"), [(".", "is a directory"), ("none/new", "The directory of"), ("file/new", "The directory of")]
)
def test_what_is_no_place_for_a_file_is_told(tmp_path: Path, path: str, words: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DocumentError, match=words) as caught:
        write_new_text_file(tmp_path / path, ("text",))
    assert caught.value.fix


def test_a_disk_that_is_full_is_told(tmp_path: Path) -> None:
    def full() -> Iterator[str]:
        yield "text"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DocumentError, match="No space left"):
        write_new_text_file(tmp_path / "new", full())
    assert list(tmp_path.iterdir()) == []
