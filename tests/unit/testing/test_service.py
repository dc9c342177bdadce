"""The stand-in as botocore's own clients meet it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from dicommap.aws import Clients
from dicommap.testing import Behaviour, ImportJobService
from dicommap.testing.operations import load_imaging_operations
from dicommap.testing.service import DATASTORE_ID, DOCUMENTED_RATES, OperationThrottle
from dicommap.testing.wire_format import find_shape_problems
from tests.support.s3_server import REGION

MAPPING = {"studyInstanceUID": "1.2.3", "metadataFilePath": "dicommap-overrides/1.2.3.json"}


def started(**members: Any) -> dict[str, Any]:
    """Return a request that is right, with these members."""
    request = {
        "clientToken": "token-1",
        "datastoreId": DATASTORE_ID,
        "dataAccessRoleArn": "arn:aws:iam::123456789012:role/import",
        "inputS3Uri": "s3://bucket/in/",
        "outputS3Uri": "s3://bucket/out/",
        "importConfiguration": {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": [MAPPING]}},
        **members,
    }
    return {name: value for name, value in request.items() if value is not None}


def once(service: ImportJobService) -> Any:
    """Return a client that tries once, and checks nothing before it sends."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 1}, parameter_validation=False)
    return Clients(region=REGION).session.client("medical-imaging", endpoint_url=service.url, config=config)


def code_of(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def service(import_jobs: ImportJobService, named_bucket: str) -> ImportJobService:
    return import_jobs


@pytest.fixture
def named_bucket(s3_environment: str) -> str:
    """Return the S3 server, on which there is the bucket that requests name, with the override file."""
    client = Clients(region=REGION).s3
    client.create_bucket(Bucket="bucket")  # again, which changes nothing
    override = json.dumps({"00100020": {"vr": "LO", "Value": ["P2"]}}).encode()
    client.put_object(Bucket="bucket", Key=f"in/{MAPPING['metadataFilePath']}", Body=override)
    return s3_environment


def test_a_job_goes_through_its_statuses_as_it_is_polled(service: ImportJobService) -> None:
    client = once(service)
    answer = client.start_dicom_import_job(**started(jobName="first"))
    assert answer["jobStatus"] == "SUBMITTED"
    seen = [
        client.get_dicom_import_job(datastoreId=DATASTORE_ID, jobId=answer["jobId"])["jobProperties"] for _ in range(3)
    ]
    assert [one["jobStatus"] for one in seen] == ["IN_PROGRESS", "COMPLETED", "COMPLETED"]
    assert seen[0]["importConfiguration"] == started()["importConfiguration"]
    assert seen[0]["submittedAt"] == answer["submittedAt"]
    assert seen[1]["endedAt"] >= answer["submittedAt"]
    assert seen[1]["outputS3Uri"] == f"s3://bucket/out/{DATASTORE_ID}-DicomImport-{answer['jobId']}/"
    assert seen[1]["jobName"] == "first"


def test_jobs_that_are_not_polled_go_on_when_the_test_says_so(named_bucket: str) -> None:
    with ImportJobService(named_bucket, behaviour=Behaviour(advance="call")) as service:
        client = once(service)
        job = client.start_dicom_import_job(**started())["jobId"]
        for _ in range(3):
            shown = client.get_dicom_import_job(datastoreId=DATASTORE_ID, jobId=job)["jobProperties"]
            assert shown["jobStatus"] == "SUBMITTED"
        service.advance()
        service.advance(job)
        assert service.jobs[0].status == "COMPLETED"


def test_a_token_starts_one_job(service: ImportJobService) -> None:
    client = once(service)
    first, again = (client.start_dicom_import_job(**started())["jobId"] for _ in range(2))
    assert first == again
    assert [(job.client_token, job.calls) for job in service.jobs] == [("token-1", 2)]
    with pytest.raises(ClientError) as other:
        client.start_dicom_import_job(**started(inputS3Uri="s3://bucket/other/"))
    assert code_of(other) == ("ConflictException", 409)
    assert len(service.jobs) == 1


def test_a_token_starts_one_job_for_calls_at_once(service: ImportJobService) -> None:
    client = once(service)
    with ThreadPoolExecutor(8) as pool:
        jobs = set(pool.map(lambda _: client.start_dicom_import_job(**started())["jobId"], range(16)))
    assert len(jobs) == 1
    assert [job.calls for job in service.jobs] == [16]


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"clientToken": "x" * 65}, "clientToken has 65 characters"),
        ({"clientToken": "a b"}, "clientToken does not match"),
        ({"jobName": "x" * 65}, "jobName"),
        ({"jobName": ""}, "jobName"),
        ({"datastoreId": "short"}, "datastoreId"),
        ({"inputS3Uri": "http://bucket/in/"}, "inputS3Uri"),
        ({"inputS3Uri": "s3://bucket/" + "x" * 1013}, "inputS3Uri has 1,025"),
        ({"outputS3Uri": None}, "outputS3Uri is required"),
        ({"dataAccessRoleArn": "arn:aws:iam::1:role/import"}, "dataAccessRoleArn"),
        ({"inputOwnerAccountId": "12345678901x"}, "inputOwnerAccountId"),
        ({"importConfiguration": {}}, "is a union and has 0 members"),
        ({"importConfiguration": {"dicomJsonMetadataImportConfiguration": {}}}, "dicomMetadataMappings is required"),
    ],
)
def test_what_aws_documents_as_wrong_is_refused(service: ImportJobService, members: dict[str, Any], place: str) -> None:
    with pytest.raises(ClientError, match="validation error") as error:
        once(service).start_dicom_import_job(**started(**members))
    assert code_of(error) == ("ValidationException", 400)
    assert place in error.value.response["Error"]["Message"]
    assert service.jobs == ()


@pytest.mark.parametrize(
    ("mappings", "place"),
    [
        ([], "has 0 items"),
        ([MAPPING] * 1001, "has 1,001 items"),
        ([{**MAPPING, "studyInstanceUID": "abc"}], "dicomMetadataMappings[0].studyInstanceUID does not match"),
        ([MAPPING, {**MAPPING, "seriesInstanceUID": "1" * 513}], "dicomMetadataMappings[1].seriesInstanceUID has 513"),
        ([{**MAPPING, "metadataFilePath": " a"}], "metadataFilePath does not match"),
        ([{**MAPPING, "metadataFilePath": "x" * 1023 + "ü"}], "metadataFilePath does not match"),
        ([{"metadataFilePath": "a"}], "studyInstanceUID is required"),
    ],
)
def test_mappings_that_aws_documents_as_wrong_are_refused(
    service: ImportJobService, mappings: list[dict[str, Any]], place: str
) -> None:
    configuration = {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": mappings}}
    with pytest.raises(ClientError) as error:
        once(service).start_dicom_import_job(**started(importConfiguration=configuration))
    assert code_of(error) == ("ValidationException", 400)
    assert place in error.value.response["Error"]["Message"]


def test_uids_are_in_no_message(service: ImportJobService) -> None:
    mappings = [{**MAPPING, "studyInstanceUID": "SECRET"}]
    configuration = {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": mappings}}
    with pytest.raises(ClientError) as error:
        once(service).start_dicom_import_job(**started(importConfiguration=configuration))
    assert "SECRET" not in str(error.value)


def test_jobs_are_listed_in_pages(service: ImportJobService) -> None:
    client = once(service)
    jobs = [client.start_dicom_import_job(**started(clientToken=f"t{number}"))["jobId"] for number in range(5)]
    pages = client.get_paginator("list_dicom_import_jobs").paginate(
        datastoreId=DATASTORE_ID, PaginationConfig={"PageSize": 2}
    )
    assert [job["jobId"] for page in pages for job in page["jobSummaries"]] == jobs[::-1]
    listed = client.list_dicom_import_jobs(datastoreId=DATASTORE_ID, jobStatus="SUBMITTED")["jobSummaries"]
    assert listed == []
    for wrong in ({"maxResults": 51}, {"jobStatus": "DONE"}, {"nextToken": "x"}):
        with pytest.raises(ClientError) as error:
            client.list_dicom_import_jobs(datastoreId=DATASTORE_ID, **wrong)
        assert code_of(error) == ("ValidationException", 400)


def test_what_is_not_there_is_not_found(service: ImportJobService) -> None:
    client = once(service)
    with pytest.raises(ClientError) as no_job:
        client.get_dicom_import_job(datastoreId=DATASTORE_ID, jobId="0")
    with pytest.raises(ClientError) as no_start:
        client.start_dicom_import_job(**started(datastoreId="1" * 32))
    with pytest.raises(ClientError) as no_datastore:
        client.get_datastore(datastoreId="1" * 32)
    assert {code_of(error) for error in (no_job, no_start, no_datastore)} == {("ResourceNotFoundException", 404)}


def test_data_stores_and_their_status(service: ImportJobService) -> None:
    client = once(service)
    assert client.get_datastore(datastoreId=DATASTORE_ID)["datastoreProperties"]["datastoreStatus"] == "ACTIVE"
    service.add_datastore("2" * 32, "CREATING")
    listed = client.list_datastores(datastoreStatus="CREATING")["datastoreSummaries"]
    assert [one["datastoreId"] for one in listed] == ["2" * 32]
    with pytest.raises(ClientError) as error:
        client.start_dicom_import_job(**started(datastoreId="2" * 32))
    assert code_of(error) == ("ConflictException", 409)


def test_as_many_jobs_run_as_the_quota_has(named_bucket: str) -> None:
    with ImportJobService(named_bucket, behaviour=Behaviour(concurrent_jobs=1, throttling=False)) as service:
        client = once(service)
        client.start_dicom_import_job(**started())
        with pytest.raises(ClientError) as error:
            client.start_dicom_import_job(**started(clientToken="t2"))
        assert code_of(error) == ("ServiceQuotaExceededException", 402)
        service.advance()
        service.advance()
        client.start_dicom_import_job(**started(clientToken="t2"))


def test_calls_beyond_the_documented_rate_are_throttled(s3_environment: str) -> None:
    now = [0.0]
    with ImportJobService(s3_environment, clock=lambda: now[0]) as service:
        client = once(service)
        for token in ("a", "b"):
            client.start_dicom_import_job(**started(clientToken=token))
        with pytest.raises(ClientError) as error:
            client.start_dicom_import_job(**started(clientToken="c"))
        assert code_of(error) == ("ThrottlingException", 429)
        now[0] = 1.0
        client.start_dicom_import_job(**started(clientToken="c"))
    assert len(service.jobs) == 3


@pytest.mark.parametrize("operation", DOCUMENTED_RATES)
def test_each_operation_has_its_documented_rate(operation: str) -> None:
    now = [0.0]
    throttle, rate = OperationThrottle(lambda: now[0]), DOCUMENTED_RATES[operation]
    assert [throttle.try_take_token(operation) for _ in range(rate.burst + 1)] == [True] * rate.burst + [False]
    now[0] = 1 / rate.per_second
    assert [throttle.try_take_token(operation) for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("throttle", "ThrottlingException", 429),
        ("access-denied", "AccessDeniedException", 403),
        ("not-found", "ResourceNotFoundException", 404),
        ("conflict", "ConflictException", 409),
        ("quota", "ServiceQuotaExceededException", 402),
        ("validation", "ValidationException", 400),
        ("expired-token", "ExpiredTokenException", 403),
        ("internal", "InternalServerException", 500),
        ("unavailable", "ServiceUnavailableException", 503),
    ],
)
def test_errors_come_when_they_are_asked_for(service: ImportJobService, kind: str, code: str, status: int) -> None:
    client = once(service)
    service.fault(kind, operation="StartDICOMImportJob", after=1)
    client.get_datastore(datastoreId=DATASTORE_ID)
    client.start_dicom_import_job(**started())
    with pytest.raises(ClientError) as error:
        client.start_dicom_import_job(**started())
    assert code_of(error) == (code, status)
    client.start_dicom_import_job(**started())


@pytest.mark.parametrize(("kind", "jobs"), [("reset", 0), ("answer-lost", 1)])
def test_connections_break_when_they_are_asked_to(service: ImportJobService, kind: str, jobs: int) -> None:
    service.fault(kind)
    with pytest.raises(ConnectionClosedError):
        once(service).start_dicom_import_job(**started())
    assert len(service.jobs) == jobs
    once(service).start_dicom_import_job(**started())
    assert len(service.jobs) == 1


def test_botocore_takes_an_answer_that_is_cut_for_one_without_members(service: ImportJobService) -> None:
    service.fault("short-body")
    assert set(once(service).start_dicom_import_job(**started())) == {"ResponseMetadata"}
    assert len(service.jobs) == 1


def test_clients_that_try_again_start_one_job(service: ImportJobService) -> None:
    service.fault("answer-lost")
    service.fault("unavailable")
    client = Clients(region=REGION, endpoint_url=service.url).medical_imaging
    client.start_dicom_import_job(**started())
    assert [job.calls for job in service.jobs] == [2]


def test_a_job_fails_when_it_is_asked_to(service: ImportJobService) -> None:
    service.fault("job-failed")
    client = once(service)
    job = client.start_dicom_import_job(**started())["jobId"]
    for _ in range(2):
        shown = client.get_dicom_import_job(datastoreId=DATASTORE_ID, jobId=job)["jobProperties"]
    assert shown["jobStatus"] == "FAILED"
    assert shown["message"].startswith("FILE_COUNTS_LIMIT")


def test_answers_are_those_of_the_service_model(service: ImportJobService) -> None:
    client = once(service)
    job = client.start_dicom_import_job(**started())
    answers = {
        "StartDICOMImportJob": job,
        "GetDICOMImportJob": client.get_dicom_import_job(datastoreId=DATASTORE_ID, jobId=job["jobId"]),
        "ListDICOMImportJobs": client.list_dicom_import_jobs(datastoreId=DATASTORE_ID),
        "GetDatastore": client.get_datastore(datastoreId=DATASTORE_ID),
        "ListDatastores": client.list_datastores(),
    }
    shapes = {operation.name: operation.output_shape for operation in load_imaging_operations()}
    for name, answer in answers.items():
        assert answer["ResponseMetadata"]["RequestId"], name
        del answer["ResponseMetadata"]
        assert list(find_shape_problems(shapes[name], answer)) == []


def test_healthlake_shows_a_fhir_job(service: ImportJobService) -> None:
    properties = [
        {
            "JobId": "j1",
            "JobStatus": status,
            "SubmitTime": 1_770_000_000,
            "DatastoreId": "d1",
            "InputDataConfig": {"S3Uri": "s3://bucket/fhir/"},
        }
        for status in ("SUBMITTED", "COMPLETED_WITH_ERRORS")
    ]
    service.add_fhir_job("d1", "j1", *properties)
    client = Clients(region=REGION).healthlake  # by the environment
    seen = [client.describe_fhir_import_job(DatastoreId="d1", JobId="j1")["ImportJobProperties"] for _ in range(3)]
    assert [one["JobStatus"] for one in seen] == ["SUBMITTED", "COMPLETED_WITH_ERRORS", "COMPLETED_WITH_ERRORS"]
    with pytest.raises(ClientError) as error:
        client.describe_fhir_import_job(DatastoreId="d1", JobId="j2")
    assert code_of(error) == ("ResourceNotFoundException", 400)
