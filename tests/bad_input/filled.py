"""An inventory of many studies, each of one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dicommap.inventory.rows import HeaderRow, make_file_row
from dicommap.inventory.writer import InventoryWriter
from dicommap.model.captured_attributes import DEFAULT_KEYWORDS
from tests.support.filled_inventories import added

_IN_A_BATCH = 500


def filled(path: Path, studies: int) -> Path:
    """Write an inventory whose study `n` is 1.2.n, its PatientID Pn and its PatientName Doe^n; return its path."""
    with InventoryWriter(path, DEFAULT_KEYWORDS, ["/one"]) as writer:
        for start in range(0, studies, _IN_A_BATCH):
            digests: dict[HeaderRow, bytes] = {}
            files, rows = [], []
            for number in range(start, min(start + _IN_A_BATCH, studies)):
                uid = f"1.2.{number}"
                values: dict[str, Any] = {
                    "PatientID": f"P{number}",
                    "PatientName": f"Doe^{number}",
                    "AccessionNumber": f"A{number}",
                }
                _, file, header = added(str(number), f"{uid} {uid}.1 {uid}.1.1", **values)
                files.append(file)
                rows.append(make_file_row(header, DEFAULT_KEYWORDS, writer.make_path_label(0, file.path), digests))
            writer.add_batch(0, files, rows, {digest: header for header, digest in digests.items()})
        writer.finish(lambda one, other: True).close()
    return path
