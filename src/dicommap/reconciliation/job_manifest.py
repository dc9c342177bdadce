"""The output files of an import job, and the parser of job-output-manifest.json."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicommap.reconciliation.lenient_json import parse_lenient_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dicommap.reconciliation.manifest_records import RecordKind

_IMAGE_SETS_MEMBER = "imageSetsSummary"
COUNT_MEMBERS = (
    "numberOfScannedFiles",
    "numberOfImportedFiles",
    "numberOfFilesWithCustomerError",
    "numberOfFilesWithServerError",
    "numberOfGeneratedImageSets",
)
"""Names of the counts in the job summary (example in the developer guide)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobManifest:
    """The job summary from job-output-manifest.json. If a member is missing in the summary, its field is empty."""

    job_id: str = ""
    datastore_id: str = ""
    input_s3_uri: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """Name of a count (one of COUNT_MEMBERS) -> its value. A count that is missing in the summary has no entry."""
    primary: Mapping[str, bool] = field(default_factory=dict)
    """Image set ID -> whether the summary says that the image set is primary."""


def read_job_manifest(data: bytes) -> JobManifest | None:
    """Return the job summary in the bytes of job-output-manifest.json.

    Return None if the bytes are not a job manifest. Members with an undocumented type are ignored.
    """
    try:
        document = parse_lenient_json(data)
    except ValueError:
        return None
    summary = document.get("jobSummary", document) if isinstance(document, dict) else None
    if not isinstance(summary, dict) or not summary:
        return None
    sets = _list_image_sets(summary)
    return JobManifest(
        job_id=_parse_text(summary.get("jobId")),
        datastore_id=_parse_text(summary.get("datastoreId")),
        input_s3_uri=_parse_text(summary.get("inputS3Uri")),
        numbers={name: number for name in COUNT_MEMBERS if (number := _parse_count(summary.get(name))) is not None},
        primary={
            image_set["imageSetId"]: image_set["isPrimary"]
            for image_set in sets
            if isinstance(image_set.get("imageSetId"), str) and isinstance(image_set.get("isPrimary"), bool)
        },
    )


def _list_image_sets(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    members = summary.get(_IMAGE_SETS_MEMBER)
    return [member for member in members if isinstance(member, dict)] if isinstance(members, list) else []


def _parse_count(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:18])
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _parse_text(value: object) -> str:
    return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFile:
    """One NDJSON file with success, failure or warning records, from the output of a job."""

    kind: RecordKind
    path: str
    """The printable path of the file, for issues."""
    pieces: Iterable[bytes] = field(repr=False)
    """The bytes of the file in pieces of any size. They can be iterated only once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutput:
    """The files that a job wrote under its outputS3Uri."""

    folder: str
    """The printable path of the folder with the output files, for issues."""
    manifest: bytes | None = field(default=None, repr=False)
    """The bytes of job-output-manifest.json. None if there is no such file."""
    files: Iterable[RecordFile] = ()
    """The files with SUCCESS, FAILURE and WARNING records. They can be iterated only once."""
    others: int = 0
    """Number of further folders that may be the output of the same job. If there are any, no output can be used."""
