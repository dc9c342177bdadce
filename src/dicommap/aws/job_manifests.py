"""Fetch an import job's output files (the job manifests) from its outputS3Uri."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.aws.bucket_listing import list_objects
from dicommap.aws.s3_objects import read_in_pieces
from dicommap.dicom.printable_text import make_printable
from dicommap.healthimaging.job_output import (
    JOB_MANIFEST_BYTES_LIMIT,
    JOB_MANIFEST_NAME,
    job_folder_name,
    record_kind_of,
)
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.reconciliation.job_manifest import JobOutput, RecordFile
from dicommap.reconciliation.manifest_records import RecordKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.aws.clients import Clients


def fetch_job_manifests(clients: Clients, output_s3_uri: str, datastore_id: str, job_id: str) -> JobOutput | None:
    """Return the job manifests of an import job; None if the job has not written any.

    Args:
        clients: The clients to read with.
        output_s3_uri: The outputS3Uri of the request or of GetDICOMImportJob. It may end with the job's folder.
        datastore_id: The id of the data store.
        job_id: The id of the job.

    Raises:
        AwsError: S3 cannot be reached, or refuses a request.

    """
    folder = find_job_folder(output_s3_uri, datastore_id, job_id)
    if folder is None:
        return None
    keys = list_job_manifest_keys(clients, folder)
    return _read_job_folder(clients, folder, keys) if keys else None


def find_job_folder(output_s3_uri: str, datastore_id: str, job_id: str) -> S3Uri | None:
    """Return the S3 prefix of the job manifests of an import job. Return None if `output_s3_uri` is not an S3 URI.

    Args:
        output_s3_uri: The outputS3Uri of the request or of GetDICOMImportJob. It may end with the job's folder.
        datastore_id: The id of the data store.
        job_id: The id of the job.

    """
    output = S3Uri.parse(output_s3_uri)
    if output is None:
        return None
    job_folder = f"{job_folder_name(datastore_id, job_id)}/"
    if output.prefix.endswith(f"/{job_folder}") or output.prefix == job_folder:
        return output
    return S3Uri(bucket=output.bucket, prefix=output.prefix + job_folder)


def list_job_manifest_keys(clients: Clients, folder: S3Uri) -> list[str]:
    """Return the keys of the job manifests in the folder of a job, relative to the folder. Raises AwsError."""
    keys = (listed.key for listed in list_objects(clients, folder))
    return [key for key in keys if key == JOB_MANIFEST_NAME or record_kind_of(key)]


def _read_job_folder(clients: Clients, folder: S3Uri, keys: list[str]) -> JobOutput:
    """Read the summary of a job, and return it with its other job manifests, which are read when they are needed."""
    manifest = None
    if JOB_MANIFEST_NAME in keys:
        pieces = read_in_pieces(
            clients, folder.bucket, folder.key_of(JOB_MANIFEST_NAME), limit=JOB_MANIFEST_BYTES_LIMIT
        )
        manifest = b"".join(pieces)
    return JobOutput(
        folder=make_printable(str(folder)), manifest=manifest, files=_make_record_files(clients, folder, keys)
    )


def _make_record_files(clients: Clients, folder: S3Uri, keys: list[str]) -> Iterator[RecordFile]:
    for key in keys:
        if kind := record_kind_of(key):
            body = read_in_pieces(clients, folder.bucket, folder.key_of(key))
            yield RecordFile(kind=RecordKind(kind), path=make_printable(f"{folder}{key}"), pieces=body)
