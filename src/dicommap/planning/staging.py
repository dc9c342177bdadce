"""Staging: which studies are copied, the copies of a staged job, and their results."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class StagingPolicy(StrEnum):
    """Which studies are copied."""

    NEVER = "never"
    WHERE_NEEDED = "where-needed"
    """Copy the studies that cannot be imported whole without a copy."""
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPart:
    """The part of a study in a staged job: the whole study, a series, or some files of a series."""

    study_instance_uid: str
    series_instance_uid: str | None = None
    """None for the whole study."""
    first: int = 0
    """Index of the first file in the series, in order of path."""
    files: int | None = None
    """Number of files; None for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedJobResult:
    """The number of copies that were made, existed or are missing for one staged job."""

    id: str
    uri: str
    copied: int = 0
    """Number of copies that this call made."""
    existing: int = 0
    """Number of copies that existed before."""
    missing: int = 0
    """Number of copies that do not exist."""
    bytes: int = 0
    """Bytes of the copies that this call made."""


class OutsideRootsError(OSError):
    """A path is outside all source roots that the user named, directly or through a link."""


class InstanceUids(NamedTuple):
    """The UIDs that identify an instance."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StagingCopy:
    """One source file, and the S3 object that will be its copy."""

    source_bucket: str | None
    """None for a local file."""
    source: str
    """Its key, or its path."""
    etag: str
    """ETag of an object in S3 in the scan; empty if it is not known."""
    modified_ns: int | None = None
    """Modification time of a local file in the scan, in nanoseconds since 1970; None if it is not known."""
    size: int
    uids: InstanceUids
    """The UIDs that the source file must have. A file with other UIDs is not sent."""
    bucket: str
    key: str

    @property
    def source_name(self) -> str:
        """Return the path or S3 URI of the source, for display."""
        return self.source if self.source_bucket is None else f"s3://{self.source_bucket}/{self.source}"

    @property
    def uri(self) -> str:
        """Return the S3 URI of the copy."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyResult:
    """The result of one copy: its ETag, or the code of the issue that prevented it."""

    etag: str = ""
    code: str | None = None
    """Of an issue."""
    facts: Mapping[str, str] = field(default_factory=dict)
