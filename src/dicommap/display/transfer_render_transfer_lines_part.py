"""A transfer as lines of text: what is sent, from where and to where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.display.csv_json import format_byte_count, format_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.display.transfer import Transfer

MAX_PREFIXES = 10
"""Prefixes of jobs; buckets and source roots are all shown, so that none hides behind the others."""


def format_transfer_lines(transfer: Transfer) -> Iterator[str]:
    """Yield the lines: first what is sent, then a fact on each line, indented."""
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
    for name, value in _transfer_facts(transfer):
        yield f"  {name}: {value}"


def _transfer_facts(transfer: Transfer) -> Iterator[tuple[str, str]]:
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
