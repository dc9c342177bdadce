"""Run import jobs in the stand-in, and read their job manifests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count
from typing import Any

from dicommap.aws import Clients
from dicommap.testing import ImportJobService, StartedJob
from tests.support.s3_server import REGION, Bucket

_tokens = count(1)


def run_import_job(
    service: ImportJobService, bucket: Bucket, mappings: Sequence[dict[str, str]] = (), prefix: str = "in/"
) -> StartedJob:
    """Start a job that imports a prefix of the bucket, and advance it to its end."""
    configuration = {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": list(mappings)}}
    client = Clients(region=REGION, endpoint_url=service.url).medical_imaging
    job_id = client.start_dicom_import_job(
        clientToken=f"token-{next(_tokens)}",
        datastoreId=service.datastore_id,
        dataAccessRoleArn="arn:aws:iam::123456789012:role/import",
        inputS3Uri=bucket.uri + prefix,
        outputS3Uri=bucket.uri + "out/",
        **({"importConfiguration": configuration} if mappings else {}),
    )["jobId"]
    service.advance(job_id)
    service.advance(job_id)
    (job,) = (job for job in service.jobs if job.job_id == job_id)
    assert job.has_ended
    return job


def put_override_file(bucket: Bucket, data_set: object, study: str, series: str | None = None) -> dict[str, str]:
    """Put an override file below in/, and return its mapping."""
    path = f"dicommap-overrides/{series or study}.json"
    bucket.put(f"in/{path}", json.dumps(data_set).encode())
    mapping = {"studyInstanceUID": study, "metadataFilePath": path}
    return mapping | ({"seriesInstanceUID": series} if series else {})


def read_job_manifests(bucket: Bucket, job: StartedJob) -> dict[str, str]:
    """Return the job manifests of a job: path below its folder -> text."""
    prefix = job.output_folder.removeprefix(bucket.uri)
    return {key.removeprefix(prefix): bucket.get(key).decode() for key in bucket.keys(prefix)}


def records(text: str) -> list[dict[str, Any]]:
    """Return the records of an ndjson text."""
    return [json.loads(line) for line in text.splitlines()]
