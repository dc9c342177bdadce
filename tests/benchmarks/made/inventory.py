"""Large inventories, filled without files."""

from __future__ import annotations

from pathlib import Path

from dicommap.inventory import Inventory
from dicommap.inventory.rows import FileRow, HeaderRow, make_file_row
from dicommap.inventory.writer import InventoryWriter
from dicommap.model.captured_attributes import DEFAULT_KEYWORDS
from dicommap.model.study import SourceFile
from tests.support.filled_inventories import added

Headers = dict[bytes, HeaderRow]
ROOT = "1.2.826.0.1.3680043.8.498"


def filled(
    path: Path | None, *, studies: int, series: int, instances: int, studies_in_folder: int | None = None
) -> Inventory:
    """Return an inventory of so many studies, each of so many series, each of so many instances.

    Each study has a folder. With `studies_in_folder`, so many of these folders are in a folder of their own.
    """
    with InventoryWriter(path, DEFAULT_KEYWORDS, ["/archive"]) as writer:
        for study in range(studies):
            folder = f"{study // studies_in_folder:06}/" if studies_in_folder else ""
            writer.add_batch(0, *_study(f"{ROOT}.{10_000_000 + study}", study, series, instances, folder))
        return Inventory.from_connection(writer.finish(lambda one, other: True))


def _study(
    uid: str, number: int, series: int, instances: int, folder: str
) -> tuple[list[SourceFile], list[FileRow], Headers]:
    files: list[SourceFile] = []
    rows: list[FileRow] = []
    digests: dict[HeaderRow, bytes] = {}
    for one in range(series):
        for instance in range(instances):
            _, file, header = added(
                f"{folder}study{number:08}/series{one:06}/IM{instance:06}.dcm",
                f"{uid} {uid}.{one} {uid}.{one}.{instance}",
                size=524_288,
                PatientID=f"P{number}",
                StudyDate=f"20{number % 25:02}0102",
                StudyDescription="Chest routine",
                Modality=("CT", "MR")[one % 2],
                SeriesNumber=str(one + 1),
                SeriesDescription="axial",
            )
            files.append(file)
            rows.append(make_file_row(header, DEFAULT_KEYWORDS, file.path, digests))
    return files, rows, {digest: header for header, digest in digests.items()}
