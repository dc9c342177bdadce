"""What stands where under an import job's outputS3Uri ("Understanding import jobs" in the developer guide)."""

from __future__ import annotations

from dicommap.reading.document_limits import JOB_MANIFEST_LIMIT

JOB_MANIFEST_NAME = "job-output-manifest.json"
JOB_MANIFEST_BYTES_LIMIT = JOB_MANIFEST_LIMIT.bytes
"""Bytes of a summary that are read."""
_KINDS = ("SUCCESS", "FAILURE", "WARNING")
_SUFFIX = ".ndjson"


def job_folder_name(datastore_id: str, job_id: str) -> str:
    """Return the name of a job's folder."""
    return f"{datastore_id}-DicomImport-{job_id}"


def parse_job_id(folder_name: str) -> str:
    """Return the job's id in the name of its folder; the empty text where it is none."""
    return folder_name.rpartition("-DicomImport-")[2] if "-DicomImport-" in folder_name else ""


def record_kind_of(path: str) -> str | None:
    """Return the kind of a file's records by its path in the job's folder; None where it holds none.

    One file of each kind is documented; whether the records of a large job are split is not, so all are taken.
    """
    folder, _, name = path.rpartition("/")
    return folder if folder in _KINDS and name.endswith(_SUFFIX) else None
