"""Looks at jobs: those of a package, whose states are saved, and one of HealthLake."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.aws.client_errors import NOT_FOUND_CODES
from dicommap.dicom.strict_json import parse_json
from dicommap.errors import AwsError, UsageError
from dicommap.healthimaging.job_properties_model_job_report_part import format_utc
from dicommap.healthimaging.service_messages import mask_service_message
from dicommap.model.package_layout import CONFIGURATION_FILE, job_folder
from dicommap.model.submission import SubmissionState
from dicommap.package import read_document
from dicommap.reading.document_limits import CONFIGURATION_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dicommap.aws.import_jobs import ImportJobs
    from dicommap.aws.timing_aws_clock_part import Clock
    from dicommap.healthimaging.job_properties import ImportJob, RequestAgreement
    from dicommap.healthimaging.job_properties_model_job_report_part import JobStatus
    from dicommap.model.submission import Submission
    from dicommap.package.submission_states import SubmissionStates
    from dicommap.planning.plan import Plan

_FHIR_JOB = re.compile(r"(?:healthlake:)?([^/\s]{1,32})/([^/\s]{1,32})")


class PackageWatcher:
    """The jobs of one package."""

    def __init__(
        self,
        package: Path,
        plan: Plan,
        states: SubmissionStates,
        service: ImportJobs,
        clock: Clock,
        tell: Callable[[str, str], None],
    ) -> None:
        self.name = "package"
        self.tell = tell
        self._package = package
        self._plan = plan
        self._states = states
        self._service = service
        self._clock = clock
        self._unknown: set[str] = set()
        """Jobs that the service does not know."""
        self._is_submitting = False

    def submissions(self) -> list[Submission]:
        """Return the states that there are, in the order of the plan."""
        return list(self._states.all(job.id for job in self._plan.jobs).values())

    def unsubmitted(self) -> int:
        """Return how many jobs of the plan have no state."""
        return len(self._plan.jobs) - len(self.submissions())

    def is_unknown(self, submission: Submission) -> bool:
        """Say whether the service does not know a job."""
        return submission.job in self._unknown

    def look(self) -> None:
        """Look at every job that has been started and has not ended. Raises AwsError, PackageError."""
        self._is_submitting = self._states.is_locked()
        for submission in self.submissions():
            if self._is_open(submission):
                self._poll_job(submission)

    def counts(self) -> tuple[int, int]:
        """Return how many jobs have ended, and how many there are."""
        submissions = self.submissions()
        open_ones = sum(self._is_open(one) or not one.state.has_job for one in submissions)
        return len(submissions) - open_ones, len(self._plan.jobs)

    def has_ended(self) -> bool:
        """Say whether there is nothing more to be expected."""
        return not self._is_submitting and not any(map(self._is_open, self.submissions()))

    def _is_open(self, submission: Submission) -> bool:
        return submission.state is SubmissionState.STARTED and submission.job not in self._unknown

    def _poll_job(self, submission: Submission) -> None:
        try:
            job = self._service.get(submission.datastoreId, submission.jobId or "")
        except AwsError as error:
            if error.code not in NOT_FOUND_CODES:
                raise
            self._unknown.add(submission.job)
            self.tell(submission.job, "is not known to the service")
            return
        report = job.report()
        seen = {
            "state": SubmissionState.STARTED if report.ending is None else SubmissionState.ENDED,
            "jobStatus": report.status,
            "submittedAt": report.submitted_at or submission.submittedAt,
            "endedAt": report.ended_at,
            "message": report.message,
            "ending": report.ending,
            "configuration": self._agreement(submission, job) or submission.configuration,
        }
        # A file that is written again and again for nothing wears out disks and back-ups.
        if seen == {name: getattr(submission, name) for name in seen}:
            return
        self._states.write(submission.model_copy(update={**seen, "seenAt": format_utc(self._clock.now())}))
        if report.status != submission.jobStatus:
            message = f": {mask_service_message(report.message, show_values=False)}" if report.message else ""
            self.tell(submission.job, f"{submission.jobStatus} -> {report.status}{message}")

    def _agreement(self, submission: Submission, job: ImportJob) -> RequestAgreement | None:
        path = Path(job_folder(submission.job), CONFIGURATION_FILE)
        sent: dict[str, Any] = {"inputS3Uri": submission.inputS3Uri}
        if (self._package / path).is_file():
            data = read_document(path, CONFIGURATION_LIMIT.bytes, beneath=self._package)
            configuration, _ = parse_json(data, CONFIGURATION_LIMIT.values)
            sent["importConfiguration"] = configuration
        return job.agreement_with(sent)


class FhirJobWatcher:
    """One FHIR import job of HealthLake."""

    def __init__(self, datastore: str, job: str, service: ImportJobs, tell: Callable[[str, str], None]) -> None:
        self.name = f"healthlake:{datastore}/{job}"
        self.tell = tell
        self.report: JobStatus | None = None
        self._datastore = datastore
        self._job = job
        self._service = service

    @classmethod
    def of(cls, text: str, service: ImportJobs, tell: Callable[[str, str], None]) -> FhirJobWatcher:
        """Return the watch of a job named as DATASTORE/JOB. Raises UsageError."""
        match = _FHIR_JOB.fullmatch(text)
        if match is None:
            raise UsageError("A job of HealthLake is named as DATASTORE/JOB.", fix="Give both ids, with a slash.")
        return cls(match[1], match[2], service, tell)

    def look(self) -> None:
        """Look at the job, unless it has ended. Raises AwsError."""
        if self.has_ended():
            return
        report = self._service.get_fhir_job(self._datastore, self._job).report()
        before = self.report.status if self.report is not None else None
        self.report = report
        if report.status != before:
            self.tell(self.name, report.status if before is None else f"{before} -> {report.status}")

    def counts(self) -> tuple[int, int]:
        """Return how many jobs have ended, and how many there are."""
        return int(self.has_ended()), 1

    def has_ended(self) -> bool:
        """Say whether there is nothing more to be expected."""
        return self.report is not None and self.report.ending is not None
