"""The stand-in's import jobs and their statuses."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dicommap.testing.operations import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dicommap.testing.behaviour import Behaviour

END_STATUSES = ("COMPLETED", "FAILED")
PAGE_SIZE = 50
"""Jobs on a page of the listing, where no maxResults is given."""


@dataclass(kw_only=True)
class StartedJob:
    """One import job, and what it was asked for."""

    job_id: str
    request: Mapping[str, Any]
    """As it came: the members of StartDICOMImportJob."""
    submitted_at: datetime
    status: str = "SUBMITTED"
    ended_at: datetime | None = None
    message: str | None = None
    """Why it failed."""
    calls: int = 1
    """How many calls of StartDICOMImportJob this job answered."""

    @property
    def client_token(self) -> str:
        """Return the token it was started with."""
        return str(self.request["clientToken"])

    @property
    def datastore_id(self) -> str:
        """Return the data store it imports into."""
        return str(self.request["datastoreId"])

    @property
    def input_bucket(self) -> str:
        """Return the bucket that it reads."""
        return str(self.request["inputS3Uri"]).removeprefix("s3://").partition("/")[0]

    @property
    def input_prefix(self) -> str:
        """Return the prefix that it reads, taken as text: without a slash at its end it takes in its siblings."""
        return str(self.request["inputS3Uri"]).removeprefix("s3://").partition("/")[2]

    @property
    def mappings(self) -> list[dict[str, str]]:
        """Return its mappings; none where it has no import configuration."""
        configuration = self.request.get("importConfiguration", {}).get("dicomJsonMetadataImportConfiguration", {})
        return list(configuration.get("dicomMetadataMappings", ()))

    def key(self, path: str) -> str:
        """Return the object key of a path relative to inputS3Uri."""
        prefix = self.input_prefix
        return f"{prefix}{path}" if prefix.endswith("/") or not prefix else f"{prefix}/{path}"

    @property
    def has_ended(self) -> bool:
        """Say whether it is COMPLETED or FAILED."""
        return self.status in END_STATUSES

    @property
    def output_folder(self) -> str:
        """Return the URI of the folder that holds its manifests (developer guide, "Understanding import jobs")."""
        return f"{self.request['outputS3Uri'].rstrip('/')}/{self.datastore_id}-DicomImport-{self.job_id}/"


@dataclass(kw_only=True)
class StartedJobs:
    """All jobs, in the order in which they were started."""

    behaviour: Behaviour
    run: Callable[[StartedJob], str | None]
    """Does a job's work as it ends; returns why it failed, or None."""
    started: list[StartedJob] = field(default_factory=list)

    def start(self, request: Mapping[str, Any]) -> StartedJob:
        """Start a job, or return the one that this token has started with the same request.

        Raises ServiceError: ConflictException for another request with the same token, ServiceQuotaExceededException
        where as many jobs run as may.
        """
        for job in self.started:
            if (job.datastore_id, job.client_token) == (request["datastoreId"], request["clientToken"]):
                if job.request != request:
                    raise ServiceError("ConflictException", "The client token was used for another request.")
                job.calls += 1
                return job
        running = sum(not job.has_ended for job in self.of(request["datastoreId"]))
        if running >= self.behaviour.concurrent_jobs:
            raise ServiceError("ServiceQuotaExceededException", "The quota of concurrent import jobs is used up.")
        job = StartedJob(job_id=secrets.token_hex(16), request=request, submitted_at=datetime.now(UTC))
        self.started.append(job)
        return job

    def of(self, datastore_id: str, status: str | None = None) -> list[StartedJob]:
        """Return the jobs of a data store, the last one first; only those of a status where one is given."""
        found = (job for job in reversed(self.started) if job.datastore_id == datastore_id)
        return [job for job in found if status in (None, job.status)]

    def get(self, datastore_id: str, job_id: str) -> StartedJob:
        """Return a job. Raises ServiceError where the data store has none of this id."""
        for job in self.of(datastore_id):
            if job.job_id == job_id:
                return job
        raise ServiceError("ResourceNotFoundException", "The data store has no such import job.")

    def advance(self, job: StartedJob) -> None:
        """Move a job on by one status; the last step does its work."""
        if job.status == "SUBMITTED":
            job.status = "IN_PROGRESS"
        elif not job.has_ended:
            job.message = self.run(job)
            job.status = "COMPLETED" if job.message is None else "FAILED"
            job.ended_at = datetime.now(UTC)

    def advance_on_poll(self, job: StartedJob) -> None:
        """Move a job on where looking at it does."""
        if self.behaviour.advance == "poll":
            self.advance(job)
