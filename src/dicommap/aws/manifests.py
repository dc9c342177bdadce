"""What an import job wrote under its outputS3Uri, found and read where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.aws.listing import listed
from dicommap.aws.reading import pieces
from dicommap.model.output_layout import MANIFEST, MANIFEST_LIMIT, job_folder_name, kind_of_file
from dicommap.model.paths import printable
from dicommap.model.s3_uri import S3Uri
from dicommap.reconciliation.evidence import Evidence, RecordFile
from dicommap.reconciliation.record import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.aws.clients import Clients


def fetched(clients: Clients, output_s3_uri: str, datastore_id: str, job_id: str) -> Evidence | None:
    """Return what a job wrote; None where there is nothing of it. Raises AwsError.

    outputS3Uri is the one of the request, or the one that GetDICOMImportJob gives back, which ends with the job's own
    folder in AWS's example.
    """
    output = S3Uri.parse(output_s3_uri)
    if output is None:
        return None
    for folder in _folders(output, datastore_id, job_id):
        keys = [one.key for one in listed(clients, folder) if one.key == MANIFEST or kind_of_file(one.key)]
        if keys:
            return _evidence(clients, folder, keys)
    return None


def _folders(output: S3Uri, datastore_id: str, job_id: str) -> Iterator[S3Uri]:
    own = f"{job_folder_name(datastore_id, job_id)}/"
    if output.prefix.endswith(f"/{own}") or output.prefix == own:
        yield output
    else:
        yield S3Uri(bucket=output.bucket, prefix=output.prefix + own)


def _evidence(clients: Clients, folder: S3Uri, keys: list[str]) -> Evidence:
    manifest = None
    if MANIFEST in keys:
        read = pieces(clients, folder.bucket, folder.key(MANIFEST), limit=MANIFEST_LIMIT)
        manifest = b"".join(read)
    return Evidence(place=printable(str(folder)), manifest=manifest, files=_record_files(clients, folder, keys))


def _record_files(clients: Clients, folder: S3Uri, keys: list[str]) -> Iterator[RecordFile]:
    for key in keys:
        if kind := kind_of_file(key):
            body = pieces(clients, folder.bucket, folder.key(key))
            yield RecordFile(kind=Kind(kind), path=printable(f"{folder}{key}"), pieces=body)
