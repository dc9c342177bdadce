"""A data store's jobs, and the override files in S3, as a case's document describes them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from dicommap.errors import AwsError
from dicommap.healthimaging.job_properties import ImportJob
from dicommap.package.package_directory import PackageDirectory

WRITTEN = datetime.fromisoformat("2026-11-22T10:00:00Z")
"""The time at which the objects of a bucket were written, unless a document names another one."""


class JobsByDocument:
    """The jobs of a data store. GetDICOMImportJob returns their properties."""

    def __init__(self, jobs: list[dict[str, Any]]) -> None:
        self._jobs = {job["jobId"]: ImportJob.model_validate(job) for job in jobs}

    def get(self, _datastore: str, job_id: str) -> ImportJob:
        if job_id not in self._jobs:
            raise AwsError("GetDICOMImportJob was refused.", fix="", code="ResourceNotFoundException", local=True)
        return self._jobs[job_id]


class OverridesInS3:
    """An S3 client: the objects are the override files of a package, except for those that a document describes."""

    def __init__(self, package: PackageDirectory, objects: Mapping[str, dict[str, str]]) -> None:
        self._package, self._objects = package, objects

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        (job,) = self._package.plan.jobs
        path = f"s3://{Bucket}/{Key}".removeprefix(job.inputS3Uri)
        described = self._objects.get(path, {})
        if "refused" in described:
            raise ClientError({"Error": {"Code": described["refused"], "Message": ""}}, "GetObject")
        body = described.get("text", "").encode() or self._package.read_override_file(job, path)
        written = datetime.fromisoformat(described["written"]) if "written" in described else WRITTEN
        return {"Body": io.BytesIO(body), "ContentLength": len(body), "ETag": '"1"', "LastModified": written}


def make_clients(package: PackageDirectory, objects: Mapping[str, dict[str, str]]) -> Any:
    """Return clients whose S3 has the override files of a package."""
    return SimpleNamespace(s3=OverridesInS3(package, objects))
