"""validate_s3(): what a package plans to find in S3 against what is there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dicommap.aws.stored import Stored
from dicommap.checks.s3_check import JobCheck, output_issues, region_issues
from dicommap.model.package_layout import REQUEST, job_folder, submission_path
from dicommap.model.s3_uri import S3Uri
from dicommap.model.submission import SubmissionState
from dicommap.package.planned import PlannedPackage
from dicommap.progress import followed, reporting
from dicommap.render.findings import Issues

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.checks.s3_check import StoredObjects
    from dicommap.issues import Issue
    from dicommap.model.plan import Job
    from dicommap.progress import Asked

LISTINGS = 8
"""Jobs that are checked at the same time: a listing waits for S3 most of its time."""


def validate_s3(package: StrPath, *, clients: Clients | None = None, progress: Asked = None) -> Issues:
    """Prove that what each job of a package plans to find under its inputS3Uri is there, and nothing else.

    Every object has its planned size, and its ETag where the scan knew it; every override file has its bytes, where
    the job's submission says that they were uploaded, or where something lies in their place. Buckets are in the
    clients' region, and no outputS3Uri overlaps a prefix that is read. `validate` checks the package itself.

    `progress` is told of jobs, as that of a scan is of files.

    Raises DocumentError where the package cannot be read or was changed, AwsError where S3 refuses, and
    MissingExtraError where boto3 is not installed.
    """
    from dicommap.aws import Clients

    return stored_issues(PlannedPackage(package), Stored(clients or Clients()), progress)


def stored_issues(
    package: PlannedPackage, stored: StoredObjects, progress: Asked = None, *, job_ids: Collection[str] | None = None
) -> Issues:
    """Find where what is stored is not what a package plans, for all jobs or those of some ids; see `validate_s3`."""
    issues = list(_place_issues(package, stored))
    jobs = [job for job in package.plan.jobs if job_ids is None or job.id in job_ids]
    executor = ThreadPoolExecutor(LISTINGS)
    try:
        checked = executor.map(lambda job: _job_issues(package, job, stored), jobs)
        with reporting(progress, "jobs") as report:
            for found in followed(checked, report, len(jobs)):
                issues += found
    finally:
        executor.shutdown(cancel_futures=True)
    return Issues(issues)


def _job_issues(package: PlannedPackage, job: Job, stored: StoredObjects) -> list[Issue]:
    uri = S3Uri.parse(job.inputS3Uri)
    if uri is None:  # a finding of `validate`
        return []
    submission = package.submission(job)
    uploaded = submission is not None and submission.state is not SubmissionState.PLANNED
    check = JobCheck(job, uri, stored, uploaded=uploaded)
    return list(check.issues(package.objects(job), stored.listed(uri)))


def _place_issues(package: PlannedPackage, stored: StoredObjects) -> Iterator[Issue]:
    """Find buckets in another region, and outputs among the inputs."""
    inputs = {uri for job in package.plan.jobs if (uri := S3Uri.parse(job.inputS3Uri))}
    outputs = dict(_outputs(package))
    yield from output_issues(inputs, outputs)
    for bucket in sorted({uri.bucket for uri in (*inputs, *outputs.values())}):
        yield from region_issues(bucket, stored.region_of(bucket), stored.region)


def _outputs(package: PlannedPackage) -> Iterator[tuple[str, S3Uri]]:
    """Yield the outputS3Uri of each job by where it stands: in its submission, or in its request once filled in."""
    for job in package.plan.jobs:
        submission = package.submission(job)
        if submission is not None:
            place, text = submission_path(job.id), submission.outputS3Uri
        else:
            place, text = f"{job_folder(job.id)}/{REQUEST}", str(package.request(job).get("outputS3Uri", ""))
        if uri := S3Uri.parse(text):
            yield place, uri
