"""watch(): poll the import jobs of a package, and jobs of HealthLake, until they have ended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.arguments import (
    convert_arguments,
    optional,
    to_flag,
    to_function,
    to_path,
    to_progress,
    to_rate,
    to_texts,
)
from dicommap.aws import Clients
from dicommap.aws.client_errors import NOT_FOUND_CODES
from dicommap.aws.clients import to_clients
from dicommap.aws.import_jobs import ImportJobs
from dicommap.aws.timing import SYSTEM_CLOCK, GrowingPauses, to_clock
from dicommap.dicom.strict_json import parse_json
from dicommap.display.issue_report import Issues
from dicommap.errors import AwsError, UsageError
from dicommap.healthimaging.job_properties import format_utc
from dicommap.healthimaging.service_messages import mask_service_message
from dicommap.issues import Location
from dicommap.model.displayable import Displayable
from dicommap.model.package_layout import CONFIGURATION_FILE, job_folder
from dicommap.model.submission import SubmissionState
from dicommap.package.aws_account_check import add_saved_settings, require_same_endpoint
from dicommap.package.document_reader import read_document
from dicommap.package.job_requests import read_package_plan, require_package
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.submission_states import SubmissionStates
from dicommap.progress import Progress, progress_reporter
from dicommap.reading.document_limits import CONFIGURATION_LIMIT
from dicommap.validation.job_status_check import check_job_status, check_submission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from _typeshed import StrPath

    from dicommap.aws.timing import Clock
    from dicommap.display.report import Report
    from dicommap.healthimaging.job_properties import ImportJob, JobInfo, RequestAgreement
    from dicommap.issues import Issue
    from dicommap.model.submission import Submission
    from dicommap.planning.plan import Plan
    from dicommap.progress import OnProgress, ProgressOption

_FHIR_JOB = re.compile(r"(?:healthlake:)?([^/\s]{1,32})/([^/\s]{1,32})")


class PackageWatcher:
    """Poller of the import jobs of one package. Call `poll` again and again until `has_ended`."""

    def __init__(
        self,
        package: Path,
        plan: Plan,
        states: SubmissionStates,
        service: ImportJobs,
        clock: Clock,
        on_step: Callable[[str, str], None],
    ) -> None:
        self.name = "package"
        self.on_step = on_step
        self._package = package
        self._plan = plan
        self._states = states
        self._service = service
        self._clock = clock
        self._unknown: set[str] = set()
        """The ids, in the plan, of jobs that HealthImaging does not know."""
        self._is_submitting = False

    def submissions(self) -> list[Submission]:
        """Return the saved state of each submitted job of the package, in the order of the plan."""
        return list(self._states.read_all(job.id for job in self._plan.jobs).values())

    def unsubmitted(self) -> int:
        """Return the number of jobs of the plan that have no saved state."""
        return len(self._plan.jobs) - len(self.submissions())

    def is_unknown(self, submission: Submission) -> bool:
        """Return whether HealthImaging answered that it does not know the job of a submission."""
        return submission.job in self._unknown

    def poll(self) -> None:
        """Request the status of each job that has not ended, and save it in the package.

        Raises:
            AwsError: AWS refuses a request or cannot be reached.
            PackageError: A status cannot be saved.

        """
        self._is_submitting = self._states.is_locked()
        for submission in self.submissions():
            if self._is_open(submission):
                self._poll_job(submission)

    def counts(self) -> tuple[int, int]:
        """Return two numbers: the jobs that have ended, and all jobs of the plan."""
        submissions = self.submissions()
        open_ones = sum(self._is_open(submission) or not submission.state.has_job for submission in submissions)
        return len(submissions) - open_ones, len(self._plan.jobs)

    def has_ended(self) -> bool:
        """Return whether all started jobs have ended, and no submit of the package is running."""
        return not self._is_submitting and not any(map(self._is_open, self.submissions()))

    def _is_open(self, submission: Submission) -> bool:
        return submission.state is SubmissionState.STARTED and submission.job not in self._unknown

    def _poll_job(self, submission: Submission) -> None:
        """Request the status of a job, and save it in the package if it has changed."""
        try:
            job = self._service.get(submission.datastoreId, submission.jobId or "")
        except AwsError as error:
            if error.code not in NOT_FOUND_CODES:
                raise
            self._unknown.add(submission.job)
            self.on_step(submission.job, "is not known to the service")
            return
        report = job.to_job_info()
        reported = {
            "state": SubmissionState.STARTED if report.ending is None else SubmissionState.ENDED,
            "jobStatus": report.status,
            "submittedAt": report.submitted_at or submission.submittedAt,
            "endedAt": report.ended_at,
            "message": report.message,
            "ending": report.ending,
            "configuration": self._compare_with_request(submission, job) or submission.configuration,
        }
        # An unchanged state is not written again, to save disk writes and backups.
        if reported == {name: getattr(submission, name) for name in reported}:
            return
        self._states.write(submission.model_copy(update={**reported, "seenAt": format_utc(self._clock.now())}))
        if report.status != submission.jobStatus:
            message = f": {mask_service_message(report.message, show_values=False)}" if report.message else ""
            self.on_step(submission.job, f"{submission.jobStatus} -> {report.status}{message}")

    def _compare_with_request(self, submission: Submission, job: ImportJob) -> RequestAgreement | None:
        """Return whether the job has the inputS3Uri and import configuration of the request in the package.

        Returns:
            The agreement; None if AWS did not return the job's inputS3Uri.

        """
        path = Path(job_folder(submission.job), CONFIGURATION_FILE)
        sent: dict[str, Any] = {"inputS3Uri": submission.inputS3Uri}
        if (self._package / path).is_file():
            data = read_document(path, CONFIGURATION_LIMIT.bytes, beneath=self._package)
            configuration, _ = parse_json(data, CONFIGURATION_LIMIT.values)
            sent["importConfiguration"] = configuration
        return job.agreement_with(sent)


class FhirJobWatcher:
    """Poller of one FHIR import job of HealthLake. Call `poll` again and again until `has_ended`."""

    def __init__(self, datastore: str, job: str, service: ImportJobs, on_step: Callable[[str, str], None]) -> None:
        self.name = f"healthlake:{datastore}/{job}"
        self.on_step = on_step
        self.report: JobInfo | None = None
        self._datastore = datastore
        self._job = job
        self._service = service

    @classmethod
    def from_text(cls, text: str, service: ImportJobs, on_step: Callable[[str, str], None]) -> FhirJobWatcher:
        """Return a watcher of the job that a text names.

        Args:
            text: The job as DATASTORE/JOB.
            service: The client that requests the status of the job.
            on_step: A function that is called with the watcher's name and each new status.

        Raises:
            UsageError: The text has another form.

        """
        match = _FHIR_JOB.fullmatch(text)
        if match is None:
            raise UsageError("A job of HealthLake is named as DATASTORE/JOB.", fix="Give both ids, with a slash.")
        return cls(match[1], match[2], service, on_step)

    def poll(self) -> None:
        """Request the status of the job if it has not ended. Raises AwsError if AWS refuses or cannot be reached."""
        if self.has_ended():
            return
        report = self._service.get_fhir_job(self._datastore, self._job).to_job_info()
        before = self.report.status if self.report is not None else None
        self.report = report
        if report.status != before:
            self.on_step(self.name, report.status if before is None else f"{before} -> {report.status}")

    def counts(self) -> tuple[int, int]:
        """Return two numbers: the ended jobs (0 or 1), and all jobs (1)."""
        return int(self.has_ended()), 1

    def has_ended(self) -> bool:
        """Return whether the job has ended, according to its last known status."""
        return self.report is not None and self.report.ending is not None


FAILED_ROUNDS_LIMIT = 10
"""Number of failed rounds of polls in a row after which `watch` raises the error. They take about ten minutes."""


@dataclass(frozen=True, kw_only=True, repr=False)
class WatchResult(Displayable):
    """The result of a watch: the status of each job, and the issues."""

    package: Path | None
    submissions: tuple[Submission, ...]
    """The saved state of each job of the package, in the order of the plan. A job never submitted has no state."""
    others: tuple[JobInfo, ...]
    """The last known status of each HealthLake job."""
    issues: Issues
    unsubmitted: int = 0
    """Number of jobs of the package that were never submitted."""

    @property
    def ok(self) -> bool:
        """Return whether no issue is an error. This does not mean that all files were imported.

        The job manifests have the outcome of each file.
        """
        return not self.issues.errors

    def _build_report(self) -> Report:
        from dicommap.display.submission_report import build_watch_report

        package = None if self.package is None else str(self.package)
        return build_watch_report(package, self.submissions, self.others, self.issues, self.unsubmitted)


@convert_arguments(
    package=optional(to_path),
    fhir_jobs=to_texts,
    once=to_flag,
    get_rate=optional(to_rate),
    clients=optional(to_clients),
    clock=to_clock,
    progress=to_progress,
    on_step=optional(to_function),
)
def watch(
    package: StrPath | None = None,
    *,
    fhir_jobs: Iterable[str] = (),
    once: bool = False,
    get_rate: float | None = None,
    clients: Clients | None = None,
    clock: Clock = SYSTEM_CLOCK,
    progress: ProgressOption = None,
    on_step: Callable[[str, str], None] | None = None,
) -> WatchResult:
    """Poll the import jobs of a package, and FHIR import jobs of HealthLake, until all have ended.

    The pause between polls grows to one minute. Polls stay within AWS's documented request rates. Each status of a
    package's job is saved in the package. If a submit of the package runs at the same time, the jobs that it starts
    are polled too. A poll that fails, for example because of throttling, is repeated later.

    Args:
        package: The package directory; None to watch only `fhir_jobs`.
        fhir_jobs: HealthLake jobs as `DATASTORE/JOB`.
        once: Whether to poll each job only once.
        get_rate: The limit of GetDICOMImportJob calls per second, if AWS has changed it for your account.
        clients: The AWS clients. A missing profile or region is that of the package's first submit.
        clock: The clock that reads the time and waits.
        progress: Whether to show the number of ended jobs, or a function that is called with it.
        on_step: A function that is called with a job's name and a description of each change.

    Returns:
        The last known status of each job, and the issues.

    Raises:
        DocumentError: The package cannot be read.
        UsageError: No job is named, or no job of the package was submitted.
        PackageError: A status cannot be saved.
        AwsError: AWS refuses a request, or FAILED_ROUNDS_LIMIT rounds of polls fail in a row.

    """
    on_step = on_step or _ignore_step
    place = None if package is None else Path(package)
    service = ImportJobs(_make_clients(place, clients), clock, get_rate=get_rate)
    in_package = None if place is None else _make_package_watcher(place, service, clock, on_step)
    fhir = [FhirJobWatcher.from_text(text, service, on_step) for text in fhir_jobs]
    if in_package is None and not fhir:
        raise UsageError("Nothing was named to watch.", fix="Name a package, or a job of HealthLake.")
    watches: list[PackageWatcher | FhirJobWatcher] = [*([in_package] if in_package else []), *fhir]
    with progress_reporter(progress, "jobs") as report:
        _poll_until_ended(watches, clock, report, once=once)
    issues: list[Issue] = []
    submissions: Sequence[Submission] = ()
    if in_package is not None:
        submissions = in_package.submissions()
        for submission in submissions:
            issues += check_submission(submission, is_unknown=in_package.is_unknown(submission))
    for watcher in fhir:
        issues += check_job_status(watcher.report, Location(path=watcher.name)) if watcher.report else ()
    return WatchResult(
        package=place,
        submissions=tuple(submissions),
        others=tuple(watcher.report for watcher in fhir if watcher.report is not None),
        issues=Issues(issues),
        unsubmitted=in_package.unsubmitted() if in_package is not None else 0,
    )


def _make_clients(place: Path | None, clients: Clients | None) -> Clients:
    if place is None:
        return clients or Clients()
    require_package(place)
    kept = PackageDirectory(place).aws_account()
    reached = add_saved_settings(clients, kept)
    require_same_endpoint(kept, reached)
    return reached


def _make_package_watcher(
    place: Path, service: ImportJobs, clock: Clock, on_step: Callable[[str, str], None]
) -> PackageWatcher:
    watch = PackageWatcher(place, read_package_plan(place), SubmissionStates(place), service, clock, on_step)
    if not watch.submissions():
        raise UsageError("No job of the package was submitted.", fix="Run 'dicommap submit PACKAGE' first.")
    return watch


def _poll_until_ended(
    watches: Sequence[PackageWatcher | FhirJobWatcher], clock: Clock, report: OnProgress | None, *, once: bool
) -> None:
    """Poll all jobs until each has ended, or only once if `once` is true. After a temporary error, poll again later."""
    pauses = GrowingPauses()
    failing = 0
    while True:
        try:
            for watch in watches:
                watch.poll()
            failing = 0
        except AwsError as error:
            failing += 1
            if not error.transient or once or failing >= FAILED_ROUNDS_LIMIT:
                raise
            watch.on_step(watch.name, f"could not be looked at ({error.code or 'no answer'}); tried again later")
        ended, total = (sum(numbers) for numbers in zip(*(job_watch.counts() for job_watch in watches), strict=True))
        if report is not None:
            report(Progress(ended, total, is_counted=True))
        if once or (failing == 0 and all(job_watch.has_ended() for job_watch in watches)):
            return
        clock.sleep(next(pauses))


def _ignore_step(_job: str, _what: str) -> None:
    pass
