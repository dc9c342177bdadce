"""The staging policy, the copies that a staged job needs, and the results of copying."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class StagingPolicy(StrEnum):
    """The policy that decides which studies are copied to a staging prefix: none, all, or those that need it."""

    NEVER = "never"
    WHERE_NEEDED = "where-needed"
    """Copy a study only if no single job can import the whole study from the prefix where its files are now."""
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPart:
    """A part of a study that one staged job imports: the whole study, a series, or some files of a series."""

    study_instance_uid: str
    series_instance_uid: str | None = None
    """The UID of the series. None if the part is the whole study."""
    first: int = 0
    """The index of the first file of the part, in the series' files in the order of their paths."""
    files: int | None = None
    """The number of files. None if the part has all files of the series or study."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedJobResult:
    """The result of staging one job: the numbers of copies that were made now, existed already, or are missing."""

    id: str
    uri: str
    copied: int = 0
    """Number of copies that this call of `stage` made."""
    existing: int = 0
    """Number of copies that existed before this call of `stage`."""
    missing: int = 0
    """Number of planned copies that do not exist."""
    bytes: int = 0
    """Total bytes of the copies that this call of `stage` made."""


class OutsideRootsError(OSError):
    """Error for a path that is outside all source roots that the user named, or is a link to such a path."""


class InstanceUids(NamedTuple):
    """The UIDs that identify an instance."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StagingCopy:
    """A source file, and the S3 object to which it is copied."""

    source_bucket: str | None
    """The bucket of the source object. None if the source is a local file."""
    source: str
    """The key of the source object, or the path of the local file."""
    etag: str
    """The ETag that S3 returned in the scan. Empty for a local file, or if the ETag is not known."""
    modified_ns: int | None = None
    """The modification time of a local file in the scan, in nanoseconds since 1970. None if it is not known."""
    size: int
    uids: InstanceUids
    """The UIDs that the source file must have. A file with other UIDs is not copied."""
    bucket: str
    key: str

    @property
    def source_name(self) -> str:
        """Return the path of a local source, or the S3 URI of a source object, for display."""
        return self.source if self.source_bucket is None else f"s3://{self.source_bucket}/{self.source}"

    @property
    def uri(self) -> str:
        """Return the S3 URI of the copy."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyResult:
    """The result of one copy: the ETag of the new object, or the code of the issue that prevented the copy."""

    etag: str = ""
    code: str | None = None
    """The code of the issue that prevented the copy. None if the copy was made."""
    facts: Mapping[str, str] = field(default_factory=dict)
