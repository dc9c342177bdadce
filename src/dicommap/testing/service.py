"""ImportJobService, the stand-in for AWS HealthImaging, and its throttling."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Self

from dicommap.aws import Clients
from dicommap.healthimaging.limits import GET_RATE, LIST_RATE, START_RATE
from dicommap.testing.behaviour import CONNECTION_FAULTS, ERROR_FAULTS, JOB_FAULTS, Behaviour, Fault, FaultQueue
from dicommap.testing.http_server import CONTROL_ROOT, LoopbackServer, Request, Response, handle_control_request
from dicommap.testing.image_sets import ImageSet, ImageSets, ImportedInstance
from dicommap.testing.job_runner import JobRunner
from dicommap.testing.operation_handlers import OperationHandlers
from dicommap.testing.operations import HTTP_STATUS_BY_CODE, ServiceError, find_operation, load_imaging_operations
from dicommap.testing.started_jobs import StartedJob, StartedJobs
from dicommap.testing.wire_format import format_answer, parse_parameters

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENTED_RATES = {
    "StartDICOMImportJob": START_RATE,
    "GetDICOMImportJob": GET_RATE,
    "ListDICOMImportJobs": LIST_RATE,
}


class Throttle:
    """A token bucket for each operation; an operation without a rate is never throttled."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        now = clock()
        self._buckets = {name: (float(rate.burst), now) for name, rate in DOCUMENTED_RATES.items()}

    def takes(self, operation: str) -> bool:
        """Say whether a call is taken now, and count it if so."""
        rate = DOCUMENTED_RATES.get(operation)
        if rate is None:
            return True
        tokens, before = self._buckets[operation]
        now = self._clock()
        tokens = min(rate.burst, tokens + (now - before) * rate.per_second)
        taken = tokens >= 1
        self._buckets[operation] = (tokens - taken, now)
        return taken


DATASTORE_ID = "5" * 32
"""The data store that is there from the beginning, ACTIVE."""


class ImportJobService:
    """A stand-in for AWS HealthImaging's import jobs on loopback. It is not the service.

    It takes and refuses requests by botocore's service model and by what AWS documents; what AWS does not document is
    decided by its `behaviour`. Jobs read from and write to the S3 server at `s3_endpoint_url`, with the credentials
    that boto3 finds; without one they read nothing, and end. Signatures are not verified, and roles not looked at.

    As a context manager it serves from a thread:

        with ImportJobService(s3_endpoint_url=url) as service:
            client = boto3.client("medical-imaging", endpoint_url=service.url)

    Raises MissingExtraError where boto3 is not installed.
    """

    def __init__(
        self,
        s3_endpoint_url: str | None = None,
        *,
        behaviour: Behaviour | None = None,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.behaviour = behaviour or Behaviour()
        self.s3_endpoint_url = s3_endpoint_url
        self._faults = FaultQueue()
        self._lock = threading.RLock()
        self._throttle = Throttle(clock)
        self._image_sets = ImageSets()
        self._importing = None if s3_endpoint_url is None else self._importing_from(s3_endpoint_url)
        self._jobs = StartedJobs(behaviour=self.behaviour, run=self._run)
        self._answers = OperationHandlers(jobs=self._jobs, datastores={DATASTORE_ID: "ACTIVE"}, fhir_jobs={})
        load_imaging_operations()  # what is not installed is missed now
        self._server = LoopbackServer(port, self._reply)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __repr__(self) -> str:
        return f"<stand-in for AWS HealthImaging's import jobs at {self.url}>"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Return the endpoint URL, for HealthImaging and for HealthLake."""
        return self._server.url

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables by which AWS's clients find it, and the S3 server where one was named."""
        found = {"AWS_ENDPOINT_URL_MEDICAL_IMAGING": self.url, "AWS_ENDPOINT_URL_HEALTHLAKE": self.url}
        if self.s3_endpoint_url is not None:
            found["AWS_ENDPOINT_URL_S3"] = self.s3_endpoint_url
        return found

    @property
    def datastore_id(self) -> str:
        """Return the id of the data store that is there from the beginning."""
        return DATASTORE_ID

    @property
    def jobs(self) -> tuple[StartedJob, ...]:
        """Return all jobs, in the order in which they were started."""
        with self._lock:
            return tuple(self._jobs.started)

    @property
    def image_sets(self) -> tuple[ImageSet, ...]:
        """Return all image sets, in the order in which they were made."""
        with self._lock:
            return tuple(self._image_sets.all)

    @property
    def instances(self) -> tuple[ImportedInstance, ...]:
        """Return everything that was imported, image set by image set."""
        return tuple(instance for image_set in self.image_sets for instance in image_set.instances)

    def add_datastore(self, datastore_id: str, status: str = "ACTIVE") -> None:
        """Add a data store, or give one another status."""
        with self._lock:
            self._answers.datastores[datastore_id] = status

    def add_fhir_job(self, datastore_id: str, job_id: str, *properties: dict[str, Any]) -> None:
        """Add a FHIR import job of HealthLake, which shows one of these properties after the other when asked."""
        with self._lock:
            self._answers.fhir_jobs[datastore_id, job_id] = list(properties)

    def fault(
        self,
        kind: str,
        *,
        operation: str | None = None,
        times: int | None = 1,
        after: int = 0,
        match: str = "",
        message: str = "",
    ) -> None:
        """Let a fault happen, as `Fault` describes it. Raises UsageError for one that there is not."""
        self.add_fault(Fault(kind=kind, operation=operation, times=times, after=after, match=match, message=message))

    def add_fault(self, fault: Fault) -> None:
        """Let a fault happen."""
        with self._lock:
            self._faults.add(fault)

    def clear_faults(self) -> None:
        """Let none of the faults happen that have not yet."""
        with self._lock:
            self._faults.clear()

    def advance(self, job_id: str | None = None) -> None:
        """Move a job on by one status; all jobs where none is named."""
        with self._lock:
            for job in self._jobs.started:
                if job_id in (None, job.job_id):
                    self._jobs.advance(job)

    def _importing_from(self, s3_endpoint_url: str) -> JobRunner:
        clients = Clients(endpoint_url=s3_endpoint_url)
        return JobRunner(clients=clients, behaviour=self.behaviour, image_sets=self._image_sets)

    def _run(self, job: StartedJob) -> str | None:
        faults = self._faults.take_matching(JOB_FAULTS)
        if self._importing is not None:
            return self._importing.run(job, faults)
        return next((fault.text for fault in faults if fault.kind == "job-failed"), None)

    def _reply(self, request: Request) -> Response:
        if request.path.startswith(CONTROL_ROOT):
            return handle_control_request(self, request)
        target = request.headers.get("x-amz-target")
        with self._lock:
            try:
                return self._answered(request, target)
            except ServiceError as error:
                return _error_reply(error, in_body=target is not None)

    def _answered(self, request: Request, target: str | None) -> Response:
        found = find_operation(request.method, request.path, target)
        if found is None:
            raise ServiceError("UnknownOperationException", "The stand-in has no such operation.")
        operation, path = found
        if not request.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
            raise ServiceError("MissingAuthenticationTokenException", "The request is not signed.")
        refused = self._faults.take(ERROR_FAULTS, operation.name)
        if refused is not None:
            raise ServiceError(*ERROR_FAULTS[refused.kind])
        if self.behaviour.throttling and not self._throttle.takes(operation.name):
            raise ServiceError("ThrottlingException", "Rate exceeded")
        cut = self._faults.take(CONNECTION_FAULTS, operation.name)
        if cut is not None and cut.kind == "reset":
            return Response(0, b"", {}, cut=0)
        body = format_answer(
            self._answers.of(operation, parse_parameters(operation, path, request.query, request.body))
        )
        if cut is None:
            return Response(200, body, {})
        return Response(200, body, {}, cut=0 if cut.kind == "answer-lost" else len(body) // 2)


def _error_reply(error: ServiceError, *, in_body: bool) -> Response:
    # The protocol json names the error in the body and answers 400 or 500; rest-json has a header and each status.
    body: dict[str, str] = {"message": error.message}
    if in_body:
        body["__type"] = error.code
        return Response(400 if HTTP_STATUS_BY_CODE[error.code] < 500 else error.status, format_answer(body), {})
    return Response(error.status, format_answer(body), {"x-amzn-ErrorType": error.code})
