"""A clean-up finds what the probe has made by exact UIDs and keys, and leaves all else alone."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

import pytest

from dicommap.aws import Clients, job_manifests
from dicommap.aws.image_sets import ImageSets
from dicommap.errors import AwsError
from dicommap.healthimaging.image_sets import ImageSetSummary
from dicommap.healthimaging.override_questions import OverrideAnswers
from dicommap.model.source_files import S3Object
from dicommap.model.submission import Submission
from dicommap.package import probe_clean_up
from dicommap.package.probe_clean_up import ProbeCleaner
from dicommap.package.probe_jobs import ProbeJobRequest
from tests.support.simulated_probe import DATASTORE, SimulatedProbe

OWN, OTHER = "a" * 32, "b" * 32


class FoundImageSets:
    """Image sets that a search finds, whatever it searches for."""

    def __init__(self, uids: Mapping[str, str | None], metadata: Mapping[str, bytes] | None = None) -> None:
        self.uids, self.metadata = uids, metadata or {}
        self.deleted: list[str] = []
        self.errors: dict[str, AwsError] = {}

    def search(self, _datastore: str, _filters: Mapping[str, str]) -> Iterator[ImageSetSummary]:
        for image_set, uid in self.uids.items():
            tags = {} if uid is None else {"DICOMStudyInstanceUID": uid}
            yield ImageSetSummary.model_validate({"imageSetId": image_set, "DICOMTags": tags})

    def fetch_metadata(self, _datastore: str, image_set: str) -> bytes:
        if image_set not in self.metadata:
            raise AwsError("gone", fix="", code="ResourceNotFoundException")
        return self.metadata[image_set]

    def delete(self, _datastore: str, image_set: str) -> None:
        if image_set in self.errors:
            raise self.errors[image_set]
        self.deleted.append(image_set)


def pack(study: str) -> bytes:
    """Return the metadata of an image set of a study."""
    document: dict[str, Any] = {
        "SchemaVersion": "1.1",
        "ImageSetID": OWN,
        "Patient": {"DICOM": {}},
        "Study": {"DICOM": {"StudyInstanceUID": study}, "Series": {}},
    }
    return gzip.compress(json.dumps(document).encode())


@pytest.fixture
def request_of_a_job() -> ProbeJobRequest:
    probe = SimulatedProbe(OverrideAnswers(), ["twoCopies"])
    return ProbeJobRequest(probe.course().list_next_jobs()[0], probe.record)


def make_cleaner(found: FoundImageSets, request: ProbeJobRequest) -> ProbeCleaner:
    return ProbeCleaner(clients=Clients(), image_sets=cast("ImageSets", found), record=request.record)


def make_state(request: ProbeJobRequest, job_id: str | None = "1" * 32) -> dict[str, Submission]:
    state = Submission(
        job=request.id,
        state="started" if job_id else "planned",
        datastoreId=DATASTORE,
        dataAccessRoleArn=request.record.dataAccessRoleArn,
        inputS3Uri=str(request.prefix),
        outputS3Uri=request.record.outputS3Uri,
        clientToken="token",
        startingAt="2026-01-02T03:04:05Z",
        jobId=job_id,
        jobStatus="COMPLETED" if job_id else None,
    )
    return {request.id: state}


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Return prefix -> keys below it, which the bucket has. A test fills it."""
    keys: dict[str, list[str]] = {}

    def list_objects(_clients: Clients, uri: Any) -> Iterator[S3Object]:
        for key in keys.get(uri.prefix, ()):
            yield S3Object(key=key, size=1, etag="")

    for module in (probe_clean_up, job_manifests):
        monkeypatch.setattr(module, "list_objects", list_objects)
    return keys


@pytest.mark.usefixtures("listed")
def test_image_sets_of_other_studies_are_never_deleted(request_of_a_job: ProbeJobRequest) -> None:
    uid = request_of_a_job.job.studies[0].study_instance_uid
    found = FoundImageSets({OWN: uid, OTHER: "1.2.3"})
    cleaner = make_cleaner(found, request_of_a_job)
    traces = cleaner.find_traces([request_of_a_job], make_state(request_of_a_job))
    assert traces.image_sets == (OWN,)
    ((name, reason),) = cleaner.delete_traces(traces)
    assert (name, "another Study Instance UID" in reason) == (f"Image set {OTHER}", True)
    assert found.deleted == [OWN]


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("metadata", "expected"),
    [("own", (OWN,)), ("1.2.3", ()), (b"not gzip", ()), (None, ())],
)
def test_a_summary_without_the_uid_is_compared_by_the_metadata(
    metadata: str | bytes | None, expected: tuple[str, ...], request_of_a_job: ProbeJobRequest
) -> None:
    uid = request_of_a_job.job.studies[0].study_instance_uid
    body = pack(uid if metadata == "own" else metadata) if isinstance(metadata, str) else metadata
    found = FoundImageSets({OWN: None}, {} if body is None else {OWN: body})
    traces = make_cleaner(found, request_of_a_job).find_traces([request_of_a_job], make_state(request_of_a_job))
    assert traces.image_sets == expected
    assert len(traces.remaining) == (not expected)


def test_only_keys_of_the_probe_and_its_job_manifests_are_deleted(
    request_of_a_job: ProbeJobRequest, listed: dict[str, list[str]]
) -> None:
    folder = request_of_a_job.record.folder
    own = [request_of_a_job.make_key(item).removeprefix(folder.prefix) for item in request_of_a_job.job.objects]
    listed[folder.prefix] = [*own, "notes.txt", "0001/notes.txt", "9999/copies/1.dcm"]
    job_folder = f"out/{DATASTORE}-DicomImport-{'1' * 32}/"
    listed[job_folder] = ["job-output-manifest.json", "SUCCESS/success.ndjson", "SUCCESS/notes.txt", "report.pdf"]
    cleaner = make_cleaner(FoundImageSets({}), request_of_a_job)
    traces = cleaner.find_traces([request_of_a_job], make_state(request_of_a_job))
    manifests = [f"{job_folder}job-output-manifest.json", f"{job_folder}SUCCESS/success.ndjson"]
    assert set(traces.objects["bucket"]) == {f"{folder.prefix}{key}" for key in own} | set(manifests)
    unstarted = cleaner.find_traces([request_of_a_job], make_state(request_of_a_job, None))
    assert set(unstarted.objects["bucket"]) == {f"{folder.prefix}{key}" for key in own}


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("code", "remains"), [("ConflictException", 1), ("ResourceNotFoundException", 0), ("AccessDeniedException", None)]
)
def test_a_deletion_that_is_refused(code: str, remains: int | None, request_of_a_job: ProbeJobRequest) -> None:
    uid = request_of_a_job.job.studies[0].study_instance_uid
    found = FoundImageSets({OWN: uid, OTHER: uid})
    found.errors[OWN] = AwsError("refused", fix="", code=code)
    cleaner = make_cleaner(found, request_of_a_job)
    traces = cleaner.find_traces([request_of_a_job], make_state(request_of_a_job))
    if remains is None:
        with pytest.raises(AwsError):
            cleaner.delete_traces(traces)
        return
    assert len(cleaner.delete_traces(traces)) == remains
    assert found.deleted == [OTHER]
    assert cleaner.deleted_image_sets == 1
