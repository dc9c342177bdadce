"""Answer each operation of the stand-in. Operations on image sets are in image_set_handlers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dicommap.testing.answer_pages import make_answer_page
from dicommap.testing.operations import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dicommap.testing.image_set_changes import ImageSetChangeHandlers
    from dicommap.testing.image_set_handlers import ImageSetHandlers
    from dicommap.testing.image_set_metadata import MetadataBlob
    from dicommap.testing.operations import Operation
    from dicommap.testing.started_jobs import StartedJob, StartedJobs

DATASTORE_CREATION_TIME = datetime(2026, 1, 1, tzinfo=UTC)
"""The creation time of all data stores."""


@dataclass(kw_only=True)
class OperationHandlers:
    """Handlers of all operations of the stand-in."""

    jobs: StartedJobs
    image_sets: ImageSetHandlers
    changes: ImageSetChangeHandlers
    datastores: dict[str, str]
    """Data store id -> status."""
    fhir_jobs: dict[tuple[str, str], list[dict[str, Any]]]
    """(data store id, job id) -> the properties that successive requests return. The last properties are repeated."""

    def handle(self, operation: Operation, parameters: Mapping[str, Any]) -> dict[str, Any] | MetadataBlob:
        """Return the answer to a valid request: its members, or the body of GetImageSetMetadata.

        Args:
            operation: The operation of the request.
            parameters: The parameters of the request, which were already checked against the service model.

        Raises:
            ServiceError: The service refuses the request.

        """
        handlers: dict[str, Callable[[Mapping[str, Any]], dict[str, Any] | MetadataBlob]] = {
            "StartDICOMImportJob": self._start_job,
            "GetDICOMImportJob": self._get_job,
            "ListDICOMImportJobs": self._list_jobs,
            "GetDatastore": self._get_datastore,
            "ListDatastores": self._list_datastores,
            "DescribeFHIRImportJob": self._describe_fhir_job,
            "SearchImageSets": self.image_sets.search,
            "GetImageSet": self.image_sets.get,
            "GetImageSetMetadata": self.image_sets.get_metadata,
            "ListImageSetVersions": self.image_sets.list_versions,
            "DeleteImageSet": self.image_sets.delete,
            "UpdateImageSetMetadata": self.changes.update,
            "CopyImageSet": self.changes.copy,
        }
        if "ImageSet" in operation.name:
            self._get_datastore_status(parameters["datastoreId"])  # raises if the data store does not exist
        return handlers[operation.name](parameters)

    def _start_job(self, request: Mapping[str, Any]) -> dict[str, Any]:
        # A rule of the stand-in only: AWS does not document the error for a data store that is not ACTIVE.
        if self._get_datastore_status(request["datastoreId"]) != "ACTIVE":
            raise ServiceError("ConflictException", "The data store is not ACTIVE.")
        if self.jobs.behaviour.import_configuration == "dropped":
            request = {name: value for name, value in request.items() if name != "importConfiguration"}
        job = self.jobs.start(request)
        return {
            "datastoreId": job.datastore_id,
            "jobId": job.job_id,
            "jobStatus": job.status,
            "submittedAt": job.submitted_at,
        }

    def _get_job(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._get_datastore_status(request["datastoreId"])
        job = self.jobs.get(request["datastoreId"], request["jobId"])
        self.jobs.advance_on_poll(job)
        has_folder = self.jobs.behaviour.job_folder_in_output_uri
        return {
            "jobProperties": {
                **_make_job_summary(job),
                "inputS3Uri": job.request["inputS3Uri"],
                "outputS3Uri": job.output_folder if has_folder else job.request["outputS3Uri"],
                "importConfiguration": job.request.get("importConfiguration"),
            }
        }

    def _list_jobs(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._get_datastore_status(request["datastoreId"])
        for job in self.jobs.find(request["datastoreId"]):
            self.jobs.advance_on_poll(job)
        jobs = self.jobs.find(request["datastoreId"], request.get("jobStatus"))
        return make_answer_page("jobSummaries", [_make_job_summary(job) for job in jobs], request)

    def _get_datastore(self, request: Mapping[str, Any]) -> dict[str, Any]:
        status = self._get_datastore_status(request["datastoreId"])
        return {"datastoreProperties": _make_datastore_summary(request["datastoreId"], status)}

    def _list_datastores(self, request: Mapping[str, Any]) -> dict[str, Any]:
        wanted_status = request.get("datastoreStatus")
        summaries = [
            _make_datastore_summary(datastore_id, status)
            for datastore_id, status in self.datastores.items()
            if wanted_status in (None, status)
        ]
        return make_answer_page("datastoreSummaries", summaries, request)

    def _describe_fhir_job(self, request: Mapping[str, Any]) -> dict[str, Any]:
        properties = self.fhir_jobs.get((request["DatastoreId"], request["JobId"]))
        if properties is None:
            raise ServiceError("ResourceNotFoundException", "The data store has no such import job.")
        return {"ImportJobProperties": properties.pop(0) if len(properties) > 1 else properties[0]}

    def _get_datastore_status(self, datastore_id: str) -> str:
        if datastore_id not in self.datastores:
            raise ServiceError("ResourceNotFoundException", "The data store does not exist.")
        return self.datastores[datastore_id]


def _make_job_summary(job: StartedJob) -> dict[str, Any]:
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


def _make_datastore_summary(datastore_id: str, status: str) -> dict[str, Any]:
    return {
        "datastoreId": datastore_id,
        "datastoreName": "stand-in",
        "datastoreStatus": status,
        "datastoreArn": f"arn:aws:medical-imaging:us-east-1:123456789012:datastore/{datastore_id}",
        "createdAt": DATASTORE_CREATION_TIME,
        "updatedAt": DATASTORE_CREATION_TIME,
    }
