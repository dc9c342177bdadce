"""Every real file at hand: the inventory agrees with what pydicom reads from the whole file."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import dicommap
from dicommap.model.study import Disposition
from dicommap.p10 import Header, HeaderReader, RejectedFile, WantedAttributes
from tests.corpus.oracle import differences, pydicom_values, transfer_syntax
from tests.support.p10_elements import read, read_with_reader

WANTED = WantedAttributes.default()
COUNTED = (Disposition.INSTANCE, Disposition.DUPLICATE)


@pytest.fixture(scope="session")
def contents(directory: Path) -> dict[str, bytes]:
    """Return the bytes of each file by its path relative to the directory."""
    paths = (path for path in sorted(directory.rglob("*")) if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in paths}


@pytest.fixture(scope="session")
def scanned(directory: Path) -> Iterator[dicommap.Inventory]:
    with dicommap.scan(directory) as inventory:
        yield inventory


@pytest.fixture(scope="session")
def expected(contents: dict[str, bytes], scanned: dicommap.Inventory) -> dict[str, dict[str, str]]:
    """Return what pydicom reads from each file that the inventory counts."""
    counted = [file.path for file in scanned.files() if file.disposition in COUNTED]
    return {path: pydicom_values(contents[path], WANTED.tags.values()) for path in counted}


def test_every_file_has_exactly_one_disposition(contents: dict[str, bytes], scanned: dicommap.Inventory) -> None:
    assert sorted(file.path for file in scanned.files()) == sorted(contents)


def test_the_files_hold_instances(scanned: dicommap.Inventory) -> None:
    assert scanned.summary().instances > 50


def test_every_file_that_is_no_instance_carries_an_issue(scanned: dicommap.Inventory) -> None:
    reported = {issue.location.path for issue in scanned.issues()}
    silent = [file for file in scanned.files() if file.disposition is not Disposition.INSTANCE]
    assert [file.path for file in silent if file.path not in reported] == []


@pytest.fixture(scope="session")
def headers(contents: dict[str, bytes]) -> dict[str, Header | RejectedFile]:
    """Return what is read from each file alone."""
    return {path: read(content) for path, content in contents.items()}


def test_every_header_agrees_with_pydicom(
    contents: dict[str, bytes], headers: dict[str, Header | RejectedFile]
) -> None:
    disagreeing = {}
    for path, found in headers.items():
        if isinstance(found, Header):
            theirs = pydicom_values(contents[path], WANTED.tags.values())
            if difference := differences(found.values, theirs):
                disagreeing[path] = difference
    assert disagreeing == {}


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_a_warm_reader_reads_each_file_as_if_it_were_alone(
    contents: dict[str, bytes], headers: dict[str, Header | RejectedFile], seed: int | None
) -> None:
    """In the order of paths, where neighbours share layouts, and in any other; each file twice."""
    paths = [*contents] * 2
    if seed is not None:
        random.Random(seed).shuffle(paths)
    reader = HeaderReader(WANTED)
    assert [path for path in paths if read_with_reader(reader, contents[path]) != headers[path]] == []


def test_the_instances_agree_with_pydicom(
    contents: dict[str, bytes], scanned: dicommap.Inventory, expected: dict[str, dict[str, str]]
) -> None:
    rows = {
        instance.path: (
            instance.study_instance_uid,
            instance.series_instance_uid,
            instance.sop_instance_uid,
            instance.sop_class_uid,
            instance.instance_number,
            instance.transfer_syntax_uid,
            instance.size,
        )
        for instance in scanned.instances()
    }
    names = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "InstanceNumber")
    assert rows == {
        path: (*(values.get(name, "") for name in names), transfer_syntax(contents[path]), len(contents[path]))
        for path, values in expected.items()
    }


def test_the_series_have_pydicoms_values_with_counts(
    scanned: dicommap.Inventory, expected: dict[str, dict[str, str]]
) -> None:
    counts: dict[tuple[str, str], dict[str, Counter[str]]] = {}
    for values in expected.values():
        key = values["StudyInstanceUID"], values["SeriesInstanceUID"]
        series = counts.setdefault(key, {keyword: Counter() for keyword in scanned.keywords})
        for keyword in scanned.keywords:
            series[keyword][values.get(keyword, "")] += 1
    found = {(series.study_instance_uid, series.series_instance_uid): series.values for series in scanned.series()}
    assert found == counts


def test_no_issue_names_a_patient(scanned: dicommap.Inventory, expected: dict[str, dict[str, str]]) -> None:
    masked = ("PatientName", "PatientID", "PatientBirthDate")
    secrets = {values.get(name, "") for values in expected.values() for name in masked}
    spoken = " ".join(issue.message for issue in scanned.issues())
    assert [secret for secret in secrets if len(secret) > 6 and secret in spoken] == []
