"""Compare the objects and buckets in S3 with those that a package's plan expects."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dicommap.aws.client_errors import ACCESS_DENIED_CODES, NOT_FOUND_CODES
from dicommap.aws.s3_objects import S3Objects
from dicommap.dicom.printable_text import make_printable
from dicommap.display.issue_report import Issues
from dicommap.errors import AwsError
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import Location, make_issue
from dicommap.model.package_layout import REQUEST_FILE, job_folder, submission_path
from dicommap.model.submission import SubmissionState
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.submission_account import complete_clients
from dicommap.progress import progress_reporter, track_progress
from dicommap.validation.request_check import check_output_uris
from dicommap.validation.s3_objects_check import JobObjectsCheck, check_bucket_region

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterator, Sequence

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.issues import Issue
    from dicommap.planning.plan import PlanJob
    from dicommap.progress import ProgressOption
    from dicommap.validation.s3_objects_check import S3ObjectReader

LISTINGS_AT_ONCE = 8
"""Jobs that are checked at the same time: a listing waits for S3 most of its time."""


def validate_s3(package: StrPath, *, clients: Clients | None = None, progress: ProgressOption = None) -> Issues:
    """Compare the objects in S3 under each job's inputS3Uri with the planned objects, and find issues.

    The check compares sizes, ETags that the scan knew, and the bytes of override files that exist. It also finds
    buckets in another region, and outputS3Uris that overlap a prefix that is read. A missing bucket and an object that
    may not be read are issues; the others are still checked. The package itself is checked by `validate`.

    Args:
        package: The package directory.
        clients: The AWS clients. Without them, the settings of the package's first submit.
        progress: Shows progress, or is called with it, as jobs are checked.

    Raises:
        DocumentError: If the package cannot be read or was changed.
        AwsError: If S3 does not answer: no connection, no valid credentials, or throttled too often. Its `found` has
            the issues until then.
        MissingExtraError: If boto3 is not installed.

    """
    planned = PackageDirectory(package)
    return s3_object_issues(planned, S3Objects(complete_clients(clients, planned.aws_account())), progress)


def s3_object_issues(
    package: PackageDirectory,
    stored: S3ObjectReader,
    progress: ProgressOption = None,
    *,
    job_ids: Collection[str] | None = None,
) -> Issues:
    """Compare stored objects with the planned objects of all jobs, or of some job ids; see `validate_s3`."""
    issues: list[Issue] = []
    try:
        issues += _region_and_output_issues(package, stored)
        absent = {found.location.path for found in issues if found.code == "submit.no-bucket"}
        jobs = [job for job in package.plan.jobs if job_ids is None or job.id in job_ids]
        for found in _check_jobs(package, jobs, stored, absent, progress):
            issues += found
    except AwsError as error:
        error.issues = (*issues, *error.issues)
        raise
    return Issues(issues)


def _check_jobs(
    package: PackageDirectory,
    jobs: Sequence[PlanJob],
    stored: S3ObjectReader,
    absent: Container[str | None],
    progress: ProgressOption,
) -> Iterator[list[Issue]]:
    """Yield the issues of each job, in the order of the plan."""
    executor = ThreadPoolExecutor(LISTINGS_AT_ONCE)
    try:
        checked = executor.map(lambda job: _job_issues(package, job, stored, absent), jobs)
        with progress_reporter(progress, "jobs") as report:
            yield from track_progress(checked, report, len(jobs))
    finally:
        executor.shutdown(cancel_futures=True)


def _job_issues(
    package: PackageDirectory, job: PlanJob, stored: S3ObjectReader, absent: Container[str | None]
) -> list[Issue]:
    uri = S3Uri.parse(job.inputS3Uri)
    if uri is None or _bucket_location(uri.bucket).path in absent:  # there is another issue about it
        return []
    submission = package.submission(job)
    uploaded = submission is not None and submission.state is not SubmissionState.PLANNED
    check = JobObjectsCheck(job, uri, stored, uploaded=uploaded)
    issues: list[Issue] = []
    try:
        for found in check.issues(package.objects(job), stored.list_objects(uri)):
            issues.append(found)  # one by one: what came before a refusal is kept
    except AwsError as error:
        if not error.local:
            error.issues = tuple(issues)
            raise
        code = "listing.denied" if error.code in ACCESS_DENIED_CODES else "listing.unread"
        issues.append(make_issue(code, Location(path=make_printable(job.inputS3Uri)), told=error.message))
    return issues


def _region_and_output_issues(package: PackageDirectory, stored: S3ObjectReader) -> Iterator[Issue]:
    """Find buckets in another region, and outputS3Uris that overlap an inputS3Uri."""
    inputs = {uri for job in package.plan.jobs if (uri := S3Uri.parse(job.inputS3Uri))}
    outputs = dict(_output_uris(package))
    submitted = {place: str(uri) for place, uri in outputs.items() if place.pointer is None}
    yield from check_output_uris(map(str, inputs), submitted)  # of those in requests `validate` tells
    for bucket in sorted({uri.bucket for uri in (*inputs, *outputs.values())}):
        yield from _bucket_issues(bucket, stored)


def _bucket_issues(bucket: str, stored: S3ObjectReader) -> Iterator[Issue]:
    try:
        region = stored.get_region(bucket)
    except AwsError as error:
        if not error.local:
            raise
        if error.code in NOT_FOUND_CODES:
            yield make_issue("submit.no-bucket", _bucket_location(bucket))
        else:  # who may list a prefix need not be let at the bucket; listings are asked for each by itself
            yield make_issue("submit.not-checked", _bucket_location(bucket), what="The bucket", reason=error.code)
    else:
        yield from check_bucket_region(bucket, region, stored.region)


def _bucket_location(bucket: str) -> Location:
    return Location(path=f"s3://{bucket}/")


def _output_uris(package: PackageDirectory) -> Iterator[tuple[Location, S3Uri]]:
    """Yield the outputS3Uri of each job, with its location in the job's submission or request."""
    for job in package.plan.jobs:
        submission = package.submission(job)
        if submission is not None:
            place, text = Location(path=submission_path(job.id)), submission.outputS3Uri
        else:
            path = f"{job_folder(job.id)}/{REQUEST_FILE}"
            place = Location(path=path, pointer="/outputS3Uri")
            text = str(package.request(job).get("outputS3Uri", ""))
        if uri := S3Uri.parse(text):
            yield place, uri
