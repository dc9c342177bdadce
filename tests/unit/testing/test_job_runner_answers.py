"""What a job of the stand-in does with override files, for each answer that needs a whole job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from dicommap.aws import Clients
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.override_questions import OverrideAnswers, make_fitting_answers
from dicommap.healthimaging.quotas import Quotas
from dicommap.testing import Behaviour, ImportJobService
from tests.support.p10_files import STUDY, p10, uid
from tests.support.s3_server import REGION, Bucket
from tests.support.stand_in_jobs import put_override_file, read_job_manifests, records, run_import_job

PATIENT = {"00100020": {"vr": "LO", "Value": ["NEW"]}}
BODY_PART = {"00180015": {"vr": "CS", "Value": ["HEAD"]}}
OVERRIDE_KEY = f"in/dicommap-overrides/{STUDY}.json"


@pytest.fixture
def service(import_jobs: ImportJobService) -> ImportJobService:
    return import_jobs


def behaving(bucket: Bucket, **settings: Any) -> ImportJobService:
    return ImportJobService(bucket.endpoint_url, behaviour=Behaviour(throttling=False, **settings))


@pytest.mark.parametrize(
    ("assumptions", "document", "is_applied"),
    [
        (Assumptions(), PATIENT, True),
        (Assumptions(), [PATIENT], False),
        (Assumptions(dataSet="array"), [PATIENT], True),
        (Assumptions(), {"PatientID": "NEW"}, False),
        (Assumptions(), BODY_PART, True),
        (Assumptions(otherLevels="error"), BODY_PART, False),
        (Assumptions(identifyingUids="present"), {**PATIENT, "0020000D": {"vr": "UI", "Value": [STUDY]}}, True),
        (Assumptions(identifyingUids="present"), {**PATIENT, "0020000D": {"vr": "UI", "Value": ["1.2"]}}, False),
        (Assumptions(emptyValue="null"), {"00100020": {"vr": "LO", "Value": [None]}}, True),
        (Assumptions(), {"00100020": {"vr": "LO", "Value": [None]}}, False),
    ],
)
def test_override_files_are_read_in_the_assumed_form(
    bucket: Bucket, assumptions: Assumptions, document: object, is_applied: bool
) -> None:
    bucket.put("in/1", p10())
    with behaving(bucket, answers=make_fitting_answers(assumptions)) as service:
        job = run_import_job(service, bucket, [put_override_file(bucket, document, STUDY)])
    assert job.status == ("COMPLETED" if is_applied else "FAILED")
    assert [len(one.changed_keywords) for one in service.instances] == ([1] if is_applied else [])


def test_override_files_can_be_reported_as_failed(bucket: Bucket) -> None:
    bucket.put("in/1", p10())
    with behaving(bucket, answers=OverrideAnswers(overrideFiles="failed")) as service:
        job = run_import_job(service, bucket, [put_override_file(bucket, PATIENT, STUDY)])
    texts = read_job_manifests(bucket, job)
    assert [one["inputFile"] for one in records(texts["FAILURE/failure.ndjson"])] == [OVERRIDE_KEY]
    summary = json.loads(texts["job-output-manifest.json"])["jobSummary"]
    assert (summary["numberOfScannedFiles"], summary["numberOfFilesWithCustomerError"]) == (1, 1)


@pytest.mark.parametrize(("answer", "scanned", "status"), [("counted", 2, "FAILED"), ("not-counted", 1, "COMPLETED")])
def test_override_files_can_count(
    bucket: Bucket, answer: Literal["counted", "not-counted"], scanned: int, status: str
) -> None:
    bucket.put("in/1", p10())
    mappings = [put_override_file(bucket, PATIENT, STUDY)]
    with behaving(bucket, answers=OverrideAnswers(overrideFilesCount=answer)) as service:
        job = run_import_job(service, bucket, mappings)
    summary = json.loads(read_job_manifests(bucket, job)["job-output-manifest.json"])["jobSummary"]
    assert summary["numberOfScannedFiles"] == scanned
    with behaving(bucket, answers=OverrideAnswers(overrideFilesCount=answer), quotas=Quotas(files=1)) as service:
        assert run_import_job(service, bucket, mappings).status == status


REFUSED = {"00100020": {"vr": "LO", "Value": []}}


def test_a_refusal_can_fail_the_job(service: ImportJobService, bucket: Bucket) -> None:
    bucket.put("in/1", p10())
    job = run_import_job(service, bucket, [put_override_file(bucket, REFUSED, STUDY)])
    assert (job.status, job.message) == (
        "FAILED",
        "The metadata file of mapping 0 has an attribute that is refused: PatientID",
    )
    assert service.instances == ()


def test_a_refusal_can_fail_the_files_of_its_mapping(bucket: Bucket, tree: Path) -> None:
    bucket.upload(tree, "in/")
    mappings = [
        put_override_file(bucket, REFUSED, uid(STUDY, 1), uid(STUDY, 1, 1)),
        put_override_file(bucket, PATIENT, uid(STUDY, 2)),
    ]
    with behaving(bucket, answers=OverrideAnswers(refusal="files-failed")) as service:
        job = run_import_job(service, bucket, mappings)
    failed = {
        one["inputFile"]: one["exception"]["message"]
        for one in records(read_job_manifests(bucket, job)["FAILURE/failure.ndjson"])
    }
    assert set(failed) == {"in/study1/series1/IM0001", "in/study1/series1/IM0002"}
    assert set(failed.values()) == {"The metadata file of mapping 0 has an attribute that is refused: PatientID"}
    assert len(service.instances) == 6
    assert sum(one.changed_keywords == {"PatientID"} for one in service.instances) == 4


def test_a_refusal_can_fail_the_override_file_of_a_mapping_without_files(bucket: Bucket) -> None:
    bucket.put("in/1", p10())
    mapping = put_override_file(bucket, PATIENT, "1.2.3")
    with behaving(bucket, answers=OverrideAnswers(refusal="files-failed", noMatch="refused")) as service:
        job = run_import_job(service, bucket, [mapping])
    failed = records(read_job_manifests(bucket, job)["FAILURE/failure.ndjson"])
    assert [one["inputFile"] for one in failed] == [f"in/{mapping['metadataFilePath']}"]
    assert len(service.instances) == 1


@pytest.mark.parametrize("how", ["warned", "silent"])
def test_a_refusal_can_be_a_warning_or_silent(bucket: Bucket, how: Literal["warned", "silent"]) -> None:
    bucket.put("in/1", p10())
    with behaving(bucket, answers=OverrideAnswers(refusal=how)) as service:
        job = run_import_job(service, bucket, [put_override_file(bucket, REFUSED, STUDY)])
    texts = read_job_manifests(bucket, job)
    warned = [one["importResponse"]["warnings"] for one in records(texts.get("WARNING/warning.ndjson", ""))]
    expected = [
        {
            "warning_reason_code": 45062,
            "type": "ElementsDiscarded",
            "message": "The metadata file of mapping 0 has an attribute that is refused: PatientID",
        }
    ]
    assert warned == ([expected] if how == "warned" else [])
    assert [one.changed_keywords for one in service.instances] == [frozenset()]
    assert len(records(texts["SUCCESS/success.ndjson"])) == 1


@pytest.mark.parametrize(
    ("answer", "status", "keywords"),
    [
        ("unchanged", "COMPLETED", frozenset()),
        ("changed", "COMPLETED", frozenset({"PatientID"})),
        ("refused", "FAILED", frozenset()),
    ],
)
def test_a_job_without_files(
    bucket: Bucket, answer: Literal["unchanged", "changed", "refused"], status: str, keywords: frozenset[str]
) -> None:
    bucket.put("files/1", p10())
    with behaving(bucket, answers=OverrideAnswers(withoutFiles=answer)) as service:
        run_import_job(service, bucket, prefix="files/")
        job = run_import_job(service, bucket, [put_override_file(bucket, PATIENT, STUDY)])
    (image_set,) = service.image_sets
    assert job.status == status
    assert [one.changed_keywords for one in image_set.instances] == [keywords]
    assert image_set.version == (2 if keywords else 1)


@pytest.mark.parametrize("answer", ["joined", "concatenated"])
def test_a_prefix_without_a_slash_before_a_path(bucket: Bucket, answer: Literal["joined", "concatenated"]) -> None:
    bucket.put("in/1", p10())
    mapping = put_override_file(bucket, PATIENT, STUDY)
    other = {"00100020": {"vr": "LO", "Value": ["OTHER"]}}
    bucket.put(f"in{mapping['metadataFilePath']}", json.dumps(other).encode())
    with behaving(bucket, answers=OverrideAnswers(prefixWithoutSlash=answer)) as service:
        run_import_job(service, bucket, [mapping], prefix="in")
    (instance,) = service.instances
    assert instance.after["00100020"]["Value"] == (["NEW"] if answer == "joined" else ["OTHER"])


@pytest.mark.parametrize(("answer", "key"), [("first", "in/1"), ("last", "in/2")])
def test_one_of_two_copies_is_stored(bucket: Bucket, answer: Literal["first", "last"], key: str) -> None:
    for name in ("in/1", "in/2"):
        bucket.put(name, p10())
    with behaving(bucket, answers=OverrideAnswers(twoCopies=answer)) as service:
        job = run_import_job(service, bucket)
    assert [one.key for one in service.instances] == [key]
    assert len(records(read_job_manifests(bucket, job)["SUCCESS/success.ndjson"])) == 2


def test_attributes_can_be_ignored(bucket: Bucket) -> None:
    bucket.put("in/1", p10())
    mapping = put_override_file(bucket, {**PATIENT, **BODY_PART}, STUDY)
    with behaving(bucket, ignored_attributes=frozenset({"PatientID"})) as service:
        run_import_job(service, bucket, [mapping])
    assert [one.changed_keywords for one in service.instances] == [{"BodyPartExamined"}]


def test_an_import_configuration_can_be_dropped(bucket: Bucket) -> None:
    bucket.put("in/1", p10())
    mapping = put_override_file(bucket, PATIENT, STUDY)
    with behaving(bucket, import_configuration="dropped") as service:
        job = run_import_job(service, bucket, [mapping])
        client = Clients(region=REGION, endpoint_url=service.url).medical_imaging
        answer = client.get_dicom_import_job(datastoreId=service.datastore_id, jobId=job.job_id)
    assert job.status == "COMPLETED"
    assert "importConfiguration" not in answer["jobProperties"]
    assert [one.changed_keywords for one in service.instances] == [frozenset()]
    failed = records(read_job_manifests(bucket, job)["FAILURE/failure.ndjson"])
    assert [one["inputFile"] for one in failed] == [OVERRIDE_KEY]


def test_behaviour_changes_between_jobs(service: ImportJobService, bucket: Bucket) -> None:
    bucket.put("in/1", p10())
    mapping = put_override_file(bucket, [PATIENT], STUDY)
    assert run_import_job(service, bucket, [mapping]).status == "FAILED"
    service.change_behaviour("answers.dataSet=both", "ignored_attributes=PatientName")
    assert run_import_job(service, bucket, [mapping]).status == "COMPLETED"
    assert service.behaviour.answers.dataSet == "both"
