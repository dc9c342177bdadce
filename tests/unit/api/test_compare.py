"""compare(): inventories as paths or objects, words to ignore, and what is kept in memory."""

from __future__ import annotations

import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import pytest

import dicommap
from dicommap.api import compare as compare_module
from dicommap.errors import InventoryError, UsageError
from dicommap.inventory.writer import InventoryWriter
from dicommap.model.captured_attributes import DEFAULT_KEYWORDS
from dicommap.progress import Progress
from tests.support.filled_inventories import added, inventory_of, put


def write(path: Path, *paths: str, root: str = "/one") -> Path:
    with InventoryWriter(path, DEFAULT_KEYWORDS, [root]) as writer:
        put(writer, *(added(name, f"1.1 1.1.1 1.1.1.{number}") for number, name in enumerate(paths)))
        writer.finish(lambda first, second: True).close()
    return path


def test_paths_and_open_inventories_are_compared(tmp_path: Path) -> None:
    before, after = write(tmp_path / "a.db", "x", "y"), write(tmp_path / "b.db", "x", "z")
    by_path = dicommap.compare(before, str(after))
    assert [item.kinds for item in by_path.instances()] == [("path",)]
    assert (by_path.before.name, by_path.after.name) == ("a.db", "b.db")
    with dicommap.Inventory.open(before) as first, inventory_of(added("x", "1.1 1.1.1 1.1.1.0")) as second:
        comparison = dicommap.compare(first, second)
        assert comparison.totals.instances.gone == 1
        assert comparison.after.name == "the second inventory"
    assert comparison.totals.instances.gone == 1
    with pytest.raises(InventoryError, match="closed"):
        list(comparison.studies())


def test_a_copy_below_another_root_is_the_same(tmp_path: Path) -> None:
    before, after = write(tmp_path / "a.db", "x", root="/data"), write(tmp_path / "b.db", "x", root="/backup")
    assert dicommap.compare(before, after).is_same


def test_files_that_are_no_inventories_are_named(tmp_path: Path) -> None:
    good = write(tmp_path / "a.db", "x")
    (tmp_path / "text").write_text("no inventory")
    with pytest.raises(InventoryError, match=r"The second inventory: .*text is not a dicommap inventory"):
        dicommap.compare(good, tmp_path / "text")
    with pytest.raises(InventoryError, match=r"The first inventory: There is no inventory at .*absent\.db"):
        dicommap.compare(tmp_path / "absent.db", good)


def test_an_older_format_and_an_unfinished_scan_are_named(tmp_path: Path) -> None:
    good, old, half = (write(tmp_path / name, "x") for name in ("good.db", "old.db", "half.db"))
    for path, statement in ((old, "PRAGMA user_version = 3"), (half, "UPDATE scan SET complete = 0")):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(statement)
            connection.commit()
    with pytest.raises(InventoryError, match=r"The first inventory: .*old\.db is an inventory of format 3"):
        dicommap.compare(old, good)
    with pytest.raises(InventoryError, match=r"The second inventory: .*half\.db: The scan .* was not finished"):
        dicommap.compare(good, half)


def test_other_versions_of_the_reader_are_said(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.db", "x"), write(tmp_path / "b.db", "x")
    with closing(sqlite3.connect(second)) as connection:
        connection.execute("UPDATE scan SET reading = reading + 1")
        connection.commit()
    comparison = dicommap.compare(first, second)
    assert comparison.is_same
    assert "other versions of dicommap read the headers" in str(comparison)


@pytest.mark.parametrize("word", ["series", "paths", "PatientId", ""])
def test_unknown_changes_are_refused(word: str) -> None:
    with inventory_of() as inventory, pytest.raises(UsageError, match=f"Unknown change to ignore '{word}'"):
        dicommap.compare(inventory, inventory, ignore=[word])


def test_progress_counts_instances(tmp_path: Path) -> None:
    reports: list[Progress] = []
    before, after = write(tmp_path / "a.db", "x", "y"), write(tmp_path / "b.db", "x")
    dicommap.compare(before, after, progress=reports.append)
    assert (reports[-1].done, reports[-1].total) == (2, 2)


def test_first_differences_are_kept_and_all_are_yielded() -> None:
    files = [added(f"{n}", f"1.{n} 1.{n}.1 1.{n}.1.1") for n in range(10, 20)]
    files += [added(f"{n}", f"1.15 1.15.1 1.15.1.{n}") for n in range(30, 33)]
    with (
        patch.object(compare_module, "ITEMS_KEPT", 3),
        patch.object(compare_module, "LARGEST_KEPT", 2),
        inventory_of() as before,
        inventory_of(*files) as after,
    ):
        comparison = dicommap.compare(before, after)
        assert [study.study_instance_uid for study in comparison.first] == ["1.10", "1.11", "1.12"]
        assert [study.study_instance_uid for study in comparison.largest] == ["1.15", "1.10"]
        assert len(list(comparison.studies())) == len(list(comparison.series())) == 10
        assert len(list(comparison.instances())) == 13


@pytest.mark.long
def test_memory_does_not_grow_with_the_inventories() -> None:
    def peak(count: int) -> int:
        first = [added(f"{n}", f"1.{n % 7} 1.{n % 7}.1 1.{n % 7}.1.{n}", PatientID=f"{n}") for n in range(count)]
        second = [added(f"{n}x", f"1.{n % 7} 1.{n % 7}.1 1.{n % 7}.1.{n}", PatientID=f"{n}y") for n in range(count)]
        with inventory_of(*first) as before, inventory_of(*second) as after:
            del first, second
            tracemalloc.start()
            try:
                dicommap.compare(before, after)
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    with (
        patch.object(compare_module, "ITEMS_KEPT", 10),
        patch("dicommap.inventory.comparison.CHANGES_LISTED", 10),
        patch("dicommap.inventory.instance_comparison._MAX_CACHED_HEADERS", 10),
    ):
        peak(100)  # the first call fills caches
        assert peak(4000) < peak(400) + 500_000  # the differences of 3,600 instances take several million bytes
