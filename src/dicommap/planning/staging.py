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
    """Those that cannot be imported whole from where they lie."""
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPart:
    """What a staged job takes of a study: all of it, a series, or some files of a series."""

    study_instance_uid: str
    series_instance_uid: str | None = None
    """None for the whole study."""
    first: int = 0
    """How many files of the series come before, in order of path."""
    files: int | None = None
    """How many it takes; None for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedJobResult:
    """What was done for one staged job."""

    id: str
    uri: str
    copied: int = 0
    """Copies that were made now."""
    existing: int = 0
    """Copies that were there already."""
    missing: int = 0
    """Copies that are not there."""
    bytes: int = 0
    """Of the copies that were made now."""


class OutsideRootsError(OSError):
    """A path leads out of all source roots that a user named, by itself or through a link."""


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
    """Of an object in S3, as it was scanned; empty if it is not known."""
    modified_ns: int | None = None
    """When a local file was last changed, as it was scanned; None if it is not known."""
    size: int
    uids: InstanceUids
    """Of the instance that the source has to hold: nothing else is sent."""
    bucket: str
    key: str

    @property
    def source_name(self) -> str:
        """Return the source for people."""
        return self.source if self.source_bucket is None else f"s3://{self.source_bucket}/{self.source}"

    @property
    def uri(self) -> str:
        """Return where the copy goes, for people."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyResult:
    """The result of one copy: its ETag, or the code of the issue that prevented it."""

    etag: str = ""
    code: str | None = None
    """Of an issue."""
    facts: Mapping[str, str] = field(default_factory=dict)
