"""Files of many kinds for tests of frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.model.captured_attributes import DEFAULT_KEYWORDS
from tests.support.filled_inventories import Added, added, refused

if TYPE_CHECKING:
    from dicommap.inventory import Inventory

KEYWORDS = (*DEFAULT_KEYWORDS, "SliceThickness")

FILES: list[Added] = [
    added("a", "1.1 1.1.1 1.1.1.1", PatientID="P1", StudyDate="20240229", SeriesNumber="1", InstanceNumber="7"),
    added("b", "1.1 1.1.1 1.1.1.2", PatientID="P1", StudyDate="20240229", SeriesNumber="1", InstanceNumber="x"),
    added("c", "1.1 1.1.2 1.1.2.1", PatientID="P2", StudyDate="20240229", SeriesNumber="", SliceThickness="0.70"),
    added("d", "1.2 1.2.1 1.2.1.1", PatientID="", StudyDate="2024.02.29"),
    added("e", "1.2 1.2.1 1.2.1.1", StudyDate="2024.02.29"),
    refused("\udcff"),
]


def rows_of(inventory: Inventory, level: str) -> list[dict[str, Any]]:
    """Return the rows of a frame, by column."""
    rows: list[dict[str, Any]] = inventory.to_arrow(level).to_pylist()
    return rows


def pick_cells(row: dict[str, Any], *names: str) -> tuple[Any, ...]:
    """Return the cells of some columns of a row."""
    return tuple(row[name] for name in names)
