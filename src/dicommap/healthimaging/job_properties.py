"""Import jobs of HealthImaging as GetDICOMImportJob and ListDICOMImportJobs tell of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from dicommap.healthimaging.job_properties_model_job_report_part import JobEnding, JobStatus, format_utc
from dicommap.healthimaging.job_properties_model_tagged_union_part import TaggedUnion

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    def report(self) -> JobStatus:
        """Return what is common to all kinds of jobs."""
        return JobStatus(
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
