"""Files are looked at one by one, and those below a folder by the rest of their paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dicommap.issues import make_issue
from dicommap.validation.file_contents import FileContent, Subfolder, parse_content


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
    below = Subfolder(Unread(), "a/")
    assert list(below) == ["x", "b/y"]
    assert len(below) == 2
    assert "x" in below
    assert not {"z", "../z", "a/x"} & set(below)
    assert "../z" not in below


def test_what_lies_below_a_folder_is_read_when_asked_for() -> None:
    assert Subfolder({"a/x": b"1"}, "a/")["x"] == b"1"
    assert Subfolder({"a/x": b"1"}, "a/").get("y") is None


def test_a_file_that_was_not_read_is_its_own_finding() -> None:
    found = make_issue("document.too-large", limit=3)
    assert parse_content(found) == (None, [found])
    assert parse_content(b"{}") == ({}, [])
