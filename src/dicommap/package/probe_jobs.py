"""Run the jobs of a probe: submit them, wait for their end, and read what each job has stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicommap.aws.client_errors import NOT_FOUND_CODES
from dicommap.aws.document_uploads import UploadDocument
from dicommap.aws.job_manifests import fetch_job_manifests
from dicommap.aws.metadata_bodies import decompress_metadata
from dicommap.aws.timing import GrowingPauses
from dicommap.errors import AwsError
from dicommap.healthimaging.job_properties import format_utc
from dicommap.healthimaging.request_agreement import compare_with_request
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.package.submission_states import make_polled_members
from dicommap.probing.experiments import JOB_NUMBERS
from dicommap.probing.observation import Observation, RecordNote, StoredInstance, list_stored_instances
from dicommap.reconciliation.job_manifest import read_job_manifest
from dicommap.reconciliation.lenient_json import read_numbered_lines
from dicommap.reconciliation.manifest_records import InvalidRecordError, read_record
from dicommap.verification.stored_metadata import UnreadableMetadataError, read_stored_image_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dicommap.aws import Clients
    from dicommap.aws.image_sets import ImageSets
    from dicommap.aws.import_jobs import ImportJobs
    from dicommap.aws.timing import Clock
    from dicommap.healthimaging.job_properties import ImportJob
    from dicommap.model.submission import Submission
    from dicommap.package.job_submitter import JobSubmitter
    from dicommap.package.probe_directory import ProbeDirectory, ProbeRecord
    from dicommap.probing.probe_job import ProbeJob, ProbeObject
    from dicommap.reconciliation.job_manifest import JobOutput
    from dicommap.reconciliation.manifest_records import ObjectRecord
    from dicommap.verification.stored_metadata import StoredImageSet

FAILED_ROUNDS_LIMIT = 10
"""Number of consecutive failed rounds of polls after which the probe stops. The next call continues the probe."""
_TOKEN_LENGTH = 48


@dataclass(frozen=True, slots=True)
class ProbeJobRequest:
    """The StartDICOMImportJob request of one job of a probe, and the objects to upload before the request is sent."""

    job: ProbeJob
    record: ProbeRecord

    @property
    def id(self) -> str:
        """The number of the job in the probe."""
        return JOB_NUMBERS[self.job.name]

    @property
    def prefix(self) -> S3Uri:
        """The prefix of the job's objects."""
        folder = self.record.folder
        return S3Uri(bucket=folder.bucket, prefix=f"{folder.prefix}{self.id}/")

    @property
    def request(self) -> Mapping[str, Any]:
        """The parameters of StartDICOMImportJob."""
        token = hashlib.sha256(f"{self.record.probe}/{self.id}".encode()).hexdigest()
        uri = str(self.prefix)
        request: dict[str, Any] = {
            "jobName": f"dicommap-probe-{self.id}-{self.record.probe[:8]}",
            "dataAccessRoleArn": self.record.dataAccessRoleArn,
            "clientToken": token[:_TOKEN_LENGTH],
            "datastoreId": self.record.datastoreId,
            "inputS3Uri": uri if self.job.ends_with_slash else uri.removesuffix("/"),
            "outputS3Uri": self.record.outputS3Uri,
        }
        if self.job.mappings:
            configuration = {"dicomMetadataMappings": [dict(mapping) for mapping in self.job.mappings]}
            request["importConfiguration"] = {"dicomJsonMetadataImportConfiguration": configuration}
        return request

    def make_key(self, item: ProbeObject) -> str:
        """Return the key of an object."""
        prefix = self.prefix.prefix
        return (prefix.removesuffix("/") if item.is_beside else prefix) + item.path

    def documents(self) -> Iterator[UploadDocument]:
        """Yield the objects of the job as documents to upload."""
        for item in self.job.objects:
            content_type = "application/dicom" if item.is_p10 else "application/json"
            yield UploadDocument(
                bucket=self.prefix.bucket, key=self.make_key(item), data=bytes(item.content), content_type=content_type
            )


@dataclass(kw_only=True)
class ProbeJobRunner:
    """Runner of the jobs of one probe. It saves the state of each job after each step."""

    clients: Clients
    jobs: ImportJobs
    image_sets: ImageSets
    submitter: JobSubmitter
    directory: ProbeDirectory
    record: ProbeRecord
    clock: Clock
    on_step: Callable[[str, str], None]

    def run_jobs(self, jobs: Sequence[ProbeJob]) -> None:
        """Submit jobs, wait for their end, and save an observation of each.

        Raises:
            AwsError: AWS refuses a request, or cannot be reached.
            PackageError: A state or an observation cannot be saved.

        """
        requests = [ProbeJobRequest(job, self.record) for job in jobs]
        for request in requests:
            self.submitter.save_unanswered_job(request)
            self.submitter.submit(request)
        ended = self.wait_for_ends(requests)
        for request in requests:
            self.directory.write_observation(self._make_observation(request, ended[request.id]))
            self.on_step(request.id, f"observed: {request.job.name}")

    def wait_for_ends(self, requests: Sequence[ProbeJobRequest]) -> dict[str, Submission]:
        """Poll started jobs until all have ended. Return a dict: number of the job -> state of its submission.

        Raises:
            AwsError: AWS refuses a request, or FAILED_ROUNDS_LIMIT rounds of polls fail in a row.
        """
        pauses = GrowingPauses()
        failing = 0
        while True:
            try:
                states = {request.id: self._poll_job(request) for request in requests}
                failing = 0
            except AwsError as error:
                failing += 1
                if not error.transient or failing >= FAILED_ROUNDS_LIMIT:
                    raise
                states = {}
            if states and all(state.has_ended for state in states.values()):
                return states
            self.clock.sleep(next(pauses))

    def _poll_job(self, request: ProbeJobRequest) -> Submission:
        """Request the status of a started job. Return the state of its submission, and save it if it has changed."""
        state = self.directory.states.read(request.id)
        if state is None:
            raise AssertionError("the job was submitted")
        if state.has_ended:
            return state
        job = self.jobs.get(self.record.datastoreId, state.jobId or "")
        changed = self._make_polled_state(state, job, request)
        if changed.jobStatus != state.jobStatus or changed.ending != state.ending:
            self.directory.states.write(changed)
            self.on_step(request.id, f"{state.jobStatus} -> {changed.jobStatus}")
        return changed

    def _make_polled_state(self, state: Submission, job: ImportJob, request: ProbeJobRequest) -> Submission:
        """Return a job's state after an answer of GetDICOMImportJob."""
        update = {
            **make_polled_members(job),
            "configuration": compare_with_request(job, request.request),
            "seenAt": format_utc(self.clock.now()),
        }
        return state.model_copy(update=update)

    def _make_observation(self, request: ProbeJobRequest, state: Submission) -> Observation:
        """Return the observation of an ended job: its job manifests, and the stored values of its studies."""
        job, job_id = request.job, state.jobId or ""
        output = fetch_job_manifests(self.clients, self.record.outputS3Uri, self.record.datastoreId, job_id)
        records, broken = ([], 0) if output is None else _read_job_records(output)
        manifest = None if output is None or output.manifest is None else read_job_manifest(output.manifest)
        image_set_ids = {record.image_set_id: record.is_primary for record in records if record.image_set_id}
        stored, unreadable = self._read_stored_instances(job, image_set_ids)
        if output is None and state.jobStatus != "FAILED":
            unreadable.append("the job has no job manifests in S3")
        return Observation(
            job=job.name,
            number=request.id,
            jobId=job_id,
            jobStatus=state.jobStatus or "",
            message=state.message or "",
            configuration=state.configuration,
            isConfigurationSent=bool(job.mappings),
            scanned=None if manifest is None else manifest.numbers.get("numberOfScannedFiles"),
            records=tuple(map(_make_record_note, records)),
            stored=tuple(stored),
            unreadable=tuple(unreadable),
            unreadableRecords=broken,
            observedAt=format_utc(self.clock.now()) or "",
        )

    def _read_stored_instances(
        self, job: ProbeJob, reported: Mapping[str, bool | None]
    ) -> tuple[list[StoredInstance], list[str]]:
        """Return the stored instances of a job's studies, and a message for each image set that cannot be read.

        All image sets that a search finds or the job reports are read.
        """
        known = dict(reported)
        uids = {study.study_instance_uid for study in job.studies}
        for uid in sorted(uids):
            for summary in self.image_sets.search(self.record.datastoreId, {"StudyInstanceUID": uid}):
                known[summary.imageSetId] = summary.isPrimary
        instances: list[StoredInstance] = []
        unreadable: list[str] = []
        for image_set_id, is_primary in known.items():
            try:
                stored = fetch_stored_image_set(self.image_sets, self.record.datastoreId, image_set_id)
                if stored is None:
                    continue  # somebody has deleted it: its instances are not stored any more
                if stored.study_instance_uid not in uids:  # never read values of a study that is not the probe's
                    raise UnreadableMetadataError("it is the metadata of another study")
            except UnreadableMetadataError as error:
                unreadable.append(f"the metadata of image set {image_set_id} cannot be used: {error}")
                continue
            instances += list_stored_instances(stored, image_set_id, is_primary=is_primary)
        return instances, unreadable


def _read_job_records(output: JobOutput) -> tuple[list[ObjectRecord], int]:
    """Return the records in the job manifests of a job, and the number of lines that are not records."""
    records, broken = [], 0
    for file in output.files:
        for _, line in read_numbered_lines(file.pieces):
            try:
                records.append(read_record(line or b"", file.kind))
            except InvalidRecordError:
                broken += 1
    return records, broken


def _make_record_note(record: ObjectRecord) -> RecordNote:
    return RecordNote(
        kind=record.kind.value,
        inputFile=record.input_file,
        exceptionType=record.exception_type,
        message=record.message,
        warnings=record.warnings,
    )


def fetch_stored_image_set(image_sets: ImageSets, datastore: str, image_set: str) -> StoredImageSet | None:
    """Return the metadata of an image set; None if it does not exist.

    Raises:
        AwsError: AWS refuses the request, or cannot be reached.
        UnreadableMetadataError: The metadata is not complete gzip data, or not a document in the documented form.

    """
    try:
        body = image_sets.fetch_metadata(datastore, image_set)
    except AwsError as error:
        if error.code in NOT_FOUND_CODES:
            return None
        raise
    try:
        document = decompress_metadata(body, image_set)
    except AwsError:
        raise UnreadableMetadataError("it is not complete gzip data within the limit") from None
    return read_stored_image_set(document, image_set)
