"""Compare the objects and buckets in S3 with the plan of a package."""

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
from dicommap.package.aws_account_check import make_clients_with_saved_settings
from dicommap.package.package_directory import PackageDirectory
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
"""Number of jobs that are checked at the same time, because a check mostly waits for S3."""


def validate_s3(package: StrPath, *, clients: Clients | None = None, progress: ProgressOption = None) -> Issues:
    """Compare the objects under each job's inputS3Uri with the planned objects, and return the issues.

    The check compares the sizes, the ETags that the scan recorded, and the bytes of existing override files. It also
    reports buckets in another region, and each outputS3Uri that overlaps an inputS3Uri. A missing bucket or an
    unreadable object is an issue, and the check continues. Use `validate` to check the package itself.

    Args:
        package: The package directory.
        clients: The AWS clients. If None, clients with the settings of the package's first submit are used.
        progress: Whether to show the progress, or a function that is called with the progress.

    Raises:
        DocumentError: If the package cannot be read or was changed.
        AwsError: If S3 does not answer, credentials are invalid, or S3 throttles too many requests. The error's
            `issues` has the issues so far.
        MissingExtraError: If boto3 is not installed.

    """
    return validate_opened_package_in_s3(PackageDirectory(package), clients, progress)


def validate_opened_package_in_s3(
    package: PackageDirectory, clients: Clients | None = None, progress: ProgressOption = None
) -> Issues:
    """Compare S3 with a package that the caller has opened; otherwise like `validate_s3`."""
    return s3_object_issues(
        package, S3Objects(make_clients_with_saved_settings(clients, package.read_aws_account())), progress
    )


def s3_object_issues(
    package: PackageDirectory,
    stored: S3ObjectReader,
    progress: ProgressOption = None,
    *,
    job_ids: Collection[str] | None = None,
) -> Issues:
    """Compare the objects in S3 with the planned objects of jobs, as in `validate_s3`.

    Args:
        package: The package.
        stored: The reader of S3 objects.
        progress: Whether to show the progress, or a function that is called with the progress.
        job_ids: The ids of the jobs to check; None for all jobs.

    Returns:
        The issues.
    """
    issues: list[Issue] = []
    try:
        issues += _region_and_output_issues(package, stored)
        absent = {issue.location.path for issue in issues if issue.code == "submit.no-bucket"}
        jobs = [job for job in package.plan.jobs if job_ids is None or job.id in job_ids]
        for job_issues in _check_jobs(package, jobs, stored, absent, progress):
            issues += job_issues
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
    """Check several jobs at the same time. Yield the list of issues of each job, in the order of `jobs`.

    `absent` are the locations of buckets that do not exist. Jobs in these buckets are not checked.
    """
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
    """Return the issues of the objects under the inputS3Uri of one job."""
    uri = S3Uri.parse(job.inputS3Uri)
    if uri is None or _locate_bucket(uri.bucket).path in absent:  # another issue already names the URI or the bucket
        return []
    submission = package.read_submission(job)
    uploaded = submission is not None and submission.state is not SubmissionState.PLANNED
    check = JobObjectsCheck(job, uri, stored, uploaded=uploaded)
    issues: list[Issue] = []
    try:
        for issue in check.issues(package.objects(job), stored.list_objects(uri)):
            issues.append(issue)  # keeps the issues that precede an AwsError
    except AwsError as error:
        if not error.local:
            error.issues = tuple(issues)
            raise
        code = "listing.denied" if error.code in ACCESS_DENIED_CODES else "listing.unread"
        issues.append(make_issue(code, Location(path=make_printable(job.inputS3Uri)), told=error.message))
    return issues


def _region_and_output_issues(package: PackageDirectory, stored: S3ObjectReader) -> Iterator[Issue]:
    """Yield an issue if a bucket is missing or in another region, or if an outputS3Uri overlaps an inputS3Uri."""
    inputs = {uri for job in package.plan.jobs if (uri := S3Uri.parse(job.inputS3Uri))}
    outputs = dict(_iterate_output_uris(package))
    submitted = {place: str(uri) for place, uri in outputs.items() if place.pointer is None}
    yield from check_output_uris(map(str, inputs), submitted)  # `validate` checks the others, in requests
    for bucket in sorted({uri.bucket for uri in (*inputs, *outputs.values())}):
        yield from _bucket_issues(bucket, stored)


def _bucket_issues(bucket: str, stored: S3ObjectReader) -> Iterator[Issue]:
    """Yield an issue if a bucket is missing, cannot be checked, or is in another region than the clients."""
    try:
        region = stored.get_region(bucket)
    except AwsError as error:
        if not error.local:
            raise
        if error.code in NOT_FOUND_CODES:
            yield make_issue("submit.no-bucket", _locate_bucket(bucket))
        else:  # a user without permission for the bucket may still have permission to list a prefix
            yield make_issue("submit.not-checked", _locate_bucket(bucket), what="The bucket", reason=error.code)
    else:
        yield from check_bucket_region(bucket, region, stored.region)


def _locate_bucket(bucket: str) -> Location:
    return Location(path=f"s3://{bucket}/")


def _iterate_output_uris(package: PackageDirectory) -> Iterator[tuple[Location, S3Uri]]:
    """Yield the location and the outputS3Uri of each job.

    The location is the job's submission. If the job was never submitted, the location is the job's request.
    """
    for job in package.plan.jobs:
        submission = package.read_submission(job)
        if submission is not None:
            place, text = Location(path=submission_path(job.id)), submission.outputS3Uri
        else:
            path = f"{job_folder(job.id)}/{REQUEST_FILE}"
            place = Location(path=path, pointer="/outputS3Uri")
            text = str(package.read_request(job).get("outputS3Uri", ""))
        if uri := S3Uri.parse(text):
            yield place, uri
