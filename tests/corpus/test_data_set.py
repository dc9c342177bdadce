"""Every real file's data set as JSON: nothing is lost that the DICOM JSON Model can carry."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest

import dicommap
from dicommap.dicom.json_model import data_set_issues, dump_data_set
from dicommap.dicom.strict_json import parse_json
from dicommap.validation.schema_check import check_schema
from tests.support.needed_tools import CORPUS, needs_corpus

ILLEGAL_GROUPS = {0x0001, 0x0003, 0x0005, 0x0007, 0x7FE0, 0xFFFE, 0xFFFF}
"""Groups that stand in no data set (PS3.5 section 7.8), and pixel data."""

EVERY = 20
"""Of the corpus at hand only every so many files are checked: they are many of few kinds."""

UNREADABLE_BY_PYDICOM = {"badVR.dcm"}
"""pydicom reads the file, but not its own values back from JSON: '1A' as an integer."""


def plain(dataset: pydicom.Dataset) -> dict[str, Any]:
    """Return a data set's values without what JSON has no place for: group lengths and pixel data."""
    values: dict[str, Any] = {}
    for tag in list(dataset.keys()):
        if tag.element == 0 or tag.group in ILLEGAL_GROUPS:
            continue
        element = dataset[tag]
        if element.VR == "SQ":
            values[str(tag)] = [plain(item) for item in element.value or ()]
        else:
            values[str(tag)] = element.value or None
    return values


def dropped(values: dict[str, Any], left_out: set[str], pointer: str = "") -> dict[str, Any]:
    """Take out what was left out with a finding."""
    kept: dict[str, Any] = {}
    for name, value in values.items():
        place = f"{pointer}/{int(name.replace(',', '').strip('()'), 16):08X}"
        if place in left_out:
            continue
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            kept[name] = [dropped(item, left_out, f"{place}/Value/{index}") for index, item in enumerate(value)]
        else:
            kept[name] = value
    return kept


def files_of(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path.read_bytes()[128:132] == b"DICM":
            yield path


def shape(value: Any) -> Any:
    """Return a document without its values: names, VRs, and the shapes of sequences' items, each once."""
    if not isinstance(value, dict):
        return None
    return frozenset(
        (tag, one["vr"], frozenset(map(shape, one.get("Value", ()))) if one["vr"] == "SQ" else "Value" in one)
        for tag, one in value.items()
    )


def check(path: Path, checked: set[Any]) -> None:
    data_set, issues = dicommap.read_data_set(path)
    assert {one.code for one in issues} <= {"dicom-json.left-out"}
    text = dump_data_set(data_set)
    document, found = parse_json(text.encode())
    assert not found
    if path.name in UNREADABLE_BY_PYDICOM:
        return
    # Files hold values that no data set should; the schema may reject these only, and the codec finds them too.
    unfit = {one.location.pointer or "" for one in data_set_issues(document) if one.code.startswith("value.")}
    # The schema takes long; of files with the same attributes one is enough, and any that the codec finds unfit.
    if unfit or shape(document) not in checked:
        checked.add(shape(document))
        for one in check_schema("dicom-json", document):
            assert any(pointer.startswith(one.location.pointer or "-") for pointer in unfit), one
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        original = pydicom.dcmread(path, stop_before_pixels=True)
        left_out = {one.location.pointer or "" for one in issues}
        assert dropped(plain(original), left_out) == plain(pydicom.Dataset.from_json(text)), path.name


@pytest.mark.long
def test_what_json_carries_is_what_the_file_holds(pydicom_files: Path) -> None:
    paths = list(files_of(pydicom_files))
    assert len(paths) > 100
    checked: set[Any] = set()
    for path in paths:
        check(path, checked)
    assert len(checked) > 60


@pytest.mark.long
@needs_corpus
def test_the_same_for_the_corpus_at_hand() -> None:
    checked: set[Any] = set()
    for path in list(files_of(CORPUS or Path()))[::EVERY]:
        check(path, checked)
