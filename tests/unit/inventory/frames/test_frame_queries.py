"""The connection of frames: the same inventory, opened once more."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicommap.errors import InventoryError
from dicommap.inventory import Inventory
from dicommap.inventory.frames.frame_queries import open_frame_connection
from dicommap.inventory.writer import InventoryWriter
from dicommap.model.captured_attributes import DEFAULT_KEYWORDS
from tests.support.filled_inventories import inventory_of, put
from tests.support.frame_inventory import FILES


@pytest.mark.parametrize("name", [None, "inventory.db", "a b?c=%20#.db", "\udcff.db"])
def test_files_and_memory_are_opened_once_more(tmp_path: Path, name: str | None) -> None:
    path = None if name is None else tmp_path / name
    with inventory_of(*FILES, path=path) as inventory, open_frame_connection(inventory._connection) as tables:
        assert tables is not inventory._connection
        assert tables.execute("SELECT COUNT(*) FROM file").fetchall() == [(len(FILES),)]


def test_a_file_that_was_replaced_is_not_taken_for_the_same(tmp_path: Path) -> None:
    path = tmp_path / "inventory.db"
    with inventory_of(*FILES, path=path), Inventory.open(path) as inventory:
        with InventoryWriter(path, DEFAULT_KEYWORDS, ["/one"], started_ns=5) as writer:
            put(writer, *FILES)
            writer.finish(lambda one, other: True).close()
        with pytest.raises(InventoryError, match="replaced"):
            inventory.to_arrow("file")
    with Inventory.open(path) as inventory:
        assert inventory.to_arrow("file").num_rows == len(FILES)


def test_a_file_that_went_away_is_told(tmp_path: Path) -> None:
    path = tmp_path / "inventory.db"
    with inventory_of(*FILES, path=path) as inventory:
        path.unlink()
        with pytest.raises(InventoryError, match="no inventory"):
            inventory.to_arrow("file")


def test_a_closed_inventory_says_so() -> None:
    with inventory_of(*FILES) as inventory:
        inventory.close()
        for ask in (inventory.to_arrow, inventory.sql):
            with pytest.raises(InventoryError, match=r"is closed.*Open it again"):
                ask("series")
