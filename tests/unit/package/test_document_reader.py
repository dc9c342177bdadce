"""The files of a directory by their paths: which ones are listed, and how much memory the list takes."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from dicommap.package.document_reader import DocumentFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a directory with files, links of all kinds, a pipe, and a name that is not UTF-8."""
    root = tmp_path / "root"
    (root / "inner/deep").mkdir(parents=True)
    for name in ("b.json", ".hidden", "inner/a.json", "inner/deep/a.json"):
        (root / name).write_text("{}", encoding="utf-8")
    (root / "inner" / os.fsdecode(b"\xff.json")).write_text("{}", encoding="utf-8")
    (root / "link.json").symlink_to("b.json")
    (root / "broken.json").symlink_to("nothing")
    (root / "inner/up").symlink_to("..")
    os.mkfifo(root / "pipe")
    return root


def files_below(root: Path, *, follow_links: bool) -> list[str]:
    """Return what `Path.rglob` lists."""
    return sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() or not (follow_links or path.is_dir())
    )


@pytest.mark.parametrize("follow_links", [False, True])
def test_files_and_links_to_files_are_listed(folder: Path, follow_links: bool) -> None:
    names = list(DocumentFolder(folder, follow_links=follow_links))
    assert names == files_below(folder, follow_links=follow_links)
    assert {"b.json", ".hidden", "inner/a.json", "inner/deep/a.json", "link.json"} <= set(names)
    assert ("broken.json" in names, "pipe" in names) == (not follow_links, not follow_links)
    assert "inner/up" not in names


def test_a_relative_directory_is_listed_as_an_absolute_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = list(DocumentFolder(folder))
    monkeypatch.chdir(folder)
    assert list(DocumentFolder(Path())) == names
    monkeypatch.chdir(folder.parent)
    assert list(DocumentFolder(Path("root"))) == names


def test_a_directory_that_is_missing_has_no_files(tmp_path: Path) -> None:
    assert list(DocumentFolder(tmp_path / "missing")) == []


def test_a_listed_file_takes_little_memory(tmp_path: Path) -> None:
    for number in range(2_000):
        (tmp_path / f"{number:06}.json").touch()
    tracemalloc.start()
    try:
        names = DocumentFolder(tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(names) == 2_000
    assert peak / 2_000 < 400  # bytes; a Path object takes 600
