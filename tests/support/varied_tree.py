"""A directory tree with files of every kind, and rows of inventories to compare."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dicommap
from dicommap.sources import Source
from tests.support.p10_files import p10, small_tree, uid, write_tree

Rows = dict[str, list[tuple[Any, ...]]]
TABLES = ("source", "attribute", "header", "file", "directory", "issue")
"""All tables except `scan`, which describes the run and not the files."""


def varied_tree(root: Path) -> Path:
    """Write studies, copies, conflicts, other files, links and unusual names, and return `root`."""
    small_tree(root, studies=4, series=2, instances=3)
    more = {f"many/{n:04}": p10(SOPInstanceUID=uid("1.9", n), PatientID=f"P{n % 7}") for n in range(60)}
    write_tree(
        root,
        {
            **more,
            "copy": p10(),
            "copy2": p10(),
            "conflict": p10(Rows=2),
            "text": b"hello",
            "empty": b"",
            "cut": p10()[:300],
            "sub/odd\n\x7fname": p10(SOPInstanceUID="1.8"),
            "a.b/c": b"x",
            "a/b/c": b"x",
        },
    )
    os.mkfifo(root / "pipe")
    (root / "dangling").symlink_to("nowhere")
    (root / "linked").symlink_to("sub")
    with open(os.path.join(os.fsencode(root), b"\xff\xfe"), "wb") as file:
        file.write(p10(SOPInstanceUID="1.7"))
    return root


def age(root: Path, *, seconds: int = 1_000) -> None:
    """Set the time of last change of files back, so that a scan assumes that they no longer change."""
    for path in root.rglob("*"):
        if not path.is_symlink():
            moment = path.stat().st_mtime_ns - seconds * 10**9
            os.utime(path, ns=(moment, moment))


def rows_of(inventory: dicommap.Inventory) -> Rows:
    """Return the rows of all tables that describe files."""
    connection = inventory._connection
    return {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in TABLES}


def scan_rows(*sources: Path | Source, **options: Any) -> Rows:
    """Scan sources and return the rows."""
    with dicommap.scan(*sources, **options) as inventory:
        return rows_of(inventory)
