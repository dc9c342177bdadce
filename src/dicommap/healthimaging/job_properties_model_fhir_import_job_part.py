"""Import jobs of HealthLake as DescribeFHIRImportJob tells of them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from dicommap.healthimaging.job_properties_model_job_report_part import JobEnding, JobStatus, format_utc
from dicommap.healthimaging.job_properties_model_tagged_union_part import TaggedUnion

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

    def report(self) -> JobStatus:
        """Return what is common to all kinds of jobs."""
        return JobStatus(
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
