"""A walk over a tree: every path once, in order, and nothing is changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dicommap.errors import SourceError, os_error_reason
from dicommap.model.study import Disposition, SourceFile
from dicommap.sources import LocalTree
from dicommap.sources.system_calls import SystemCalls
from tests.support.p10_files import write_tree


def walked(root: Path, *, follow_links: bool = False, exclude: frozenset[Path] = frozenset()) -> dict[str, SourceFile]:
    found = list(LocalTree(root, follow_links=follow_links).walk(exclude=exclude))
    assert len({file.path for file in found}) == len(found)
    return {file.path: file for file in found}


def test_every_file_comes_once_in_order_of_names(tmp_path: Path) -> None:
    write_tree(tmp_path, {"b/2": b"", "b/10": b"", "a": b"", "c": b"", "b/x/y": b"", "B": b""})
    assert list(walked(tmp_path)) == ["B", "a", "b/10", "b/2", "b/x/y", "c"]


def test_a_file_comes_with_its_size_and_time(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": b"12345"})
    os.utime(tmp_path / "a", ns=(0, 1_700_000_000_123_456_789))
    (file,) = walked(tmp_path).values()
    assert (file.size, file.mtime_ns) == (5, 1_700_000_000_123_456_789)
    assert file.disposition is None
    assert file.issues == ()


def test_an_empty_directory_has_no_files(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert walked(tmp_path) == {}


def test_a_single_file_is_a_source(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": b"1", "b": b"2"})
    assert list(walked(tmp_path / "a")) == ["a"]


def test_a_link_to_a_directory_may_be_a_source(tmp_path: Path) -> None:
    write_tree(tmp_path, {"real/a": b"1"})
    (tmp_path / "link").symlink_to("real")
    assert list(walked(tmp_path / "link")) == ["a"]


def test_a_relative_source_is_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {"sub/a": b"1"})
    monkeypatch.chdir(tmp_path)
    assert list(walked(Path("sub"))) == ["a"]


@pytest.mark.parametrize("name", ["missing", "dangling", "loop"])
def test_a_source_that_is_not_there_is_an_error_with_a_fix(tmp_path: Path, name: str) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SourceError) as caught:
        LocalTree(tmp_path / name)
    assert caught.value.fix


@pytest.mark.parametrize("name", [b"line\nbreak", b"\xff\xfe", b"-rf", b" ", b"a\\b", "schön".encode(), b"\x1b[31m"])
def test_odd_names_are_walked_and_opened(tmp_path: Path, name: bytes) -> None:
    path = os.path.join(os.fsencode(tmp_path), name)
    with open(path, "wb") as file:
        file.write(b"content")
    tree = LocalTree(tmp_path)
    (found,) = tree.walk()
    assert os.fsencode(found.path) == name
    with tree.open(found.path) as read:
        assert read(0, 100) == b"content"


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("a", "a", True),
        ("a", "a/b", True),
        ("a/b", "a", True),
        ("a/f", "a", True),
        ("a/f", "a/f", True),
        ("link", "a", True),
        ("a/../a/b", "a", True),
        ("a", "ab", False),
        ("a/f", "a/g", False),
        ("a/f", "a/b", False),
    ],
)
def test_overlapping_trees_are_recognised(tmp_path: Path, one: str, other: str, overlap: bool) -> None:
    write_tree(tmp_path, {"a/b/x": b"", "a/f": b"", "a/g": b"", "ab/x": b""})
    (tmp_path / "link").symlink_to("a")
    assert LocalTree(tmp_path / one).overlaps(LocalTree(tmp_path / other)) is overlap


def test_what_is_to_be_left_out_does_not_come_whatever_path_leads_to_it(tmp_path: Path) -> None:
    write_tree(tmp_path, {"real/own": b"1", "real/other": b"2"})
    (tmp_path / "alias").symlink_to("real")
    assert list(walked(tmp_path / "alias", exclude=frozenset({tmp_path / "real" / "own"}))) == ["other"]
    assert list(walked(tmp_path / "real", exclude=frozenset({tmp_path / "alias" / "own"}))) == ["other"]


def test_what_is_to_be_left_out_need_not_exist(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": b"1"})
    assert list(walked(tmp_path, exclude=frozenset({tmp_path / "none"}))) == ["a"]


@pytest.mark.parametrize("seconds", [2**40, -(2**40), 0])
def test_a_time_beyond_what_an_inventory_stores_is_the_last_it_stores(tmp_path: Path, seconds: int) -> None:
    write_tree(tmp_path, {"a": b"1"})
    try:
        os.utime(tmp_path / "a", (seconds, seconds))
    except OSError:
        pytest.skip("the file system has no such times")
    (file,) = walked(tmp_path).values()
    assert -(2**63) <= file.mtime_ns < 2**63


def refuse(monkeypatch: pytest.MonkeyPatch, function: str, name: str) -> None:
    """Make a function of `os` fail for paths that end so, as a missing right would."""
    original = getattr(os, function)

    def failing(path: os.PathLike[str], *arguments: object, **named: object) -> object:
        if os.fspath(path).endswith(name):
            raise PermissionError(13, "Permission denied", str(path))
        return original(path, *arguments, **named)

    monkeypatch.setattr(os, function, failing)


def test_a_directory_that_cannot_be_listed_is_reported_and_passed_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path, {"locked/a": b"1", "z": b"2"})
    refuse(monkeypatch, "open", "locked")
    found = walked(tmp_path)
    assert found["locked"].disposition is Disposition.UNREADABLE
    assert [issue.code for issue in found["locked"].issues] == ["source.unreadable-directory"]
    assert found["z"].disposition is None


def test_a_path_whose_status_is_refused_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {"a": b"1"})
    (tmp_path / "link").symlink_to("a")
    for name in ("/a", "/link"):
        with monkeypatch.context() as patch:
            refuse(patch, "stat", name)
            found = walked(tmp_path)[name[1:]]
            assert found.disposition is Disposition.UNREADABLE
            assert [issue.code for issue in found.issues] == ["source.unreadable"]
            assert str(tmp_path) not in found.issues[0].message


def test_a_file_that_vanishes_is_reported(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": b"1", "b": b"2"})

    class Vanishing(SystemCalls):
        def stat(self, path: str) -> os.stat_result:
            if path.endswith("/b"):
                os.unlink(path)
            return super().stat(path)

    _, found = LocalTree(tmp_path, system=Vanishing()).walk()
    assert [issue.code for issue in found.issues] == ["source.unreadable"]


def test_an_error_is_told_without_its_path() -> None:
    assert os_error_reason(PermissionError(13, "Permission denied", "/secret/path")) == "Permission denied"
    assert os_error_reason(OSError(0, "in words")) == "in words"
    assert os_error_reason(OSError()) == "unknown reason"


def test_a_file_is_read_at_offsets_and_closed(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": b"0123456789"})
    with LocalTree(tmp_path).open("a") as read:
        assert (read(2, 3), read(0, 1), read(8, 10), read(10, 1)) == (b"234", b"0", b"89", b"")
    with pytest.raises(OSError, match="descriptor"):
        read(0, 1)


@pytest.mark.parametrize(("name", "words"), [("none", "does not exist"), ("x" * 300, "File name too long")])
def test_a_source_that_cannot_be_had_is_named(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(SourceError, match=f"{name} .*{words}"):
        LocalTree(tmp_path / name)
