"""Listed files instead of a walk."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

import dicommap
from dicommap.errors import SourceError, UsageError
from tests.support.p10_files import p10, write_tree
from tests.support.varied_tree import scan_rows, varied_tree


def listed(tree: Path, *paths: str | Path) -> dict[str, list[str]]:
    """Return each path of the inventory with the codes found at it."""
    with dicommap.scan(tree, files=paths) as inventory:
        found: dict[str, list[str]] = {file.path: [] for file in inventory.files()}
        for issue in inventory.issues():
            found[issue.location.path or ""].append(issue.code)
        return found


def test_a_list_of_all_files_in_any_order_gives_what_a_walk_gives(tmp_path: Path) -> None:
    tree = varied_tree(tmp_path / "tree")
    (tree / "linked").unlink()  # a walk notes it, and find -type f does not list it
    paths = [path for path in tree.rglob("*") if not path.is_dir()]
    expected = {**scan_rows(tree), "directory": []}  # a list has no directories
    for seed in range(3):
        random.Random(seed).shuffle(paths)
        assert scan_rows(tree, files=[os.path.relpath(path, tree) for path in paths]) == expected
    assert scan_rows(tree, files=paths) == expected


@pytest.mark.parametrize("spelling", ["sub/a", "./sub/a", "sub//a", "sub/./a", "{root}/sub/a", "{root}//sub/a"])
def test_a_path_is_the_same_however_it_is_spelt(tmp_path: Path, spelling: str) -> None:
    write_tree(tmp_path, {"sub/a": p10(), "b": b"?"})
    assert listed(tmp_path, spelling.format(root=tmp_path), "sub/a") == {"sub/a": []}


def test_a_root_behind_a_link_is_the_same_root(tmp_path: Path) -> None:
    write_tree(tmp_path / "real", {"a": p10()})
    (tmp_path / "alias").symlink_to("real")
    assert listed(tmp_path / "alias", tmp_path / "real/a", tmp_path / "alias/a") == {"a": []}


@pytest.mark.parametrize("path", ["../a", "sub/../a", "/elsewhere/a", "/", ".", "..", "nul\0inside"])
def test_what_is_not_below_the_root_is_found_and_not_read(tmp_path: Path, path: str) -> None:
    write_tree(tmp_path / "tree", {"b": p10(), "sub/x": b"?"})
    write_tree(tmp_path, {"a": p10()})
    found = listed(tmp_path / "tree", path, "b")
    assert found.pop("b") == []
    assert list(found.values()) == [["source.outside-root"]]


def test_what_is_not_there_is_found(tmp_path: Path) -> None:
    write_tree(tmp_path, {"b": p10(), "sub/x": b"?"})
    os.mkfifo(tmp_path / "pipe")
    assert listed(tmp_path, "none", "b", "sub", "b/below", "pipe", "x" * 300, "", "\udcff") == {
        "b": [],
        "b/below": ["source.unreadable"],
        "none": ["source.unreadable"],
        "pipe": ["source.special-file"],
        "sub": ["source.listed-directory"],
        "x" * 300: ["source.unreadable"],
        "\\xff": ["source.unreadable"],
    }


def test_an_empty_list_is_an_empty_inventory(tmp_path: Path) -> None:
    assert listed(write_tree(tmp_path, {"a": b""})) == {}


def test_the_inventory_is_not_scanned_where_it_is_listed(tree: Path) -> None:
    dicommap.scan(tree, output=tree / "i.db").close()
    with dicommap.scan(tree, output=tree / "i.db", files=["i.db", "study1/series1/IM0001"]) as inventory:
        assert inventory.summary().files == 1


def test_a_list_of_two_sources_is_refused(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a/a": b"", "b/a": b""})
    with pytest.raises(UsageError):
        dicommap.scan(tmp_path / "a", tmp_path / "b", files=["a"])
    with pytest.raises(UsageError):
        dicommap.scan(tmp_path / "a", files="a")


def test_a_path_that_is_no_file_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        dicommap.scan(tmp_path, files=["\ud800"])
    assert caught.value.fix
