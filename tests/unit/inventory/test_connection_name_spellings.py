"""Spellings of one name are no inconsistency anywhere, and every value stays as its file has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import dicommap
from dicommap.dicom.printable_text import convert_bytes_to_surrogates
from tests.support import p10_files

NAMES = ["Doe^John", "Doe^John^^^", "Doe^John"]


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[dicommap.Inventory]:
    tree = tmp_path / "tree"
    tree.mkdir()
    for number, name in enumerate(NAMES, start=1):
        made = p10_files.p10(
            SOPInstanceUID=p10_files.uid(p10_files.STUDY, 1, number), InstanceNumber=number, PatientName="?" * 11
        )
        (tree / f"{number}").write_bytes(
            made.replace(b"PN\x0c\x00" + b"?" * 11 + b" ", b"PN\x0c\x00" + name.encode().ljust(12))
        )
    with dicommap.scan(tree) as found:
        yield found


def _write(tree: Path, number: int, name: bytes) -> None:
    """Write a file whose PatientName has exactly these bytes, and padding."""
    made = p10_files.p10(SOPInstanceUID=p10_files.uid(p10_files.STUDY, 1, number), PatientName="?" * 12)
    (tree / f"{number}").write_bytes(made.replace(b"?" * 12, name.ljust(12)))


def test_the_values_are_exact_and_no_inconsistency(inventory: dicommap.Inventory) -> None:
    assert inventory.distinct("PatientName") == {"Doe^John": 2, "Doe^John^^^": 1}
    assert inventory.inconsistencies() == ()
    assert "study.inconsistent-attribute" not in {one.code for one in inventory.issues()}


def test_nothing_shows_a_marker(inventory: dicommap.Inventory) -> None:
    assert "different values" not in str(inventory)
    assert "different values" not in inventory.unmasked()._repr_html_()
    (study,) = inventory.studies()
    assert "different values" not in str(study)
    (row,) = inventory.sql("select PatientName, PatientName_distinct from study").rows
    assert tuple(row) == ("Doe^John^^^", 1)


def test_a_sheet_has_the_name_and_comes_back_without_edits(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    dicommap.sheet(inventory).save(sheet)
    assert "Doe^John," in sheet.read_text()
    assert "different values" not in sheet.read_text()
    drafted = dicommap.draft(inventory, sheets=[sheet], input_s3_uri="s3://example-bucket/in/")
    assert {one.code for one in drafted.issues} <= {"sheet.no-change", "draft.nothing-to-do"}


def test_undecodable_names_are_compared_so_too(tmp_path: Path) -> None:
    bad = "D" + convert_bytes_to_surrogates(b"\xfc") + "e^A"
    _write(tmp_path, 1, b"D\xfce^A^^")
    _write(tmp_path, 2, b"D\xfce^A")
    with dicommap.scan(tmp_path) as found:
        assert found.distinct("PatientName") == {bad: 1, bad + "^^": 1}
        assert found.inconsistencies() == ()


def test_undecodable_bytes_of_a_file_reach_the_inventory_as_they_are(tmp_path: Path) -> None:
    for number, name in enumerate([b"M\xfcller", b"M\xf6ller", b"M\xfcller"]):
        _write(tmp_path, number, name)
    with dicommap.scan(tmp_path) as found:
        assert found.distinct("PatientName") == {
            "M" + convert_bytes_to_surrogates(b"\xfc") + "ller": 2,
            "M" + convert_bytes_to_surrogates(b"\xf6") + "ller": 1,
        }
        (one,) = found.inconsistencies()
        assert one.keyword == "PatientName"
