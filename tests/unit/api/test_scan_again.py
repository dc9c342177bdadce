"""A second scan: what has not changed is not read again, and the inventory is the one that a first scan would make."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest

import dicommap
from dicommap.inventory import writer
from dicommap.progress import Progress
from dicommap.scanning import pipeline, tasks
from tests.support.p10_files import p10, small_tree, uid, write_tree
from tests.support.varied_tree import age, rows_of, scan_rows, varied_tree


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each file is opened, by its name."""
    counts: Counter[str] = Counter()
    original = os.open

    def counting(path: str, flags: int, mode: int = 0o777) -> int:
        if not flags & os.O_DIRECTORY:
            counts[os.path.basename(os.fspath(path))] += 1
        return original(path, flags, mode)

    monkeypatch.setattr(os, "open", counting)
    return counts


def forget(opened: Counter[str]) -> None:
    opened.clear()


def read(opened: Counter[str]) -> set[str]:
    return {name for name in opened if not name.startswith(".") and name != "i.db"}  # the lock and the inventory


def summary(tree: Path, output: Path, **options: bool) -> tuple[int, int]:
    with dicommap.scan(tree, output=output, **options) as inventory:  # type: ignore[arg-type]
        found = inventory.summary()
        assert rows_of(inventory) == scan_rows(tree)
        return found.read, found.unchanged


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    made = varied_tree(tmp_path / "tree")
    age(made)
    return made


def test_nothing_unchanged_is_read_again(tree: Path, tmp_path: Path, opened: Counter[str]) -> None:
    first = scan_rows(tree, output=tmp_path / "i.db")
    forget(opened)
    assert scan_rows(tree, output=tmp_path / "i.db") == first
    assert read(opened) == {"conflict", "copy", "copy2"}  # what differed, or could not be read, is compared again


def test_changed_files_are_read_and_vanished_ones_leave(tree: Path, tmp_path: Path, opened: Counter[str]) -> None:
    output = tmp_path / "i.db"
    dicommap.scan(tree, output=output).close()
    write_tree(tree, {"many/0003": p10(SOPInstanceUID="1.6"), "many/0003b": p10(SOPInstanceUID="1.5")})
    (tree / "many/0004").unlink()
    (tree / "conflict").unlink()
    os.utime(tree / "many/0005", (1, 1))
    forget(opened)
    with dicommap.scan(tree, output=output) as inventory:
        found = inventory.summary()
        assert found.read == 3
        assert read(opened) == {"0003", "0003b", "0005", "copy", "copy2"}
        assert rows_of(inventory) == scan_rows(tree)


def test_a_file_of_the_same_size_but_another_time_is_read(tree: Path, tmp_path: Path) -> None:
    output, path = tmp_path / "i.db", tree / "many/0001"
    dicommap.scan(tree, output=output).close()
    content = path.read_bytes()
    path.write_bytes(content.replace(b"19", b"18"))
    assert path.stat().st_size == len(content)
    assert summary(tree, output)[0] == 1


def test_a_file_as_young_as_the_scan_is_read_again(tree: Path, tmp_path: Path) -> None:
    output, path = tmp_path / "i.db", tree / "many/0001"
    path.touch()
    time = path.stat().st_mtime_ns
    dicommap.scan(tree, output=output).close()
    path.write_bytes(path.read_bytes().replace(b"1.9.1", b"1.9.9"))
    os.utime(path, ns=(time, time))  # within the tick of a coarse clock
    assert summary(tree, output)[0] == 1


def test_no_cache_reads_all(tree: Path, tmp_path: Path) -> None:
    output = tmp_path / "i.db"
    read_first, _ = summary(tree, output)
    assert summary(tree, output, cache=False) == (read_first, 0)


def test_other_attributes_or_another_way_of_reading_read_all(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "i.db"
    dicommap.scan(tree, output=output).close()
    with dicommap.scan(tree, output=output, attributes=["Rows"]) as inventory:
        assert inventory.summary().unchanged == 0
        assert inventory.distinct("Rows")["1"] > 0
    monkeypatch.setattr(import_module("dicommap.api.scan"), "READER_VERSION", tasks.READER_VERSION + 1)
    with dicommap.scan(tree, output=output, attributes=["Rows"]) as inventory:
        assert inventory.summary().unchanged == 0


def test_what_could_not_be_read_is_tried_again(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "i.db"

    def refusing(descriptor: int, length: int, offset: int) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", refusing)
        with dicommap.scan(tree, output=output) as inventory:
            assert inventory.summary().instances == 0
    with dicommap.scan(tree, output=output) as inventory:
        assert rows_of(inventory) == scan_rows(tree)


def test_copies_that_were_compared_once_are_not_compared_again(tmp_path: Path, opened: Counter[str]) -> None:
    tree, output = write_tree(tmp_path / "tree", {name: p10() for name in "abc"}), tmp_path / "i.db"
    age(tree)
    first = scan_rows(tree, output=output)
    forget(opened)
    assert scan_rows(tree, output=output) == first
    assert read(opened) == set()
    write_tree(tree, {"c": p10(PatientID="Q1")})
    assert scan_rows(tree, output=output) != first
    assert read(opened) == {"a", "c"}


def plain_tree(root: Path) -> Path:
    """Make a tree in which nothing has to be looked at again: ten instances, a copy, and no DICOM."""
    files = {f"{number:02}": p10(SOPInstanceUID=f"1.9.{number}", StudyID=str(number % 3)) for number in range(10)}
    write_tree(root, {**files, "05copy": files["05"], "00notes": b"no DICOM"})
    age(root)
    return root


def test_an_unchanged_tree_keeps_its_inventory_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "FILES_PER_BATCH", 3)
    tree, output = plain_tree(tmp_path / "tree"), tmp_path / "i.db"
    first = scan_rows(tree, output=output)

    def refusing(*arguments: object) -> None:
        raise AssertionError("a row was written, or files were compared")

    monkeypatch.setattr(writer.InventoryWriter, "add_batch", refusing)
    monkeypatch.setattr(writer, "mark_duplicates", refusing)
    assert scan_rows(tree, output=output) == first
    with dicommap.Inventory.open(output) as inventory:
        assert (inventory.summary().read, inventory.summary().unchanged) == (0, 12)


@pytest.mark.parametrize("changed", ["00", "00notes", "04", "05", "05copy", "09", "10"])
def test_what_comes_before_the_first_change_is_taken_as_it_is(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "FILES_PER_BATCH", 3)
    tree, output = plain_tree(tmp_path / "tree"), tmp_path / "i.db"
    dicommap.scan(tree, output=output).close()
    write_tree(tree, {changed: p10(SOPInstanceUID="1.9.99", StudyID="another")})
    assert summary(tree, output) == (1, 12 if changed == "10" else 11)
    (tree / changed).unlink()
    assert summary(tree, output) == (0, 12 if changed == "10" else 11)


def test_a_vanished_last_file_leaves(tmp_path: Path) -> None:
    tree, output = plain_tree(tmp_path / "tree"), tmp_path / "i.db"
    dicommap.scan(tree, output=output).close()
    (tree / "09").unlink()
    assert summary(tree, output) == (0, 11)


def test_a_source_may_be_added_or_left_out(tmp_path: Path) -> None:
    one, two, output = small_tree(tmp_path / "one"), tmp_path / "two", tmp_path / "i.db"
    write_tree(two, {"text": b"?", "a": p10(SOPInstanceUID=uid("1.9", 1))})
    write_tree(one, {"text": b"??"})
    age(one)
    age(two)
    dicommap.scan(one, output=output).close()
    for sources in ((two, one), (one, two), (two,)):
        with dicommap.scan(*sources, output=output) as inventory:
            assert inventory.summary().unchanged >= 2
            assert rows_of(inventory) == scan_rows(*sources)


ALTERATIONS = [
    "DROP TABLE file",
    "DROP TABLE header",
    "DROP TABLE scan",
    "DELETE FROM header",
    "UPDATE file SET header = 99",
    "UPDATE file SET SOPInstanceUID = x'00'",
    "UPDATE file SET disposition = 'odd'",
    "UPDATE issue SET location = 'no JSON'",
    "UPDATE header SET StudyInstanceUID = x'00'",
    "UPDATE scan SET started_ns = 'then'",
    "UPDATE source SET root = 7",
]


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_a_damaged_inventory_is_no_hindrance(tree: Path, tmp_path: Path, alteration: str) -> None:
    output = tmp_path / "i.db"
    dicommap.scan(tree, output=output).close()
    with closing(sqlite3.connect(output)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(alteration)
        connection.commit()
    summary(tree, output)


def test_half_an_inventory_is_no_hindrance(tree: Path, tmp_path: Path) -> None:
    output = tmp_path / "i.db"
    dicommap.scan(tree, output=output).close()
    for place in (output, tmp_path / ".i.db.unfinished", tmp_path / ".i.db.earlier"):
        place.write_bytes(output.read_bytes()[:9_000])
    summary(tree, output)
    assert {path.name for path in tmp_path.iterdir()} == {"tree", "i.db"}


class Stop(Exception):  # noqa: N818
    """Ends a scan from within."""


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "FILES_PER_BATCH", 5)


def stop_at(count: int, tree: Path, output: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.done >= count:
            raise Stop

    with pytest.raises(Stop):
        dicommap.scan(tree, output=output, progress=stop)


@pytest.mark.usefixtures("stopping")
def test_a_scan_that_is_stopped_again_and_again_gets_to_its_end(tree: Path, tmp_path: Path) -> None:
    output = tmp_path / "i.db"
    before = 0
    for count in (10, 30, 20, 50):
        stop_at(count, tree, output)
        assert not output.exists()
        write_tree(tree, {f"a-new-one-{count}": b"?"})  # early in the order: what follows moves on
        before = max(before, count)
    with dicommap.scan(tree, output=output) as inventory:
        assert inventory.summary().unchanged >= before - 10  # links and what was young aside
        assert rows_of(inventory) == scan_rows(tree)
    assert {path.name for path in tmp_path.iterdir()} == {"tree", "i.db"}


@pytest.mark.usefixtures("stopping")
def test_a_rescan_that_is_stopped_leaves_the_inventory_of_before(tree: Path, tmp_path: Path) -> None:
    output = tmp_path / "i.db"
    dicommap.scan(tree, output=output).close()
    old = output.read_bytes()
    write_tree(tree, {"0": b"?"})
    stop_at(20, tree, output)
    assert output.read_bytes() == old
    with dicommap.Inventory.open(output) as inventory:
        assert "0" not in {file.path for file in inventory.files()}
    assert summary(tree, output)[0] == 1


@pytest.mark.usefixtures("stopping")
def test_no_cache_does_not_go_on_from_a_stopped_scan(tree: Path, tmp_path: Path) -> None:
    stop_at(30, tree, tmp_path / "i.db")
    assert summary(tree, tmp_path / "i.db", cache=False)[1] == 0
    assert {path.name for path in tmp_path.iterdir()} == {"tree", "i.db"}


@pytest.mark.usefixtures("stopping")
def test_what_is_written_beside_the_inventory_is_not_scanned(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_COMMIT_INTERVAL_SECONDS", 0)
    expected = scan_rows(tree)
    stop_at(30, tree, tree / ".z.db")
    stop_at(10, tree, tree / ".z.db")
    rows = scan_rows(tree, output=tree / ".z.db")
    del rows["directory"], expected["directory"]  # the inventory changes its own directory
    assert rows == expected
