"""Files are looked at one by one, and those below a folder by the rest of their paths."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Iterator, Mapping

import pytest

from dicommap.issues import make_issue
from dicommap.validation import file_contents
from dicommap.validation.file_contents import CachedFiles, FileContent, JsonContent, SubfolderFiles, parse_content


class Unread(Mapping[str, FileContent]):
    """Files that are there and must not be read."""

    def __getitem__(self, name: str) -> FileContent:
        raise AssertionError(f"{name} was read")

    def __contains__(self, name: object) -> bool:
        return name in ("a/x", "a/b/y", "z")

    def __iter__(self) -> Iterator[str]:
        return iter(["a/x", "a/b/y", "z"])

    def __len__(self) -> int:
        return 3


def test_what_lies_below_a_folder_is_known_without_being_read() -> None:
    below = SubfolderFiles(Unread(), "a/")
    assert list(below) == ["x", "b/y"]
    assert len(below) == 2
    assert "x" in below
    assert not {"z", "../z", "a/x"} & set(below)
    assert "../z" not in below


class ReadsCounted(UserDict[str, FileContent]):
    """Files that record the names of those that are read."""

    def __init__(self, files: Mapping[str, FileContent]) -> None:
        self.names: list[str] = []
        super().__init__(files)

    def __getitem__(self, name: str) -> FileContent:
        self.names.append(name)
        return self.data[name]

    def __contains__(self, name: object) -> bool:
        return name in self.data


def test_kept_files_are_read_once_until_the_bytes_are_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_contents, "KEPT_BYTES", 8)
    contents: dict[str, FileContent] = {
        "a": b"12345",
        "b": JsonContent("123"),
        "c": b"1",
        "d": make_issue("document.too-large", limit="5"),
    }
    files = ReadsCounted(contents)
    kept = CachedFiles(files)
    assert [kept[name] for name in "abcdabcd"] == [contents[name] for name in "abcdabcd"]
    assert files.names == ["a", "b", "c", "d", "c"]
    assert set(kept) == set(contents)
    assert len(kept) == 4
    assert "a" in kept
    assert "x" not in kept


def test_what_lies_below_a_folder_is_read_when_asked_for() -> None:
    assert SubfolderFiles({"a/x": b"1"}, "a/")["x"] == b"1"
    assert SubfolderFiles({"a/x": b"1"}, "a/").get("y") is None


def test_a_file_that_was_not_read_is_its_own_finding() -> None:
    found = make_issue("document.too-large", limit=3)
    assert parse_content(found) == (None, [found])
    assert parse_content(b"{}") == ({}, [])
