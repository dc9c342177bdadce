"""The plan of a package, plan.json: its jobs, quotas and assumptions, and a hash of each file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, FailFast, Field, StringConstraints

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.import_configuration import DicomMetadataMapping, MetadataFilePath, S3UriText
from dicommap.healthimaging.quotas import Quotas

if TYPE_CHECKING:
    from collections.abc import Iterable

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
NonNegativeCount = Annotated[int, Field(ge=0)]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class FileDigest(_Document):
    """The size and SHA-256 of a file."""

    size: NonNegativeCount
    sha256: Sha256

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the digest of a text."""
        return cls.of_pieces([text])

    @classmethod
    def of_pieces(cls, pieces: Iterable[str]) -> Self:
        """Return the digest of a text that is given in pieces."""
        size, digest = 0, hashlib.sha256()
        for piece in pieces:
            data = piece.encode()
            size += len(data)
            digest.update(data)
        return cls(size=size, sha256=digest.hexdigest())


class PlannedFile(_Document):
    """One file of a job, by its path relative to inputS3Uri."""

    path: MetadataFilePath
    size: NonNegativeCount
    sha256: Sha256

    @classmethod
    def of(cls, path: str, text: str) -> Self:
        """Return the file with this path and text."""
        return cls(path=path, **FileDigest.of(text).model_dump())


class PlanJob(_Document):
    """One import job: its S3 prefix, its mappings, the number of objects under the prefix, and its override files."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9]{4,6}$")]
    inputS3Uri: S3UriText
    """Ends with a slash, so that it takes in no sibling."""
    staged: bool
    """Whether its objects have to be copied under its inputS3Uri. Otherwise they are there, or will be."""
    mappings: Annotated[tuple[DicomMetadataMapping, ...], FailFast()] = Field(strict=False)
    """Those of the import configuration. Held here as well, so that one that was changed later is found: a mapping
    for another patient is as valid as the right one. None where no override is for what the job takes."""
    instances: NonNegativeCount
    """Source files with an instance, duplicates included."""
    sourceFiles: NonNegativeCount
    """Rows of objects.csv."""
    sourceBytes: NonNegativeCount
    folders: NonNegativeCount
    """Nested folders under inputS3Uri, that of the override files included."""
    objects: FileDigest
    """Size and hash of objects.csv, which lists the objects under inputS3Uri without the override files."""
    files: Annotated[tuple[PlannedFile, ...], FailFast()] = Field(strict=False)

    def client_token(self, attempt: int) -> str:
        """Return the clientToken of the job's request. The same job has the same token, so AWS starts it only once."""
        done = f"{attempt}\n{self.model_dump_json()}"
        return f"dicommap-{hashlib.sha256(done.encode()).hexdigest()[:32]}"


class UnplannedCounts(_Document):
    """Number of files and instances that are in no job. The issues of the draft give the reasons."""

    instances: NonNegativeCount
    """Files with an instance, duplicates included."""
    files: NonNegativeCount
    """All files, instances or not."""


class Plan(_Document):
    """The plan of a package."""

    version: Literal[2] = 2
    attempt: Annotated[int, Field(ge=1)]
    """Counts up with each plan that is drafted to retry another; jobs of different attempts have different tokens."""
    sources: Annotated[tuple[str, ...], FailFast()] = Field(strict=False)
    """The roots that were scanned."""
    inputS3Uri: S3UriText
    """The S3 prefix where all source files are, or will be. Jobs that are not staged have prefixes under it."""
    quotas: Quotas
    """What one job may hold. Every job of the plan is within them."""
    unplanned: UnplannedCounts
    studies: NonNegativeCount
    """Studies that an override changes."""
    series: NonNegativeCount
    """Series that an override of their own changes."""
    assumptions: Assumptions
    """How the override files are written, and by what they are checked."""
    preview: FileDigest
    """Size and hash of preview.csv. A preview that was changed does not describe the package."""
    edits: FileDigest
    """Size and hash of edits.csv, which has the result of each edit."""
    forecast: FileDigest
    """Size and hash of forecast.csv, which names the files that are likely to become non-primary image sets."""
    # An error for each of a million jobs would need gigabytes; what is wrong in detail, the schema says.
    jobs: Annotated[tuple[PlanJob, ...], FailFast()] = Field(min_length=1, strict=False)
