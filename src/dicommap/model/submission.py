"""The submission documents of a package: the state of each job, and the AWS account."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from dicommap.healthimaging.job_properties import ImportJob, JobEnding, JobInfo, RequestAgreement

UtcTime = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
_NotEmpty = Annotated[str, StringConstraints(min_length=1)]


class SubmissionState(StrEnum):
    """How far a job came, from the first state to the last."""

    PLANNED = "planned"
    """The account's members are settled; nothing has been sent."""
    UPLOADED = "uploaded"
    """Its override files are in place."""
    STARTING = "starting"
    """StartDICOMImportJob is about to be sent, or was sent and its answer never seen."""
    STARTED = "started"
    """The service took it and gave it a jobId."""
    ENDED = "ended"
    """The service says that it has ended; how, is in jobStatus."""

    @property
    def has_job(self) -> bool:
        """Say whether the service is known to have a job of it."""
        return self in (SubmissionState.STARTED, SubmissionState.ENDED)


class Submission(BaseModel):
    """submission/NNNN.json: written whole after each step, so that a run that was killed goes on from there.

    It holds no credentials. Times are ISO 8601 in UTC.
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
    """Of the client that started it, so that a run with another one is told apart."""
    startingAt: UtcTime | None = None
    """When the first request to start it was about to be sent, by this machine's clock."""
    jobId: _NotEmpty | None = None
    jobStatus: _NotEmpty | None = None
    """The service's own word as it was last seen, which may be new to us."""
    submittedAt: UtcTime | None = None
    endedAt: UtcTime | None = None
    message: str | None = None
    ending: JobEnding | None = None
    """How it ended, in the state `ended`."""
    configuration: RequestAgreement | None = None
    """Whether the importConfiguration that the service tells of is the one that was sent; absent until it was told."""
    seenAt: UtcTime | None = None
    """When the service last told of it."""

    @property
    def is_start_sent(self) -> bool:
        """Return whether StartDICOMImportJob was sent for the job, or was about to be sent."""
        return self.state.has_job or self.startingAt is not None

    @property
    def has_ended(self) -> bool:
        """Return whether the service said that the job has ended."""
        return self.ending is not None

    @model_validator(mode="after")
    def _state_has_its_members(self) -> Self:
        reached = list(SubmissionState).index(self.state)
        needed = [self.startingAt] if reached >= list(SubmissionState).index(SubmissionState.STARTING) else []
        needed += [self.jobId, self.jobStatus] if self.state.has_job else []
        needed += [self.ending] if self.state is SubmissionState.ENDED else []
        if None in needed:
            raise ValueError("a member of this state is missing")
        return self

    def report(self) -> JobInfo:
        """Return what the service last told of the job, as jobs of all services have it; needs a jobStatus."""
        told = ImportJob(
            jobId=self.jobId or "", jobStatus=self.jobStatus or "", datastoreId=self.datastoreId, message=self.message
        )
        return replace(told.to_job_info(), submitted_at=self.submittedAt, ended_at=self.endedAt)


AWS_ACCOUNT_MEMBERS = ("datastoreId", "dataAccessRoleArn", "outputS3Uri", "inputOwnerAccountId")
"""Members that only the account's owner knows; they may not differ between runs of one submission."""


class AwsAccount(BaseModel):
    """submission/account.json: written once, before the first state. It holds no credentials."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: Literal[1] = 1
    datastoreId: _NotEmpty
    dataAccessRoleArn: _NotEmpty
    outputS3Uri: _NotEmpty
    inputOwnerAccountId: _NotEmpty | None = None
    region: _NotEmpty | None = None
    """Where jobs are started, whoever named it: an option, a profile or the environment."""
    profile: _NotEmpty | None = None
    """The name of the profile of credentials, where an option named one."""
    endpointUrl: _NotEmpty | None = None
    """Where an option named one."""
