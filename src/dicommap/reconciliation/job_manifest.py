"""The job manifest: the files that an import job writes, and its job-output-manifest.json."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicommap.reconciliation.lenient_json import parse_lenient_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dicommap.reconciliation.job_records import RecordKind

_IMAGE_SETS_MEMBER = "imageSetsSummary"
COUNT_MEMBERS = (
    "numberOfScannedFiles",
    "numberOfImportedFiles",
    "numberOfFilesWithCustomerError",
    "numberOfFilesWithServerError",
    "numberOfGeneratedImageSets",
)
"""The summary's counts, as the developer guide's example has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobManifest:
    """The job summary in job-output-manifest.json. Each member may be missing."""

    job_id: str = ""
    datastore_id: str = ""
    input_s3_uri: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """The members of COUNT_MEMBERS that the summary has, with their values."""
    primary: Mapping[str, bool] = field(default_factory=dict)
    """Image set -> whether the summary says that it is primary."""


def read_job_manifest(data: bytes) -> JobManifest | None:
    """Return the job manifest; None if the bytes are not one. Members of another type than documented are ignored."""
    try:
        document = parse_lenient_json(data)
    except ValueError:
        return None
    summary = document.get("jobSummary", document) if isinstance(document, dict) else None
    if not isinstance(summary, dict) or not summary:
        return None
    sets = _image_sets(summary)
    return JobManifest(
        job_id=_text(summary.get("jobId")),
        datastore_id=_text(summary.get("datastoreId")),
        input_s3_uri=_text(summary.get("inputS3Uri")),
        numbers={name: number for name in COUNT_MEMBERS if (number := _count(summary.get(name))) is not None},
        primary={
            one["imageSetId"]: one["isPrimary"]
            for one in sets
            if isinstance(one.get("imageSetId"), str) and isinstance(one.get("isPrimary"), bool)
        },
    )


def _image_sets(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = summary.get(_IMAGE_SETS_MEMBER)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _count(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:18])
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFile:
    """One NDJSON file of records."""

    kind: RecordKind
    path: str
    """The path in issues; printable."""
    pieces: Iterable[bytes] = field(repr=False)
    """Its bytes in pieces of any size. They can be iterated once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutput:
    """The files that a job wrote under its outputS3Uri."""

    folder: str
    """The job's folder under outputS3Uri, as issues name it; printable."""
    manifest: bytes | None = field(default=None, repr=False)
    """The bytes of job-output-manifest.json; None if there is no such file."""
    files: Iterable[RecordFile] = ()
    """The files of SUCCESS, FAILURE and WARNING records. They can be iterated once."""
    others: int = 0
    """Number of other jobs whose manifests name the same inputS3Uri, if the job id is not known."""
