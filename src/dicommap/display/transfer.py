"""Transfers: what a command is about to send, and where, as it is shown to people before the first request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.healthimaging.s3_uri import S3Uri

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What stage() or submit() is about to send, and where."""

    package: str
    jobs: tuple[str, ...]
    """The ids of the jobs that something is sent for."""
    sources: tuple[str, ...]
    """The source roots: of a staging those that files are sent from."""
    prefixes: tuple[str, ...]
    """The inputS3Uri of each job."""
    files: int
    """Files that are copied, or override files that are uploaded."""
    bytes: int
    """Of these files."""
    read_files: int = 0
    """Files that the jobs will read in S3, if jobs are started."""
    read_bytes: int = 0
    members: Mapping[str, str]
    """Of the requests, what is the same for all jobs: data store, role, output."""
    account: str | None
    """The AWS account of the credentials; None if it is not known."""
    region: str | None
    profile: str | None
    endpoint_url: str | None

    @property
    def buckets(self) -> tuple[str, ...]:
        """Return the buckets that something is sent to, or that jobs are told to write to."""
        uris = (S3Uri.parse(text) for text in (*self.prefixes, self.members.get("outputS3Uri", "")))
        return tuple(dict.fromkeys(uri.bucket for uri in uris if uri is not None))
