"""What each operation of the stand-in answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dicommap.testing.operations import ServiceError
from dicommap.testing.started_jobs import PAGE_SIZE, StartedJob, StartedJobs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dicommap.testing.operations import Operation

FIRST_FHIR_JOB_TIME = datetime(2026, 1, 1, tzinfo=UTC)
"""When every data store was created."""


@dataclass(kw_only=True)
class OperationHandlers:
    """The state that operations read and change."""

    jobs: StartedJobs
    datastores: dict[str, str]
    """Status by id."""
    fhir_jobs: dict[tuple[str, str], list[dict[str, Any]]]
    """The properties that a FHIR import job shows one after the other, by data store and job id."""

    def of(self, operation: Operation, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to parameters that the service model takes. Raises ServiceError."""
        answering: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "StartDICOMImportJob": self._start,
            "GetDICOMImportJob": self._get,
            "ListDICOMImportJobs": self._list,
            "GetDatastore": self._datastore,
            "ListDatastores": self._datastores,
            "DescribeFHIRImportJob": self._fhir_job,
        }
        return answering[operation.name](parameters)

    def _start(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if self._status(request["datastoreId"]) != "ACTIVE":
            raise ServiceError("ConflictException", "The data store is not ACTIVE.")
        job = self.jobs.start(request)
        return {
            "datastoreId": job.datastore_id,
            "jobId": job.job_id,
            "jobStatus": job.status,
            "submittedAt": job.submitted_at,
        }

    def _get(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._status(request["datastoreId"])
        job = self.jobs.get(request["datastoreId"], request["jobId"])
        self.jobs.advance_on_poll(job)
        with_folder = self.jobs.behaviour.job_folder_in_output_uri
        return {
            "jobProperties": {
                **_job_summary(job),
                "inputS3Uri": job.request["inputS3Uri"],
                "outputS3Uri": job.output_folder if with_folder else job.request["outputS3Uri"],
                "importConfiguration": job.request.get("importConfiguration"),
            }
        }

    def _list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._status(request["datastoreId"])
        for job in self.jobs.of(request["datastoreId"]):
            self.jobs.advance_on_poll(job)
        found = self.jobs.of(request["datastoreId"], request.get("jobStatus"))
        return _paginate("jobSummaries", [_job_summary(job) for job in found], request)

    def _datastore(self, request: Mapping[str, Any]) -> dict[str, Any]:
        status = self._status(request["datastoreId"])
        return {"datastoreProperties": _datastore_summary(request["datastoreId"], status)}

    def _datastores(self, request: Mapping[str, Any]) -> dict[str, Any]:
        wanted = request.get("datastoreStatus")
        found = [_datastore_summary(*one) for one in self.datastores.items() if wanted in (None, one[1])]
        return _paginate("datastoreSummaries", found, request)

    def _fhir_job(self, request: Mapping[str, Any]) -> dict[str, Any]:
        shown = self.fhir_jobs.get((request["DatastoreId"], request["JobId"]))
        if shown is None:
            raise ServiceError("ResourceNotFoundException", "The data store has no such import job.")
        return {"ImportJobProperties": shown.pop(0) if len(shown) > 1 else shown[0]}

    def _status(self, datastore_id: str) -> str:
        if datastore_id not in self.datastores:
            raise ServiceError("ResourceNotFoundException", "There is no such data store.")
        return self.datastores[datastore_id]


def _job_summary(job: StartedJob) -> dict[str, Any]:
    return {
        "jobId": job.job_id,
        "jobName": job.request.get("jobName", job.job_id),
        "jobStatus": job.status,
        "datastoreId": job.datastore_id,
        "dataAccessRoleArn": job.request["dataAccessRoleArn"],
        "submittedAt": job.submitted_at,
        "endedAt": job.ended_at,
        "message": job.message,
    }


def _datastore_summary(datastore_id: str, status: str) -> dict[str, Any]:
    return {
        "datastoreId": datastore_id,
        "datastoreName": "stand-in",
        "datastoreStatus": status,
        "datastoreArn": f"arn:aws:medical-imaging:us-east-1:123456789012:datastore/{datastore_id}",
        "createdAt": FIRST_FHIR_JOB_TIME,
        "updatedAt": FIRST_FHIR_JOB_TIME,
    }


def _paginate(member: str, items: Sequence[Any], request: Mapping[str, Any]) -> dict[str, Any]:
    token = request.get("nextToken", "0")
    if not token.isdecimal():
        raise ServiceError("ValidationException", "nextToken is none that this service gave")
    end = int(token) + request.get("maxResults", PAGE_SIZE)
    return {member: items[int(token) : end], "nextToken": str(end) if end < len(items) else None}
