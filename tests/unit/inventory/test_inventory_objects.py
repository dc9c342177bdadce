"""Files as objects: in order of their keys, and only what can be an object."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import dicommap
from dicommap.model.study import Disposition
from dicommap.planning.inventory_jobs import FileCounts
from dicommap.planning.staging import StudyPart
from tests.support.p10_files import STUDY, p10, small_tree, uid, write_tree


def test_every_file_is_an_object_with_its_place(tree: Path) -> None:
    write_tree(tree, {"notes.txt": b"x"})
    with dicommap.scan(tree) as inventory:
        found = list(inventory.s3_objects())
        assert list(inventory.s3_objects()) == found
    assert [one.key for one in found][:2] == ["notes.txt", "study1/series1/IM0001"]
    assert (found[0].disposition, found[0].study_instance_uid, found[0].size) == (Disposition.NOT_DICOM, "", 1)
    last = found[-1]
    assert (last.study_instance_uid, last.series_instance_uid) == (uid(STUDY, 2), uid(STUDY, 2, 2))
    assert (last.sop_instance_uid, last.root, last.source) == (uid(STUDY, 2, 2, 2), 0, last.key)
    assert last.size == (tree / last.key).stat().st_size
    assert last.modified_ns == (tree / last.key).stat().st_mtime_ns


def test_keys_come_in_the_order_of_their_utf_8_whatever_source_they_are_of(tmp_path: Path) -> None:
    names = ["a.b/1", "a/1", "a/b/1", "ab", "z\U00010000", "z\uffff", "é"]
    write_tree(tmp_path / "one", dict.fromkeys(names[::2], b"1"))
    write_tree(tmp_path / "two", dict.fromkeys(names[1::2], b"22"))
    with dicommap.scan(tmp_path / "two", tmp_path / "one") as inventory:
        found = list(inventory.s3_objects())
    assert [one.key for one in found] == sorted(names, key=str.encode)
    assert [one.root for one in found] == [one.size == 1 for one in found]


def test_what_is_no_file_is_no_object(tmp_path: Path) -> None:
    tree = small_tree(tmp_path / "tree", studies=1, series=1, instances=1)
    (tmp_path / "elsewhere").mkdir()
    (tree / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    os.mkfifo(tree / "fifo")
    (tree / os.fsdecode(b"caf\xe9")).write_bytes(p10())
    with dicommap.scan(tree) as inventory:
        assert {one.key for one in inventory.s3_objects()} == {"study1/series1/IM0001"}


def test_an_archive_is_an_object_and_its_members_are_none(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("IM1", p10())
    write_tree(tmp_path, {"b!/IM1": b"x"})
    with dicommap.scan(tmp_path, archives=True) as inventory:
        assert [one.key for one in inventory.s3_objects()] == ["a.zip", "b!/IM1"]


def test_uids_are_those_of_instances_only(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": p10(), "b": p10(), "c": p10(SeriesInstanceUID=None)})
    with dicommap.scan(tmp_path) as inventory:
        found = list(inventory.s3_objects())
    kinds = [Disposition.INSTANCE, Disposition.DUPLICATE, Disposition.MISSING_UID]
    assert [one.disposition for one in found] == kinds
    assert [one.study_instance_uid for one in found] == [STUDY, STUDY, ""]


def test_sources_lie_where_their_offsets_say(tmp_path: Path) -> None:
    write_tree(tmp_path, {"one/a": b"1", "one/b/c": b"1", "two/a": b"1"})
    with dicommap.scan(tmp_path / "one", tmp_path / "two") as inventory:
        objects = inventory.s3_objects(["x/", "x/y/"])
        assert [one.key for one in objects] == ["x/a", "x/b/c", "x/y/a"]
        assert [one.key for one in objects.objects_under("x/")] == ["a", "b/c", "y/a"]
        assert [(one.key, one.source) for one in objects.objects_under("x/b/")] == [("c", "b/c")]
        assert [one.key for one in objects.objects_under("x/y/")] == ["a"]
        assert objects.has_key("x/y/a")
        assert not objects.has_key("x/y/b/c")
        assert not objects.has_key("a")


def test_a_prefix_takes_in_no_sibling(tmp_path: Path) -> None:
    write_tree(tmp_path, dict.fromkeys(["1.2/a", "1.23/a", "1.2-/a", "1.20"], b"1"))
    with dicommap.scan(tmp_path) as inventory:
        assert [one.key for one in inventory.s3_objects().objects_under("1.2/")] == ["a"]


def test_copies_of_a_study_are_numbered_in_a_folder_of_its_own(tree: Path) -> None:
    first, second = uid(STUDY, 1), uid(STUDY, 2)
    pieces = [
        StudyPart(study_instance_uid=second, series_instance_uid=uid(STUDY, 2, 2), first=1, files=1),
        StudyPart(study_instance_uid=second, series_instance_uid=uid(STUDY, 2, 1)),
        StudyPart(study_instance_uid=first),
    ]
    with dicommap.scan(tree) as inventory:
        found = list(inventory.s3_objects().staged_objects(pieces, 10**6))
        smaller = list(inventory.s3_objects().staged_objects(pieces, 1))
    assert [one.key for one in found] == [
        *(f"{first}/000000{number}.dcm" for number in range(1, 5)),
        *(f"{second}/000000{number}.dcm" for number in range(1, 4)),
    ]
    assert [one.source for one in found][4:] == [
        "study2/series1/IM0001",
        "study2/series1/IM0002",
        "study2/series2/IM0002",
    ]
    assert smaller == []


def test_keys_of_copies_are_in_the_order_of_s3(tmp_path: Path) -> None:
    uids = [f"{STUDY}.1", f"{STUDY}.1.2", f"{STUDY}.10"]
    write_tree(tmp_path, {one: p10(StudyInstanceUID=one, SOPInstanceUID=f"{one}.9") for one in uids})
    with dicommap.scan(tmp_path) as inventory:
        found = inventory.s3_objects().staged_objects([StudyPart(study_instance_uid=one) for one in uids], 10**6)
        keys = [one.key for one in found]
    assert keys == sorted(keys, key=str.encode)


def test_weights_are_those_of_the_files(tree: Path) -> None:
    write_tree(tree, {"large": p10(StudyInstanceUID=STUDY, SOPInstanceUID=uid(STUDY, 9)) + bytes(2_000)})
    with dicommap.scan(tree) as inventory:
        sizes_by_study = {one.study_instance_uid: one for one in inventory.s3_objects().study_sizes(1_000)}
        sizes = list(inventory.s3_objects().series_file_sizes(uid(STUDY, 1), uid(STUDY, 1, 1), 1_000))
    assert (sizes_by_study[STUDY].files, sizes_by_study[STUDY].too_large) == (0, 1)
    assert (sizes_by_study[uid(STUDY, 1)].files, sizes_by_study[uid(STUDY, 1)].too_large) == (4, 0)
    assert sum(sizes) == sizes_by_study[uid(STUDY, 1)].series[0].bytes


def test_members_of_archives_weigh_nothing_and_are_not_counted(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("IM1", p10(SOPInstanceUID=uid(STUDY, 7)))
        archive.writestr("notes", b"x")
    write_tree(tmp_path, {"IM2": p10()})
    with dicommap.scan(tmp_path, archives=True) as inventory:
        objects = inventory.s3_objects()
        (study_size,) = objects.study_sizes(10**6)
        assert (study_size.files, objects.count_files()) == (1, FileCounts(files=2, instances=1))
        assert [one.size for one in objects.staged_objects([StudyPart(study_instance_uid=STUDY)], 10**6)] == [
            len(p10())
        ]


def test_names_that_are_not_utf_8_are_told(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9")).write_bytes(p10())
    write_tree(tmp_path, {"b": b"x"})
    with dicommap.scan(tmp_path) as inventory:
        assert list(inventory.s3_objects().non_utf8_paths()) == [os.fsdecode(b"caf\xe9")]
        assert inventory.s3_objects().count_files() == FileCounts(files=2, instances=1)
        assert list(inventory.s3_objects().study_sizes(10**6)) == []
