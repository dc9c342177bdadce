"""Files as objects: in order of their keys, and only what can be an object."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import dicommap
from dicommap.model.hierarchy import Disposition
from tests.making import STUDY, p10, small_tree, uid, write_tree


def test_every_file_is_an_object_with_its_place(tree: Path) -> None:
    write_tree(tree, {"notes.txt": b"x"})
    with dicommap.scan(tree) as inventory:
        found = list(inventory.located())
        assert list(inventory.located()) == found
    assert [one.key for one in found][:2] == ["notes.txt", "study1/series1/IM0001"]
    assert (found[0].disposition, found[0].study_instance_uid, found[0].size) == (Disposition.NOT_DICOM, "", 1)
    last = found[-1]
    assert (last.study_instance_uid, last.series_instance_uid) == (uid(STUDY, 2), uid(STUDY, 2, 2))
    assert (last.sop_instance_uid, last.root, last.source) == (uid(STUDY, 2, 2, 2), 0, last.key)
    assert last.size == (tree / last.key).stat().st_size


def test_keys_come_in_the_order_of_their_utf_8_whatever_source_they_are_of(tmp_path: Path) -> None:
    names = ["a.b/1", "a/1", "a/b/1", "ab", "z\U00010000", "z\uffff", "é"]
    write_tree(tmp_path / "one", dict.fromkeys(names[::2], b"1"))
    write_tree(tmp_path / "two", dict.fromkeys(names[1::2], b"22"))
    with dicommap.scan(tmp_path / "two", tmp_path / "one") as inventory:
        found = list(inventory.located())
    assert [one.key for one in found] == sorted(names, key=str.encode)
    assert [one.root for one in found] == [one.size == 1 for one in found]


def test_what_is_no_file_is_no_object(tmp_path: Path) -> None:
    tree = small_tree(tmp_path / "tree", studies=1, series=1, instances=1)
    (tmp_path / "elsewhere").mkdir()
    (tree / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    os.mkfifo(tree / "fifo")
    (tree / os.fsdecode(b"caf\xe9")).write_bytes(p10())
    with dicommap.scan(tree) as inventory:
        assert {one.key for one in inventory.located()} == {"study1/series1/IM0001"}


def test_an_archive_is_an_object_and_its_members_are_none(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("IM1", p10())
    write_tree(tmp_path, {"b!/IM1": b"x"})
    with dicommap.scan(tmp_path, archives=True) as inventory:
        assert [one.key for one in inventory.located()] == ["a.zip", "b!/IM1"]


def test_uids_are_those_of_instances_only(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": p10(), "b": p10(), "c": p10(SeriesInstanceUID=None)})
    with dicommap.scan(tmp_path) as inventory:
        found = list(inventory.located())
    kinds = [Disposition.INSTANCE, Disposition.DUPLICATE, Disposition.MISSING_UID]
    assert [one.disposition for one in found] == kinds
    assert [one.study_instance_uid for one in found] == [STUDY, STUDY, ""]
