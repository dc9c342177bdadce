"""Import jobs of HealthImaging and HealthLake: start, look up, list; each within its throttling limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from dicommap.aws.clock import SYSTEM
from dicommap.aws.faults import calling
from dicommap.aws.throttle import DESCRIBE, GET, LIST, START, Throttle
from dicommap.errors import AwsError
from dicommap.model.fhir_import_job import FhirImportJob
from dicommap.model.import_job import ACTIVE, ImportJob

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from dicommap.aws.clients import Clients
    from dicommap.aws.clock import Clock

_Read = TypeVar("_Read", bound=BaseModel)

_PAGE = 50
"""Jobs of one answer of ListDICOMImportJobs, which gives no more."""


class ImportJobs:
    """The import jobs that one account's clients reach."""

    def __init__(self, clients: Clients, clock: Clock = SYSTEM) -> None:
        self._clients = clients
        self._starts = Throttle(START, clock)
        self._gets = Throttle(GET, clock)
        self._lists = Throttle(LIST, clock)
        self._descriptions = Throttle(DESCRIBE, clock)

    def start(self, request: Mapping[str, Any]) -> ImportJob:
        """Send StartDICOMImportJob; of the same client token the service makes one job. Raises AwsError."""
        self._starts.wait()
        with calling("StartDICOMImportJob", request["inputS3Uri"]):
            answer = self._clients.medical_imaging.start_dicom_import_job(**request)
        return _read("StartDICOMImportJob", ImportJob, answer)

    def get(self, datastore: str, job: str) -> ImportJob:
        """Return the properties of a job. Raises AwsError."""
        self._gets.wait()
        with calling("GetDICOMImportJob", f"job {job}"):
            answer = self._clients.medical_imaging.get_dicom_import_job(datastoreId=datastore, jobId=job)
        return _read("GetDICOMImportJob", ImportJob, answer.get("jobProperties"))

    def all(self, datastore: str, status: str | None = None) -> Iterator[ImportJob]:
        """Yield the jobs of a data store, those of the last 90 days, without their configuration. Raises AwsError."""
        wanted: dict[str, Any] = {"datastoreId": datastore, "maxResults": _PAGE}
        if status is not None:
            wanted["jobStatus"] = status
        while True:
            self._lists.wait()
            with calling("ListDICOMImportJobs", f"data store {datastore}"):
                answer = self._clients.medical_imaging.list_dicom_import_jobs(**wanted)
            for summary in answer.get("jobSummaries", ()):
                yield _read("ListDICOMImportJobs", ImportJob, summary)
            if not answer.get("nextToken"):
                return
            wanted["nextToken"] = answer["nextToken"]

    def active(self, datastore: str) -> int:
        """Return how many jobs of a data store count against the quota of concurrent ones. Raises AwsError."""
        # A job may pass from one status to the next between the two listings: it is the same job.
        return len({job.jobId for status in ACTIVE for job in self.all(datastore, status)})

    def started(self, request: Mapping[str, Any], since: datetime) -> ImportJob | None:
        """Return the job that a request started at `since` or later; None where there is none. Raises AwsError.

        The service does not tell the client token of a job, so that jobs are told by their name, their prefixes and
        their configuration.
        """
        for summary in self.all(request["datastoreId"]):
            if summary.jobName != request.get("jobName", summary.jobName):
                continue
            if summary.submittedAt is not None and summary.submittedAt < since:
                continue
            job = self.get(request["datastoreId"], summary.jobId)
            if job.inputS3Uri == request["inputS3Uri"] and has_configuration(job, request):
                return job
        return None

    def describe_fhir(self, datastore: str, job: str) -> FhirImportJob:
        """Return the properties of an import job of HealthLake. Raises AwsError."""
        self._descriptions.wait()
        with calling("DescribeFHIRImportJob", f"job {job}"):
            answer = self._clients.healthlake.describe_fhir_import_job(DatastoreId=datastore, JobId=job)
        return _read("DescribeFHIRImportJob", FhirImportJob, answer.get("ImportJobProperties"))

    def datastore(self, datastore: str) -> dict[str, Any]:
        """Return the properties of a data store of HealthImaging, as the service gives them. Raises AwsError."""
        with calling("GetDatastore", f"data store {datastore}"):
            answer = self._clients.medical_imaging.get_datastore(datastoreId=datastore)
        properties: dict[str, Any] = answer.get("datastoreProperties") or {}
        return properties


def has_configuration(job: ImportJob, request: Mapping[str, Any]) -> bool:
    """Say whether a job was started with the importConfiguration of a request, or with none as it has none."""
    union = job.importConfiguration
    return ({union.name: union.value} if union is not None else None) == request.get("importConfiguration")


def _read(operation: str, model: type[_Read], properties: object) -> _Read:
    try:
        return model.model_validate(properties)
    except ValidationError:
        raise AwsError(
            f"The answer to {operation} lacks what the service model requires.",
            fix="Check the endpoint, and what stands between here and there; update dicommap if AWS's API is newer.",
        ) from None
