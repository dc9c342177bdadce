"""Submit import jobs: upload the override files, start the job, and save the job's state after each step."""

from __future__ import annotations

from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from dicommap.aws.client_errors import ACCESS_DENIED_CODES
from dicommap.aws.document_uploads import UploadResult, upload_document
from dicommap.aws.timing import GrowingPauses
from dicommap.errors import AwsError, UsageError
from dicommap.healthimaging.job_properties import format_utc
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import Issue, make_issue
from dicommap.issues.wording import choose_verb, format_count
from dicommap.model.submission import AWS_ACCOUNT_MEMBERS, Submission, SubmissionState
from dicommap.package.aws_account_check import make_aws_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dicommap.aws import Clients
    from dicommap.aws.document_uploads import UploadDocument
    from dicommap.aws.import_jobs import ImportJobs
    from dicommap.aws.timing import Clock
    from dicommap.healthimaging.job_properties import ImportJob
    from dicommap.package.submission_states import SubmissionStates

UPLOADS_AT_ONCE = 8
"""Number of override files that are uploaded at the same time. The job is started after the last upload."""
_CLOCK_MARGIN = timedelta(seconds=5)
"""Tolerance for comparing a job's start time with the service's clock.

The service gives whole seconds, and an answer needs time to arrive.
"""
_ALREADY_UPLOADED = (
    "override files were there before this package was submitted: has somebody submitted a copy of it? "
    "Of two such requests the service starts one job"
)
_QUOTA_CODE = "ServiceQuotaExceededException"
_CONFLICT_CODE = "ConflictException"


class SubmittableJob(Protocol):
    """A job that can be submitted: its request, and the documents to upload before it is started."""

    @property
    def id(self) -> str:
        """The id of the job. It is the name of the file in which the job's submission state is saved."""
        ...

    @property
    def request(self) -> Mapping[str, Any]:
        """The parameters of StartDICOMImportJob."""
        ...

    def documents(self) -> Iterator[UploadDocument]:
        """Yield the documents to upload."""
        ...


@dataclass(kw_only=True)
class JobSubmitter:
    """Submitter of the jobs of one package, one job at a time."""

    clients: Clients
    jobs: ImportJobs
    states: SubmissionStates
    clock: Clock
    concurrent_jobs: int
    replace: bool
    on_step: Callable[[str, str], None]
    """A function that is called after each step, with the job ID and a text that describes the step."""
    region: str = ""
    is_first: bool = False
    """Whether this is the first submit. The package then has no saved AWS account."""
    issues: list[Issue] = field(default_factory=list)
    _active: int | None = None
    """The highest possible number of unfinished jobs in the data store. None before the jobs are counted."""
    can_list_jobs: bool = True
    """Whether the credentials may list import jobs. It is True until AWS refuses the listing."""

    def save_aws_account(self, job_request: SubmittableJob) -> None:
        """Save the AWS account of a request if this is the first submit. Later submits must use the same account.

        Raises PackageError if the account cannot be saved.
        """
        if self.is_first:
            self.states.write_account(make_aws_account(job_request.request, self.clients, self.region))

    def save_unanswered_job(self, job_request: SubmittableJob) -> None:
        """Look up the job of an earlier start request whose answer was not saved. Save the job if it exists.

        Raises:
            UsageError: The earlier submit was for another AWS account or another plan.
            AwsError: AWS refuses to list jobs for another reason than a missing permission.
            PackageError: A state cannot be read or saved.
        """
        state = self.states.read(job_request.id)
        if state is None:
            return
        _require_same_request(state, job_request, self.region)
        if state.state is SubmissionState.STARTING:
            submission = self._find_sent_job(job_request, state)
            if submission is not None:
                self.on_step(job_request.id, f"had been started as {submission.jobId}")
                self._save_started_job(state, submission)

    def require_no_reading_job(self, job_requests: Iterable[SubmittableJob]) -> None:
        """Check that no unfinished job reads from a prefix whose override files this submit will replace.

        Raises:
            UsageError: There is such a job.
            AwsError: AWS refuses to list jobs for another reason than a missing permission.
        """
        states = ((job_request, self.states.read(job_request.id)) for job_request in job_requests)
        to_start = [job_request for job_request, state in states if state is None or not state.state.has_job]
        uris = [uri for job_request in to_start if (uri := S3Uri.parse(job_request.request["inputS3Uri"]))]
        if not uris or not self.can_list_jobs:
            return
        try:
            job = self.jobs.find_overlapping_job(to_start[0].request["datastoreId"], uris)
        except AwsError as error:
            self._record_denied_listing(error)
            return
        if job is not None:
            raise UsageError(
                f"Job {job.jobId} has not ended, and reads from a prefix whose override files would be replaced.",
                fix="Wait until it has ended: it would import with the override files of this package.",
            )

    def submit(self, job_request: SubmittableJob) -> Submission:
        """Submit one job and return its new state. If an earlier submit was stopped, continue after its last step.

        After an error, the saved state is that of the last completed step.

        Raises:
            AwsError: AWS refuses a request or cannot be reached.
            PackageError: A state cannot be read or saved, or an override file is not as planned.
        """
        known = self.states.read(job_request.id)
        state = known or self._save_state(_make_planned_state(job_request, self.region))
        if state.state.has_job:
            return state
        self._upload_documents(job_request, is_first=known is None)
        if state.state is SubmissionState.PLANNED:
            state = self._save_state(state.model_copy(update={"state": SubmissionState.UPLOADED}))
        self._wait_for_fewer_jobs(job_request)
        if state.state is SubmissionState.UPLOADED:
            at = format_utc(self.jobs.get_service_time())
            state = self._save_state(state.model_copy(update={"state": SubmissionState.STARTING, "startingAt": at}))
        job = self._start_job(job_request)
        self.on_step(job_request.id, _format_start_message(state, job))
        return self._save_started_job(state.model_copy(update={"requestId": self.jobs.start_request_id or None}), job)

    def _save_state(self, state: Submission) -> Submission:
        self.states.write(state)
        return state

    def _save_started_job(self, state: Submission, job: ImportJob) -> Submission:
        """Save that the service has started a job, and return the new state."""
        known = {
            "state": SubmissionState.STARTED,
            "jobId": job.jobId,
            "jobStatus": job.jobStatus,
            "submittedAt": format_utc(job.submittedAt),
            "seenAt": format_utc(self.clock.now()),
        }
        return self._save_state(state.model_copy(update=known))

    def _find_sent_job(self, job_request: SubmittableJob, state: Submission) -> ImportJob | None:
        """Return the job that an earlier start request has started.

        Return None if there is no such job, or if the credentials do not permit listing jobs.
        """
        since = datetime.fromisoformat(state.startingAt or "") - _CLOCK_MARGIN
        try:
            return self.jobs.find_started_job(job_request.request, since)
        except AwsError as error:
            self._record_denied_listing(error)
            return None  # a second request with the same client token starts no second job

    def _upload_documents(self, job_request: SubmittableJob, *, is_first: bool) -> None:
        """Upload the override files of a job, several at once, and report the numbers of uploads by result.

        Only the files that are uploaded now or next are in memory.
        """
        client = self.clients.s3
        counts: Counter[UploadResult] = Counter()
        waiting: deque[Future[UploadResult]] = deque()
        with ThreadPoolExecutor(UPLOADS_AT_ONCE) as threads:
            try:
                for document in job_request.documents():
                    if len(waiting) == 2 * UPLOADS_AT_ONCE:
                        counts[waiting.popleft().result()] += 1
                    waiting.append(threads.submit(upload_document, client, document, replace=self.replace))
                counts.update(future.result() for future in waiting)
            except BaseException:
                threads.shutdown(cancel_futures=True)
                raise
        if counts:
            numbers = (f"{counts[result]:,} {result.value}" for result in UploadResult if counts[result])
            self.on_step(job_request.id, "override files " + ", ".join(numbers))
        if is_first and counts[UploadResult.THERE]:
            self.on_step(job_request.id, _ALREADY_UPLOADED)

    def _wait_for_fewer_jobs(self, job_request: SubmittableJob) -> None:
        """Wait until the data store has fewer unfinished jobs than `concurrent_jobs`."""
        pauses = GrowingPauses()
        while self.can_list_jobs and (self._active is None or self._active >= self.concurrent_jobs):
            try:
                self._active = self.jobs.count_active_jobs(job_request.request["datastoreId"])
            except AwsError as error:
                self._record_denied_listing(error)
                return
            if self._active >= self.concurrent_jobs:
                self.on_step(
                    job_request.id,
                    f"waits: {format_count(self._active, 'job')} {choose_verb(self._active, 'has', 'have')} not ended",
                )
                self.clock.sleep(next(pauses))

    def _start_job(self, job_request: SubmittableJob) -> ImportJob:
        """Start a job. While the service has too many jobs, wait and try again."""
        pauses = GrowingPauses()
        while True:
            try:
                job = self.jobs.start(job_request.request)
            except AwsError as error:
                if error.code != _QUOTA_CODE or not self._has_unfinished_jobs(job_request):
                    raise _explain_conflict_error(error) from None
                self.on_step(job_request.id, "waits: the service takes no more jobs at once")
                self.clock.sleep(next(pauses))
            else:
                self._active = None if self._active is None else self._active + 1
                return job

    def _has_unfinished_jobs(self, job_request: SubmittableJob) -> bool:
        """Return whether the data store has unfinished jobs. If so, the quota of concurrent jobs may be used up.

        In this case it helps to wait. If the jobs cannot be listed, return False.
        """
        if not self.can_list_jobs:
            return False
        try:
            return self.jobs.count_active_jobs(job_request.request["datastoreId"]) > 0
        except AwsError as error:
            self._record_denied_listing(error)
            return False

    def _record_denied_listing(self, error: AwsError) -> None:
        """Record that the credentials may not list jobs. Raise the error if it has another reason."""
        if error.code not in ACCESS_DENIED_CODES:
            raise error
        if self.can_list_jobs:
            self.issues.append(make_issue("submit.not-checked", what="The list of import jobs", reason=error.code))
        self.can_list_jobs = False


def _format_start_message(state: Submission, job: ImportJob) -> str:
    """Return the message for a started job. If its clientToken was used before, AWS returned the earlier job."""
    if job.submittedAt is None or job.submittedAt >= datetime.fromisoformat(state.startingAt or "") - _CLOCK_MARGIN:
        return f"started as {job.jobId}"
    return f"had been started as {job.jobId} at {format_utc(job.submittedAt)}, by the same request from elsewhere"


def _make_planned_state(job_request: SubmittableJob, region: str) -> Submission:
    return Submission(
        job=job_request.id,
        state=SubmissionState.PLANNED,
        region=region or None,
        **_select_request_members(job_request, "jobName"),
    )


def _select_request_members(job_request: SubmittableJob, *further: str) -> dict[str, Any]:
    names = (*AWS_ACCOUNT_MEMBERS, "inputS3Uri", "clientToken", *further)
    return {name: job_request.request[name] for name in names if name in job_request.request}


def _require_same_request(state: Submission, job_request: SubmittableJob, region: str) -> None:
    """Raise UsageError if the job's earlier submit was for another AWS account, region or plan than `job_request`."""
    now = {**dict.fromkeys(AWS_ACCOUNT_MEMBERS), **_select_request_members(job_request)}
    if state.adoptedAt is not None:  # such a job keeps its own role and output prefix
        now = {name: value for name, value in now.items() if name in ("datastoreId", "inputS3Uri", "clientToken")}
    if region and state.region:
        now["region"] = region
    before = state.model_dump()
    differing = [name for name, value in now.items() if before[name] != value]
    if not differing:
        return
    if {"clientToken", "inputS3Uri"} & set(differing):
        raise UsageError(
            f"Job {state.job} was submitted from another plan than the one that is there now.",
            fix="Draft into a new directory, and submit that.",
        )
    raise UsageError(
        f"Job {state.job} was submitted before with another {' and '.join(differing)}.",
        fix="Give the same ones as before; to import into another place, draft a package of its own.",
    )


def _explain_conflict_error(error: AwsError) -> AwsError:
    """Return the error with advice if its reason is a repeated client token. Return any other error unchanged."""
    if error.code != _CONFLICT_CODE:
        return error
    fix = (
        "A job of the same client token was started with another request: look it up in ListDICOMImportJobs. "
        "Somebody may have submitted a copy of this package with other members."
    )
    return AwsError(error.message, fix=fix, code=error.code)
