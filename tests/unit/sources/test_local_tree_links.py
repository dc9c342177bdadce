"""Links, loops and special files: each reported, none followed into the endless, none waited for."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from dicommap.model.study import Disposition
from dicommap.sources import LocalTree
from tests.support.p10_files import write_tree

Found = dict[str, tuple[Disposition | None, list[str]]]
READ: tuple[Disposition | None, list[str]] = (None, [])


def walked(root: Path, *, follow_links: bool = False) -> Found:
    files = list(LocalTree(root, follow_links=follow_links).walk())
    assert len({file.path for file in files}) == len(files)
    return {file.path: (file.disposition, [issue.code for issue in file.issues]) for file in files}


@pytest.mark.parametrize("follow_links", [False, True])
def test_a_link_to_a_file_is_read_as_the_file(tmp_path: Path, follow_links: bool) -> None:
    write_tree(tmp_path, {"tree/a": b"1", "outside": b"22"})
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "outside")
    assert walked(tmp_path / "tree", follow_links=follow_links) == {"a": READ, "link": READ}
    sizes = {file.path: file.size for file in LocalTree(tmp_path / "tree").walk()}
    assert sizes == {"a": 1, "link": 2}


def test_a_link_to_a_directory_is_reported_and_not_followed(tmp_path: Path) -> None:
    write_tree(tmp_path, {"tree/a": b"1", "outside/b": b"2"})
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "outside")
    assert walked(tmp_path / "tree") == {"a": READ, "link": (Disposition.LINK, ["source.link-not-followed"])}


def test_a_link_to_a_directory_is_followed_on_request(tmp_path: Path) -> None:
    write_tree(tmp_path, {"tree/a": b"1", "outside/b": b"2"})
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "outside")
    assert walked(tmp_path / "tree", follow_links=True) == {"a": READ, "link/b": READ}


@pytest.mark.parametrize("target", ["..", ".", "../.."])
def test_a_link_to_a_directory_above_ends_there(tmp_path: Path, target: str) -> None:
    write_tree(tmp_path, {"tree/sub/a": b"1"})
    (tmp_path / "tree" / "sub" / "up").symlink_to(target)
    root = tmp_path / "tree" if target != "../.." else tmp_path
    prefix = "" if root.name == "tree" else "tree/"
    loop = (Disposition.LINK, ["source.link-loop"])
    assert walked(root, follow_links=True) == {f"{prefix}sub/a": READ, f"{prefix}sub/up": loop}


def test_links_to_each_other_end(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a/file": b"1", "b/file": b"2"})
    (tmp_path / "a" / "to").symlink_to("../b")
    (tmp_path / "b" / "to").symlink_to("../a")
    found = walked(tmp_path, follow_links=True)
    loop = (Disposition.LINK, ["source.link-loop"])
    assert found == {
        "a/file": READ,
        "a/to/file": READ,
        "a/to/to": loop,
        "b/file": READ,
        "b/to/file": READ,
        "b/to/to": loop,
    }


@pytest.mark.parametrize("follow_links", [False, True])
@pytest.mark.parametrize("target", ["nowhere", "self", "a/below-a-file"])
def test_a_link_that_leads_nowhere_is_reported(tmp_path: Path, target: str, follow_links: bool) -> None:
    write_tree(tmp_path, {"a": b"1"})
    (tmp_path / "self").symlink_to(target)
    expected = (Disposition.LINK, ["source.broken-link"])
    assert walked(tmp_path, follow_links=follow_links) == {"a": READ, "self": expected}


def test_a_fifo_is_reported_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    special = (Disposition.SPECIAL, ["source.special-file"])
    assert walked(tmp_path) == {"link": special, "pipe": special}
    assert walked(tmp_path / "pipe") == {"pipe": special}


def test_a_socket_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
        assert walked(tmp_path) == {"socket": (Disposition.SPECIAL, ["source.special-file"])}


def test_a_device_is_reported() -> None:
    (file,) = LocalTree(os.devnull).walk()
    assert file.disposition is Disposition.SPECIAL
    assert "character device" in file.issues[0].message


def test_a_fifo_in_the_place_of_a_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "was-a-file")
    with LocalTree(tmp_path).open("was-a-file") as read, pytest.raises(OSError, match="no longer a regular file"):
        read(0, 132)


def test_a_directory_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "was-a-file").mkdir()
    with LocalTree(tmp_path).open("was-a-file") as read, pytest.raises(OSError, match="no longer a regular file"):
        read(0, 132)


def test_a_device_in_the_place_of_a_file_is_not_read_on(tmp_path: Path) -> None:
    with LocalTree("/dev").open("zero") as read:
        assert read(0, 4) == bytes(4)
        with pytest.raises(OSError, match="no longer a regular file"):
            read(4, 4)
