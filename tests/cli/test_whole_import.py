"""The whole import as a person does it: the commands, one after the other, on a real tree in a bucket.

The service is the stand-in, which says in the end what was changed. DICOMMAP_CORPUS names a larger tree.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from unittest.mock import patch

import pytest
from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from dicommap.healthimaging.quotas import Quotas
from dicommap.testing import Behaviour, ImportJobService
from dicommap.testing.importable_files import get_first_text
from tests.cli.running import Ran, dicommap
from tests.support.needed_tools import CORPUS, needs_corpus
from tests.support.s3_server import Bucket

PREFIX = "archive/incoming/"
ROLE = "arn:aws:iam::123456789012:role/import"
PATIENT_ID = 0x00100020
Sheet = list[dict[str, str]]


@pytest.fixture(params=["wheel", pytest.param("corpus", marks=[needs_corpus, pytest.mark.long])])
def real_tree(request: pytest.FixtureRequest, pydicom_files: Path) -> Path:
    wheel = pydicom_files / "test_files" / "dicomdirtests"
    return wheel if CORPUS is None or request.param == "wheel" else CORPUS


class Person:
    """Somebody at a terminal, in a directory of their own.

    Args:
        directory: The directory.
        installed: Run the installed command, which starts a process for each. Otherwise commands run in this process.
    """

    def __init__(self, directory: Path, *, installed: bool = False) -> None:
        self.directory = directory
        self.installed = installed

    def runs(self, *arguments: str, status: int = 0) -> str:
        """Run a command, and return what it printed."""
        ran = self._start(arguments) if self.installed else self._call(arguments)
        assert ran.status == status, (arguments, ran.out, ran.err)
        assert "Traceback" not in ran.err
        return ran.out

    def _call(self, arguments: tuple[str, ...]) -> Ran:
        with contextlib.chdir(self.directory), patch.dict(os.environ, COLUMNS="200"):
            return dicommap(*arguments)

    def _start(self, arguments: tuple[str, ...]) -> Ran:
        command = [str(Path(sys.executable).parent / "dicommap"), *arguments]
        environment = {**os.environ, "PYTHONWARNINGS": "error", "NO_COLOR": "1", "COLUMNS": "200"}
        ran = subprocess.run(
            command, cwd=self.directory, env=environment, capture_output=True, check=False, timeout=300, text=True
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def edits(self, name: str, change: Callable[[Sheet], None]) -> None:
        """Change the cells of a sheet, as a spreadsheet does."""
        path = self.directory / name
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        change(rows)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)


def in_the_tree(tree: Path) -> dict[str, tuple[str, str]]:
    """Return study and series of each P10 file with an instance, by its key in the bucket, as pydicom has them."""
    found = {}
    for path in sorted(path for path in tree.rglob("*") if path.is_file()):
        try:
            read = dcmread(path, specific_tags=["StudyInstanceUID", "SeriesInstanceUID"], stop_before_pixels=True)
        except InvalidDicomError:
            continue
        if "StudyInstanceUID" in read:
            key = PREFIX + path.relative_to(tree).as_posix()
            found[key] = (str(read.StudyInstanceUID), str(read.SeriesInstanceUID))
    return found


@pytest.mark.parametrize("installed", [False, pytest.param(True, marks=pytest.mark.long)])
def test_exactly_what_was_edited_changes(
    real_tree: Path, bucket: Bucket, import_jobs: ImportJobService, tmp_path: Path, installed: bool
) -> None:
    bucket.upload(real_tree, PREFIX)
    before = {one["Key"]: one["ETag"] for one in _listed(bucket)}
    person = Person(tmp_path, installed=installed)
    uri = bucket.uri + PREFIX
    person.runs("scan", uri, "-o", "incoming.db")
    person.runs("sheet", "incoming.db", "-o", "studies.csv")
    person.runs("sheet", "incoming.db", "--level", "series", "-o", "series.csv")
    edited: dict[str, dict[str, str]] = {}

    def two_studies(rows: Sheet) -> None:
        for row in (rows[0], rows[-1]):
            row |= {"PatientID": f"H-{len(edited)}", "StudyDescription": "Corrected"}
            edited[row["StudyInstanceUID"]] = {"00100020": row["PatientID"], "00081030": "Corrected"}

    def one_series(rows: Sheet) -> None:
        rows[-1]["BodyPartExamined"] = "ELBOW"
        edited[rows[-1]["SeriesInstanceUID"]] = {"00180015": "ELBOW"}

    person.edits("studies.csv", two_studies)
    person.edits("series.csv", one_series)
    person.runs(
        *("draft", "incoming.db", "--sheet", "studies.csv", "--sheet", "series.csv"),
        *("--input-s3-uri", uri, "-o", "package"),
    )
    person.runs("validate", "--s3", "package")
    person.runs("fhir", "incoming.db", "--package", "package", "-o", "studies.ndjson")
    account = ("--datastore-id", import_jobs.datastore_id, "--data-access-role-arn", ROLE)
    person.runs("submit", "package", "--yes", *account, "--output-s3-uri", f"{bucket.uri}output/")
    person.runs("watch", "package")
    accounts = json.loads(person.runs("reconcile", "package", "--format", "json", "--level", "instance"))

    expected = in_the_tree(real_tree)
    assert len(edited) == 3
    assert {one.key: (one.study_instance_uid, one.series_instance_uid) for one in import_jobs.instances} == expected
    for one in import_jobs.instances:
        wanted = edited.get(one.study_instance_uid, {}) | edited.get(one.series_instance_uid, {})
        assert _differing(one.before, one.after) == wanted
    assert _patients_in_fhir(tmp_path / "studies.ndjson") == _patients(import_jobs)
    assert [job.calls for job in import_jobs.jobs] == [1] * len(import_jobs.jobs)
    assert len(accounts) == len(expected)
    assert {account["outcome"] for account in accounts} == {"primary"}
    assert {key: tag for key, tag in ((one["Key"], one["ETag"]) for one in _listed(bucket)) if key in before} == before


def test_a_tree_over_a_quota_is_imported_by_several_jobs(
    pydicom_files: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tree = pydicom_files / "test_files" / "dicomdirtests"
    bucket.upload(tree, PREFIX)
    person = Person(tmp_path)
    uri = bucket.uri + PREFIX
    (tmp_path / "rules.toml").write_text(
        '[[rule]]\nname = "all"\nlevel = "study"\nset = { StudyDescription = "Corrected" }\n'
    )
    behaviour = Behaviour(throttling=False, quotas=Quotas(files=60))
    with ImportJobService(bucket.endpoint_url, behaviour=behaviour) as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        account = ("--datastore-id", service.datastore_id, "--data-access-role-arn", ROLE)
        person.runs("scan", uri, "-o", "incoming.db")
        draft = ("draft", "incoming.db", "--rules", "rules.toml", "--input-s3-uri", uri)
        person.runs(*draft, "--quota", "files=60", "-o", "package")
        person.runs("validate", "--s3", "package")
        person.runs("submit", "package", "--yes", *account, "--output-s3-uri", f"{bucket.uri}output/")
        person.runs("watch", "package")
        person.runs("submit", "package", "--yes", *account, "--output-s3-uri", f"{bucket.uri}output/")
        accounts = json.loads(person.runs("reconcile", "package", "--format", "json", "--level", "instance"))
    assert len(service.jobs) > 1
    assert {(job.status, job.calls) for job in service.jobs} == {("COMPLETED", 1)}
    assert sorted(one.key for one in service.instances) == sorted(in_the_tree(tree))
    assert all(one.changed_keywords <= {"StudyDescription"} for one in service.instances)
    assert {one.after["00081030"]["Value"][0] for one in service.instances} == {"Corrected"}
    assert len(accounts) == len(service.instances)
    assert {account["outcome"] for account in accounts} == {"primary"}


def _patients_in_fhir(path: Path) -> dict[str, str]:
    """Return the PatientID of each study that has one, as resources name it."""
    resources = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    subjects = {one["id"]: one["subject"] for one in resources}
    return {study: subject["identifier"]["value"] for study, subject in subjects.items() if "identifier" in subject}


def _patients(service: ImportJobService) -> dict[str, str]:
    """Return the PatientID of each study that has one, as it was imported."""
    found = {one.study_instance_uid: get_first_text(one.after, PATIENT_ID) for one in service.instances}
    return {study: text for study, text in found.items() if text}


def _listed(bucket: Bucket) -> list[dict[str, str]]:
    pages = bucket.client.get_paginator("list_objects_v2").paginate(Bucket=bucket.name, Prefix=PREFIX)
    return [found for page in pages for found in page["Contents"]]


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, object]:
    """Return the only value of each attribute that differs."""
    found = {}
    for tag in before.keys() | after.keys():
        if before.get(tag) != after.get(tag):
            (found[tag],) = after[tag]["Value"]  # type: ignore[index]
    return found
