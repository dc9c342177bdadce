"""The import jobs that the stand-in has started, and their statuses."""

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


@dataclass(kw_only=True)
class StartedJob:
    """One import job: its request, its status and its times."""

    job_id: str
    request: Mapping[str, Any]
    """The parameters of StartDICOMImportJob."""
    submitted_at: datetime
    status: str = "SUBMITTED"
    ended_at: datetime | None = None
    message: str | None = None
    """The reason why the job failed; None if it did not fail."""
    calls: int = 1
    """The number of StartDICOMImportJob calls that returned this job."""

    @property
    def client_token(self) -> str:
        """Return the client token of the request."""
        return str(self.request["clientToken"])

    @property
    def datastore_id(self) -> str:
        """Return the id of the data store that the job imports into."""
        return str(self.request["datastoreId"])

    @property
    def input_bucket(self) -> str:
        """Return the bucket of inputS3Uri."""
        return str(self.request["inputS3Uri"]).removeprefix("s3://").partition("/")[0]

    @property
    def input_prefix(self) -> str:
        """Return the prefix of inputS3Uri. Without a slash at its end, it also matches keys of sibling folders."""
        return str(self.request["inputS3Uri"]).removeprefix("s3://").partition("/")[2]

    @property
    def mappings(self) -> list[dict[str, str]]:
        """Return the mappings of the import configuration; an empty list if the request has none."""
        configuration = self.request.get("importConfiguration", {}).get("dicomJsonMetadataImportConfiguration", {})
        return list(configuration.get("dicomMetadataMappings", ()))

    def make_object_key(self, path: str, *, joined: bool) -> str:
        """Return the object key of a path that is relative to inputS3Uri.

        Args:
            path: The path.
            joined: Whether an inputS3Uri without a slash at its end is joined to the path with a slash.

        """
        prefix = self.input_prefix
        has_slash = prefix.endswith("/") or not prefix
        return f"{prefix}{path}" if has_slash or not joined else f"{prefix}/{path}"

    @property
    def has_ended(self) -> bool:
        """Return whether the job is COMPLETED or FAILED."""
        return self.status in END_STATUSES

    @property
    def output_folder(self) -> str:
        """Return the URI of the folder of the job's manifests (developer guide, "Understanding import jobs")."""
        return f"{self.request['outputS3Uri'].rstrip('/')}/{self.datastore_id}-DicomImport-{self.job_id}/"


@dataclass(kw_only=True)
class StartedJobs:
    """The list of all jobs of the stand-in, in the order in which they were started."""

    behaviour: Behaviour
    run_job: Callable[[StartedJob], str | None]
    """A function that runs a job. It returns the message of a failed job; None if the job is COMPLETED."""
    started: list[StartedJob] = field(default_factory=list)

    def start(self, request: Mapping[str, Any]) -> StartedJob:
        """Start a job and return it. If the same request was sent before, return the job that it started.

        A request is the same if all parameters are equal, with the client token. A different request with the same
        client token is refused. This is a rule of the stand-in: AWS documents nothing about the reuse of client tokens.

        Raises:
            ServiceError: ConflictException if another request used the client token; ServiceQuotaExceededException if
                the quota of concurrent jobs is reached.
        """
        for job in self.started:
            if (job.datastore_id, job.client_token) == (request["datastoreId"], request["clientToken"]):
                if job.request != request:
                    raise ServiceError("ConflictException", "The client token was used for another request.")
                job.calls += 1
                return job
        running = sum(not job.has_ended for job in self.find(request["datastoreId"]))
        if running >= self.behaviour.concurrent_jobs:
            raise ServiceError("ServiceQuotaExceededException", "The quota of concurrent import jobs is exceeded.")
        job = StartedJob(job_id=secrets.token_hex(16), request=request, submitted_at=datetime.now(UTC))
        self.started.append(job)
        return job

    def find(self, datastore_id: str, status: str | None = None) -> list[StartedJob]:
        """Return the jobs of a data store, the latest job first. If `status` is given, select jobs with this status."""
        jobs = (job for job in reversed(self.started) if job.datastore_id == datastore_id)
        return [job for job in jobs if status in (None, job.status)]

    def get(self, datastore_id: str, job_id: str) -> StartedJob:
        """Return the job with this id. Raises ServiceError if the data store has no such job."""
        for job in self.find(datastore_id):
            if job.job_id == job_id:
                return job
        raise ServiceError("ResourceNotFoundException", "The data store has no such import job.")

    def advance(self, job: StartedJob) -> None:
        """Give a job its next status. A job IN_PROGRESS is run, and is then COMPLETED or FAILED."""
        if job.status == "SUBMITTED":
            job.status = "IN_PROGRESS"
        elif not job.has_ended:
            job.message = self.run_job(job)
            job.status = "COMPLETED" if job.message is None else "FAILED"
            job.ended_at = datetime.now(UTC)

    def advance_on_poll(self, job: StartedJob) -> None:
        """Give a job its next status if `behaviour.advance` is `poll`."""
        if self.behaviour.advance == "poll":
            self.advance(job)
