"""submit(): upload the override files of a package, and start each of its import jobs once."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicommap.api.validate import validate_and_open
from dicommap.arguments import (
    convert_arguments,
    to_flag,
    to_function,
    to_integer,
    to_optional,
    to_path,
    to_progress,
    to_rate,
    to_text,
    to_texts,
)
from dicommap.aws.clients import to_clients
from dicommap.aws.environment import read_environment
from dicommap.aws.import_jobs import ImportJobs
from dicommap.aws.s3_objects import S3Objects
from dicommap.aws.timing import SYSTEM_CLOCK, to_clock
from dicommap.display.issue_report import Issues
from dicommap.errors import DicommapError
from dicommap.healthimaging.limits import CONCURRENT_JOBS
from dicommap.issues import Location, has_errors, make_issue
from dicommap.issues.wording import format_count
from dicommap.model.displayable import Displayable
from dicommap.model.package_layout import job_folder
from dicommap.package.audit_log import record_job_events
from dicommap.package.aws_account_check import make_clients_with_saved_settings, require_same_endpoint
from dicommap.package.job_requests import (
    find_placeholders,
    make_job_requests,
    require_jobs,
    require_no_missing_members,
    require_package,
)
from dicommap.package.job_submitter import JobSubmitter
from dicommap.package.s3_validation import s3_object_issues
from dicommap.package.submission_states import SubmissionStates
from dicommap.package.transfer_confirmation import make_submission_transfer, require_confirmed
from dicommap.progress import ignore_step, progress_reporter, track_progress
from dicommap.validation.environment_check import check_environment
from dicommap.validation.request_check import check_output_uris

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.aws.timing import Clock
    from dicommap.display.report import Report
    from dicommap.issues import Issue
    from dicommap.model.submission import Submission
    from dicommap.package.job_requests import JobRequest
    from dicommap.package.package_directory import PackageDirectory
    from dicommap.package.transfer_confirmation import Confirm
    from dicommap.progress import OnProgress, ProgressOption
    from dicommap.validation.environment_check import ImportEnvironment


@dataclass(frozen=True, kw_only=True, repr=False)
class SubmitResult(Displayable):
    """The result of a submit: the state of each job, and the issues."""

    package: Path
    submissions: tuple[Submission, ...]
    """The saved state of each job, in the order of the plan. Jobs that were never submitted are not included."""
    issues: Issues
    requests: tuple[Mapping[str, Any], ...] = ()
    """In a dry run: the requests that a submit would send, in order. Otherwise empty."""
    is_dry: bool = False
    """Whether this is the result of a dry run."""
    placeholders: tuple[str, ...] = ()
    """The names of request members that are still placeholders. A submit needs them as arguments."""

    @property
    def ok(self) -> bool:
        """Return whether no issue is an error."""
        return not self.issues.errors

    def _build_report(self) -> Report:
        from dicommap.display.submission_report import build_submit_report

        return build_submit_report(
            str(self.package), self.submissions, self.issues, self.requests if self.is_dry else None
        )


@convert_arguments(
    package=to_path,
    datastore_id=to_optional(to_text),
    data_access_role_arn=to_optional(to_text),
    output_s3_uri=to_optional(to_text),
    input_owner_account_id=to_optional(to_text),
    jobs=to_texts,
    concurrent_jobs=to_integer(minimum=1),
    start_rate=to_optional(to_rate),
    replace=to_flag,
    check=to_flag,
    dry_run=to_flag,
    clients=to_optional(to_clients),
    confirm=to_optional(to_function),
    clock=to_clock,
    progress=to_progress,
    on_step=to_optional(to_function),
)
def submit(
    package: StrPath,
    *,
    datastore_id: str | None = None,
    data_access_role_arn: str | None = None,
    output_s3_uri: str | None = None,
    input_owner_account_id: str | None = None,
    jobs: Sequence[str] = (),
    concurrent_jobs: int = CONCURRENT_JOBS,
    start_rate: float | None = None,
    replace: bool = False,
    check: bool = True,
    dry_run: bool = False,
    clients: Clients | None = None,
    confirm: Confirm | None = None,
    clock: Clock = SYSTEM_CLOCK,
    progress: ProgressOption = None,
    on_step: Callable[[str, str], None] | None = None,
) -> SubmitResult:
    """Upload the override files of a package, and start its import jobs. Repeated calls start each job only once.

    Before the first upload, the package is validated, and the data store and the buckets are checked. If an issue is an
    error, no file is uploaded and no job is started. After each step, the state of the job is saved in the package
    (docs/formats/submission.md). So a repeated call continues where an earlier call was stopped or refused. The request
    members and settings of the first submit are also saved in the package. Later calls of `submit`, `watch` and
    `reconcile` use them. Credentials are never saved.

    Args:
        package: The package directory.
        datastore_id: The id of the data store. This argument and the next three replace members of the package's
            requests.
        data_access_role_arn: The member dataAccessRoleArn of the requests.
        output_s3_uri: The member outputS3Uri of the requests.
        input_owner_account_id: The member inputOwnerAccountId of the requests.
        jobs: The ids of the jobs to submit; empty for all jobs.
        concurrent_jobs: The quota of import jobs that run at the same time. If the quota is used up, the call waits.
        start_rate: The limit of StartDICOMImportJob calls per second, if AWS has changed it for your account.
        replace: Whether override files may replace other objects with the same keys. If a running job reads these
            objects, they are not replaced.
        check: Whether to compare the objects under the jobs' prefixes with the planned objects, like `validate --s3`.
        dry_run: Whether to only list the requests in the result, and send none.
        clients: The AWS clients. A missing profile or region is that of the package's first submit.
        confirm: A function that takes a Transfer, which describes the data to send and its destination, and returns
            whether the data may be sent. It is called before the first request to the buckets and the data store. It is
            not called if all jobs were already started.
        clock: The clock that reads the time and waits.
        progress: Whether to show the number of submitted jobs, or a function that is called with it.
        on_step: A function that is called after each step, with the job's id and a description of the step.

    Returns:
        The state of each job, and the issues.

    Raises:
        DocumentError: The package cannot be read.
        UsageError: A request member is missing, not valid, or differs from an earlier call, or `confirm` returns False.
            In a dry run, members may be missing: the requests then have placeholders such as `<datastoreId>`.
        PackageError: The state cannot be saved, or another process submits the package.
        AwsError: AWS refuses a request or cannot be reached.

    """
    place = Path(package)
    require_package(place)
    package_issues, planned = validate_and_open(place)
    issues = [issue for issue in package_issues if issue.code != "request.placeholder"]
    if planned is None:
        return SubmitResult(package=place, submissions=(), issues=Issues(issues), is_dry=dry_run)
    require_jobs(planned)
    account = {
        "datastoreId": datastore_id,
        "dataAccessRoleArn": data_access_role_arn,
        "outputS3Uri": output_s3_uri,
        "inputOwnerAccountId": input_owner_account_id,
    }
    given = {name: value for name, value in account.items() if value is not None}
    kept = planned.read_aws_account()
    clients = make_clients_with_saved_settings(clients, kept)
    require_same_endpoint(kept, clients)
    job_requests = make_job_requests(planned, jobs, given, kept)
    issues += _output_uri_issues(planned, job_requests)
    states = SubmissionStates(place)
    if dry_run:
        return _make_dry_run_result(place, states, job_requests, issues, replace=replace)
    require_no_missing_members(find_placeholders(job_requests))
    if has_errors(issues):
        return SubmitResult(package=place, submissions=(), issues=Issues(issues))
    submitter = JobSubmitter(
        clients=clients,
        jobs=ImportJobs(clients, clock, start_rate=start_rate),
        states=states,
        clock=clock,
        concurrent_jobs=concurrent_jobs,
        replace=replace,
        on_step=on_step or ignore_step,
        is_first=kept is None,
    )
    issues += _start_jobs(submitter, planned, job_requests, confirm, progress, check=check)
    submissions = states.read_all(job_request.job.id for job_request in job_requests)
    return SubmitResult(package=place, submissions=tuple(submissions.values()), issues=Issues(issues))


def _make_dry_run_result(
    place: Path, states: SubmissionStates, job_requests: Sequence[JobRequest], issues: Sequence[Issue], *, replace: bool
) -> SubmitResult:
    """Return the result of a dry run. If an issue is an error, it has no requests."""
    if has_errors(issues):
        return SubmitResult(package=place, submissions=(), issues=Issues(issues), is_dry=True)
    requests = (
        request for job_request in job_requests for request in _list_requests(job_request, states, replace=replace)
    )
    submissions = states.read_all(job_request.job.id for job_request in job_requests)
    return SubmitResult(
        package=place,
        submissions=tuple(submissions.values()),
        issues=Issues(issues),
        requests=tuple(requests),
        is_dry=True,
        placeholders=find_placeholders(job_requests),
    )


def _start_jobs(
    submitter: JobSubmitter,
    package: PackageDirectory,
    job_requests: Sequence[JobRequest],
    confirm: Confirm | None,
    progress: ProgressOption,
    *,
    check: bool,
) -> list[Issue]:
    """Start the jobs that were not started yet, and return the issues.

    If there are such jobs, `confirm` is called first. The package is locked while their requests are sent.
    """
    if confirm is not None and (waiting := _select_unstarted_requests(submitter.states, job_requests)):
        require_confirmed(confirm, make_submission_transfer(package, waiting, submitter.clients))
    with submitter.states.lock(), progress_reporter(progress, "jobs") as report:
        try:
            issues = _send_requests(submitter, package, job_requests, report, check=check)
        except BaseException:
            with suppress(DicommapError):  # the first error is raised; the next submit records the jobs
                _record_started_jobs(submitter, package, job_requests)
            raise
        _record_started_jobs(submitter, package, job_requests)
        return issues


def _record_started_jobs(
    submitter: JobSubmitter, package: PackageDirectory, job_requests: Sequence[JobRequest]
) -> None:
    """Record the started jobs in audit.jsonl."""
    record_job_events(package.path, submitter.states.read_all(request.job.id for request in job_requests).values())


def _select_unstarted_requests(states: SubmissionStates, job_requests: Sequence[JobRequest]) -> list[JobRequest]:
    """Return the requests of the jobs that were not started yet."""
    known = states.read_all(job_request.job.id for job_request in job_requests)
    return [
        job_request
        for job_request in job_requests
        if job_request.job.id not in known or not known[job_request.job.id].state.has_job
    ]


def _send_requests(
    submitter: JobSubmitter,
    package: PackageDirectory,
    job_requests: Sequence[JobRequest],
    report: OnProgress | None,
    *,
    check: bool,
) -> list[Issue]:
    """Check the environment and the S3 objects, send the remaining requests of the jobs, and return all issues.

    If an issue of the checks is an error, no file is uploaded and no job is started.
    """
    environment = _read_import_environment(submitter, job_requests)
    submitter.region = environment.region
    issues = list(check_environment(environment))
    if not has_errors(issues):
        for job_request in job_requests:
            submitter.save_unanswered_job(job_request)
        issues += _s3_object_issues(submitter, package, job_requests) if check else ()
    if not has_errors(issues):
        if submitter.replace:
            submitter.require_no_reading_job(job_requests)
        submitter.save_aws_account(job_requests[0])
        for job_request in track_progress(job_requests, report, len(job_requests)):
            submitter.submit(job_request)
    return issues + submitter.issues


def _output_uri_issues(package: PackageDirectory, job_requests: Sequence[JobRequest]) -> Iterator[Issue]:
    """Yield an issue for each outputS3Uri that overlaps the inputS3Uri of a job of the plan."""
    inputs = (job.inputS3Uri for job in package.plan.jobs)
    return check_output_uris(
        inputs,
        {
            Location(path=job_folder(job_request.job.id)): job_request.request["outputS3Uri"]
            for job_request in job_requests
        },
    )


def _read_import_environment(submitter: JobSubmitter, job_requests: Sequence[JobRequest]) -> ImportEnvironment:
    """Read the environment of the jobs from AWS: the region, the data store, the role and the buckets."""
    account = job_requests[0].request
    uris = [job_request.request[member] for job_request in job_requests for member in ("inputS3Uri", "outputS3Uri")]
    return read_environment(
        submitter.clients, submitter.jobs, account["datastoreId"], uris, account["dataAccessRoleArn"]
    )


def _s3_object_issues(
    submitter: JobSubmitter, package: PackageDirectory, job_requests: Sequence[JobRequest]
) -> Iterator[Issue]:
    """Yield an issue for each S3 object that differs from the plan. Jobs that were started are not compared."""
    states = submitter.states.read_all(job_request.job.id for job_request in job_requests)
    to_start = {job_request.job.id for job_request in job_requests} - {
        job for job, state in states.items() if state.state.has_job
    }
    if not to_start:
        return
    issues = s3_object_issues(package, S3Objects(submitter.clients), progress=False, job_ids=to_start)
    denied = {issue.location.path for issue in issues if issue.code == "listing.denied"}
    if denied:  # an issue but no error: the objects can be submitted without the permission to list them
        what = f"The objects under the prefixes of {format_count(len(denied), 'job')}"
        yield make_issue("submit.not-checked", what=what, reason="AccessDenied")
    # The buckets' regions were checked before. Override files that will be replaced may differ.
    passed = {"listing.region", "listing.denied", "submit.not-checked"}
    passed |= {"object.override-differs"} if submitter.replace else set()
    yield from (issue for issue in issues if issue.code not in passed)


def _list_requests(job_request: JobRequest, states: SubmissionStates, *, replace: bool) -> Iterator[dict[str, Any]]:
    """Yield the requests that a submit would send for a job, in order. A job that was started has no requests."""
    state = states.read(job_request.job.id)
    if state is not None and state.state.has_job:
        return
    for document in job_request.documents():
        yield {
            "operation": "PutObject",
            "Bucket": document.bucket,
            "Key": document.key,
            "ContentLength": len(document.data),
            "sha256": hashlib.sha256(document.data).hexdigest(),
            "IfNoneMatch": "*",
            **({"thenIfMatch": "the ETag of the object that holds the key"} if replace else {}),
        }
    yield {"operation": "StartDICOMImportJob", **job_request.request}
