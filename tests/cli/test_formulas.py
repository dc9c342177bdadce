"""No CSV that a command prints or writes has a cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.cli.running import dicommap
from tests.support.p10_files import p10, uid

SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
HOSTILE = {
    "=1+1.dcm": "=HYPERLINK(A1)",
    "@x;=y.dcm": "a;=HYPERLINK(A1)",
    "\uff1d2.dcm": "\uff1dHYPERLINK(A1)",
    " -3.dcm": " +HYPERLINK(A1)",
}


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    tree.mkdir()
    for number, (name, description) in enumerate(HOSTILE.items(), start=1):
        study = f"1.2.826.0.1.3680043.10.1.{number}"
        (tree / name).write_bytes(
            p10(
                StudyInstanceUID=study,
                SeriesInstanceUID=uid(study, 1),
                SOPInstanceUID=uid(study, 1, 1),
                StudyDescription=description,
                SpecificCharacterSet="ISO_IR 192",
            )
        )
    found = tmp_path / "i.db"
    assert dicommap("scan", tree, "-o", found).status == 0
    return found


def cells(text: str) -> list[str]:
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert len(rows) > 1
    return [cell for row in rows for cell in row]


def runs(cell: str) -> bool:
    """Return whether a program runs a cell, also if it separates cells by semicolons."""
    return any(part.strip(' "\u00a0').startswith(SIGNS) for part in cell.split(";"))


@pytest.mark.parametrize("level", ["study", "series", "instance", "file", "issue"])
def test_show(inventory: Path, level: str) -> None:
    text = dicommap("show", inventory, "--format", "csv", "--level", level, "--show-values").out
    if level != "issue":
        assert not [cell for cell in cells(text) if runs(cell)]
        assert "HYPERLINK" in text or level in ("instance", "file")


def test_sheet_and_package(inventory: Path, tmp_path: Path) -> None:
    sheet, package = tmp_path / "s.csv", tmp_path / "package"
    assert dicommap("sheet", inventory, "-o", sheet, "--columns", "StudyDescription,PatientID").status == 0
    text = sheet.read_bytes().decode("utf-8")
    assert not [cell for cell in cells(text) if runs(cell)]
    untouched = dicommap("draft", inventory, "--sheet", sheet, "--input-s3-uri", "s3://example-bucket/in/", "-n")
    assert "sheet.no-change" in untouched.out
    sheet.write_bytes(text.replace("a;'=HYPERLINK", "b;'=HYPERLINK").encode())
    drafted = dicommap("draft", inventory, "--sheet", sheet, "--input-s3-uri", "s3://example-bucket/in/", "-o", package)
    assert drafted.status == 0, drafted.everything
    for table in sorted(package.rglob("*.csv")):
        text = table.read_bytes().decode("utf-8")
        if text.count("\n") > 1:
            assert not [cell for cell in cells(text) if runs(cell)], table
    (override,) = package.rglob("dicommap-overrides/**/*.json")
    assert '"b;=HYPERLINK(A1)"' in override.read_text("utf-8")
    assert dicommap("validate", package).status == 0
