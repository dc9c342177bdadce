"""Packages with submitted jobs, and the job manifests of these jobs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import dicommap
from dicommap.model.submission import Submission
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.submission_states import SubmissionStates
from dicommap.planning.plan import PlanJob
from tests.support.s3_server import Bucket

DATASTORE_ID = "0123456789abcdef0123456789abcdef"
JOB_ID = "0a1b2c3d"
FOLDER = f"{DATASTORE_ID}-DicomImport-{JOB_ID}"
TIME = "2026-11-22T10:00:00Z"


def draft_package(tree: Path, package: Path, uri: str = "s3://bucket/in/") -> PackageDirectory:
    """Draft a package that sets a new PatientID for every study of a tree."""
    with dicommap.scan(tree) as inventory:
        made = dicommap.draft(inventory, input_s3_uri=uri, by_study=lambda _: {"PatientID": "NEW-1"}, output=package)
    assert made.ok, made.issues
    return PackageDirectory(package)


def write_submission_state(package: PackageDirectory, output_s3_uri: str = "s3://bucket/out/", **members: Any) -> None:
    """Write the submission state of the package's only job: it has ended; keywords replace members of the state."""
    (job,) = package.plan.jobs
    state = {
        "job": job.id,
        "state": "ended",
        "datastoreId": DATASTORE_ID,
        "dataAccessRoleArn": "arn:aws:iam::012345678901:role/importer",
        "inputS3Uri": job.inputS3Uri,
        "outputS3Uri": output_s3_uri,
        "clientToken": "dicommap-token",
        "startingAt": TIME,
        "jobId": JOB_ID,
        "jobStatus": "COMPLETED",
        "endedAt": TIME,
        "ending": "completed",
        **members,
    }
    document = {name: value for name, value in state.items() if value is not None}
    SubmissionStates(package.path).write(Submission.model_validate(document))


def keys_of(package: PackageDirectory) -> list[str]:
    """Return the full object keys of the only job."""
    (job,) = package.plan.jobs
    prefix = job.inputS3Uri.split("/", 3)[3]
    return [prefix + planned.key for planned in package.objects(job)]


def success(key: str, *, primary: bool = True) -> str:
    return json.dumps({"inputFile": key, "importResponse": {"imageSetId": "a1", "isPrimary": primary}})


def failure(key: str, message: str = "DICOM attribute SOPClassUID does not exist") -> str:
    return json.dumps({"inputFile": key, "exception": {"exceptionType": "ValidationException", "message": message}})


def summary(job: PlanJob, imported: int, failed: int = 0) -> str:
    """Return the text of job-output-manifest.json."""
    numbers = {
        "numberOfScannedFiles": imported + failed,
        "numberOfImportedFiles": imported,
        "numberOfFilesWithCustomerError": failed,
        "numberOfFilesWithServerError": 0,
    }
    ids = {"jobId": JOB_ID, "datastoreId": DATASTORE_ID, "inputS3Uri": job.inputS3Uri}
    return json.dumps({"jobSummary": {**ids, **numbers}})


def manifests(package: PackageDirectory, imported: Iterable[str], failed: Iterable[str] = ()) -> dict[str, str]:
    """Return the job manifests of a job with imported and failed keys: path below outputS3Uri -> text."""
    successes, failures = [success(key) for key in imported], [failure(key) for key in failed]
    return {
        f"{FOLDER}/job-output-manifest.json": summary(package.plan.jobs[0], len(successes), len(failures)),
        f"{FOLDER}/SUCCESS/success.ndjson": "\n".join(successes),
        f"{FOLDER}/FAILURE/failure.ndjson": "\n".join(failures),
    }


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below a directory, and return it."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def put(bucket: Bucket, files: Mapping[str, str], prefix: str = "out/") -> None:
    """Put files under a prefix of a bucket."""
    for name, text in files.items():
        bucket.put(prefix + name, text.encode())
