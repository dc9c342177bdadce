"""A scan with archives: the same rows whoever reads, nothing unchanged is read again, copies are found in archives."""

from __future__ import annotations

import gzip
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.scanning import pipeline
from dicommap.sources.archives import tar_archive
from dicommap.sources.archives.zip_archive import ZipArchive
from tests.support.archive_files import ARCHIVE_SUFFIXES, advance_mtime, write_archive, write_tree_archive
from tests.support.p10_files import p10, small_tree, uid, write_tree
from tests.support.varied_tree import age, rows_of, scan_rows
from tests.unit.api.test_scan_executors import Shuffling


def instances(*sources: Path, **options: Any) -> list[tuple[Any, ...]]:
    """Return what a scan finds, without where it found it."""
    with dicommap.scan(*sources, **options) as inventory:
        found = [
            (one.study_instance_uid, one.series_instance_uid, one.sop_instance_uid, one.size, one.instance_number)
            for one in inventory.instances()
        ]
        values = [(one.series_instance_uid, one.values) for one in inventory.series()]
    return [*sorted(found), *values]


def archives(root: Path) -> Path:
    """Write an archive of each kind with files of its own, some that are in another as well, and some that are odd."""
    for number, kind in enumerate(ARCHIVE_SUFFIXES):
        members = [(f"d/{n:03}", p10(SOPInstanceUID=uid("1.9", number, n), PatientID=f"P{n % 3}")) for n in range(30)]
        members += [("shared", p10(SOPInstanceUID="1.8")), ("conflict", p10(SOPInstanceUID="1.7", Rows=number))]
        members += [("text", b"text"), ("", b""), ("in.zip", b"x"), ("../cut", members[0][1][:300])]
        if kind == "zip":
            members = [member for member in members if member[0]]
        write_archive(root / "sub" / f"{number}.{kind}", members)
        write_archive(root / f"copy{number}.{kind}", members[:10])
    write_tree(root, {"shared": p10(SOPInstanceUID="1.8"), "broken.zip": b"PK", "sub/9": p10(SOPInstanceUID="1.6")})
    age(root)
    return root


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_an_archive_of_a_tree_has_the_instances_of_the_tree(tree: Path, tmp_path: Path, kind: str) -> None:
    write_tree_archive(tmp_path / "packed" / f"s.{kind}", tree)
    assert instances(tmp_path / "packed", archives=True) == instances(tree)
    assert instances(tmp_path / "packed" / f"s.{kind}", archives=True) == instances(tree)


def test_archives_are_files_like_others_unless_asked_for(tree: Path, tmp_path: Path) -> None:
    write_tree_archive(tmp_path / "packed" / "s.zip", tree)
    with dicommap.scan(tmp_path / "packed") as inventory:
        assert inventory.summary().dispositions == {"not-dicom": 1}


def test_asking_for_archives_or_not_does_not_mix_with_what_was_scanned_before(tree: Path, tmp_path: Path) -> None:
    write_tree_archive(tmp_path / "packed" / "s.tar.gz", tree)
    age(tmp_path / "packed")
    for entered in (True, False, True, True, False):
        rows = scan_rows(tmp_path / "packed", output=tmp_path / "i.db", archives=entered)
        assert rows == scan_rows(tmp_path / "packed", archives=entered)


@pytest.mark.usefixtures("others_read")
@pytest.mark.parametrize("size", [7, 500])
def test_whoever_reads_the_rows_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    tree = archives(tmp_path / "tree")
    expected = scan_rows(tree, archives=True)
    monkeypatch.setattr(pipeline, "FILES_PER_BATCH", size)
    assert scan_rows(tree, archives=True, jobs=2) == expected
    with ThreadPoolExecutor(3) as threads:
        assert scan_rows(tree, archives=True, executor=threads) == expected
    with Shuffling(seed=size) as shuffling:
        assert scan_rows(tree, archives=True, executor=shuffling) == expected


@pytest.fixture
def members_read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often members are read, by their names."""
    counts: Counter[str] = Counter()
    for kind in (ZipArchive, tar_archive.TarArchive, tar_archive.CompressedTarArchive):
        original = kind.make_member_reader

        def counting(self: Any, name: str, *, original: Any = original) -> Any:
            counts[name] += 1
            return original(self, name)

        monkeypatch.setattr(kind, "make_member_reader", counting)
    return counts


def test_members_of_an_unchanged_archive_are_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, members_read: Counter[str]
) -> None:
    for number, kind in enumerate(ARCHIVE_SUFFIXES):
        members = [(f"{n}", p10(SOPInstanceUID=uid("1.9", number, n))) for n in range(3)]
        write_archive(
            tmp_path / "tree" / f"{number}.{kind}", [*members, ("text", b"text"), ("b\udcff" if number else "b", b"")]
        )
    age(tmp_path / "tree")
    first = scan_rows(tmp_path / "tree", output=tmp_path / "i.db", archives=True)
    members_read.clear()
    unpacked: list[object] = []
    monkeypatch.setattr(gzip.GzipFile, "read", lambda *arguments: unpacked.append(arguments))
    assert scan_rows(tmp_path / "tree", output=tmp_path / "i.db", archives=True) == first
    assert not members_read
    assert not unpacked  # nor to list it


def test_copies_in_archives_are_not_compared_again(tmp_path: Path, members_read: Counter[str]) -> None:
    tree = tmp_path / "tree"
    for kind in ARCHIVE_SUFFIXES:
        write_archive(tree / f"s.{kind}", [(f"{n}", p10(SOPInstanceUID=uid("1.9", n))) for n in range(3)])
    age(tree)
    first = scan_rows(tree, output=tmp_path / "i.db", archives=True)
    assert {row[1] for row in first["issue"]} | {row[2] for row in first["issue"]} >= {"instance.duplicate"}
    members_read.clear()
    assert scan_rows(tree, output=tmp_path / "i.db", archives=True) == first
    assert not members_read


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_a_changed_archive_is_read_again_even_if_its_members_look_the_same(tmp_path: Path, kind: str) -> None:
    path, output = tmp_path / "tree" / f"s.{kind}", tmp_path / "i.db"
    for patient in ("P1", "P2"):
        write_archive(
            path, [("a", p10(PatientID=patient)), ("b", bytes(10) if patient == "P1" else os.urandom(10_000))]
        )
        os.utime(path, (1_000, 1_000))  # only the archive's own size tells
        rows = scan_rows(tmp_path / "tree", output=output, archives=True)
        assert rows == scan_rows(tmp_path / "tree", archives=True)
    assert "P2" in str(rows["header"])


def test_an_archive_that_becomes_ambiguous_is_left(tmp_path: Path) -> None:
    write_archive(tmp_path / "tree" / "s.tar.gz", [("a", p10())])
    age(tmp_path / "tree")
    scan_rows(tmp_path / "tree", output=tmp_path / "i.db", archives=True)
    write_tree(tmp_path / "tree", {"s.tar.gz!/a": p10(SOPInstanceUID="1.5")})
    with dicommap.scan(tmp_path / "tree", output=tmp_path / "i.db", archives=True) as inventory:
        assert rows_of(inventory) == scan_rows(tmp_path / "tree", archives=True)
        assert [one.sop_instance_uid for one in inventory.instances()] == ["1.5"]


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_copies_and_conflicts_are_found_between_archives_and_files(tmp_path: Path, kind: str) -> None:
    files = {f"{n}": p10(SOPInstanceUID=uid("1.9", n)) for n in range(20)}
    write_tree(tmp_path / "tree", files)
    shuffled = [*files.items()]
    random.Random(1).shuffle(shuffled)
    write_archive(tmp_path / "tree" / f"a.{kind}", [*shuffled, ("again", files["3"])])
    write_archive(
        tmp_path / "tree" / f"b.{kind}", [("0", files["0"]), ("1", p10(SOPInstanceUID=uid("1.9", 1), Rows=2))]
    )
    with dicommap.scan(tmp_path / "tree", archives=True) as inventory:
        counts = Counter(found.code for found in inventory.issues())
        conflicts = [found.location.path for found in inventory.issues() if found.code == "instance.conflict"]
    assert counts == {"instance.duplicate": 22, "instance.conflict": 1}
    assert conflicts == [f"b.{kind}!/1"]


@pytest.mark.parametrize("kind", ["tar.gz", "tar.bz2"])
def test_comparing_copies_unpacks_a_compressed_tar_file_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    files = {f"{n:02}": p10(SOPInstanceUID=uid("1.9", random.Random(n).randrange(10**9))) for n in range(40)}
    write_tree(tmp_path / "tree", files)
    write_archive(tmp_path / "tree" / f"s.{kind}", files.items())
    begun: list[object] = []
    original = tar_archive.CompressedTarArchive._open_decompressed_stream

    def counting(self: tar_archive.CompressedTarArchive) -> Any:
        begun.append(self)
        return original(self)

    monkeypatch.setattr(tar_archive.CompressedTarArchive, "_open_decompressed_stream", counting)
    with dicommap.scan(tmp_path / "tree", archives=True) as inventory:
        assert inventory.summary().dispositions["duplicate"] == 40
    assert len(begun) == 3  # to list it, to read headers, to compare


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
@pytest.mark.parametrize("change", ["touched", "gone"])
def test_an_archive_that_changes_during_the_scan_is_told_at_its_members(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, change: str
) -> None:
    monkeypatch.setattr(pipeline, "FILES_PER_BATCH", 3)
    path = write_archive(
        tmp_path / "tree" / f"s.{kind}", [(f"{n}", p10(SOPInstanceUID=uid("1.9", n))) for n in range(8)]
    )

    def changing(progress: object) -> None:
        if path.exists():
            advance_mtime(path)
            if change == "gone":
                path.unlink()

    with dicommap.scan(tmp_path / "tree", archives=True, progress=changing) as inventory:
        counts = inventory.summary().dispositions
        assert counts["instance"] + counts["unreadable"] == 8
        assert counts["unreadable"] >= 2
        assert {found.code for found in inventory.issues()} == {"archive.changed"}


def test_a_list_may_name_archives(tree: Path, tmp_path: Path) -> None:
    write_tree_archive(tmp_path / "packed" / "s.zip", tree)
    write_tree_archive(tmp_path / "packed" / "t.zip", tree)
    found = instances(tmp_path / "packed", archives=True, files=["s.zip"])
    assert found == instances(tree)


KILLED = """
import os, sys, signal
import dicommap
from dicommap.scanning import pipeline
from dicommap.inventory import writer

if __name__ == "__main__":
    pipeline.FILES_PER_BATCH = 5
    writer._COMMIT_INTERVAL_SECONDS = 0
    def kill(progress):
        if progress.done == 100:
            os.kill(os.getpid(), signal.SIGKILL)
    dicommap.scan(sys.argv[1], output=sys.argv[2], jobs=int(sys.argv[3]), archives=True, progress=kill)
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_scan_that_is_killed_goes_on_inside_an_archive(tmp_path: Path, jobs: str) -> None:
    tree = archives(tmp_path / "tree")
    (tmp_path / "script.py").write_text(KILLED)
    command: list[str | Path] = [sys.executable, tmp_path / "script.py", tree, tmp_path / "i.db", jobs]
    ran = subprocess.run(command, capture_output=True, check=False, timeout=60, start_new_session=True)
    assert ran.returncode == -signal.SIGKILL
    with dicommap.scan(tree, output=tmp_path / "i.db", archives=True) as inventory:
        assert inventory.summary().unchanged > 60
        assert rows_of(inventory) == scan_rows(tree, archives=True)


def test_instances_in_archives_are_counted(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    write_tree(root, {"a": p10(), "x.zip!/b": p10(SOPInstanceUID="1.5"), "y.zip0": p10(SOPInstanceUID="1.4")})
    write_archive(root / "y.zip", [("a", p10(SOPInstanceUID="1.3")), ("a2", p10()), ("text", b"x")])
    write_archive(Path(os.fsdecode(os.fsencode(root) + b"/\xff.tar")), [("z", p10(SOPInstanceUID="1.2"))])
    write_archive(root / "v.tar", [("\udcff", p10(SOPInstanceUID="1.1"))])
    with dicommap.scan(root, archives=True) as inventory:
        assert inventory.count_files_in_archives() == 4
        drafted = dicommap.draft(inventory, input_s3_uri="s3://example-bucket/incoming/", harmonize=["PatientID"])
    (found,) = [found for found in drafted.issues if found.code == "archive.instances-inside"]
    assert "inside archives: 4." in found.message
    with dicommap.scan(small_tree(tmp_path / "small")) as inventory:
        assert inventory.count_files_in_archives() == 0
