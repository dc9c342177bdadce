"""ImportJobService, which is the stand-in for AWS HealthImaging, and its throttling."""

from __future__ import annotations

import threading
import time
import uuid
from typing import TYPE_CHECKING, Any, Self

from dicommap.aws import Clients
from dicommap.healthimaging.limits import (
    COPY_IMAGE_SET_RATE,
    DELETE_IMAGE_SET_RATE,
    GET_IMAGE_SET_METADATA_RATE,
    GET_IMAGE_SET_RATE,
    GET_RATE,
    LIST_IMAGE_SET_VERSIONS_RATE,
    LIST_RATE,
    SEARCH_IMAGE_SETS_RATE,
    START_RATE,
    UPDATE_IMAGE_SET_METADATA_RATE,
)
from dicommap.testing.behaviour import Behaviour
from dicommap.testing.faults import CONNECTION_FAULTS, ERROR_FAULTS, JOB_FAULTS, Fault, FaultQueue
from dicommap.testing.http_server import CONTROL_ROOT, LoopbackServer, Request, Response, handle_control_request
from dicommap.testing.image_set_changes import ImageSetChangeHandlers
from dicommap.testing.image_set_handlers import ImageSetHandlers
from dicommap.testing.image_set_metadata import MetadataBlob
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
    "SearchImageSets": SEARCH_IMAGE_SETS_RATE,
    "GetImageSet": GET_IMAGE_SET_RATE,
    "GetImageSetMetadata": GET_IMAGE_SET_METADATA_RATE,
    "ListImageSetVersions": LIST_IMAGE_SET_VERSIONS_RATE,
    "DeleteImageSet": DELETE_IMAGE_SET_RATE,
    "UpdateImageSetMetadata": UPDATE_IMAGE_SET_METADATA_RATE,
    "CopyImageSet": COPY_IMAGE_SET_RATE,
}


DATASTORE_ID = "5" * 32
"""The id of the data store that exists from the start, with status ACTIVE."""


class OperationThrottle:
    """Token buckets that limit the rate of each operation. Operations without a documented rate are not limited."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        now = clock()
        self._buckets = {name: (float(rate.burst), now) for name, rate in DOCUMENTED_RATES.items()}

    def try_take_token(self, operation: str) -> bool:
        """Take a token from the bucket of an operation. If the bucket is empty, return False: the call is refused."""
        rate = DOCUMENTED_RATES.get(operation)
        if rate is None:
            return True
        tokens, filled_at = self._buckets[operation]
        now = self._clock()
        tokens = min(rate.burst, tokens + (now - filled_at) * rate.per_second)
        is_accepted = tokens >= 1
        self._buckets[operation] = (tokens - is_accepted, now)
        return is_accepted


class ImportJobService:
    """A stand-in for AWS HealthImaging's import jobs on loopback, for tests. It is not the service.

    The stand-in accepts and refuses requests according to botocore's service model and AWS's documentation. `behaviour`
    has settings for behaviour that AWS does not document. Signatures are not verified, and roles are ignored. Jobs read
    from and write to an S3 server, with the credentials that boto3 finds.

    If it is used as a context manager, the stand-in runs in a thread:

        with ImportJobService(s3_endpoint_url=url) as service:
            client = boto3.client("medical-imaging", endpoint_url=service.url)

    Attributes:
        behaviour: The settings of the stand-in.
        s3_endpoint_url: The URL of the S3 server.

    """

    def __init__(
        self,
        s3_endpoint_url: str | None = None,
        *,
        behaviour: Behaviour | None = None,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create the stand-in. The server starts when the context manager is entered.

        Args:
            s3_endpoint_url: The URL of the S3 server. If it is None, jobs end without reading anything.
            behaviour: The settings of the stand-in.
            port: The port; 0 for any free port.
            clock: Returns the time in seconds. It is used for throttling.

        Raises:
            MissingExtraError: boto3 is not installed.

        """
        self.behaviour = behaviour or Behaviour()
        self.s3_endpoint_url = s3_endpoint_url
        self._faults = FaultQueue()
        self._lock = threading.RLock()
        self._throttle = OperationThrottle(clock)
        self._image_sets = ImageSets()
        self._runner = None if s3_endpoint_url is None else self._make_runner(s3_endpoint_url)
        self._jobs = StartedJobs(behaviour=self.behaviour, run_job=self._run_job)
        self._handlers = OperationHandlers(
            jobs=self._jobs,
            image_sets=ImageSetHandlers(image_sets=self._image_sets, behaviour=self.behaviour, faults=self._faults),
            changes=ImageSetChangeHandlers(image_sets=self._image_sets, behaviour=self.behaviour, faults=self._faults),
            datastores={DATASTORE_ID: "ACTIVE"},
            fhir_jobs={},
        )
        load_imaging_operations()  # raises MissingExtraError now, not in a request
        self._server = LoopbackServer(port, self._respond_to_request)
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
        """Return environment variables that give AWS clients the endpoints of the stand-in and of the S3 server.

        One of them keeps AWS's clients from adding `runtime-` to the host in operations on image sets.
        """
        variables = {
            "AWS_ENDPOINT_URL_MEDICAL_IMAGING": self.url,
            "AWS_ENDPOINT_URL_HEALTHLAKE": self.url,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        }
        if self.s3_endpoint_url is not None:
            variables["AWS_ENDPOINT_URL_S3"] = self.s3_endpoint_url
        return variables

    @property
    def datastore_id(self) -> str:
        """Return the id of the data store that exists from the start."""
        return DATASTORE_ID

    @property
    def jobs(self) -> tuple[StartedJob, ...]:
        """Return all jobs, in the order in which they were started."""
        with self._lock:
            return tuple(self._jobs.started)

    @property
    def image_sets(self) -> tuple[ImageSet, ...]:
        """Return all image sets, in the order in which they were created."""
        with self._lock:
            return tuple(self._image_sets.all)

    @property
    def instances(self) -> tuple[ImportedInstance, ...]:
        """Return all imported instances, in the order of their image sets."""
        return tuple(instance for image_set in self.image_sets for instance in image_set.instances)

    def import_instance(self, instance: ImportedInstance, datastore_id: str = DATASTORE_ID) -> ImageSet:
        """Add an instance to its image set without a job, and return the image set. No file is read.

        Args:
            instance: The instance. Instances with the same `job_id` are added to one version.
            datastore_id: The data store.

        """
        with self._lock:
            return self._image_sets.add(datastore_id, instance)

    def add_datastore(self, datastore_id: str, status: str = "ACTIVE") -> None:
        """Add a data store, or change its status."""
        with self._lock:
            self._handlers.datastores[datastore_id] = status

    def add_fhir_job(self, datastore_id: str, job_id: str, *properties: dict[str, Any]) -> None:
        """Add a FHIR import job of HealthLake.

        Args:
            datastore_id: The id of the job's data store.
            job_id: The id of the job.
            properties: The properties that successive requests return. The last properties are repeated.

        """
        with self._lock:
            self._handlers.fhir_jobs[datastore_id, job_id] = list(properties)

    def change_behaviour(self, *settings: str) -> None:
        """Change settings of the stand-in from now on. Jobs that have ended stay unchanged.

        Args:
            settings: Texts as `Behaviour.with_settings` takes them, such as `answers.dataSet=array`.

        Raises:
            UsageError: A setting is unknown, or does not allow this value.
        """
        with self._lock:
            self.behaviour = self.behaviour.with_settings(settings)
            self._jobs.behaviour = self._handlers.image_sets.behaviour = self.behaviour
            self._handlers.changes.behaviour = self.behaviour
            if self._runner is not None:
                self._runner.behaviour = self.behaviour

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
        """Add a fault to simulate. See `Fault` for the arguments. Raises UsageError for an unknown kind."""
        self.add_fault(Fault(kind=kind, operation=operation, times=times, after=after, match=match, message=message))

    def add_fault(self, fault: Fault) -> None:
        """Add a fault that the stand-in simulates."""
        with self._lock:
            self._faults.add(fault)

    def clear_faults(self) -> None:
        """Remove the faults that have not happened yet."""
        with self._lock:
            self._faults.clear()

    def advance(self, job_id: str | None = None) -> None:
        """Give the job with this id its next status.

        If `job_id` is None, give all jobs their next status, and end the changes of all image sets.
        """
        with self._lock:
            if job_id is None:
                self._image_sets.end_all_changes()
            for job in self._jobs.started:
                if job_id in (None, job.job_id):
                    self._jobs.advance(job)

    def _make_runner(self, s3_endpoint_url: str) -> JobRunner:
        clients = Clients(endpoint_url=s3_endpoint_url)
        return JobRunner(clients=clients, behaviour=self.behaviour, image_sets=self._image_sets)

    def _run_job(self, job: StartedJob) -> str | None:
        faults = self._faults.take_matching(JOB_FAULTS)
        if self._runner is not None:
            return self._runner.run(job, faults)
        return next((fault.message_or_default for fault in faults if fault.kind == "job-failed"), None)

    def _respond_to_request(self, request: Request) -> Response:
        if request.path.startswith(CONTROL_ROOT):
            return handle_control_request(self, request)
        target = request.headers.get("x-amz-target")
        with self._lock:
            try:
                response = self._handle_operation(request, target)
            except ServiceError as error:
                response = _make_error_response(error, in_body=target is not None)
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
        return response

    def _handle_operation(self, request: Request, target: str | None) -> Response:
        operation_and_path = find_operation(request.method, request.path, target)
        if operation_and_path is None:
            raise ServiceError("UnknownOperationException", "The stand-in does not have this operation.")
        operation, path = operation_and_path
        if not request.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
            raise ServiceError("MissingAuthenticationTokenException", "The request is not signed.")
        fault = self._faults.take(ERROR_FAULTS, operation.name)
        if fault is not None:
            raise ServiceError(*ERROR_FAULTS[fault.kind])
        if self.behaviour.throttling and not self._throttle.try_take_token(operation.name):
            raise ServiceError(*ERROR_FAULTS["throttle"])
        fault = self._faults.take(CONNECTION_FAULTS, operation.name)
        if fault is not None and fault.kind == "reset":
            return Response(0, b"", {}, cut=0)
        answer = self._handlers.handle(operation, parse_parameters(operation, path, request.query, request.body))
        response = _make_blob_response(answer) if isinstance(answer, MetadataBlob) else _make_answer_response(answer)
        if fault is not None:
            response.cut = 0 if fault.kind == "answer-lost" else len(response.body) // 2
        return response


def _make_answer_response(members: dict[str, Any]) -> Response:
    return Response(200, format_answer(members), {})


def _make_blob_response(blob: MetadataBlob) -> Response:
    encoding = {} if blob.content_encoding is None else {"Content-Encoding": blob.content_encoding}
    # "Default is text/plain" (API reference, GetImageSetMetadata).
    return Response(200, blob.body, {"Content-Type": "text/plain", **encoding})


def _make_error_response(error: ServiceError, *, in_body: bool) -> Response:
    # The protocol json has the error code in the body and status 400 or 500; rest-json has the code in a header.
    body: dict[str, str] = {"message": error.message}
    if in_body:
        body["__type"] = error.code
        return Response(400 if HTTP_STATUS_BY_CODE[error.code] < 500 else error.http_status, format_answer(body), {})
    return Response(error.http_status, format_answer(body), {"x-amzn-ErrorType": error.code})
