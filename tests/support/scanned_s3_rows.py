"""Rows of inventories as they compare between a tree and a bucket of the same files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dicommap

Compared = tuple[list[Any], list[tuple[str, str, str, str]]]


def compared(inventory: dicommap.Inventory) -> Compared:
    """Return all that is known of each path but times and ETags, in order of the paths, and all findings."""
    columns = ", ".join(f'header."{keyword}"' for keyword in inventory.keywords)
    known = "path, size, disposition, SOPInstanceUID, InstanceNumber, StudyInstanceUID, SeriesInstanceUID"
    query = (
        f"SELECT {known}, SOPClassUID, TransferSyntaxUID, {columns} FROM file"
        " LEFT JOIN header ON file.header = header.id ORDER BY source, path"
    )
    issues = sorted((one.code, one.severity.value, str(one.location), one.message) for one in inventory.issues())
    return inventory._connection.execute(query).fetchall(), issues


def scanned_as(*sources: str | Path, **options: Any) -> Compared:
    """Scan and return what compares."""
    with dicommap.scan(*sources, **options) as inventory:
        return compared(inventory)
