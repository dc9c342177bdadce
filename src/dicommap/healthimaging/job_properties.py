"""Models of the import jobs that GetDICOMImportJob and DescribeFHIRImportJob return, and how a job can end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from dicommap.healthimaging.job_output import job_folder_name


class JobEnding(StrEnum):
    """How an import job can end. Which files it imported is known only from its job manifests."""

    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed with errors"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobInfo:
    """The state of one import job of HealthImaging or HealthLake, from the last answer of the service."""

    service: str
    datastore: str
    job: str
    status: str
    """The status as the service returns it. It may be a status that the service does not document."""
    is_known_status: bool
    """Whether the service documents the status."""
    ending: JobEnding | None
    """The ending of the job; None if the job has not ended, or if its status is unknown."""
    submitted_at: str | None
    """The time of the job's submission, as ISO 8601 in UTC; None if it is not known."""
    ended_at: str | None
    """The time of the job's end, as ISO 8601 in UTC; None if it is not known."""
    message: str | None


def format_utc(time: datetime | None) -> str | None:
    """Return a time as ISO 8601 text in UTC, without fractions of a second, such as `2026-11-22T10:42:00Z`.

    A time without a time zone is taken as UTC. None is returned if `time` is None, or if Python cannot convert it to
    UTC, because the result would be outside the years 1 to 9999.
    """
    if time is None:
        return None
    try:
        utc = (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None
    return utc.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


UNKNOWN_MEMBER = "SDK_UNKNOWN_MEMBER"
"""Name by which an AWS SDK replaces a member that the SDK does not know. The value has the real name of the member."""


class TaggedUnion(BaseModel):
    """A JSON object with exactly one member, as AWS uses it to give one of several values (a tagged union)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str
    value: object = None
    """The value of the member; None if the AWS SDK does not know the member."""
    known: bool = True
    """Whether the AWS SDK knows the member."""

    @model_validator(mode="before")
    @classmethod
    def _read_single_member(cls, union: object) -> object:
        """Return the name and value of the only member. Raises ValueError if there is not exactly one member."""
        if not isinstance(union, dict) or len(union) != 1:
            raise ValueError("a tagged union has one member")
        ((name, value),) = union.items()
        if name != UNKNOWN_MEMBER:
            return {"name": str(name), "value": value}
        named = value.get("name") if isinstance(value, dict) else None
        return {"name": str(named or "?"), "value": None, "known": False}


DICOM_JOB_ENDINGS = {
    "SUBMITTED": None,
    "IN_PROGRESS": None,
    "COMPLETED": JobEnding.COMPLETED,
    "FAILED": JobEnding.FAILED,
}
"""Status of a HealthImaging job -> its ending; None if it has not ended (API reference, GetDICOMImportJob).

COMPLETED only means that the job has ended. The job manifests list the result for each file.
"""
ACTIVE_JOB_STATUSES = tuple(status for status, ending in DICOM_JOB_ENDINGS.items() if ending is None)
"""The statuses of jobs that have not ended. Such jobs count for the quota of concurrent import jobs."""


class ImportJob(BaseModel):
    """The properties of an import job of HealthImaging. Unknown members and statuses are kept unchanged.

    ListDICOMImportJobs returns jobs without inputS3Uri, outputS3Uri and importConfiguration.
    """

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    jobId: str
    jobName: str = ""
    jobStatus: str
    datastoreId: str = ""
    dataAccessRoleArn: str | None = None
    inputS3Uri: str | None = None
    outputS3Uri: str | None = None
    submittedAt: datetime | None = None
    endedAt: datetime | None = None
    message: str | None = None
    importConfiguration: TaggedUnion | None = None
    """The import configuration, a tagged union. Its only documented member is dicomJsonMetadataImportConfiguration."""

    @field_validator("importConfiguration", mode="before")
    @classmethod
    def _replace_empty_by_none(cls, union: Any) -> Any:  # noqa: ANN401  JSON of any type
        return union or None

    @property
    def ending(self) -> JobEnding | None:
        """Return how the job has ended; None if the job has not ended, or if its status is unknown."""
        return DICOM_JOB_ENDINGS.get(self.jobStatus)

    @property
    def output_prefix(self) -> str | None:
        """Return the outputS3Uri of the request that started the job; None if the service did not return it.

        The service may return this prefix with the folder of the job at its end. If so, the folder is removed.
        """
        folder = f"/{job_folder_name(self.datastoreId, self.jobId)}/"
        trimmed = f"{(self.outputS3Uri or '').rstrip('/')}/"
        return f"{trimmed.removesuffix(folder)}/" if trimmed.endswith(folder) else self.outputS3Uri

    def to_job_info(self) -> JobInfo:
        """Return a JobInfo with the state of this job. JobInfo is the same class for HealthImaging and HealthLake."""
        return JobInfo(
            service="HealthImaging",
            datastore=self.datastoreId,
            job=self.jobId,
            status=self.jobStatus,
            is_known_status=self.jobStatus in DICOM_JOB_ENDINGS,
            ending=self.ending,
            submitted_at=format_utc(self.submittedAt),
            ended_at=format_utc(self.endedAt),
            message=self.message,
        )


FHIR_JOB_ENDINGS = {
    "SUBMITTED": None,
    "QUEUED": None,
    "IN_PROGRESS": None,
    "COMPLETED_WITH_ERRORS": JobEnding.COMPLETED_WITH_ERRORS,
    "COMPLETED": JobEnding.COMPLETED,
    "FAILED": JobEnding.FAILED,
    "CANCEL_SUBMITTED": None,
    "CANCEL_IN_PROGRESS": None,
    "CANCEL_COMPLETED": JobEnding.CANCELLED,
    "CANCEL_FAILED": JobEnding.FAILED,
}
"""Status of a HealthLake job, from the service model -> its ending; None if it has not ended.

The service model does not define whether a job with CANCEL_FAILED has ended. It is assumed that it has ended.
"""


class FhirImportJob(BaseModel):
    """The properties of an import job of HealthLake. Unknown members and statuses are kept unchanged."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    JobId: str
    JobName: str | None = None
    JobStatus: str
    SubmitTime: datetime | None = None
    EndTime: datetime | None = None
    DatastoreId: str
    InputDataConfig: TaggedUnion | None = None
    """The input of the job, a tagged union. Its only documented member is S3Uri."""
    JobOutputDataConfig: TaggedUnion | None = None
    """The output of the job, a tagged union. Its only documented member is S3Configuration."""
    DataAccessRoleArn: str | None = None
    Message: str | None = None

    @property
    def ending(self) -> JobEnding | None:
        """Return how the job has ended; None if the job has not ended, or if its status is unknown."""
        return FHIR_JOB_ENDINGS.get(self.JobStatus)

    def to_job_info(self) -> JobInfo:
        """Return a JobInfo with the state of this job. JobInfo is the same class for HealthImaging and HealthLake."""
        return JobInfo(
            service="HealthLake",
            datastore=self.DatastoreId,
            job=self.JobId,
            status=self.JobStatus,
            is_known_status=self.JobStatus in FHIR_JOB_ENDINGS,
            ending=self.ending,
            submitted_at=format_utc(self.SubmitTime),
            ended_at=format_utc(self.EndTime),
            message=self.Message,
        )
