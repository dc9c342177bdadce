"""The submission documents of a package: the state of each job, and the settings of the AWS account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from dicommap.healthimaging.job_properties import ImportJob, JobEnding, JobInfo
from dicommap.healthimaging.request_agreement import RequestAgreement

UtcTime = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
_NotEmpty = Annotated[str, StringConstraints(min_length=1)]


class SubmissionState(StrEnum):
    """The states of a job's submission, in the order in which a job passes through them."""

    PLANNED = "planned"
    """The settings of the AWS account are stored. Nothing has been sent."""
    UPLOADED = "uploaded"
    """The override files of the job are uploaded."""
    STARTING = "starting"
    """The start request is about to be sent, or was sent without an answer so far."""
    STARTED = "started"
    """The service accepted the job and returned a jobId."""
    ENDED = "ended"
    """The service reported that the job has ended. `jobStatus` says how."""

    @property
    def has_job(self) -> bool:
        """Return whether the service has accepted the job for certain: it has returned a jobId."""
        return self in (SubmissionState.STARTED, SubmissionState.ENDED)


class Submission(BaseModel):
    """The document submission/NNNN.json: the state of one job's submission.

    It is written after each step, so that the next run can continue after a crash. It has no credentials. Times are ISO
    8601 in UTC.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: Literal[1] = 1
    job: Annotated[str, StringConstraints(pattern=r"^[0-9]{4,6}$")]
    state: SubmissionState
    datastoreId: _NotEmpty
    dataAccessRoleArn: _NotEmpty
    inputS3Uri: _NotEmpty
    outputS3Uri: _NotEmpty
    inputOwnerAccountId: _NotEmpty | None = None
    jobName: _NotEmpty | None = None
    clientToken: _NotEmpty
    region: _NotEmpty | None = None
    """The AWS Region of the client that started the job."""
    startingAt: UtcTime | None = None
    """The time just before the first start request was sent, from the clock of this machine."""
    requestId: _NotEmpty | None = None
    """AWS's id of the StartDICOMImportJob request that started the job, which AWS support asks for."""
    jobId: _NotEmpty | None = None
    jobStatus: _NotEmpty | None = None
    """The last status that the service reported. It may be a status that dicommap does not know."""
    submittedAt: UtcTime | None = None
    endedAt: UtcTime | None = None
    message: str | None = None
    ending: JobEnding | None = None
    """How the job ended, for example with success or failure. It is set in the state `ended`."""
    configuration: RequestAgreement | None = None
    """Whether the service's job has the inputS3Uri and importConfiguration of the request; None if it is not known."""
    statusSource: Literal["event"] | None = None
    """`event` if the status is from an event that the service has not confirmed; None if it is from the service."""
    adoptedAt: UtcTime | None = None
    """The time at which `adopt` saved the job; None if `submit` started it."""
    seenAt: UtcTime | None = None
    """The time of the service's last answer about the job."""

    @property
    def is_start_sent(self) -> bool:
        """Return whether a start request for the job was sent, or may have been sent."""
        return self.state.has_job or self.startingAt is not None

    @property
    def has_ended(self) -> bool:
        """Return whether the service reported that the job has ended."""
        return self.ending is not None

    @model_validator(mode="after")
    def _require_members_of_state(self) -> Self:
        """Return the submission. Raises ValueError if it has no value for a member that its state needs."""
        reached = list(SubmissionState).index(self.state)
        needed = [self.startingAt] if reached >= list(SubmissionState).index(SubmissionState.STARTING) else []
        needed += [self.jobId, self.jobStatus] if self.state.has_job else []
        needed += [self.ending] if self.state is SubmissionState.ENDED else []
        if None in needed:
            raise ValueError("a member of this state is missing")
        return self

    def to_job_info(self) -> JobInfo:
        """Return the job's properties from the service's last answer. The submission must have a jobStatus."""
        job = ImportJob(
            jobId=self.jobId or "", jobStatus=self.jobStatus or "", datastoreId=self.datastoreId, message=self.message
        )
        return replace(job.to_job_info(), submitted_at=self.submittedAt, ended_at=self.endedAt)


AWS_ACCOUNT_MEMBERS = ("datastoreId", "dataAccessRoleArn", "outputS3Uri", "inputOwnerAccountId")
"""Names of settings that only the owner of the AWS account knows.

Every call of `submit` for the same package must have the same values.
"""


class AwsAccount(BaseModel):
    """The document submission/account.json: the settings of the AWS account, without credentials.

    It is written once, before the state of the first job.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: Literal[1] = 1
    datastoreId: _NotEmpty
    dataAccessRoleArn: _NotEmpty
    outputS3Uri: _NotEmpty
    inputOwnerAccountId: _NotEmpty | None = None
    region: _NotEmpty | None = None
    """The AWS Region in which jobs are started. It comes from an option, a profile or the environment."""
    profile: _NotEmpty | None = None
    """The AWS credentials profile that the user named with an option; else None."""
    endpointUrl: _NotEmpty | None = None
    """The endpoint URL that the user named with an option; else None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCounts:
    """The numbers of a package's jobs: all jobs, started jobs, ended jobs, and jobs to stage."""

    jobs: int
    """Number of all jobs of the plan."""
    started: int = 0
    """Number of jobs that the service has accepted."""
    ended: int = 0
    """Number of jobs that have ended."""
    to_stage: int = 0
    """Number of staged jobs that are not started. Files may still have to be copied to their prefixes."""
    has_updates: bool = False
    """Whether the package has an update that was not brought to its end."""
