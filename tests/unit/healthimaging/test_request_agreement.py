"""A job that the service returned is compared with the request that was sent."""

from __future__ import annotations

import pytest

from dicommap.healthimaging.job_properties import ImportJob
from dicommap.healthimaging.request_agreement import compare_with_request

JOB = {"jobId": "1a", "jobName": "n", "jobStatus": "SUBMITTED", "datastoreId": "d"}
CONFIGURATION = {
    "dicomJsonMetadataImportConfiguration": {
        "dicomMetadataMappings": [{"studyInstanceUID": "1.2", "metadataFilePath": "overrides/1.2.json"}]
    }
}


@pytest.mark.parametrize(
    ("returned", "sent", "agreement"),
    [
        (CONFIGURATION, CONFIGURATION, "same"),
        (None, None, "same"),
        (None, CONFIGURATION, "missing"),
        ({}, CONFIGURATION, "missing"),
        (CONFIGURATION, None, "differs"),
        ({"SDK_UNKNOWN_MEMBER": {"name": "digitalPathology"}}, CONFIGURATION, "differs"),
    ],
)
def test_a_job_is_compared_with_its_request(returned: object, sent: object, agreement: str) -> None:
    job = ImportJob.model_validate({**JOB, "inputS3Uri": "s3://bucket/in", "importConfiguration": returned})
    request = {"inputS3Uri": "s3://bucket/in/"} | ({} if sent is None else {"importConfiguration": sent})
    assert compare_with_request(job, request) == agreement
    assert compare_with_request(job, {**request, "inputS3Uri": "s3://bucket/in/1/"}) == "other-prefix"


def test_an_answer_without_a_prefix_is_not_compared() -> None:
    assert compare_with_request(ImportJob.model_validate(JOB), {"inputS3Uri": "s3://bucket/in/"}) is None
