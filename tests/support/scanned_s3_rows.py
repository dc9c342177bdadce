"""Rows of inventories that must be the same for a tree and for a bucket with the same files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dicommap

ComparableRows = tuple[list[Any], list[tuple[str, str, str, str]]]


def read_comparable_rows(inventory: dicommap.Inventory) -> ComparableRows:
    """Return all values of each path except times and ETags, in the order of paths, and all issues."""
    columns = ", ".join(f'header."{keyword}"' for keyword in inventory.keywords)
    known = "path, size, disposition, SOPInstanceUID, InstanceNumber, StudyInstanceUID, SeriesInstanceUID"
    query = (
        f"SELECT {known}, SOPClassUID, TransferSyntaxUID, {columns} FROM file"
        " LEFT JOIN header ON file.header = header.id ORDER BY source, path"
    )
    issues = sorted((one.code, one.severity.value, str(one.location), one.message) for one in inventory.issues())
    return inventory._connection.execute(query).fetchall(), issues


def scan_comparable_rows(*sources: str | Path, **options: Any) -> ComparableRows:
    """Scan sources and return their comparable rows."""
    with dicommap.scan(*sources, **options) as inventory:
        return read_comparable_rows(inventory)
