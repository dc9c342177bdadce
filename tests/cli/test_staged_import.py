"""Staging as a person does it: studies of one folder are copied apart, imported from there, and accounted for."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from dicommap.testing import ImportJobService
from tests.cli.test_whole_import import ROLE, Person, Sheet
from tests.support.p10_files import STUDY, p10, uid, write_tree
from tests.support.s3_server import Bucket

STUDIES, SERIES, INSTANCES = 3, 2, 2
ALONE = uid(STUDY, STUDIES)
"""The study that has a folder of its own; the instances of all others follow each other in one."""
MIXED = STUDIES - 1
Headers = dict[str, dict[str, object]]


@pytest.fixture
def interleaved(tmp_path: Path) -> Path:
    """Return a tree of studies of which the first file of each comes before the second file of any."""
    files = {}
    for instance in range(1, INSTANCES + 1):
        for series in range(1, SERIES + 1):
            for study in range(1, STUDIES + 1):
                folder = "mixed" if study <= MIXED else "alone"
                files[f"{folder}/IM{instance}{series}{study}.dcm"] = p10(
                    StudyInstanceUID=uid(STUDY, study),
                    SeriesInstanceUID=uid(STUDY, study, series),
                    SOPInstanceUID=uid(STUDY, study, series, instance),
                    PatientID=f"P{study}",
                    AccessionNumber=f"A{study}",
                    StudyID=f"S{study}",
                    SeriesNumber=series,
                    InstanceNumber=instance,
                )
    return write_tree(tmp_path / "tree", files)


class Source:
    """Where the files lie before the import, and proof that they still do."""

    def __init__(self, tree: Path, bucket: Bucket, *, in_s3: bool) -> None:
        self._tree, self._bucket, self._in_s3 = tree, bucket, in_s3
        self.named = f"{bucket.uri}archive/" if in_s3 else str(tree)
        # A local file that is imported in place has been brought there by other means.
        bucket.upload(tree if in_s3 else tree / "alone", "archive/" if in_s3 else "archive/alone/")
        self._before = self.state()

    def state(self) -> dict[str, object]:
        """Return what shows whether a source was touched: ETag and time of objects, bytes and time of files."""
        pages = self._bucket.client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket.name, Prefix="archive/"
        )
        found: dict[str, object] = {
            one["Key"]: (one["ETag"], one["LastModified"])
            for page in pages
            for one in page["Contents"]
            if "/dicommap-overrides/" not in one["Key"]
        }
        files = (path for path in self._tree.rglob("*") if path.is_file())
        return found | {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

    def require_untouched(self) -> None:
        assert self.state() == self._before


@pytest.mark.parametrize("in_s3", [True, False], ids=["s3-to-s3", "local-to-s3"])
def test_studies_in_one_folder_are_staged_and_exactly_what_was_edited_changes(
    interleaved: Path, bucket: Bucket, import_jobs: ImportJobService, tmp_path: Path, in_s3: bool
) -> None:
    source = Source(interleaved, bucket, in_s3=in_s3)
    person = Person(tmp_path)
    person.runs("scan", source.named, "-o", "incoming.db")
    person.runs("sheet", "incoming.db", "-o", "studies.csv")
    corrected = {uid(STUDY, 1): "H-1", ALONE: "H-3"}

    def correct(rows: Sheet) -> None:
        for row in rows:
            row["PatientID"] = corrected.get(row["StudyInstanceUID"], row["PatientID"])

    person.edits("studies.csv", correct)
    draft = ("draft", "incoming.db", "--sheet", "studies.csv", "--quota", "files=6")
    where = ("--input-s3-uri", f"{bucket.uri}archive/")
    drafted = person.runs(*draft, *where, "--stage-uri", f"{bucket.uri}staged/", "-o", "package")
    assert "3 jobs: 1 in place, 2 staged" in drafted

    account = ("--datastore-id", import_jobs.datastore_id, "--data-access-role-arn", ROLE)
    submit = ("submit", "package", "--yes", *account, "--output-s3-uri", f"{bucket.uri}output/")
    # Before the copies are there, nothing is started.
    refused = person.runs(*submit, status=1)
    assert "'dicommap stage' has copied nothing. [object.not-staged]" in refused
    assert "Next: dicommap stage package" in refused
    assert (import_jobs.jobs, import_jobs.instances) == ((), ())
    assert "Next: dicommap submit package" in person.runs("stage", "package", "--source", source.named, "--yes")
    person.runs("validate", "--s3", "package")
    person.runs(*submit)
    person.runs("watch", "package")
    accounts = json.loads(person.runs("reconcile", "package", "--format", "json", "--level", "instance"))

    source.require_untouched()
    require_imported(interleaved, import_jobs, corrected)
    assert [one.calls for one in import_jobs.jobs] == [1, 1, 1]
    assert {one["outcome"] for one in accounts} == {"primary"}
    assert len(accounts) == STUDIES * SERIES * INSTANCES
    require_copies(tmp_path / "package", interleaved, bucket)


def require_imported(tree: Path, service: ImportJobService, corrected: dict[str, str]) -> None:
    """Each file was imported once, a study whole by one job, and only a corrected study's PatientID differs."""
    instances = service.instances
    assert len(instances) == len({one.sop_instance_uid for one in instances}) == STUDIES * SERIES * INSTANCES
    assert len({(one.study_instance_uid, one.job_id) for one in instances}) == STUDIES
    for one in instances:
        patient = corrected.get(one.study_instance_uid)
        assert one.changed_keywords == (set() if patient is None else {"PatientID"})
        expected = patient or f"P{one.study_instance_uid.rpartition('.')[2]}"
        assert one.after["00100020"] == {"vr": "LO", "Value": [expected]}
    in_place = {one.study_instance_uid for one in instances if one.key.startswith("archive/alone/")}
    assert in_place == {ALONE}


def require_copies(package: Path, tree: Path, bucket: Bucket) -> None:
    """Below the staging prefix lies what the plan names, with the bytes of its source, and nothing else."""
    plan = json.loads((package / "plan.json").read_bytes())
    expected: dict[str, bytes] = {}
    for job in plan["jobs"]:
        if not job["staged"]:
            continue
        folder = package / "jobs" / job["id"]
        prefix = job["inputS3Uri"].removeprefix(bucket.uri)
        with (folder / "objects.csv").open(newline="", encoding="utf-8") as file:
            expected |= {prefix + row["Key"]: (tree / row["Source"]).read_bytes() for row in csv.DictReader(file)}
        files = (path for path in (folder / "files").rglob("*") if path.is_file())
        expected |= {prefix + path.relative_to(folder / "files").as_posix(): path.read_bytes() for path in files}
    assert {key: bucket.get(key) for key in bucket.keys("staged/")} == expected
