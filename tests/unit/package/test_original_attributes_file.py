"""The file of original attributes: written with the package, private, and nothing if a previous value is not known."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pydicom
import pytest

import dicommap
from dicommap.errors import DocumentError, UsageError
from tests.support.p10_files import STUDY, uid

RULES = """
[[rule]]
name = "new id"
level = "study"
match = { PatientID = "P1" }
set = { PatientID = "HOSP-1" }
"""
URI = "s3://bucket/in/"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(RULES)
    return path


def test_items_can_be_appended_to_the_files(inventory: dicommap.Inventory, rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "original.jsonl"
    drafted = dicommap.draft(
        inventory,
        input_s3_uri=URI,
        rules=rules,
        output=tmp_path / "package",
        original_attributes=file,
        modification_reason="COERCE",
        previous_source="Site 7",
    )
    assert drafted.ok
    assert file.stat().st_mode & 0o777 == 0o600
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [len(line["sopInstanceUIDs"]) for line in lines] == [2, 2]
    items = {uid: line["item"] for line in lines for uid in line["sopInstanceUIDs"]}
    changed = 0
    for path in Path(inventory.sources[0]).rglob("*"):
        if path.is_file():
            copy = shutil.copy(path, tmp_path / "copy.dcm")
            data = pydicom.dcmread(copy)
            if data.SOPInstanceUID in items:
                sequence = data.get("OriginalAttributesSequence") or pydicom.Sequence()
                sequence.append(pydicom.Dataset.from_json(items[data.SOPInstanceUID]))
                data.OriginalAttributesSequence = sequence
                data.save_as(copy)
                [item] = pydicom.dcmread(copy).OriginalAttributesSequence
                assert item.ModifiedAttributesSequence[0].PatientID == data.PatientID == "P1"
                assert (item.ReasonForTheAttributeModification, item.SourceOfPreviousValues) == ("COERCE", "Site 7")
                changed += 1
            else:
                assert data.StudyInstanceUID != uid(STUDY, 1)
    assert changed == 4


def test_without_a_package_nothing_is_written(inventory: dicommap.Inventory, rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "original.jsonl"
    assert dicommap.draft(inventory, input_s3_uri=URI, rules=rules, original_attributes=file).ok
    rules.write_text(RULES.replace("set = {", 'set = { InstitutionName = "Site",'))
    drafted = dicommap.draft(
        inventory, input_s3_uri=URI, rules=rules, output=tmp_path / "package", original_attributes=file
    )
    assert [issue.code for issue in drafted.issues.errors] == ["draft.no-original-value"]
    assert drafted.package is None
    assert not file.exists()


def test_wrong_arguments_are_refused(inventory: dicommap.Inventory, rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "original.jsonl"
    wrong: tuple[dict[str, Any], ...] = (
        {"modification_reason": "FIX"},
        {"previous_source": "x" * 65},
        {"previous_source": "a\\b"},
    )
    for arguments in wrong:
        with pytest.raises(UsageError):
            dicommap.draft(inventory, rules=rules, original_attributes=file, **arguments)
    file.write_text("")
    with pytest.raises(DocumentError):
        dicommap.draft(inventory, rules=rules, original_attributes=file)
