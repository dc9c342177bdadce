"""Fetch the job manifests that an import job wrote under its outputS3Uri."""

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
from dicommap.reconciliation.job_records import RecordKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.aws.clients import Clients


def fetch_job_manifests(clients: Clients, output_s3_uri: str, datastore_id: str, job_id: str) -> JobOutput | None:
    """Return what a job wrote; None where there is nothing of it. Raises AwsError.

    outputS3Uri is the one of the request, or the one that GetDICOMImportJob gives back, which ends with the job's own
    folder in AWS's example.
    """
    output = S3Uri.parse(output_s3_uri)
    if output is None:
        return None
    for folder in _find_job_folders(output, datastore_id, job_id):
        keys = [
            one.key for one in list_objects(clients, folder) if one.key == JOB_MANIFEST_NAME or record_kind_of(one.key)
        ]
        if keys:
            return _read_job_folder(clients, folder, keys)
    return None


def _find_job_folders(output: S3Uri, datastore_id: str, job_id: str) -> Iterator[S3Uri]:
    own = f"{job_folder_name(datastore_id, job_id)}/"
    if output.prefix.endswith(f"/{own}") or output.prefix == own:
        yield output
    else:
        yield S3Uri(bucket=output.bucket, prefix=output.prefix + own)


def _read_job_folder(clients: Clients, folder: S3Uri, keys: list[str]) -> JobOutput:
    manifest = None
    if JOB_MANIFEST_NAME in keys:
        read = read_in_pieces(clients, folder.bucket, folder.key(JOB_MANIFEST_NAME), limit=JOB_MANIFEST_BYTES_LIMIT)
        manifest = b"".join(read)
    return JobOutput(place=make_printable(str(folder)), manifest=manifest, files=_record_files(clients, folder, keys))


def _record_files(clients: Clients, folder: S3Uri, keys: list[str]) -> Iterator[RecordFile]:
    for key in keys:
        if kind := record_kind_of(key):
            body = read_in_pieces(clients, folder.bucket, folder.key(key))
            yield RecordFile(kind=RecordKind(kind), path=make_printable(f"{folder}{key}"), pieces=body)
