"""Manifests are found whether or not outputS3Uri has the job's folder already, all files of each kind."""

from __future__ import annotations

import pytest

from dicommap.aws.job_manifests import fetch_job_manifests
from dicommap.errors import AwsError
from dicommap.reconciliation.job_manifest import JobOutput
from tests.support.reconciliation_packages import DATASTORE_ID, FOLDER, JOB_ID
from tests.support.s3_server import Bucket


def files_of(evidence: JobOutput | None) -> dict[str, bytes]:
    assert evidence is not None
    return {f"{file.kind}:{file.path.rpartition('/')[2]}": b"".join(file.pieces) for file in evidence.files}


@pytest.mark.parametrize("output", ["out/", "out", f"out/{FOLDER}/", f"out/{FOLDER}"])
def test_the_folder_may_be_in_the_uri_already(output: str, bucket: Bucket) -> None:
    bucket.put(f"out/{FOLDER}/job-output-manifest.json", b"{}")
    bucket.put(f"out/{FOLDER}/SUCCESS/success.ndjson", b"s")
    bucket.put(f"out/{FOLDER}/FAILURE/failure.ndjson", b"f")
    bucket.put(f"out/{FOLDER}/WARNING/warning-00000.ndjson", b"w0")
    bucket.put(f"out/{FOLDER}/WARNING/warning-00001.ndjson", b"w1")
    bucket.put(f"out/{FOLDER}/SUCCESS/notes.txt", b"n")
    bucket.put(f"out/{FOLDER}0/SUCCESS/success.ndjson", b"another job's")
    found = fetch_job_manifests(bucket.clients, bucket.uri + output, DATASTORE_ID, JOB_ID)
    assert found is not None
    assert found.manifest == b"{}"
    assert found.folder == f"{bucket.uri}out/{FOLDER}/"
    assert files_of(found) == {
        "SUCCESS:success.ndjson": b"s",
        "FAILURE:failure.ndjson": b"f",
        "WARNING:warning-00000.ndjson": b"w0",
        "WARNING:warning-00001.ndjson": b"w1",
    }


def test_a_whole_bucket_can_be_the_output(bucket: Bucket) -> None:
    bucket.put(f"{FOLDER}/FAILURE/failure.ndjson", b"")
    found = fetch_job_manifests(bucket.clients, bucket.uri, DATASTORE_ID, JOB_ID)
    assert found is not None
    assert found.manifest is None
    assert files_of(found) == {"FAILURE:failure.ndjson": b""}


def test_a_job_that_wrote_nothing_has_no_evidence(bucket: Bucket) -> None:
    bucket.put(f"out/{FOLDER}/", b"")
    assert fetch_job_manifests(bucket.clients, bucket.uri + "out/", DATASTORE_ID, JOB_ID) is None
    assert fetch_job_manifests(bucket.clients, "no uri", DATASTORE_ID, JOB_ID) is None


def test_an_empty_manifest_is_read_as_such(bucket: Bucket) -> None:
    bucket.put(f"out/{FOLDER}/job-output-manifest.json", b"")
    found = fetch_job_manifests(bucket.clients, bucket.uri + "out/", DATASTORE_ID, JOB_ID)
    assert found is not None
    assert found.manifest == b""


def test_what_s3_refuses_is_told(bucket: Bucket) -> None:
    with pytest.raises(AwsError, match="NoSuchBucket"):
        fetch_job_manifests(bucket.clients, "s3://no-such-bucket/out/", DATASTORE_ID, JOB_ID)
