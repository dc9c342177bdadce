"""What the stand-in makes of the objects of a job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dicommap.healthimaging.quotas import Quotas
from dicommap.testing import Behaviour, ImportJobService
from tests.support.p10_files import STUDY, p10, uid
from tests.support.s3_server import Bucket
from tests.support.stand_in_jobs import put_override_file, read_job_manifests, records, run_import_job

PATIENT = {"00100020": {"vr": "LO", "Value": ["NEW"]}}
OVERRIDE_KEY = f"in/dicommap-overrides/{STUDY}.json"
BODY_PART = {"00180015": {"vr": "CS", "Value": ["HEAD"]}}


@pytest.fixture
def service(import_jobs: ImportJobService) -> ImportJobService:
    return import_jobs


def behaving(bucket: Bucket, **settings: Any) -> ImportJobService:
    return ImportJobService(bucket.endpoint_url, behaviour=Behaviour(throttling=False, **settings))


def test_exactly_the_mapped_study_and_series_change(service: ImportJobService, bucket: Bucket, tree: Path) -> None:
    bucket.upload(tree, "in/")
    mappings = [
        put_override_file(bucket, PATIENT, uid(STUDY, 1)),
        put_override_file(bucket, BODY_PART, uid(STUDY, 2), uid(STUDY, 2, 1)),
    ]
    job = run_import_job(service, bucket, mappings)
    assert job.status == "COMPLETED"
    changed = {instance.key: instance.changed_keywords for instance in service.instances}
    assert len(changed) == 8
    for key, keywords in changed.items():
        if key.startswith("in/study1/"):
            assert keywords == {"PatientID"}
        else:
            assert keywords == ({"BodyPartExamined"} if "series1" in key else frozenset())
    (first, *_) = service.instances
    assert first.before["00100020"] == {"vr": "LO", "Value": ["P1"]}
    assert first.after["00100020"] == PATIENT["00100020"]


def test_a_series_override_comes_after_its_studys(service: ImportJobService, bucket: Bucket, tree: Path) -> None:
    bucket.upload(tree, "in/")
    series = {**BODY_PART, "00081030": {"vr": "LO"}}
    mappings = [
        put_override_file(bucket, {"00081030": {"vr": "LO", "Value": ["STUDY"]}}, uid(STUDY, 1)),
        put_override_file(bucket, series, uid(STUDY, 1), uid(STUDY, 1, 2)),
    ]
    run_import_job(service, bucket, mappings)
    after = {instance.key: instance.after.get("00081030") for instance in service.instances}
    assert after["in/study1/series1/IM0001"] == {"vr": "LO", "Value": ["STUDY"]}
    assert after["in/study1/series2/IM0001"] == {"vr": "LO"}
    assert after["in/study2/series1/IM0001"] is None


def test_the_manifests_account_for_every_file(service: ImportJobService, bucket: Bucket, tree: Path) -> None:
    bucket.upload(tree, "in/")
    bucket.put("in/notes.txt", b"no P10")
    bucket.put("in/no-class", p10(SOPClassUID=None))
    bucket.put("in/folder/")
    job = run_import_job(service, bucket, [put_override_file(bucket, PATIENT, uid(STUDY, 1))])
    texts = read_job_manifests(bucket, job)
    assert set(texts) == {"job-output-manifest.json", "SUCCESS/success.ndjson", "FAILURE/failure.ndjson"}
    summary = json.loads(texts["job-output-manifest.json"])["jobSummary"]
    assert summary["numberOfScannedFiles"] == 10
    assert summary["numberOfImportedFiles"] == 8
    assert summary["numberOfFilesWithCustomerError"] == 2
    assert summary["numberOfGeneratedImageSets"] == 4
    assert [one["numberOfMatchedSOPInstances"] for one in summary["imageSetsSummary"]] == [2] * 4
    assert all(one["isPrimary"] for one in summary["imageSetsSummary"])
    succeeded = {one["inputFile"]: one["importResponse"] for one in records(texts["SUCCESS/success.ndjson"])}
    assert set(succeeded) == {key for key in bucket.keys("in/") if "IM0" in key}
    assert {one["imageSetId"] for one in succeeded.values()} == {one.image_set_id for one in service.image_sets}
    failed = {one["inputFile"]: one["exception"] for one in records(texts["FAILURE/failure.ndjson"])}
    assert failed == {
        "in/no-class": {
            "exceptionType": "ValidationException",
            "message": "DICOM attribute SOPClassUID does not exist",
        },
        "in/notes.txt": {"exceptionType": "ValidationException", "message": "DICOM attributes does not exist"},
    }


def test_other_grouping_elements_make_another_image_set(service: ImportJobService, bucket: Bucket) -> None:
    bucket.put("in/1", p10(SOPInstanceUID="1.1"))
    bucket.put("in/2", p10(SOPInstanceUID="1.2", PatientID="OTHER"))
    bucket.put("in/3", p10(SOPInstanceUID="1.3", SeriesNumber=7))
    bucket.put("in/4", p10(SOPInstanceUID="1.1"))
    bucket.put("in/5", p10(SOPInstanceUID="1.5", SeriesDescription="no grouping element"))
    run_import_job(service, bucket)
    sets = [(one.is_primary, [instance.key for instance in one.instances]) for one in service.image_sets]
    assert sets == [(True, ["in/4", "in/5"]), (False, ["in/2"]), (False, ["in/3"])]


def test_an_override_can_make_a_study_one_image_set(service: ImportJobService, bucket: Bucket) -> None:
    bucket.put("in/1", p10(SOPInstanceUID="1.1"))
    bucket.put("in/2", p10(SOPInstanceUID="1.2", PatientID="OTHER"))
    run_import_job(service, bucket, [put_override_file(bucket, PATIENT, STUDY)])
    assert [(one.is_primary, len(one.instances)) for one in service.image_sets] == [(True, 2)]


def test_a_second_import_makes_a_new_version(service: ImportJobService, bucket: Bucket, tree: Path) -> None:
    bucket.upload(tree / "study1" / "series1", "in/")
    first = run_import_job(service, bucket)
    bucket.put("in/IM0003", (tree / "study1/series1/IM0001").read_bytes().replace(b".1.1.1.1", b".1.1.1.3"))
    bucket.client.delete_object(Bucket=bucket.name, Key="in/IM0002")
    second = run_import_job(service, bucket)
    (image_set,) = service.image_sets
    assert (image_set.is_primary, image_set.version) == (True, 2)
    assert [(one.key, one.job_id) for one in image_set.instances] == [
        ("in/IM0002", first.job_id),
        ("in/IM0001", second.job_id),
        ("in/IM0003", second.job_id),
    ]
    assert [one.key for one in image_set.versions[0].by_uid.values()] == ["in/IM0001", "in/IM0002"]


@pytest.mark.parametrize(
    ("quotas", "name"),
    [
        (Quotas(files=7), "FILE_COUNTS_LIMIT"),
        (Quotas(bytes=2_000), "FILE_SIZES_LIMIT"),
        (Quotas(folders=5), "FOLDER_COUNTS_LIMIT"),
    ],
)
def test_a_job_over_a_quota_fails(bucket: Bucket, tree: Path, quotas: Quotas, name: str) -> None:
    bucket.upload(tree, "in/")
    with behaving(bucket, quotas=quotas) as service:
        job = run_import_job(service, bucket)
    assert job.status == "FAILED"
    assert (job.message or "").startswith(name)
    assert service.instances == ()
    assert read_job_manifests(bucket, job) == {}


def test_a_job_at_its_quotas_completes(bucket: Bucket, tree: Path) -> None:
    bucket.upload(tree, "in/")
    with behaving(bucket, quotas=Quotas(files=8, folders=6)) as service:
        assert run_import_job(service, bucket).status == "COMPLETED"


def test_a_file_over_its_quota_is_rejected(bucket: Bucket) -> None:
    bucket.put("in/1", p10())
    with behaving(bucket, quotas=Quotas(fileBytes=100)) as service:
        job = run_import_job(service, bucket)
    assert job.status == "COMPLETED"
    assert records(read_job_manifests(bucket, job)["FAILURE/failure.ndjson"])[0]["inputFile"] == "in/1"


def test_a_prefix_without_a_slash_takes_in_its_siblings(service: ImportJobService, bucket: Bucket) -> None:
    bucket.put("in/1.2/a", p10(SOPInstanceUID="1.1"))
    bucket.put("in/1.23/a", p10(SOPInstanceUID="1.2"))
    run_import_job(service, bucket, prefix="in/1.2")
    assert {one.key for one in service.instances} == {"in/1.2/a", "in/1.23/a"}


def test_a_mapping_whose_file_is_not_there_fails_the_job(service: ImportJobService, bucket: Bucket) -> None:
    bucket.put("in/1", p10())
    mapping = put_override_file(bucket, PATIENT, STUDY)
    bucket.client.delete_object(Bucket=bucket.name, Key=f"in/{mapping['metadataFilePath']}")
    job = run_import_job(service, bucket, [mapping])
    assert (job.status, job.message) == ("FAILED", "The metadata file of mapping 0 does not exist")


def test_two_mappings_of_one_study_fail_the_job(service: ImportJobService, bucket: Bucket) -> None:
    bucket.put("in/1", p10())
    mapping = put_override_file(bucket, PATIENT, STUDY)
    assert run_import_job(service, bucket, [mapping, mapping]).status == "FAILED"


def test_a_mapping_that_no_file_has_changes_nothing(service: ImportJobService, bucket: Bucket) -> None:
    bucket.put("in/1", p10())
    assert run_import_job(service, bucket, [put_override_file(bucket, PATIENT, "1.2.3")]).status == "COMPLETED"
    assert [one.changed_keywords for one in service.instances] == [frozenset()]


def test_a_bucket_that_is_not_there_fails_the_job(service: ImportJobService, bucket: Bucket) -> None:
    other = Bucket("no-such-bucket", bucket.endpoint_url, bucket.client)
    job = run_import_job(service, other)
    assert job.status == "FAILED"
    assert "NoSuchBucket" in (job.message or "")


def test_odd_files_are_warned_about(bucket: Bucket) -> None:
    bucket.put("in/1", p10(SOPInstanceUID="1.22").replace(b"1.22", b"1.02"))
    bucket.put(
        "in/2",
        p10(SOPInstanceUID="1.2", SeriesInstanceUID="1.5").replace(b"1.2.840.10008.1.2.1\0", b"9.2.840.10008.1.2.1\0"),
    )
    with behaving(bucket, warned_files="warning-only", empty_manifests="written") as service:
        texts = read_job_manifests(bucket, run_import_job(service, bucket))
    warned = {one["inputFile"]: one["importResponse"]["warnings"] for one in records(texts["WARNING/warning.ndjson"])}
    assert {key: [one["type"] for one in found] for key, found in warned.items()} == {
        "in/1": ["InvalidUidFormat"],
        "in/2": ["UnsupportedTransferSyntax"],
    }
    assert texts["SUCCESS/success.ndjson"] == texts["FAILURE/failure.ndjson"] == ""


def test_without_an_s3_server_jobs_read_nothing(bucket: Bucket) -> None:
    bucket.put("in/1", p10())
    with ImportJobService() as service:
        assert run_import_job(service, bucket).status == "COMPLETED"
    assert service.image_sets == ()
