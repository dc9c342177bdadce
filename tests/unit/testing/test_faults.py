"""Faults of jobs, of job manifests and of image sets, each when it is asked for."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from dicommap.errors import UsageError
from dicommap.testing import Fault, ImportJobService
from dicommap.testing.faults import FAULT_KINDS, IMAGE_SET_FAULTS, JOB_FAULTS, METADATA_FAULTS, FaultQueue
from tests.support.s3_server import Bucket
from tests.support.stand_in_jobs import read_job_manifests, records, run_import_job

SUCCESS, FAILURE, WARNING = "SUCCESS/success.ndjson", "FAILURE/failure.ndjson", "WARNING/warning.ndjson"


@pytest.fixture
def filled(bucket: Bucket, tree: Path) -> Bucket:
    bucket.upload(tree, "in/")
    return bucket


def faulty(service: ImportJobService, bucket: Bucket, *kinds: str, match: str = "") -> dict[str, str]:
    """Return what a job with these faults has written."""
    for kind in kinds:
        service.fault(kind, match=match)
    job = run_import_job(service, bucket)
    assert job.status == "COMPLETED"
    return read_job_manifests(bucket, job)


def test_a_job_can_reject_every_file(import_jobs: ImportJobService, filled: Bucket) -> None:
    texts = faulty(import_jobs, filled, "rejected")
    assert set(texts) == {"job-output-manifest.json", FAILURE}
    assert len(records(texts[FAILURE])) == 8
    assert import_jobs.instances == ()
    assert set(faulty(import_jobs, filled)) == {"job-output-manifest.json", SUCCESS}


def test_some_files_fail_by_a_fault_of_the_service(import_jobs: ImportJobService, filled: Bucket) -> None:
    texts = faulty(import_jobs, filled, "server-error", match="study1/series1")
    assert {one["exception"]["exceptionType"] for one in records(texts[FAILURE])} == {"InternalServerException"}
    assert len(records(texts[SUCCESS])) == 6
    assert json.loads(texts["job-output-manifest.json"])["jobSummary"]["numberOfFilesWithServerError"] == 2


def test_some_files_are_reported_nowhere(import_jobs: ImportJobService, filled: Bucket) -> None:
    texts = faulty(import_jobs, filled, "unreported", match="IM0002")
    assert len(records(texts[SUCCESS])) == 4
    assert len(import_jobs.instances) == 8


@pytest.mark.parametrize(("kinds", "name"), [(["warned"], "Other"), (["warned", "upper-case-warnings"], "OTHER")])
def test_warnings_are_written_in_both_spellings(
    import_jobs: ImportJobService, filled: Bucket, kinds: list[str], name: str
) -> None:
    texts = faulty(import_jobs, filled, *kinds)
    assert {found["type"] for one in records(texts[WARNING]) for found in one["importResponse"]["warnings"]} == {name}


def test_lines_are_broken(import_jobs: ImportJobService, filled: Bucket) -> None:
    first, *others, last = faulty(import_jobs, filled, "broken-lines")[SUCCESS].splitlines()
    assert (first, len(others)) == ("not a record", 7)
    assert all(json.loads(line) for line in others)
    with pytest.raises(json.JSONDecodeError):
        json.loads(last)


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("no-manifest", "job-output-manifest.json"),
        ("no-success", SUCCESS),
        ("no-failure", FAILURE),
        ("no-warning", WARNING),
    ],
)
def test_manifests_are_missing(import_jobs: ImportJobService, filled: Bucket, kind: str, path: str) -> None:
    filled.put("in/notes.txt", b"no P10")
    every = {"job-output-manifest.json", SUCCESS, FAILURE, WARNING}
    assert set(faulty(import_jobs, filled, "warned", kind)) == every - {path}


def test_booleans_are_pythons(import_jobs: ImportJobService, filled: Bucket) -> None:
    lines = faulty(import_jobs, filled, "python-booleans")[SUCCESS].splitlines()
    assert all(ast.literal_eval(line)["importResponse"]["isPrimary"] is True for line in lines)


def test_keys_are_relative(import_jobs: ImportJobService, filled: Bucket) -> None:
    names = {one["inputFile"] for one in records(faulty(import_jobs, filled, "relative-keys")[SUCCESS])}
    assert names == {key.removeprefix("in/") for key in filled.keys("in/")}


def test_a_fault_can_wait_for_a_later_job(import_jobs: ImportJobService, filled: Bucket) -> None:
    import_jobs.fault("job-failed", after=1, message="later")
    statuses = [run_import_job(import_jobs, filled).message for _ in range(3)]
    assert statuses == [None, "later", None]


def test_faults_can_be_taken_back(import_jobs: ImportJobService, filled: Bucket) -> None:
    import_jobs.fault("job-failed", times=None)
    assert run_import_job(import_jobs, filled).status == "FAILED"
    import_jobs.clear_faults()
    assert run_import_job(import_jobs, filled).status == "COMPLETED"


def test_every_fault_of_a_job_is_tried_here() -> None:
    assert all(f'"{kind}"' in Path(__file__).read_text(encoding="utf-8") for kind in JOB_FAULTS)


def test_every_fault_of_an_image_set_is_tried() -> None:
    text = (Path(__file__).parent / "test_image_set_handlers.py").read_text(encoding="utf-8")
    assert all(f'"{kind}"' in text for kind in (*IMAGE_SET_FAULTS, *METADATA_FAULTS))


def test_a_fault_selects_its_image_sets() -> None:
    faults = FaultQueue()
    faults.add(Fault(kind="locked", match="1.2.3", times=2, operation="GetImageSet"))
    assert faults.take(IMAGE_SET_FAULTS, "GetImageSet", ("id", "1.2.4", "1.2.5")) is None
    assert faults.take(IMAGE_SET_FAULTS, "DeleteImageSet", ("id", "1.2.3", "1.2.5")) is None
    for _ in range(2):
        assert faults.take(IMAGE_SET_FAULTS, "GetImageSet", ("id", "1.2.4", "1.2.3.5")) is not None
    assert faults.take(IMAGE_SET_FAULTS, "GetImageSet", ("id", "1.2.4", "1.2.3.5")) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("reset", Fault(kind="reset")),
        ("throttle,times=always", Fault(kind="throttle", times=None)),
        (
            "internal,operation=GetDICOMImportJob,times=2,after=3",
            Fault(kind="internal", operation="GetDICOMImportJob", times=2, after=3),
        ),
        ("rejected,match=a=b/,message=no = more", Fault(kind="rejected", match="a=b/", message="no = more")),
    ],
)
def test_faults_are_written_as_text(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize("text", ["", "earthquake", "reset,times=-1", "reset,when=now", "reset,after=always"])
def test_a_text_that_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Fault.parse(text)


def test_every_fault_is_explained() -> None:
    page = (Path(__file__).parents[3] / "docs/howto/stand-in.md").read_text(encoding="utf-8")
    assert all(f"`{kind}`" in page.partition("## Faults")[2] for kind in FAULT_KINDS)
