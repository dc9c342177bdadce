"""Compare import jobs that were started without `submit` with the requests of a package, and save them in it."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dicommap.aws.client_errors import NOT_FOUND_CODES
from dicommap.aws.document_uploads import compare_existing_object
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import AwsError
from dicommap.healthimaging.job_properties import JobEnding, format_utc
from dicommap.healthimaging.request_agreement import compare_with_request, request_agreement_issues
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import Location, Severity, make_issue
from dicommap.issues.bounded_list import JOB_ISSUE_LIMIT, make_bounded_issues
from dicommap.model.job_adoption import AdoptionResult, JobAdoption
from dicommap.model.submission import Submission
from dicommap.package.aws_account_check import make_aws_account
from dicommap.package.submission_states import make_polled_members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicommap.aws import Clients
    from dicommap.aws.document_uploads import UploadDocument
    from dicommap.aws.import_jobs import ImportJobs
    from dicommap.aws.timing import Clock
    from dicommap.healthimaging.job_properties import ImportJob
    from dicommap.healthimaging.request_agreement import RequestAgreement
    from dicommap.issues import Issue
    from dicommap.package.job_requests import JobRequest
    from dicommap.package.submission_states import SubmissionStates

OBJECTS_AT_ONCE = 8
"""Number of override files that are compared with S3 at the same time."""
_TAKEN_MEMBERS = ("dataAccessRoleArn", "outputS3Uri")
"""Members of the request that may be placeholders in the package. Their values are then taken from the import job."""


@dataclass(kw_only=True)
class JobAdopter:
    """Adopter of import jobs for one package: compares jobs with the package's requests, and saves those that fit."""

    clients: Clients
    jobs: ImportJobs
    states: SubmissionStates
    clock: Clock
    job_requests: Sequence[JobRequest]
    """The requests of the package's jobs that may be compared. Their data store is known."""
    issues: list[Issue] = field(default_factory=list)

    @property
    def datastore_id(self) -> str:
        """Return the id of the data store."""
        return str(self.job_requests[0].request["datastoreId"])

    def find_adoptions(self, summaries: Iterable[ImportJob]) -> Iterator[JobAdoption]:
        """Request listed jobs, and yield those that import a prefix of the package, compared with the package.

        Args:
            summaries: The jobs, as ListDICOMImportJobs lists them: without inputS3Uri.

        Raises:
            AwsError: AWS cannot be reached, or refuses a request.
            PackageError: A saved state cannot be read.

        """
        for summary in summaries:
            properties = self._get_job(summary.jobId)
            if properties is not None and self._find_request(properties) is not None:
                yield self.compare_job(properties)

    def get_jobs(self, job_ids: Iterable[str]) -> list[ImportJob]:
        """Return the properties of jobs. A job that the data store does not have becomes an issue.

        Raises AwsError if AWS cannot be reached, or refuses a request.
        """
        answers = [(job_id, self._get_job(job_id)) for job_id in job_ids]
        self.issues += (
            make_issue("adopt.no-job", self.locate_job(job_id)) for job_id, properties in answers if properties is None
        )
        return [properties for _, properties in answers if properties is not None]

    def compare_job(self, properties: ImportJob) -> JobAdoption:
        """Return the comparison of a job with the package's job that has the same inputS3Uri.

        Raises PackageError if a saved state cannot be read.
        """
        job_request = self._find_request(properties)
        if job_request is None:
            agreement: RequestAgreement | None = None if properties.inputS3Uri is None else "other-prefix"
            return JobAdoption(properties=properties, job=None, agreement=agreement, result=AdoptionResult.REFUSED)
        agreement = compare_with_request(properties, job_request.request)
        differing = tuple(_find_differing_members(properties, job_request))
        known = self.states.read(job_request.job.id)
        fits = agreement == "same" and not differing and not _find_unknown_member(properties, job_request)
        result = AdoptionResult.FITS if fits else AdoptionResult.REFUSED
        if known is not None and known.state.has_job:
            result = AdoptionResult.KNOWN if known.jobId == properties.jobId else AdoptionResult.REFUSED
        return JobAdoption(
            properties=properties,
            job=job_request.job.id,
            agreement=agreement,
            differing=differing,
            known_job_id=known.jobId if known else None,
            result=result,
        )

    def decide_adoptions(self, adoptions: Sequence[JobAdoption], *, compare_overrides: bool) -> list[JobAdoption]:
        """Decide which jobs can be adopted, and return all jobs with their results.

        Each reason against an adoption is added to `issues`.

        Args:
            adoptions: The jobs that the caller named, as `compare_job` returned them.
            compare_overrides: Whether to compare the override files in S3 with those of the package.

        Raises:
            AwsError: AWS cannot be reached, or throttles too many requests.
            DocumentError: An override file of the package cannot be read.
            PackageError: A saved state cannot be read, or an override file differs from the plan.
        """
        counts = Counter(adoption.job for adoption in adoptions if adoption.job is not None)
        for job, count in counts.items():
            if count > 1:
                ids = ", ".join(adoption.properties.jobId for adoption in adoptions if adoption.job == job)
                self.issues.append(make_issue("adopt.several-jobs", job=job, count=count, ids=ids))
        checked = []
        for adoption in adoptions:
            found = list(self._adoption_issues(adoption))
            if adoption.result is AdoptionResult.FITS and compare_overrides:
                found += self._check_override_files(adoption)
            self.issues += found
            is_refused = counts.get(adoption.job or "", 0) > 1 or any(
                issue.severity is Severity.ERROR for issue in found
            )
            checked.append(replace(adoption, result=AdoptionResult.REFUSED) if is_refused else adoption)
        return checked

    def save_adoptions(self, adoptions: Iterable[JobAdoption], *, is_first: bool) -> Iterator[JobAdoption]:
        """Save the jobs whose result is FITS as jobs of the package. Yield all jobs with their new results.

        Args:
            adoptions: The checked jobs.
            is_first: Whether the package has no saved AWS account. The account of the first job is saved then.

        Raises:
            PackageError: A state cannot be saved.

        """
        region = self.clients.medical_imaging.meta.region_name or ""
        for adoption in adoptions:
            if adoption.result is not AdoptionResult.FITS:
                yield adoption
                continue
            submission = self._make_submission(adoption, region)
            if is_first:
                request = submission.model_dump(exclude_none=True)
                self.states.write_account(make_aws_account(request, self.clients, region))
                is_first = False
            self.states.write(submission)
            yield replace(adoption, result=AdoptionResult.ADOPTED)

    def locate_job(self, job_id: str) -> Location:
        """Return the location of an issue about an import job."""
        return Location(path=f"import job {job_id}")

    def _get_job(self, job_id: str) -> ImportJob | None:
        """Return the properties of a job; None if the data store does not have the job."""
        try:
            return self.jobs.get(self.datastore_id, job_id)
        except AwsError as error:
            if error.code not in NOT_FOUND_CODES:
                raise
            return None

    def _find_request(self, properties: ImportJob) -> JobRequest | None:
        """Return the package's request with the same inputS3Uri as a job.

        Prefixes of a valid package do not overlap.
        """
        uri = S3Uri.parse(properties.inputS3Uri or "")
        job_requests = (
            job_request
            for job_request in self.job_requests
            if uri is not None and S3Uri.parse(job_request.job.inputS3Uri) == uri
        )
        return next(job_requests, None)

    def _get_request_of(self, adoption: JobAdoption) -> JobRequest:
        return next(job_request for job_request in self.job_requests if job_request.job.id == adoption.job)

    def _adoption_issues(self, adoption: JobAdoption) -> Iterator[Issue]:
        """Yield an issue for each reason against an adoption, except for differences of override files in S3."""
        properties, place = adoption.properties, self.locate_job(adoption.properties.jobId)
        if adoption.job is None:
            if properties.inputS3Uri is None:
                yield make_issue("adopt.unknown-member", place, member="inputS3Uri")
            else:
                yield make_issue("adopt.other-prefix", place, uri=make_printable(properties.inputS3Uri))
            return
        job_request, known = self._get_request_of(adoption), self.states.read(adoption.job)
        yield from request_agreement_issues(adoption.agreement, place)
        if adoption.result is AdoptionResult.KNOWN:
            return
        for member in adoption.differing:
            values = {
                "found": make_printable(_get_member_value(properties, member) or ""),
                "planned": job_request.request[member],
            }
            yield make_issue("adopt.other-member", place, member=member, **values)
        if unknown := _find_unknown_member(properties, job_request):
            yield make_issue("adopt.unknown-member", place, member=unknown)
        if known is not None and known.state.has_job and known.jobId != properties.jobId:
            yield make_issue("adopt.other-job", place, job=adoption.job, known=known.jobId)
        elif adoption.result is AdoptionResult.FITS and properties.ending is JobEnding.FAILED:
            yield make_issue("adopt.failed", place)

    def _check_override_files(self, adoption: JobAdoption) -> list[Issue]:
        """Compare the override files of a job in S3 with the override files of the package, and return the issues."""
        issues = make_bounded_issues(JOB_ISSUE_LIMIT, adoption.properties.inputS3Uri or "")
        documents = self._get_request_of(adoption).documents()
        with ThreadPoolExecutor(OBJECTS_AT_ONCE) as threads:
            for found in threads.map(
                lambda document: self._check_override_file(adoption.properties, document), documents
            ):
                if found is not None:
                    issues.add(found)
        return list(issues)

    def _check_override_file(self, properties: ImportJob, document: UploadDocument) -> Issue | None:
        """Return the issue of an override file in S3; None if it is the package's file and older than the job."""
        place = Location(path=make_printable(document.uri))
        try:
            existing = compare_existing_object(self.clients.s3, document)
        except AwsError as error:
            if not error.local:
                raise
            return make_issue("adopt.override-not-confirmed", place, reason=f"could not be read ({error.code})")
        if existing is None:
            return make_issue("adopt.override-not-confirmed", place, reason="is not in S3")
        if not existing.is_same:
            return make_issue("adopt.override-differs", place)
        submitted = properties.submittedAt
        if existing.modified is not None and submitted is not None and existing.modified > submitted:
            reason = f"was written after the job was submitted ({format_utc(submitted)})"
            return make_issue("adopt.override-not-confirmed", place, reason=reason)
        return None

    def _make_submission(self, adoption: JobAdoption, region: str) -> Submission:
        """Return the submission state of a job that is adopted, as `submit` and `watch` would have saved it."""
        job_request, job = self._get_request_of(adoption), adoption.properties
        submitted_at, now = format_utc(job.submittedAt), format_utc(self.clock.now())
        taken: dict[str, Any] = {
            member: job_request.request[member] if job_request.has_value(member) else _get_member_value(job, member)
            for member in _TAKEN_MEMBERS
        }
        owner = job_request.request["inputOwnerAccountId"] if job_request.has_value("inputOwnerAccountId") else None
        return Submission(
            **taken,
            **make_polled_members(job),
            job=job_request.job.id,
            datastoreId=self.datastore_id,
            inputS3Uri=job_request.request["inputS3Uri"],
            inputOwnerAccountId=owner,
            jobName=job.jobName or None,
            clientToken=job_request.request["clientToken"],
            region=region or None,
            startingAt=submitted_at or now,
            jobId=job.jobId,
            submittedAt=submitted_at,
            configuration=adoption.agreement,
            adoptedAt=now,
            seenAt=now,
        )


def _find_differing_members(properties: ImportJob, job_request: JobRequest) -> Iterator[str]:
    """Yield the names of the request parameters that an import job has with other values.

    Members that are placeholders in the request are not compared.
    """
    if properties.datastoreId and properties.datastoreId != job_request.request["datastoreId"]:
        yield "datastoreId"
    for member in _TAKEN_MEMBERS:
        found = _get_member_value(properties, member)
        if (
            found is not None
            and job_request.has_value(member)
            and found.rstrip("/") != job_request.request[member].rstrip("/")
        ):
            yield member


def _find_unknown_member(properties: ImportJob, job_request: JobRequest) -> str:
    """Return the first parameter whose value neither the job nor the request has; else an empty text."""
    unknown = (
        member
        for member in _TAKEN_MEMBERS
        if not (_get_member_value(properties, member) or job_request.has_value(member))
    )
    return next(unknown, "")


def _get_member_value(properties: ImportJob, member: str) -> str | None:
    """Return the value of a parameter of an import job; None if the service does not report it.

    The value of outputS3Uri is returned without the job's folder.
    """
    if member == "outputS3Uri":
        return properties.output_prefix
    value: str | None = getattr(properties, member)
    return value
