"""Jobs of both services as they tell of them: open to members, statuses and union members that are new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser
from pydantic import BaseModel, ValidationError

from dicommap.healthimaging import job_properties
from dicommap.healthimaging import job_properties as job_properties_model_fhir_import_job_part
from dicommap.healthimaging.job_properties import FhirImportJob, ImportJob, JobEnding, format_utc

JOB = {"jobId": "1a", "jobName": "n", "jobStatus": "SUBMITTED", "datastoreId": "d"}
CONFIGURATION = {
    "dicomJsonMetadataImportConfiguration": {
        "dicomMetadataMappings": [{"studyInstanceUID": "1.2", "metadataFilePath": "overrides/1.2.json"}]
    }
}
FHIR = {"JobId": "1a", "JobStatus": "SUBMITTED", "DatastoreId": "d", "InputDataConfig": {"S3Uri": "s3://bucket/in/"}}


def shape(service: str, name: str) -> Any:
    return botocore.session.get_session().get_service_model(service).shape_for(name)


@pytest.mark.parametrize(
    ("service", "name", "model"),
    [
        ("medical-imaging", "DICOMImportJobProperties", ImportJob),
        ("healthlake", "ImportJobProperties", FhirImportJob),
    ],
)
def test_the_members_are_those_of_the_service_model(service: str, name: str, model: type[BaseModel]) -> None:
    assert set(model.model_fields) <= set(shape(service, name).members)


@pytest.mark.parametrize(
    ("service", "endings"),
    [
        ("medical-imaging", job_properties.DICOM_JOB_ENDINGS),
        ("healthlake", job_properties_model_fhir_import_job_part.FHIR_JOB_ENDINGS),
    ],
)
def test_every_status_of_the_service_model_is_known(service: str, endings: dict[str, JobEnding | None]) -> None:
    assert list(endings) == shape(service, "JobStatus").enum


def test_only_jobs_that_have_not_ended_are_active() -> None:
    assert job_properties.ACTIVE_JOB_STATUSES == ("SUBMITTED", "IN_PROGRESS")


def test_what_is_new_is_kept() -> None:
    job = ImportJob.model_validate({**JOB, "jobStatus": "QUEUED", "priority": 3})
    assert (job.jobStatus, job.ending, job.to_job_info().is_known_status) == ("QUEUED", None, False)
    assert job.model_dump()["priority"] == 3
    fhir = FhirImportJob.model_validate({**FHIR, "JobStatus": "RESTING", "JobProgressReport": {"Throughput": 1.5}})
    assert (fhir.ending, fhir.to_job_info().is_known_status) == (None, False)
    assert fhir.model_dump()["JobProgressReport"] == {"Throughput": 1.5}


def test_a_member_of_a_union_that_the_sdk_does_not_know_is_carried() -> None:
    body = b'{"jobProperties": {"jobId": "1a", "jobStatus": "FAILED", "importConfiguration": {"pathology": {"a": 1}}}}'
    model = botocore.session.get_session().get_service_model("medical-imaging")
    answer = create_parser("rest-json").parse(
        {"status_code": 200, "headers": {}, "body": body},
        model.operation_model("GetDICOMImportJob").output_shape,
    )
    job = ImportJob.model_validate(answer["jobProperties"])
    assert job.importConfiguration is not None
    assert (job.importConfiguration.name, job.importConfiguration.known) == ("pathology", False)


def test_the_known_member_of_a_union_is_kept_whole() -> None:
    configuration = {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": [{"studyInstanceUID": "1.2"}]}}
    union = ImportJob.model_validate({**JOB, "importConfiguration": configuration}).importConfiguration
    assert union is not None
    assert {union.name: union.value} == configuration
    inputs = FhirImportJob.model_validate(FHIR).InputDataConfig
    assert inputs is not None
    assert (inputs.name, inputs.value) == ("S3Uri", "s3://bucket/in/")


@pytest.mark.parametrize("union", [None, {}])
def test_no_union_is_none(union: object) -> None:
    assert ImportJob.model_validate({**JOB, "importConfiguration": union}).importConfiguration is None


def test_two_members_are_no_union() -> None:
    with pytest.raises(ValidationError):
        ImportJob.model_validate({**JOB, "importConfiguration": {"a": 1, "b": 2}})


@pytest.mark.parametrize(
    ("status", "ending"),
    [("FAILED", JobEnding.FAILED), ("COMPLETED", JobEnding.COMPLETED), ("IN_PROGRESS", None), ("SUBMITTED", None)],
)
def test_how_a_job_ended(status: str, ending: JobEnding | None) -> None:
    assert ImportJob.model_validate({**JOB, "jobStatus": status}).ending is ending


def test_both_services_report_the_same_things() -> None:
    at = datetime(2026, 11, 22, 12, 0, 0, 999, tzinfo=timezone(timedelta(hours=2)))
    one = ImportJob.model_validate({**JOB, "jobStatus": "FAILED", "submittedAt": at, "endedAt": at, "message": "m"})
    other = FhirImportJob.model_validate(
        {**FHIR, "JobStatus": "FAILED", "SubmitTime": at, "EndTime": at, "Message": "m"}
    )
    for found, service in ((one.to_job_info(), "HealthImaging"), (other.to_job_info(), "HealthLake")):
        assert (found.service, found.datastore, found.job, found.status) == (service, "d", "1a", "FAILED")
        assert (found.submitted_at, found.ended_at, found.message) == ("2026-11-22T10:00:00Z",) * 2 + ("m",)
        assert found.ending is JobEnding.FAILED


def test_a_time_without_a_zone_is_utc() -> None:
    assert format_utc(datetime(2026, 1, 2, tzinfo=UTC)) == format_utc(datetime(2026, 1, 2)) == "2026-01-02T00:00:00Z"


@pytest.mark.parametrize(
    ("returned", "prefix"),
    [
        (None, None),
        ("s3://bucket/out", "s3://bucket/out"),
        ("s3://bucket/out/", "s3://bucket/out/"),
        ("s3://bucket/out/d-DicomImport-1a/", "s3://bucket/out/"),
        ("s3://bucket/out/d-DicomImport-1a", "s3://bucket/out/"),
        ("s3://bucket/d-DicomImport-1a/", "s3://bucket/"),
        ("s3://bucket/out/d-DicomImport-2b/", "s3://bucket/out/d-DicomImport-2b/"),
        ("s3://bucket/old-d-DicomImport-1a/", "s3://bucket/old-d-DicomImport-1a/"),
    ],
)
def test_the_output_prefix_has_no_folder_of_the_job(returned: str | None, prefix: str | None) -> None:
    assert ImportJob.model_validate({**JOB, "outputS3Uri": returned}).output_prefix == prefix
