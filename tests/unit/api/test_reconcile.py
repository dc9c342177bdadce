"""reconcile(): packages and what their jobs wrote, on disk and in S3."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import dicommap
from dicommap.display.outcome_records import (
    build_instance_outcome_record,
    build_job_outcome_record,
    build_study_outcome_record,
)
from dicommap.errors import AwsError, DocumentError, PackageError
from dicommap.package.package_directory import PackageDirectory
from dicommap.reconciliation.outcomes import ImportOutcome
from dicommap.validation.schema_registry import get_schema_validator
from tests.support.p10_files import STUDY, uid
from tests.support.reconciliation_packages import (
    FOLDER,
    draft_package,
    failure,
    keys_of,
    manifests,
    put,
    write,
    write_submission_state,
)
from tests.support.s3_server import Bucket

SECRET = "Zyzzyva"


@pytest.fixture
def package(tree: Path, tmp_path: Path) -> PackageDirectory:
    return draft_package(tree, tmp_path / "package")


def codes(found: dicommap.Reconciliation) -> set[str]:
    return {one.code for one in found.issues}


def test_a_package_of_which_all_was_imported_has_no_findings(package: PackageDirectory, tmp_path: Path) -> None:
    place = write(tmp_path / "m", manifests(package, keys_of(package)))
    found = dicommap.reconcile(package.path, manifests=place)
    assert found.ok
    assert found.issues == ()
    assert found.counts == {ImportOutcome.PRIMARY: 8}
    assert found.first == ()
    assert [study.study_instance_uid for study in found.studies()] == [uid(STUDY, 1), uid(STUDY, 2)]
    assert len(list(found.instances())) == len(list(found.instances())) == 8


def test_completed_is_never_success(package: PackageDirectory, tmp_path: Path) -> None:
    write_submission_state(package)
    found = dicommap.reconcile(package.path, manifests=write(tmp_path / "m", manifests(package, [], keys_of(package))))
    assert not found.ok
    assert codes(found) == {"reconcile.failed"}
    assert found.jobs[0].state.value == "completed"
    assert found.counts == {ImportOutcome.FAILED: 8}
    assert found.reasons() == [(8, "ValidationException", "DICOM attribute SOPClassUID does not exist")]


def test_manifests_are_fetched_from_s3(package: PackageDirectory, bucket: Bucket) -> None:
    first, *rest = keys_of(package)
    write_submission_state(package, f"{bucket.uri}out/")
    put(bucket, manifests(package, rest, [first]))
    found = dicommap.reconcile(package.path, clients=bucket.clients)
    assert codes(found) == {"reconcile.failed"}
    assert found.counts == {ImportOutcome.PRIMARY: 7, ImportOutcome.FAILED: 1}
    assert len(list(found.instances())) == 8  # fetched anew


def test_a_job_that_failed_as_a_whole_tells_why(package: PackageDirectory, bucket: Bucket) -> None:
    message = f"DICOM import job has failed. FILE_COUNTS_LIMIT_EXCEEDED {SECRET}"
    write_submission_state(package, f"{bucket.uri}out/", jobStatus="FAILED", ending="failed", message=message)
    found = dicommap.reconcile(package.path, clients=bucket.clients)
    assert codes(found) == {"manifest.missing", "reconcile.job-failed", "reconcile.not-reported"}
    assert found.counts == {ImportOutcome.NOT_REPORTED: 8}
    assert "FILE_COUNTS_LIMIT_EXCEEDED" in str(found)
    assert SECRET not in str(found) + found.html() + found._repr_html_() + repr(found.jobs)
    assert SECRET in found.html(show_values=True)


def test_what_was_never_started_needs_no_aws(package: PackageDirectory) -> None:
    found = dicommap.reconcile(package.path)
    assert codes(found) == {"reconcile.not-started"}
    write_submission_state(
        package, state="uploaded", startingAt=None, jobId=None, jobStatus=None, endedAt=None, ending=None
    )
    assert codes(dicommap.reconcile(package.path)) == {"reconcile.not-started"}
    write_submission_state(package, state="starting", jobId=None, jobStatus=None, endedAt=None, ending=None)
    assert codes(dicommap.reconcile(package.path)) == {"reconcile.unanswered"}


def test_what_s3_refuses_is_an_error(package: PackageDirectory, bucket: Bucket) -> None:
    write_submission_state(package, "s3://no-such-bucket/out/")
    with pytest.raises(AwsError, match="NoSuchBucket"):
        dicommap.reconcile(package.path, clients=bucket.clients)


def test_a_package_that_was_changed_is_an_error(package: PackageDirectory, tmp_path: Path) -> None:
    objects = package.path / "jobs/0001/objects.csv"
    text = objects.read_bytes()
    for changed, message in (
        (text.replace(b"IM0001", b"IM0009"), "was changed"),
        (text.replace(b",instance,", b",other,"), "no list of objects"),
        (b"\xff" + text, "no list of objects"),
        (b"", "no list of objects"),
    ):
        objects.write_bytes(changed)
        with pytest.raises(DocumentError, match=message):
            dicommap.reconcile(package.path, manifests=tmp_path)
    objects.unlink()
    with pytest.raises(DocumentError, match="cannot be read"):
        dicommap.reconcile(package.path, manifests=tmp_path)


def test_what_is_no_package_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"no plan\.json"):
        dicommap.reconcile(tmp_path)
    (tmp_path / "plan.json").write_text("{}")
    with pytest.raises(DocumentError, match="is no plan"):
        dicommap.reconcile(tmp_path)


def test_a_damaged_state_is_an_error(package: PackageDirectory, tmp_path: Path) -> None:
    write(package.path, {"submission/0001.json": "{"})
    with pytest.raises(PackageError, match=r"submission/0001\.json is not the state of a submission"):
        dicommap.reconcile(package.path, manifests=tmp_path)


def test_records_are_as_their_schema_says_and_masked(package: PackageDirectory, tmp_path: Path) -> None:
    first, second, *rest = keys_of(package)
    files = manifests(package, rest, [first])
    files[f"{FOLDER}/FAILURE/failure.ndjson"] = failure(first, f"PatientName {SECRET} is invalid")
    found = dicommap.reconcile(package.path, manifests=write(tmp_path / "m", files))
    (job,) = found.jobs
    instances = [build_instance_outcome_record(job, one, show_values=False) for one in found.instances()]
    for record in (
        build_job_outcome_record(job, show_values=False),
        *map(build_study_outcome_record, found.studies()),
        *instances,
    ):
        get_schema_validator("outcome").validate(json.loads(json.dumps(record)))
        assert SECRET not in json.dumps(record)
    assert instances[0]["object"] == f"s3://bucket/{first}"
    assert [record["outcome"] for record in instances[:3]] == ["failed", "not-reported", "primary"]
    assert instances[1]["object"] == f"s3://bucket/{second}"
    assert instances[0]["message"] == "PatientName *** is invalid"


def test_progress_is_told_of_jobs(package: PackageDirectory, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    dicommap.reconcile(package.path, manifests=tmp_path, progress=lambda one: seen.append((one.done, one.total)))
    assert seen[-1] == (1, 1)
