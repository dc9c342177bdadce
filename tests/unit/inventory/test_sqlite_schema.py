"""Telling an inventory from any other file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dicommap.errors import AttributeNameError, InventoryError
from dicommap.inventory import Inventory, sqlite_schema
from dicommap.inventory.writer import InventoryWriter
from dicommap.model.captured_attributes import DEFAULT_KEYWORDS
from tests.support.filled_inventories import added, inventory_of, put


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """Return the path of an inventory."""
    path = tmp_path / "inventory.db"
    with inventory_of(added("a"), path=path):
        pass
    return path


def test_an_inventory_is_opened_by_any_kind_of_path(stored: Path) -> None:
    for path in (stored, str(stored)):
        with Inventory.open(path) as inventory:
            assert inventory.summary().instances == 1


@pytest.mark.parametrize("name", ["a b%20c?mode=rwc#x.db", "ünï.db", "-o.db", "file:x.db", "new\nline.db"])
def test_odd_names_of_inventories_work(tmp_path: Path, name: str) -> None:
    with inventory_of(added("a"), path=tmp_path / name):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with Inventory.open(tmp_path / name) as inventory:
        assert inventory.summary().instances == 1


def test_no_file_at_all_is_an_error_with_a_fix(tmp_path: Path) -> None:
    with pytest.raises(InventoryError) as caught:
        Inventory.open(tmp_path / "none.db")
    assert "dicommap scan" in caught.value.fix
    assert list(tmp_path.iterdir()) == []


def test_a_scan_that_was_stopped_is_told_of(tmp_path: Path) -> None:
    with InventoryWriter(tmp_path / "i.db", DEFAULT_KEYWORDS, ["/one"]) as writer:
        put(writer, added("a"))
    with pytest.raises(InventoryError, match="was not finished") as caught:
        Inventory.open(tmp_path / "i.db")
    assert "again" in caught.value.fix


def test_a_directory_is_no_inventory(tmp_path: Path) -> None:
    with pytest.raises(InventoryError):
        Inventory.open(tmp_path)


@pytest.mark.parametrize("content", [b"", b"plain text", b"SQLite format 3\0" + bytes(84), bytes(5_000)])
def test_other_files_are_no_inventories_and_stay_as_they_are(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(InventoryError, match="not a dicommap inventory") as caught:
        Inventory.open(path)
    assert caught.value.fix
    assert not sqlite_schema.is_inventory(path)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_another_database_is_no_inventory(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE file (path)")
        connection.commit()
    with pytest.raises(InventoryError, match="not a dicommap inventory"):
        Inventory.open(path)


def test_an_inventory_of_another_format_is_told_apart(stored: Path) -> None:
    with closing(sqlite3.connect(stored)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(InventoryError, match="format 99; this dicommap reads format 5") as caught:
        Inventory.open(stored)
    assert "Scan again" in caught.value.fix
    assert sqlite_schema.is_inventory(stored)


def test_a_database_that_only_claims_to_be_an_inventory_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {sqlite_schema.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {sqlite_schema.FORMAT_VERSION}")
    with pytest.raises(InventoryError, match="damaged"):
        Inventory.open(path)


@pytest.mark.parametrize("path", ["none.db", "no/none.db", ".", "/"])
def test_the_message_names_the_path_as_it_was_given(path: str) -> None:
    with pytest.raises(InventoryError) as caught:
        Inventory.open(path)
    assert f"no inventory at {Path(path)}." in str(caught.value)


def test_a_name_that_the_system_refuses_is_an_error_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match="File name too long"):
        Inventory.open(tmp_path / ("x" * 300))


def test_more_attributes_than_columns_are_an_error_that_names_the_limit(tmp_path: Path) -> None:
    keywords = tuple(f"A{number}" for number in range(1_995))
    with pytest.raises(AttributeNameError, match="at most 1,994 attributes, and 1,995"):
        InventoryWriter(tmp_path / "i.db", keywords, ["/one"])
    assert list(tmp_path.iterdir()) == []
    with inventory_of(added("a"), keywords=keywords[:-1], path=tmp_path / "i.db") as inventory:
        assert inventory.summary().instances == 1
        assert len(next(inventory.series()).values) == 1_994
