"""The description of a transfer (its files, sources and targets) that a user confirms before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.display.formatting import format_byte_count
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What stage(), submit() or probe() will send or delete: files or requests, with their sources and targets."""

    package: str
    jobs: tuple[str, ...]
    """The ids of the jobs whose files or requests are sent."""
    sources: tuple[str, ...]
    """The source roots of the package. `stage` sends files from these roots."""
    prefixes: tuple[str, ...]
    """The inputS3Uri of each job."""
    files: int
    """Number of files that are copied or uploaded; for the clean-up of a probe: number of deleted S3 objects.

    `stage` copies files, `submit` uploads override files, and a probe uploads all its files.
    """
    bytes: int
    """Total number of bytes of the files that are copied or uploaded. It is not shown for a clean-up."""
    read_files: int = 0
    """Number of files that the import jobs will read in S3; 0 if no job is started."""
    read_bytes: int = 0
    draft_warnings: Mapping[str, int] = field(default_factory=dict)
    """Issue code -> number of warnings that the draft reported about its edits and its plan."""
    members: Mapping[str, str]
    """Members of the StartDICOMImportJob requests that are the same for all jobs: data store, role and output."""
    account: str | None
    """The AWS account of the credentials; None if it is not known."""
    region: str | None
    profile: str | None
    endpoint_url: str | None
    notes: Mapping[str, str] = field(default_factory=dict)
    """Name of a fact -> its text. For a probe: later jobs, the cost, and a warning if the data store is not empty."""
    updates: int | None = None
    """The number of UpdateImageSetMetadata requests of `update`; None if nothing is updated."""
    deleted_image_sets: int | None = None
    """The number of image sets that the clean-up of a probe deletes; None if this transfer deletes nothing."""

    @property
    def buckets(self) -> tuple[str, ...]:
        """Return the buckets to which files are sent or jobs write, each bucket once."""
        uris = (S3Uri.parse(text) for text in (*self.prefixes, self.members.get("outputS3Uri", "")))
        return tuple(dict.fromkeys(uri.bucket for uri in uris if uri is not None))


MAX_PREFIXES = 10
"""Maximum number of job prefixes that are shown. There is no such limit for buckets and source roots."""


def format_transfer_lines(transfer: Transfer) -> Iterator[str]:
    """Yield the text of a transfer line by line: first the counts, then an indented line for each other fact."""
    if transfer.updates is not None:
        yield f"To be sent: at most {format_count(transfer.updates, 'update')} of image sets"
    elif transfer.deleted_image_sets is not None:
        yield (
            f"To be deleted: {format_count(transfer.deleted_image_sets, 'image set')} and "
            f"{format_count(transfer.files, 'object')}"
        )
    elif transfer.read_files:
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
    if transfer.draft_warnings:
        codes = (f"{code} ({count:,})" for code, count in transfer.draft_warnings.items())
        yield "warnings of the draft", ", ".join(codes)
    yield from transfer.notes.items()
    yield from transfer.members.items()
    yield "AWS account", transfer.account or "not known"
    yield "region", transfer.region or "not known"
    if transfer.profile:
        yield "profile", transfer.profile
    if transfer.endpoint_url:
        yield "endpoint", transfer.endpoint_url
