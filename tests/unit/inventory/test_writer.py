"""Writing an inventory: in its place when all is in, and not at all otherwise."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dicommap.errors import InventoryError, SourceError
from dicommap.healthimaging.limits import MAX_P10_BYTES
from dicommap.inventory import Inventory, sqlite_schema, writer
from dicommap.inventory.whole_scan_checks import FileIdentity
from dicommap.inventory.writer import InventoryWriter
from dicommap.model.captured_attributes import DEFAULT_KEYWORDS
from dicommap.writing.partial_files import partial_file
from tests.support.filled_inventories import added, inventory_of, put, refused


def started(path: Path | None) -> InventoryWriter:
    return InventoryWriter(path, DEFAULT_KEYWORDS, ["/one"])


def rows(inventory: Inventory, table: str) -> int:
    return int(inventory._connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])


def test_files_that_share_their_values_share_a_header() -> None:
    same = [added(f"{n}", f"1.1 1.1.1 1.{n}", PatientID="P1", InstanceNumber=str(n)) for n in range(50)]
    other = [added("x", "1.1 1.1.1 1.99", PatientID="P2"), added("y", "1.1 1.1.2 1.98", PatientID="P1")]
    with inventory_of(*same, *other) as inventory:
        assert rows(inventory, "header") == 3
        assert rows(inventory, "file") == 52


def test_headers_are_shared_beyond_what_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_MAX_CACHED_HEADERS", 2)
    files = [added(f"{n}", f"1.1 1.1.{n % 5} 1.{n}") for n in range(30)]
    with inventory_of(*files) as inventory:
        assert rows(inventory, "header") == 5
        assert [series.files for series in inventory.series()] == [6] * 5


def test_values_with_quotes_and_other_scripts_are_stored_as_they_are() -> None:
    evil = "'; DROP TABLE file; -- \" 山田\0x"
    with inventory_of(added("a", PatientName=evil)) as inventory:
        assert inventory.distinct("PatientName") == {evil: 1}


@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_batches_are_all_stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seconds: float) -> None:
    monkeypatch.setattr(writer, "_COMMIT_INTERVAL_SECONDS", seconds)
    with inventory_of(*(refused(f"{n}") for n in range(10)), path=tmp_path / "i.db") as inventory:
        assert inventory.summary().files == 10


def test_a_path_is_taken_once() -> None:
    with pytest.raises(SourceError, match="yielded a path twice"), inventory_of(added("a"), added("a")):
        raise AssertionError("not reached")


def test_issues_of_a_file_have_its_printable_path_and_come_in_order() -> None:
    with inventory_of(refused("b\n"), refused("a\udcff")) as inventory:
        assert [issue.location.path for issue in inventory.issues()] == ["b\\x0a", "a\\xff"]


def test_nothing_is_in_place_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "i.db"
    with started(path) as started_writer:
        put(started_writer, added("a"))
        assert not path.exists()
        with Inventory.from_connection(started_writer.finish(lambda one, other: True)):
            assert list(tmp_path.iterdir()) == [path]


def unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}.unfinished")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, sqlite3.OperationalError])
def test_leaving_early_leaves_the_old_inventory_and_what_was_written_beside_it(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "i.db"
    with inventory_of(added("old"), path=path):
        pass
    old = path.read_bytes()
    expected = InventoryError if error is sqlite3.OperationalError else error

    def failing(one: FileIdentity, other: FileIdentity) -> bool:
        raise error

    with pytest.raises(expected), inventory_of(added("new"), added("copy"), path=path, same=failing):
        raise AssertionError("not reached")
    assert path.read_bytes() == old
    assert set(tmp_path.iterdir()) == {path, unfinished(path)}
    with inventory_of(added("third"), path=path):
        assert list(tmp_path.iterdir()) == [path]


def test_leaving_without_an_end_leaves_nothing(tmp_path: Path) -> None:
    with started(tmp_path / "i.db"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_inventory_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "i.db"
    for name in ("old", "new"):
        with inventory_of(added(name), path=path) as inventory:
            assert [file.path for file in inventory.files()] == [name]
    assert list(tmp_path.iterdir()) == [path]


def test_who_reads_the_old_inventory_goes_on_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "i.db"
    with inventory_of(added("old"), path=path) as old, inventory_of(added("new"), path=path):
        assert [file.path for file in old.files()] == ["old"]


def test_an_empty_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "i.db"
    path.touch()
    with inventory_of(added("a"), path=path) as inventory:
        assert inventory.summary().instances == 1


@pytest.mark.parametrize("content", [b"mine", b"SQLite format 3\0", bytes(5_000)])
def test_a_foreign_file_is_refused_and_untouched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "i.db"
    path.write_bytes(content)
    with pytest.raises(InventoryError) as caught:
        started(path)
    assert caught.value.fix
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def _directory(path: Path) -> None:
    path.mkdir()


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.symlink_to(os.devnull)


@pytest.mark.parametrize("make", [_directory, _fifo, _device])
def test_what_is_no_regular_file_is_refused_and_left(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "i.db"
    make(path)
    before = path.lstat()
    with pytest.raises(InventoryError) as caught:
        started(path)
    assert caught.value.fix
    assert path.lstat() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["none/i.db", "file/i.db"])
def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InventoryError, match="does not exist"):
        started(tmp_path / name)


def test_a_directory_that_cannot_be_written_to_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*arguments: object, **named: object) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(sqlite3, "connect", failing)
    with pytest.raises(InventoryError) as caught:
        started(tmp_path / "i.db")
    assert caught.value.fix


def test_a_name_that_is_too_long_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InventoryError):
        started(tmp_path / ("x" * 250))


def test_a_full_disk_at_the_start_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(connection: sqlite3.Connection, keywords: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite_schema, "create_tables", failing)
    with pytest.raises(InventoryError):
        started(tmp_path / "i.db")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_at_the_end_is_an_error_and_leaves_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(connection: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite_schema, "create_indexes", failing)
    with pytest.raises(InventoryError, match="cannot be written"), inventory_of(added("a"), path=tmp_path / "i.db"):
        raise AssertionError("not reached")
    assert list(tmp_path.iterdir()) == [unfinished(tmp_path / "i.db")]


def test_a_disk_that_fills_up_is_told_and_whole_batches_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_COMMIT_INTERVAL_SECONDS", 0.0)
    monkeypatch.setattr(writer, "_SETTINGS", writer._SETTINGS + "PRAGMA max_page_count = 30;")
    path = tmp_path / "i.db"
    stored: list[int] = []

    def fill() -> None:
        with started(path) as filling:
            for number in range(10_000):
                put(filling, added(f"{number}" * 50, f"1.1 1.1.1 1.1.{number}"))
                stored.append(number)

    with pytest.raises(InventoryError, match="no space is left") as caught:
        fill()
    assert "goes on" in caught.value.fix
    with closing(sqlite3.connect(unfinished(path))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT COUNT(*) FROM file").fetchone() == (len(stored),)
    assert list(tmp_path.iterdir()) == [unfinished(path)]


def test_a_place_that_is_refused_at_the_end_is_an_error_and_leaves_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(source: object, target: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(InventoryError) as caught, inventory_of(added("a"), path=tmp_path / "i.db"):
        raise AssertionError("not reached")
    assert caught.value.fix
    assert list(tmp_path.iterdir()) == [unfinished(tmp_path / "i.db")]


def test_two_scans_of_one_place_at_once_are_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "i.db"
    with started(path) as first:
        put(first, added("a"))
        with pytest.raises(InventoryError, match="Another scan is writing this inventory") as caught:
            started(path)
        assert caught.value.fix
        put(first, added("b", "1.1 1.1.1 1.2"))
        with Inventory.from_connection(first.finish(lambda one, other: True)) as inventory:
            assert inventory.summary().instances == 2
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_scan_of_another_number_left_behind_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "i.db"
    stale, other = (tmp_path / f".{name}.0123456789abcdef.partial" for name in ("i.db", "j.db"))
    others = [other, *(tmp_path / name for name in (".i.db.0.partial", ".i.db.x.partial"))]
    for left in (stale, *others):
        left.write_bytes(b"patient")
    with partial_file(path) as alive, inventory_of(added("a"), path=path):
        assert set(tmp_path.iterdir()) == {path, alive.path, *others}
    assert set(tmp_path.iterdir()) == {path, *others}


def test_a_partial_file_that_cannot_be_removed_does_not_hide_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    writer = started(tmp_path / "i.db")
    monkeypatch.setattr(Path, "unlink", failing)
    with pytest.raises(ValueError, match="the good error"), writer:
        raise ValueError("the good error")


@pytest.mark.parametrize("path", ["", ".", "..", "/"])
def test_a_place_without_a_name_is_an_error(path: str) -> None:
    with pytest.raises(InventoryError, match="is a directory") as caught:
        started(Path(path))
    assert caught.value.message.startswith(f"{Path(path)} ")


def test_a_file_that_cannot_be_looked_into_is_not_called_foreign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "i.db"
    path.write_bytes(b"?")
    monkeypatch.setattr(sqlite_schema, "is_inventory", denied)
    with pytest.raises(InventoryError, match="Permission denied"):
        started(path)


def test_findings_of_several_sources_tell_the_source(tmp_path: Path) -> None:
    files = [added("a"), added("a", source=1), added("b", "1.1 1.1.1 1.2", source=1, size=MAX_P10_BYTES + 1)]
    with inventory_of(refused("n\n"), *files) as inventory:
        found = {issue.code: issue for issue in inventory.issues()}
    assert {code: issue.location.path for code, issue in found.items()} == {
        "p10.not-dicom": "/one/n\\x0a",
        "instance.duplicate": "/two/a",
        "instance.too-large": "/two/b",
    }
    assert "/one/a" in found["instance.duplicate"].message


def test_an_inventory_in_memory_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with inventory_of(added("a")) as inventory:
        assert inventory.summary().instances == 1
    assert list(tmp_path.iterdir()) == []
