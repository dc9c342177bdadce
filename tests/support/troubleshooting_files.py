"""The files that the commands of docs/troubleshooting.md read: an export, its inventory, and damaged copies of both."""

from __future__ import annotations

import json
import shutil
import sqlite3
from importlib.resources import files
from pathlib import Path

from pydicom import dcmread

import dicommap

URI = "s3://my-bucket/incoming/"
CHANGED_SHEETS = {
    "from-excel.csv": ("98890234", "9.889E+07"),
    "from-elsewhere.csv": (".133,", ".999,"),
    "typed.csv": ("20030505", "5 May 2003"),
    "renamed.csv": ("PatientName", "PatientsName"),
    "ids.csv": ("98890234", "HOSP-1"),
}
"""Name of an edited sheet -> a text of the sheet, and the text that replaces it."""


def write_troubleshooting_files(directory: Path) -> None:
    """Write all files that the page's commands read."""
    incoming = directory / "incoming"
    shutil.copytree(Path(str(files("pydicom"))) / "data/test_files/dicomdirtests/98892003", incoming)
    _write_other_trees(directory, incoming)
    with dicommap.scan(incoming, output=directory / "incoming.db") as inventory:
        _write_sheets(directory, "".join(dicommap.sheet(inventory)))
        dicommap.draft(inventory, sheets=[directory / "ids.csv"], input_s3_uri=URI, output=directory / "package")
    shutil.copytree(directory / "package", directory / "edited-package")
    override = next((directory / "edited-package/jobs").rglob("files/**/*.json"))
    override.write_text(json.dumps(json.loads(override.read_text()), indent=2))
    shutil.copy(directory / "incoming.db", directory / "old.db")
    with sqlite3.connect(directory / "old.db") as old:
        old.execute("PRAGMA user_version = 2")
    _rescan_with_another_name(directory, incoming)


def _write_other_trees(directory: Path, incoming: Path) -> None:
    documents, broken = directory / "documents", directory / "broken"
    documents.mkdir()
    (documents / "report.pdf").write_bytes(b"%PDF-1.7\n")
    (documents / "notes.txt").write_text("MR of 5 May\n")
    broken.mkdir()
    whole = next(path for path in sorted(incoming.rglob("*")) if path.is_file()).read_bytes()
    (broken / "image1").write_bytes(whole[: len(whole) // 2])


def _write_sheets(directory: Path, sheet: str) -> None:
    (directory / "studies.csv").write_text(sheet, encoding="utf-8")
    for name, (text, replacement) in CHANGED_SHEETS.items():
        (directory / name).write_text(sheet.replace(text, replacement, 1), encoding="utf-8")
    named = sheet.removeprefix("\ufeff").replace("Doe^Peter", "Müller^Peter")
    (directory / "ansi.csv").write_bytes(named.encode("cp1252"))


def _rescan_with_another_name(directory: Path, incoming: Path) -> None:
    later = directory / "later"
    shutil.copytree(incoming, later)
    for path in sorted(later.rglob("*")):
        if path.is_file():
            data_set = dcmread(path)
            data_set.PatientName = "Doe^Paul"
            data_set.save_as(path)
    dicommap.scan(later, output=directory / "later.db").close()
