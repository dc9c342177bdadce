"""Start, get and list import jobs of HealthImaging and HealthLake, within their rate limits."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from dicommap.aws.client_errors import convert_client_errors
from dicommap.aws.timing import DESCRIBE_LIMIT, GET_LIMIT, LIST_LIMIT, START_LIMIT, SYSTEM_CLOCK, Throttle
from dicommap.errors import AwsError
from dicommap.healthimaging.job_properties import ACTIVE_JOB_STATUSES, FhirImportJob, ImportJob
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.planning.source_prefixes import prefixes_overlap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.aws.clients import Clients
    from dicommap.aws.timing import Clock

_Read = TypeVar("_Read", bound=BaseModel)

_PAGE_SIZE = 50
"""Jobs of one answer of ListDICOMImportJobs, which gives no more."""


class ImportJobs:
    """The import jobs that one account's clients reach."""

    def __init__(self, clients: Clients, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clients = clients
        self._clock = clock
        self._ahead = timedelta()
        """How far the service's clock is ahead of this machine's, as of its last answer."""
        self._starts = Throttle(START_LIMIT, clock)
        self._gets = Throttle(GET_LIMIT, clock)
        self._lists = Throttle(LIST_LIMIT, clock)
        self._descriptions = Throttle(DESCRIBE_LIMIT, clock)

    def service_time(self) -> datetime:
        """Return the time by the service's clock; by this machine's where the service has not answered yet."""
        return self._clock.now() + self._ahead

    def start(self, request: Mapping[str, Any]) -> ImportJob:
        """Send StartDICOMImportJob; of the same client token the service makes one job. Raises AwsError."""
        self._starts.wait()
        with convert_client_errors("StartDICOMImportJob", request["inputS3Uri"]):
            answer = self._note_service_time(self._clients.medical_imaging.start_dicom_import_job(**request))
        return _parse_answer("StartDICOMImportJob", ImportJob, answer)

    def get(self, datastore: str, job: str) -> ImportJob:
        """Return the properties of a job. Raises AwsError."""
        self._gets.wait()
        with convert_client_errors("GetDICOMImportJob", f"job {job}"):
            answer = self._note_service_time(
                self._clients.medical_imaging.get_dicom_import_job(datastoreId=datastore, jobId=job)
            )
        return _parse_answer("GetDICOMImportJob", ImportJob, answer.get("jobProperties"))

    def list_jobs(self, datastore: str, status: str | None = None) -> Iterator[ImportJob]:
        """Yield the jobs of a data store, those of the last 90 days, without their configuration. Raises AwsError."""
        wanted: dict[str, Any] = {"datastoreId": datastore, "maxResults": _PAGE_SIZE}
        if status is not None:
            wanted["jobStatus"] = status
        seen: set[str] = set()
        while True:
            self._lists.wait()
            with convert_client_errors("ListDICOMImportJobs", f"data store {datastore}"):
                answer = self._note_service_time(self._clients.medical_imaging.list_dicom_import_jobs(**wanted))
            for summary in _require_member("ListDICOMImportJobs", answer, "jobSummaries"):
                yield _parse_answer("ListDICOMImportJobs", ImportJob, summary)
            token = answer.get("nextToken")
            if not token:
                return
            if token in seen:
                raise AwsError(
                    "The list of import jobs does not come to an end.",
                    fix="Check the endpoint, and what stands between here and there.",
                )
            seen.add(token)
            wanted["nextToken"] = token

    def count_active(self, datastore: str) -> int:
        """Return how many jobs of a data store count against the quota of concurrent ones. Raises AwsError."""
        # A job may pass from one status to the next between the two listings: it is the same job.
        return len({job.jobId for status in ACTIVE_JOB_STATUSES for job in self.list_jobs(datastore, status)})

    def find_overlapping_job(self, datastore: str, uris: Iterable[S3Uri]) -> ImportJob | None:
        """Return a job that has not ended and reads under one of some prefixes; None where there is none.

        Raises AwsError.
        """
        places = list(uris)
        for status in ACTIVE_JOB_STATUSES:
            for summary in self.list_jobs(datastore, status):
                job = self.get(datastore, summary.jobId)
                read = S3Uri.parse(job.inputS3Uri or "")
                if (
                    job.jobStatus in ACTIVE_JOB_STATUSES
                    and read is not None
                    and any(prefixes_overlap(read, uri) for uri in places)
                ):
                    return job
        return None

    def find_started_job(self, request: Mapping[str, Any], since: datetime) -> ImportJob | None:
        """Return the job that a request started at `since` or later; None where there is none. Raises AwsError.

        The service does not tell the client token of a job, so that jobs are told by their name, their prefixes and
        their configuration.
        """
        for summary in self.list_jobs(request["datastoreId"]):
            if summary.jobName != request.get("jobName", summary.jobName):
                continue
            if summary.submittedAt is not None and summary.submittedAt < since:
                continue
            job = self.get(request["datastoreId"], summary.jobId)
            if job.agreement_with(request) == "same":
                return job
        return None

    def get_fhir_job(self, datastore: str, job: str) -> FhirImportJob:
        """Return the properties of an import job of HealthLake. Raises AwsError."""
        self._descriptions.wait()
        with convert_client_errors("DescribeFHIRImportJob", f"job {job}"):
            answer = self._clients.healthlake.describe_fhir_import_job(DatastoreId=datastore, JobId=job)
        return _parse_answer("DescribeFHIRImportJob", FhirImportJob, answer.get("ImportJobProperties"))

    def get_datastore(self, datastore: str) -> dict[str, Any]:
        """Return the properties of a data store of HealthImaging, as the service gives them. Raises AwsError."""
        with convert_client_errors("GetDatastore", f"data store {datastore}"):
            answer = self._note_service_time(self._clients.medical_imaging.get_datastore(datastoreId=datastore))
        properties: dict[str, Any] = _require_member("GetDatastore", answer, "datastoreProperties")
        return properties

    def _note_service_time(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Note what the service's clock says, and return its answer."""
        told = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
        with suppress(ValueError, TypeError):  # no date, or one without a zone
            self._ahead = parsedate_to_datetime(told) - self._clock.now()
        return answer


def _require_member(operation: str, answer: dict[str, Any], name: str) -> Any:  # noqa: ANN401
    if name not in answer:
        raise _incomplete_answer_error(operation)
    return answer[name]


def _parse_answer(operation: str, model: type[_Read], properties: object) -> _Read:
    try:
        return model.model_validate(properties)
    except ValidationError:
        raise _incomplete_answer_error(operation) from None


def _incomplete_answer_error(operation: str) -> AwsError:
    # botocore does not notice an answer that ends in its middle.
    return AwsError(
        f"The answer to {operation} lacks what the service model requires.",
        fix="Run the same again; if it stays so, check the endpoint and what stands between, and update dicommap.",
        transient=True,
    )
