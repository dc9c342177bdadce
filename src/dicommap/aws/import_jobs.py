"""Start, get and list import jobs of HealthImaging and HealthLake, within their rate limits."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from dicommap.aws.client_errors import convert_client_errors, get_request_id
from dicommap.aws.service_answers import parse_answer, read_pages, require_member
from dicommap.aws.timing import DESCRIBE_LIMIT, GET_LIMIT, LIST_LIMIT, START_LIMIT, SYSTEM_CLOCK, Throttle
from dicommap.healthimaging.job_properties import ACTIVE_JOB_STATUSES, FhirImportJob, ImportJob
from dicommap.healthimaging.request_agreement import compare_with_request
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.planning.source_prefixes import prefixes_overlap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.aws.clients import Clients
    from dicommap.aws.timing import Clock

_PAGE_SIZE = 50
"""Import jobs per answer of ListDICOMImportJobs. It is the maximum that AWS allows."""


class ImportJobs:
    """Client for the import jobs of one AWS account. Its methods wait if AWS's rate limits require it."""

    def __init__(
        self,
        clients: Clients,
        clock: Clock = SYSTEM_CLOCK,
        *,
        start_rate: float | None = None,
        get_rate: float | None = None,
    ) -> None:
        """Make a client.

        Args:
            clients: The boto3 clients.
            clock: The clock that waits.
            start_rate: The limit of StartDICOMImportJob calls per second; None for the documented limit.
            get_rate: The limit of GetDICOMImportJob calls per second; None for the documented limit.

        """
        self._clients = clients
        self._clock = clock
        self.start_request_id = ""
        """AWS's id of the last StartDICOMImportJob request that was answered; empty if the answer had none."""
        self._clock_difference = timedelta()
        """Time by which the service's clock is ahead of this machine's clock, according to the last answer."""
        self._starts = Throttle(START_LIMIT.with_rate(start_rate), clock)
        self._gets = Throttle(GET_LIMIT.with_rate(get_rate), clock)
        self._lists = Throttle(LIST_LIMIT, clock)
        self._descriptions = Throttle(DESCRIBE_LIMIT, clock)

    def get_service_time(self) -> datetime:
        """Return the time of the service's clock. Before the service's first answer, return this machine's time."""
        return self._clock.now() + self._clock_difference

    def start(self, request: Mapping[str, Any]) -> ImportJob:
        """Send StartDICOMImportJob, and return the started job.

        If the same request is sent again, the service starts no second job, because the client token is the same.

        Args:
            request: The parameters of the request, as botocore takes them.

        Raises:
            AwsError: AWS cannot be reached, or refuses the request.

        """
        self._starts.wait()
        with convert_client_errors("StartDICOMImportJob", request["inputS3Uri"]):
            answer = self._record_service_time(self._clients.medical_imaging.start_dicom_import_job(**request))
        self.start_request_id = get_request_id(answer)
        return parse_answer("StartDICOMImportJob", ImportJob, answer)

    def get(self, datastore: str, job: str) -> ImportJob:
        """Return the properties of an import job. Raises AwsError.

        Args:
            datastore: The id of the data store.
            job: The id of the job.

        """
        self._gets.wait()
        with convert_client_errors("GetDICOMImportJob", f"job {job}"):
            answer = self._record_service_time(
                self._clients.medical_imaging.get_dicom_import_job(datastoreId=datastore, jobId=job)
            )
        return parse_answer("GetDICOMImportJob", ImportJob, answer.get("jobProperties"))

    def list_jobs(self, datastore: str, status: str | None = None) -> Iterator[ImportJob]:
        """Yield the jobs of a data store from the last 90 days. The jobs have no S3 URIs and no import configuration.

        Args:
            datastore: The id of the data store.
            status: The status of the jobs to list; None for every status.

        Raises:
            AwsError: AWS cannot be reached, or refuses the request.

        """
        parameters: dict[str, Any] = {"datastoreId": datastore, "maxResults": _PAGE_SIZE}
        if status is not None:
            parameters["jobStatus"] = status
        for answer in read_pages(
            "ListDICOMImportJobs",
            f"data store {datastore}",
            lambda token: self._clients.medical_imaging.list_dicom_import_jobs(**parameters, **token),
            self._lists,
        ):
            self._record_service_time(answer)
            for summary in require_member("ListDICOMImportJobs", answer, "jobSummaries"):
                yield parse_answer("ListDICOMImportJobs", ImportJob, summary)

    def count_active_jobs(self, datastore: str) -> int:
        """Return the number of active jobs of a data store, for the quota of concurrent jobs. Raises AwsError."""
        # A job can change its status between the two listings; the set counts it once.
        return len({job.jobId for status in ACTIVE_JOB_STATUSES for job in self.list_jobs(datastore, status)})

    def find_overlapping_job(self, datastore: str, uris: Iterable[S3Uri]) -> ImportJob | None:
        """Return an active import job whose input prefix overlaps one of the S3 prefixes; None if there is no such job.

        Two prefixes overlap if they are equal, or if one is below the other: the same objects are then read.

        Args:
            datastore: The id of the data store.
            uris: The S3 prefixes.

        Raises:
            AwsError: AWS cannot be reached, or refuses a request.
        """
        prefixes = list(uris)
        for status in ACTIVE_JOB_STATUSES:
            for summary in self.list_jobs(datastore, status):
                job = self.get(datastore, summary.jobId)
                job_uri = S3Uri.parse(job.inputS3Uri or "")
                if (
                    job.jobStatus in ACTIVE_JOB_STATUSES
                    and job_uri is not None
                    and any(prefixes_overlap(job_uri, uri) for uri in prefixes)
                ):
                    return job
        return None

    def find_started_job(self, request: Mapping[str, Any], since: datetime) -> ImportJob | None:
        """Return the job that a request has started; None if the request has started no job.

        The service does not return the client token of a job. So the job is recognised by its name, its inputS3Uri and
        its import configuration.

        Args:
            request: The parameters of StartDICOMImportJob.
            since: The earliest possible time of the job's submission.

        Raises:
            AwsError: AWS cannot be reached, or refuses the request.

        """
        for summary in self.list_jobs(request["datastoreId"]):
            if summary.jobName != request.get("jobName", summary.jobName):
                continue
            if summary.submittedAt is not None and summary.submittedAt < since:
                continue
            job = self.get(request["datastoreId"], summary.jobId)
            if compare_with_request(job, request) == "same":
                return job
        return None

    def get_fhir_job(self, datastore: str, job: str) -> FhirImportJob:
        """Return the properties of a FHIR import job of HealthLake. Raises AwsError.

        Args:
            datastore: The id of the HealthLake data store.
            job: The id of the job.

        """
        self._descriptions.wait()
        with convert_client_errors("DescribeFHIRImportJob", f"job {job}"):
            answer = self._clients.healthlake.describe_fhir_import_job(DatastoreId=datastore, JobId=job)
        return parse_answer("DescribeFHIRImportJob", FhirImportJob, answer.get("ImportJobProperties"))

    def get_datastore(self, datastore: str) -> dict[str, Any]:
        """Return the properties of a HealthImaging data store, as GetDatastore returns them. Raises AwsError."""
        with convert_client_errors("GetDatastore", f"data store {datastore}"):
            answer = self._record_service_time(self._clients.medical_imaging.get_datastore(datastoreId=datastore))
        properties: dict[str, Any] = require_member("GetDatastore", answer, "datastoreProperties")
        return properties

    def _record_service_time(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Record the service's time from the Date header of an answer. Return the answer unchanged."""
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
        with suppress(ValueError, TypeError):  # no date, or a date without a time zone
            self._clock_difference = parsedate_to_datetime(date) - self._clock.now()
        return answer
