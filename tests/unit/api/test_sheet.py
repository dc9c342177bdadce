"""sheet(): an inventory as a sheet, level by level."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.api.sheet import write_sheet
from dicommap.errors import AttributeNameError, DocumentError, UsageError
from tests.support.p10_files import STUDY, uid


def rows(lines: list[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(lines).removeprefix("\ufeff"), newline="")))


def test_a_study_sheet_has_a_row_for_each_study(inventory: dicommap.Inventory) -> None:
    found = rows(list(dicommap.sheet(inventory)))
    assert [row["StudyInstanceUID"] for row in found] == [uid(STUDY, 1), uid(STUDY, 2)]
    assert [(row["PatientID"], row["#instances"]) for row in found] == [("P1", "4"), ("P2", "4")]
    assert "Modality" not in found[0]


def test_a_series_sheet_has_a_row_for_each_series(inventory: dicommap.Inventory) -> None:
    found = rows(list(dicommap.sheet(inventory, level="series")))
    assert [(row["SeriesInstanceUID"], row["SeriesNumber"]) for row in found] == [
        (uid(STUDY, study, series), str(series)) for study in (1, 2) for series in (1, 2)
    ]
    assert "PatientID" not in found[0]


def test_columns_can_be_asked_for(inventory: dicommap.Inventory) -> None:
    found = rows(list(dicommap.sheet(inventory, columns=["SeriesNumber", "PatientID"])))
    assert list(found[0]) == ["StudyInstanceUID", "#state", "#instances", "SeriesNumber", "PatientID"]
    assert found[0]["SeriesNumber"] == "<2 different values>"
    one = dicommap.sheet(inventory, columns="PatientID")
    assert list(one) == list(dicommap.sheet(inventory, columns=["PatientID"]))


def test_what_is_not_captured_cannot_be_a_column(inventory: dicommap.Inventory) -> None:
    with pytest.raises(AttributeNameError, match=r"does not hold PatientWeight, Rows\..*--attributes"):
        dicommap.sheet(inventory, columns=["PatientWeight", "PatientID", "Rows"])


@pytest.mark.parametrize("level", ["Study", "patient", ""])
def test_a_level_that_is_none_is_refused(inventory: dicommap.Inventory, level: Any) -> None:
    with pytest.raises(UsageError, match=rf"Unknown level '{level}'\..*Known: study, series"):
        dicommap.sheet(inventory, level=level)


def test_a_sheet_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    assert write_sheet(path, ["a\r\n", '"1\r\n2"\r\n']) == 1
    with pytest.raises(DocumentError, match="exists already"):
        write_sheet(path, ["b\r\n"])
    assert path.read_bytes() == b'a\r\n"1\r\n2"\r\n'
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("path", "words"), [(".", "is a directory"), ("/", "is a directory"), ("", "is a directory")])
def test_a_sheet_needs_a_name(path: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        write_sheet(Path(path), ["a\r\n"])


@pytest.mark.parametrize(("name", "words"), [("none/s.csv", "The directory of"), ("x" * 300, "File name too long")])
def test_why_a_sheet_cannot_be_written_is_told(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        write_sheet(tmp_path / name, ["a\r\n"])


def test_a_sheet_is_saved_and_read_more_than_once(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    sheet = dicommap.sheet(inventory, level="series")
    assert list(sheet) == list(sheet)
    assert sheet.save(tmp_path / "s.csv") == 4
    assert (tmp_path / "s.csv").read_bytes() == "".join(sheet).encode()
    with pytest.raises(DocumentError, match="exists already"):
        sheet.save(tmp_path / "s.csv")


def test_a_sheet_shows_its_first_rows(inventory: dicommap.Inventory) -> None:
    text = str(dicommap.sheet(inventory, columns=["PatientID", "Modality"]))
    assert text.startswith("Sheet: 2 rows, one for each study\n  columns  PatientID, Modality\n")
    assert "<PatientID 1>  CT" in text
    assert "P1" in str(dicommap.sheet(inventory.unmasked()))
