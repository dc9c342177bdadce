"""Import jobs as GetDICOMImportJob and DescribeFHIRImportJob return them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

if TYPE_CHECKING:
    from collections.abc import Mapping


class JobEnding(StrEnum):
    """How a job ended, as its service tells; what became of each file is another question."""

    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed with errors"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobInfo:
    """One job as its service last told of it."""

    service: str
    datastore: str
    job: str
    status: str
    """The service's own word, which may be new to us."""
    known: bool
    """Whether the status is one of those that the service documents."""
    ending: JobEnding | None
    submitted_at: str | None
    """ISO 8601, UTC."""
    ended_at: str | None
    message: str | None


def format_utc(time: datetime | None) -> str | None:
    """Return a time as ISO 8601 in UTC to the second: `2026-11-22T10:42:00Z`; one without a zone is UTC.

    Returns None if there is no time, or it is outside the years 1 to 9999 in UTC.
    """
    if time is None:
        return None
    try:
        utc = (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None
    return utc.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


UNKNOWN_MEMBER = "SDK_UNKNOWN_MEMBER"
"""What SDKs put in place of a member that their model does not have, with its name inside."""


class TaggedUnion(BaseModel):
    """A union as AWS returns it, read without knowing its members: `name` of the one set, and what it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str
    value: object = None
    """What the member holds; None where the SDK did not know the member and left it out."""
    known: bool = True
    """Whether the SDK knew the member."""

    @model_validator(mode="before")
    @classmethod
    def _of_one_member(cls, union: object) -> object:
        if not isinstance(union, dict) or len(union) != 1:
            raise ValueError("a tagged union has one member")
        ((name, value),) = union.items()
        if name != UNKNOWN_MEMBER:
            return {"name": str(name), "value": value}
        named = value.get("name") if isinstance(value, dict) else None
        return {"name": str(named or "?"), "value": None, "known": False}


RequestAgreement = Literal["same", "differs"]

DICOM_JOB_ENDINGS = {
    "SUBMITTED": None,
    "IN_PROGRESS": None,
    "COMPLETED": JobEnding.COMPLETED,
    "FAILED": JobEnding.FAILED,
}
"""Statuses that AWS documents -> how the job has ended, or None (API reference, GetDICOMImportJob).

COMPLETED says only that the job came to its end: what became of each file is in its output manifests.
"""
ACTIVE_JOB_STATUSES = tuple(status for status, ending in DICOM_JOB_ENDINGS.items() if ending is None)
"""Statuses of jobs that count against the quota of concurrent import jobs."""


class ImportJob(BaseModel):
    """Properties of an import job. Members and statuses that are new to us are kept as they are.

    ListDICOMImportJobs leaves inputS3Uri, outputS3Uri and importConfiguration out.
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
    """A tagged union, kept open: dicomJsonMetadataImportConfiguration is its only member so far."""

    @field_validator("importConfiguration", mode="before")
    @classmethod
    def _empty_is_none(cls, union: Any) -> Any:  # noqa: ANN401  JSON of any type
        return union or None

    @property
    def ending(self) -> JobEnding | None:
        """Return how the job has ended; None while it has not, or where its status is new to us."""
        return DICOM_JOB_ENDINGS.get(self.jobStatus)

    def agreement_with(self, request: Mapping[str, Any]) -> RequestAgreement | None:
        """Say whether the job's prefix and importConfiguration are those of a request; None where they are not told.

        Mappings are compared as a set: that the service keeps their order is not documented.
        """
        if self.inputS3Uri is not None and self.inputS3Uri.rstrip("/") != request["inputS3Uri"].rstrip("/"):
            return "differs"
        sent = request.get("importConfiguration")
        union = self.importConfiguration
        if self.inputS3Uri is None or (union is None and sent is not None):
            return None
        told = None if union is None else {union.name: union.value}
        return "same" if _unordered(told) == _unordered(sent) else "differs"

    def report(self) -> JobInfo:
        """Return what is common to all kinds of jobs."""
        return JobInfo(
            service="HealthImaging",
            datastore=self.datastoreId,
            job=self.jobId,
            status=self.jobStatus,
            known=self.jobStatus in DICOM_JOB_ENDINGS,
            ending=self.ending,
            submitted_at=format_utc(self.submittedAt),
            ended_at=format_utc(self.endedAt),
            message=self.message,
        )


def _unordered(value: Any) -> Any:  # noqa: ANN401  JSON of any type
    if isinstance(value, dict):
        return {name: _unordered(member) for name, member in value.items()}
    return sorted(map(repr, map(_sort_members, value))) if isinstance(value, list) else value


def _sort_members(value: Any) -> Any:  # noqa: ANN401
    return sorted(value.items()) if isinstance(value, dict) else value


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
"""Statuses of the service model -> how the job has ended, or None.

That a job whose cancelling failed has ended is inferred: the model does not say whether it goes on.
"""


class FhirImportJob(BaseModel):
    """Properties of an import job of HealthLake. Members and statuses that are new to us are kept as they are."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    JobId: str
    JobName: str | None = None
    JobStatus: str
    SubmitTime: datetime | None = None
    EndTime: datetime | None = None
    DatastoreId: str
    InputDataConfig: TaggedUnion | None = None
    """A tagged union, kept open: S3Uri is its only member so far."""
    JobOutputDataConfig: TaggedUnion | None = None
    """A tagged union, kept open: S3Configuration is its only member so far."""
    DataAccessRoleArn: str | None = None
    Message: str | None = None

    @property
    def ending(self) -> JobEnding | None:
        """Return how the job has ended; None while it has not, or where its status is new to us."""
        return FHIR_JOB_ENDINGS.get(self.JobStatus)

    def report(self) -> JobInfo:
        """Return what is common to all kinds of jobs."""
        return JobInfo(
            service="HealthLake",
            datastore=self.DatastoreId,
            job=self.JobId,
            status=self.JobStatus,
            known=self.JobStatus in FHIR_JOB_ENDINGS,
            ending=self.ending,
            submitted_at=format_utc(self.SubmitTime),
            ended_at=format_utc(self.EndTime),
            message=self.Message,
        )
