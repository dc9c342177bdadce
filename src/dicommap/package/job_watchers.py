"""Pollers of import jobs: the jobs of a package, and jobs of HealthLake."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.aws.client_errors import NOT_FOUND_CODES
from dicommap.dicom.strict_json import parse_json
from dicommap.errors import AwsError, MissingExtraError, UsageError
from dicommap.healthimaging.job_properties import format_utc
from dicommap.healthimaging.request_agreement import compare_with_request
from dicommap.healthimaging.service_messages import mask_service_message
from dicommap.model.package_layout import CONFIGURATION_FILE, job_folder
from dicommap.model.submission import SubmissionState
from dicommap.package.document_reader import read_document
from dicommap.package.submission_states import make_polled_members
from dicommap.reading.document_limits import CONFIGURATION_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dicommap.aws.import_jobs import ImportJobs
    from dicommap.aws.timing import Clock
    from dicommap.healthimaging.job_properties import ImportJob, JobInfo
    from dicommap.healthimaging.request_agreement import RequestAgreement
    from dicommap.model.submission import Submission
    from dicommap.package.submission_states import SubmissionStates
    from dicommap.planning.plan import Plan

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

    def read_submissions(self) -> list[Submission]:
        """Return the saved state of each submitted job of the package, in the order of the plan."""
        return list(self._states.read_all(job.id for job in self._plan.jobs).values())

    def count_unsubmitted(self) -> int:
        """Return the number of jobs of the plan that have no saved state."""
        return len(self._plan.jobs) - len(self.read_submissions())

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
        for submission in self.read_submissions():
            if self._is_open(submission):
                self._poll_job(submission)

    def confirm_ended_jobs(self) -> dict[str, str]:
        """Ask the service about jobs whose end is known only from events, and save the answers.

        After the first error, the service is not asked about further jobs.

        Returns:
            The id of each job that was not confirmed -> the reason.

        Raises:
            PackageError: A status cannot be saved.
        """
        reasons: dict[str, str] = {}
        refusal = ""
        for submission in self.read_submissions():
            if not submission.has_ended or submission.statusSource is None:
                continue
            if not refusal:
                try:
                    self._poll_job(submission)
                except (AwsError, MissingExtraError) as error:
                    refusal = error.message.rstrip(".")
                else:
                    continue
            reasons[submission.job] = refusal
        return reasons

    def count_ended_and_all(self) -> tuple[int, int]:
        """Return two numbers: the jobs that have ended, and all jobs of the plan."""
        submissions = self.read_submissions()
        open_ones = sum(self._is_open(submission) or not submission.state.has_job for submission in submissions)
        return len(submissions) - open_ones, len(self._plan.jobs)

    def has_ended(self) -> bool:
        """Return whether all started jobs have ended, and no submit of the package is running."""
        return not self._is_submitting and not any(map(self._is_open, self.read_submissions()))

    def _is_open(self, submission: Submission) -> bool:
        """Return whether the status of a job must be requested again: it runs, or its end is known only from events."""
        is_unconfirmed = submission.has_ended and submission.statusSource is not None
        is_running = submission.state is SubmissionState.STARTED
        return (is_running or is_unconfirmed) and submission.job not in self._unknown

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
        reported = {
            **make_polled_members(job),
            "submittedAt": format_utc(job.submittedAt) or submission.submittedAt,
            "statusSource": None,
            "configuration": self._compare_with_request(submission, job) or submission.configuration,
        }
        # An unchanged state is not written again, to save disk writes and backups.
        if reported == {name: getattr(submission, name) for name in reported}:
            return
        self._states.write(submission.model_copy(update={**reported, "seenAt": format_utc(self._clock.now())}))
        if job.jobStatus != submission.jobStatus:
            message = f": {mask_service_message(job.message, show_values=False)}" if job.message else ""
            self.on_step(submission.job, f"{submission.jobStatus} -> {job.jobStatus}{message}")

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
        return compare_with_request(job, sent)


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
        """Make a watcher for one FHIR import job.

        Args:
            text: The ids of the data store and of the job, as DATASTORE/JOB.
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

    def count_ended_and_all(self) -> tuple[int, int]:
        """Return two numbers: the ended jobs (0 or 1), and all jobs (1)."""
        return int(self.has_ended()), 1

    def has_ended(self) -> bool:
        """Return whether the job has ended, according to its last known status."""
        return self.report is not None and self.report.ending is not None
