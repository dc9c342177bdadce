"""sheet(): an inventory as a sheet, level by level."""

from __future__ import annotations

import csv
import io

import pytest

import dicommap
from dicommap.errors import AttributeNameError
from tests.making import STUDY, uid


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
    assert list(found[0]) == ["StudyInstanceUID", "#instances", "SeriesNumber", "PatientID"]
    assert found[0]["SeriesNumber"] == "<2 different values>"


def test_what_is_not_captured_cannot_be_a_column(inventory: dicommap.Inventory) -> None:
    with pytest.raises(AttributeNameError, match="--attributes"):
        dicommap.sheet(inventory, columns=["PatientWeight"])
