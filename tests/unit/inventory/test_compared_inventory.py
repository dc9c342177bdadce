"""One side of a comparison: roots in pairs, copies within a limit, and files that were altered."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import pytest

import dicommap
from dicommap.errors import InventoryError
from dicommap.inventory import compared_inventory, instance_comparison
from dicommap.inventory.compared_inventory import pair_sources
from tests.support.filled_inventories import added, inventory_of


@pytest.mark.parametrize(
    ("before", "after", "pairs"),
    [
        (["/a"], ["/b"], {0: 0}),
        (["/a", "/b"], ["/b", "/a"], {0: 1, 1: 0}),
        (["/a", "/b", "/c"], ["/x", "/b", "/y"], {0: 0, 1: 1, 2: 2}),
        (["/a"], ["/b", "/a"], {1: 0, 0: -1}),
        (["/a", "/b"], ["/b"], {0: 1}),
        (["/a"], ["/b", "/c", "/d"], {0: 0, 1: -2, 2: -3}),
    ],
)
def test_equal_roots_are_pairs_and_the_others_in_their_order(
    before: list[str], after: list[str], pairs: dict[int, int]
) -> None:
    assert pair_sources(dict(enumerate(before)), dict(enumerate(after))) == pairs


def test_copies_beyond_a_number_are_only_counted() -> None:
    files = [added(f"{number:04}") for number in range(30)]
    with (
        patch.object(compared_inventory, "MAX_COPIES", 4),
        patch.object(instance_comparison, "MAX_COPIES", 4),
        inventory_of(*files) as before,
        inventory_of(*files[:-1], added("9999")) as after,
        inventory_of(*files[:-1]) as fewer,
    ):
        assert dicommap.compare(before, after).is_same
        assert not dicommap.compare(before, fewer).is_same


def write(path: Path, *uids: str) -> Path:
    files = [added(f"{number}", uid) for number, uid in enumerate(uids)]
    with inventory_of(*files, path=path):
        return path


ALTERATIONS = (
    "UPDATE file SET SOPInstanceUID = 'x'",
    "UPDATE file SET SOPInstanceUID = NULL",
    "UPDATE file SET SOPInstanceUID = x'00'",
    "UPDATE header SET StudyInstanceUID = x'312e31'",
    "UPDATE file SET source = 7",
    "UPDATE file SET size = -1",
    "UPDATE file SET path = 7",
    "DROP INDEX file_by_instance",
    "UPDATE scan SET complete = 0",
)


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_an_altered_inventory_is_named(tmp_path: Path, alteration: str) -> None:
    good, bad = write(tmp_path / "good.db", "1.1 1.1.1 1.1.1.1"), write(tmp_path / "bad.db", "1.1 1.1.1 1.1.1.1")
    with closing(sqlite3.connect(bad)) as connection:
        connection.execute(alteration)
        connection.commit()
    for pair in ((good, bad), (bad, good)):
        with pytest.raises(InventoryError) as raised:
            dicommap.compare(*pair)
        assert "bad.db: " in raised.value.message
        assert "good.db" not in raised.value.message


def test_an_index_in_another_order_is_found(tmp_path: Path) -> None:
    good = write(tmp_path / "good.db", "1.1 1.1.1 1.1.1.1", "1.2 1.2.1 1.2.1.1")
    bad = write(tmp_path / "bad.db", "1.1 1.1.1 1.1.1.1", "1.2 1.2.1 1.2.1.1")
    content = bad.read_bytes()
    entry, other = b"1.11.1.1", b"1.21.2.1"
    at = content.rindex(entry), content.rindex(other)  # the last place is in the index
    swapped = bytearray(content)
    swapped[at[0] : at[0] + 8], swapped[at[1] : at[1] + 8] = other, entry
    bad.write_bytes(swapped)
    with pytest.raises(InventoryError, match=r"bad\.db: The inventory is damaged"):
        dicommap.compare(good, bad)
