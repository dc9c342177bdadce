"""Override files in the forms that the assumptions name, and what other readers make of them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom import Dataset

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.issues import Severity
from dicommap.overrides.override import Override
from dicommap.overrides.override_file import parse_override_data_set

ITEM: Any = {"0040A30A": {"vr": "DS", "Value": [1.5, "2.50"]}}
DATA_SET: Any = {
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎"}]},
    "00101020": {"vr": "DS", "Value": [0.007909681754268]},
    "00101030": {"vr": "DS", "Value": ["70.50"]},
    "00102180": {"vr": "SH"},
    "001021B0": {"vr": "LT", "Value": ["Größe"]},
    "00200011": {"vr": "IS", "Value": [7]},
    "00400555": {"vr": "SQ", "Value": [ITEM]},
}


def write(assumptions: Assumptions, data_set: Any = DATA_SET) -> dict[str, Any]:
    """Return the JSON of an override file in the form that the assumptions name."""
    override = Override(study_instance_uid="1.2", series_instance_uid=None, data_set=data_set)
    document: dict[str, Any] = json.loads(override.to_json(assumptions))
    return document


def test_numbers_are_texts_by_default() -> None:
    written = write(Assumptions())
    assert written["00101020"]["Value"] == [".007909681754268"]
    assert written["00101030"]["Value"] == ["70.50"]
    assert written["00200011"]["Value"] == ["7"]
    assert written["00400555"]["Value"][0]["0040A30A"]["Value"] == ["1.5", "2.50"]
    assert "00080005" not in written


def test_numbers_are_json_numbers_if_the_assumptions_say_so() -> None:
    written = write(Assumptions(decimalStrings="number"))
    assert written["00101020"]["Value"] == [0.007909681754268]
    assert written["00101030"]["Value"] == [70.5]
    assert written["00200011"]["Value"] == [7]
    assert written["00400555"]["Value"][0]["0040A30A"]["Value"] == [1.5, 2.5]


def test_a_file_declares_utf_8_first_if_the_assumptions_say_so() -> None:
    written = write(Assumptions(characterSet="declared"))
    assert next(iter(written)) == "00080005"
    assert written["00080005"] == {"vr": "CS", "Value": ["ISO_IR 192"]}


@pytest.mark.parametrize("settings", [{}, {"characterSet": "declared"}, {"decimalStrings": "number"}], ids=str)
def test_a_file_is_read_back_without_what_the_form_adds(settings: Any) -> None:
    assumptions = Assumptions(**settings)
    data_set = parse_override_data_set(write(assumptions), assumptions)
    assert data_set.keys() == DATA_SET.keys()
    assert data_set["00200011"] == {"vr": "IS", "Value": [7]}
    assert Decimal(str(data_set["00101030"]["Value"][0])) == Decimal("70.5")


@pytest.mark.parametrize("text", ["9007199254740993", "1E400"])
def test_a_value_that_a_number_would_change_is_an_error_and_no_file_is_written(text: str) -> None:
    override = Override.from_keywords(study_instance_uid="1.2", attributes={"PatientWeight": text})
    errors = [
        issue.code
        for issue in override.issues(Assumptions(decimalStrings="number"))
        if issue.severity is Severity.ERROR
    ]
    assert errors == ["override.inexact-number"]
    assert override.issues() == []


def test_a_long_number_is_a_warning_only_if_numbers_are_written() -> None:
    override = Override.from_json({"00101030": {"vr": "DS", "Value": [0.007909681754268]}}, study_instance_uid="1.2")
    assert override.issues() == []
    assert [issue.code for issue in override.issues(Assumptions(decimalStrings="number"))] == ["value.long-number"]
    assert json.loads(override.to_json())["00101030"]["Value"] == [".007909681754268"]


def test_a_python_number_gets_the_spelling_that_fits() -> None:
    override = Override.from_keywords(study_instance_uid="1.2", attributes={"PatientWeight": 0.007909681754268})
    assert override.data_set["00101030"]["Value"] == [".007909681754268"]
    refused = Override.from_keywords(study_instance_uid="1.2", attributes={"PatientWeight": 1 / 3})
    assert [issue.code for issue in refused.rejected] == ["value.too-long"]


def _read_with_pydicom(text: str, _folder: Path) -> Dataset:
    return Dataset.from_json(text)


def _read_with_dcmtk(text: str, folder: Path) -> Dataset:
    (folder / "override.json").write_text(text, encoding="utf-8")
    subprocess.run(["json2dcm", "override.json", "override.dcm"], cwd=folder, check=True, capture_output=True)
    return pydicom.dcmread(folder / "override.dcm", force=True)


READERS: list[Callable[[str, Path], Dataset]] = [_read_with_pydicom]
if shutil.which("json2dcm"):  # DCMTK has it from version 3.6.8 on
    READERS.append(_read_with_dcmtk)


@pytest.mark.parametrize("decimal_strings", ["text", "number"])
@pytest.mark.parametrize("character_set", ["omitted", "declared"])
@pytest.mark.parametrize("reader", READERS)
def test_other_readers_read_the_same_values(
    reader: Any, character_set: Any, decimal_strings: Any, tmp_path: Path
) -> None:
    override = Override(study_instance_uid="1.2", series_instance_uid=None, data_set=DATA_SET)
    text = override.to_json(Assumptions(characterSet=character_set, decimalStrings=decimal_strings))
    dataset = reader(text, tmp_path)
    assert dataset.PatientName == "Yamada^Tarou=山田^太郎"
    assert dataset.AdditionalPatientHistory == "Größe"
    assert not dataset.Occupation
    assert float(dataset.PatientSize) == 0.007909681754268
    assert float(dataset.PatientWeight) == 70.5
    assert dataset.SeriesNumber == 7
    assert [float(value) for value in dataset[0x00400555].value[0][0x0040A30A].value] == [1.5, 2.5]
    assert dataset.get("SpecificCharacterSet") == ("ISO_IR 192" if character_set == "declared" else None)
