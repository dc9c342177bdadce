"""With trust_directories, files of unchanged directories are taken from the last complete scan and not looked at."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.errors import UsageError
from dicommap.progress import Progress
from dicommap.scanning import pipeline
from dicommap.sources import LocalTree
from tests.support.archive_files import write_archive
from tests.support.p10_files import p10, uid, write_tree
from tests.support.slow_disk import CountedCalls
from tests.support.varied_tree import Rows, rows_of, scan_rows, varied_tree

LONG_AGO = 10**18


def set_back(root: Path) -> None:
    """Set the times of all files and directories to long ago."""
    for directory, _, files in os.walk(root, topdown=False):
        for name in files:
            path = os.path.join(directory, name)
            if not os.path.islink(path):
                os.utime(path, ns=(LONG_AGO, LONG_AGO))
        os.utime(directory, ns=(LONG_AGO, LONG_AGO))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files = {
        f"{study}/{series}/{n}": p10(SOPInstanceUID=uid("1.9", ord(study), series, n))
        for study in "ab"
        for series in "12"
        for n in range(5)
    }
    made = write_tree(tmp_path / "tree", files)
    set_back(made)
    return made


def scan(tree: Path, output: Path, *, system: CountedCalls | None = None, **options: Any) -> Rows:
    """Scan a tree, with trust in its directories."""
    source = LocalTree(tree, follow_links=options.pop("follow_links", False), system=system or CountedCalls())
    with dicommap.scan(source, output=output, trust_directories=True, **options) as inventory:
        return rows_of(inventory)


def looked_at(system: CountedCalls, tree: Path) -> set[str]:
    """Return the paths of files whose status was read."""
    return {
        os.path.relpath(path, tree)
        for call, path in system.counts
        if call in ("stat", "lstat") and os.path.isfile(path)
    }


def test_no_file_of_an_unchanged_tree_is_looked_at(tree: Path, tmp_path: Path) -> None:
    first = scan(tree, tmp_path / "i.db")
    system = CountedCalls()
    assert scan(tree, tmp_path / "i.db", system=system) == first == scan_rows(tree)
    assert not looked_at(system, tree)
    assert system.total("open") == 0
    assert len(first["directory"]) == 7


@pytest.mark.parametrize("path", ["a/1/new", "b/new", "new", "b/2/x/y/new"])
def test_a_directory_that_has_changed_is_listed_and_the_others_are_not(tree: Path, tmp_path: Path, path: str) -> None:
    scan(tree, tmp_path / "i.db")
    write_tree(tree, {path: p10(SOPInstanceUID="1.99")})
    system = CountedCalls()
    assert scan(tree, tmp_path / "i.db", system=system) == scan_rows(tree)
    assert path in looked_at(system, tree)
    assert len({os.path.dirname(name) for name in looked_at(system, tree)}) <= 2


def test_files_and_directories_that_are_gone_leave(tree: Path, tmp_path: Path) -> None:
    scan(tree, tmp_path / "i.db")
    (tree / "a/1/3").unlink()
    shutil.rmtree(tree / "b/2")
    assert scan(tree, tmp_path / "i.db") == scan_rows(tree)


def test_a_file_that_was_changed_in_place_is_missed_as_documented(tree: Path, tmp_path: Path) -> None:
    first = scan(tree, tmp_path / "i.db")
    (tree / "a/1/3").write_bytes(p10(SOPInstanceUID="1.99"))
    assert scan(tree, tmp_path / "i.db")["file"] == first["file"]
    assert scan_rows(tree, output=tmp_path / "i.db") == scan_rows(tree)


def test_directories_that_changed_just_before_the_scan_are_not_trusted(tree: Path, tmp_path: Path) -> None:
    write_tree(tree, {"a/1/new": p10(SOPInstanceUID="1.98")})
    scan(tree, tmp_path / "i.db")
    time = (tree / "a/1").stat().st_mtime_ns
    write_tree(tree, {"a/1/newer": p10(SOPInstanceUID="1.99")})
    os.utime(tree / "a/1", ns=(time, time))  # as if the clock of the file system had not gone on
    assert scan(tree, tmp_path / "i.db") == scan_rows(tree)


def test_a_directory_with_another_time_in_the_past_is_listed(tree: Path, tmp_path: Path) -> None:
    scan(tree, tmp_path / "i.db")
    write_tree(tree, {"a/1/new": p10(SOPInstanceUID="1.98")})
    os.utime(tree / "a/1", ns=(LONG_AGO - 1, LONG_AGO - 1))
    assert scan(tree, tmp_path / "i.db") == scan_rows(tree)


@pytest.mark.parametrize("follow_links", [False, True])
def test_a_varied_tree_has_the_rows_of_a_first_scan(tmp_path: Path, follow_links: bool) -> None:
    tree = varied_tree(tmp_path / "tree")
    outside = write_tree(tmp_path / "outside", {"x/y": p10(SOPInstanceUID="1.97")})
    (tree / "to-outside").symlink_to(outside)
    (tree / "loop").symlink_to(tree)
    os.mkdir(os.path.join(os.fsencode(tree), b"\xfe"))
    Path(os.fsdecode(os.path.join(os.fsencode(tree), b"\xfe", b"f"))).write_bytes(p10(SOPInstanceUID="1.96"))
    write_tree(tree, {"sub-1/f": b"", "sub.1/f": b"", "sub/deep/\xe9/f": b"", "sub0/f": b""})
    set_back(tree)
    set_back(outside)
    for _ in range(3):
        assert scan(tree, tmp_path / "i.db", follow_links=follow_links) == scan_rows(tree, follow_links=follow_links)
    assert scan(tree, tmp_path / "i.db", follow_links=not follow_links) == scan_rows(
        tree, follow_links=not follow_links
    )
    write_tree(outside, {"x/z": p10(SOPInstanceUID="1.95")})
    assert scan(tree, tmp_path / "i.db", follow_links=follow_links) == scan_rows(tree, follow_links=follow_links)


def test_archives_are_looked_at(tree: Path, tmp_path: Path) -> None:
    write_archive(tree / "a/1/s.zip", [("1", p10(SOPInstanceUID="1.97"))])
    set_back(tree)
    scan(tree, tmp_path / "i.db", archives=True)
    write_archive(tree / "a/1/s.zip", [("1", p10(SOPInstanceUID="1.98")), ("2", p10(SOPInstanceUID="1.99"))])
    os.utime(tree / "a/1", ns=(LONG_AGO, LONG_AGO))
    assert scan(tree, tmp_path / "i.db", archives=True) == scan_rows(tree, archives=True)
    assert scan(tree, tmp_path / "i.db") == scan_rows(tree)
    assert scan(tree, tmp_path / "i.db", archives=True) == scan_rows(tree, archives=True)


class Stop(Exception):  # noqa: N818
    """Ends a scan from within."""


def test_a_stopped_scan_is_not_trusted(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "FILES_PER_BATCH", 3)

    def stop(progress: Progress) -> None:
        if progress.done > 6:
            raise Stop

    with pytest.raises(Stop):
        dicommap.scan(tree, output=tmp_path / "i.db", progress=stop)
    system = CountedCalls()
    assert scan(tree, tmp_path / "i.db", system=system) == scan_rows(tree)
    assert len(looked_at(system, tree)) == 20
    write_tree(tree, {"b/1/new": p10(SOPInstanceUID="1.99")})
    with pytest.raises(Stop):
        dicommap.scan(tree, output=tmp_path / "i.db", progress=stop, trust_directories=True)
    assert scan(tree, tmp_path / "i.db") == scan_rows(tree)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE directory SET entries = entries + 1",
        "UPDATE directory SET entries = 'many'",
        "UPDATE directory SET path = 7 WHERE path = 'a'",
        "DELETE FROM directory",
        "DELETE FROM directory WHERE path = 'a/1'",
        "DELETE FROM file WHERE path = 'a/1/3'",
        "UPDATE file SET size = 'large' WHERE path = 'a/1/3'",
        "UPDATE file SET disposition = 'Doe' WHERE path = 'a/1/3'",
    ],
)
def test_damaged_cells_are_not_trusted(tree: Path, tmp_path: Path, damage: str) -> None:
    scan(tree, tmp_path / "i.db")
    with closing(sqlite3.connect(tmp_path / "i.db")) as connection, connection:
        connection.execute(damage)
    assert scan(tree, tmp_path / "i.db") == scan_rows(tree)


def test_a_directory_with_many_entries_is_listed(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dicommap.inventory import directories

    scan(tree, tmp_path / "i.db")
    monkeypatch.setattr(directories, "MAX_KNOWN_ENTRIES", 4)
    system = CountedCalls()
    assert scan(tree, tmp_path / "i.db", system=system) == scan_rows(tree)
    assert len(looked_at(system, tree)) == 20


def test_what_has_no_directories_cannot_be_trusted(tree: Path) -> None:
    with pytest.raises(UsageError, match="no directories to trust"):
        dicommap.scan(tree, files=["a/1/1"], trust_directories=True)
    with pytest.raises(UsageError, match="cannot be trusted if all files are read"):
        dicommap.scan(tree, cache=False, trust_directories=True)
