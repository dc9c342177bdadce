"""The files, sources and targets of a transfer, which a user confirms before the first request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.display.formatting import format_byte_count
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """The files and requests that stage() or submit() will send, and their targets."""

    package: str
    jobs: tuple[str, ...]
    """The ids of the jobs whose files or requests are sent."""
    sources: tuple[str, ...]
    """The source roots. When a package is staged, files are sent from these roots."""
    prefixes: tuple[str, ...]
    """The inputS3Uri of each job."""
    files: int
    """The number of files that are copied, or of override files that are uploaded."""
    bytes: int
    """The total size in bytes of the files that are copied or uploaded."""
    read_files: int = 0
    """The number of files that the jobs will read in S3; 0 if no jobs are started."""
    read_bytes: int = 0
    members: Mapping[str, str]
    """The members of the requests that are the same for all jobs: data store, role, output."""
    account: str | None
    """The AWS account of the credentials; None if it is not known."""
    region: str | None
    profile: str | None
    endpoint_url: str | None

    @property
    def buckets(self) -> tuple[str, ...]:
        """Return the buckets that files are sent to or that jobs write to, each bucket once."""
        uris = (S3Uri.parse(text) for text in (*self.prefixes, self.members.get("outputS3Uri", "")))
        return tuple(dict.fromkeys(uri.bucket for uri in uris if uri is not None))


MAX_PREFIXES = 10
"""Maximum number of job prefixes that are shown. Buckets and source roots are always all shown."""


def format_transfer_lines(transfer: Transfer) -> Iterator[str]:
    """Yield lines of text about a transfer: first a line with the counts, then one indented line for each fact."""
    if transfer.read_files:
        yield (
            f"To be sent: {format_count(len(transfer.jobs), 'job')}, {format_count(transfer.files, 'override file')} "
            f"({format_byte_count(transfer.bytes)}); the jobs read {format_count(transfer.read_files, 'file')} "
            f"({format_byte_count(transfer.read_bytes)})"
        )
    else:
        yield (
            f"To be sent: {format_count(transfer.files, 'file')} ({format_byte_count(transfer.bytes)}) "
            f"for {format_count(len(transfer.jobs), 'job')}"
        )
    for name, value in _iterate_transfer_facts(transfer):
        yield f"  {name}: {value}"


def _iterate_transfer_facts(transfer: Transfer) -> Iterator[tuple[str, str]]:
    for source in transfer.sources:
        yield "source root", source
    for bucket in transfer.buckets:
        yield "bucket", bucket
    for prefix in transfer.prefixes[:MAX_PREFIXES]:
        yield "inputS3Uri", prefix
    rest = len(transfer.prefixes) - MAX_PREFIXES
    if rest > 0:
        yield "inputS3Uri", f"and {rest:,} more in these buckets"
    yield from transfer.members.items()
    yield "AWS account", transfer.account or "not known"
    yield "region", transfer.region or "not known"
    if transfer.profile:
        yield "profile", transfer.profile
    if transfer.endpoint_url:
        yield "endpoint", transfer.endpoint_url
