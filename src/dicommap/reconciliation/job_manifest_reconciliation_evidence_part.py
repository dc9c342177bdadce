"""Evidence: all that is at hand of one job, from wherever it was fetched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicommap.reconciliation.job_records import RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFile:
    """One NDJSON file of records."""

    kind: RecordKind
    path: str
    """As findings name it; printable."""
    pieces: Iterable[bytes] = field(repr=False)
    """Its bytes in pieces of any size; gone through once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutput:
    """What a job wrote under its outputS3Uri."""

    place: str
    """The job's folder there, as findings name it; printable."""
    manifest: bytes | None = field(default=None, repr=False)
    """job-output-manifest.json; None where it is not there."""
    files: Iterable[RecordFile] = ()
    """Those of SUCCESS, FAILURE and WARNING; gone through once."""
    others: int = 0
    """Further jobs whose manifests name the same inputS3Uri, where nothing tells which is the package's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionFacts:
    """What the package knows of a job's submission."""

    job_id: str = ""
    datastore_id: str = ""
    started: bool = False
    """Whether its start was asked for."""
    answered: bool = False
    """Whether the service is known to have taken it."""
    ended: bool = False
    failed: bool = False
    message: str = field(default="", repr=False)
