"""Make the sources of a scan from paths and S3 URIs, and refuse sources that overlap."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from dicommap.errors import SourceError, UsageError
from dicommap.planning.source_prefixes import is_s3_root
from dicommap.sources import FileList, LocalTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.sources.s3.s3_prefix import S3Prefix

    Named = LocalTree | FileList | S3Prefix


def make_sources(
    named: Sequence[StrPath],
    stack: ExitStack,
    *,
    follow_links: bool = False,
    archives: bool = False,
    files: Iterable[StrPath] | None = None,
    s3_inventory: StrPath | None = None,
    clients: Clients | None = None,
) -> Sequence[Named]:
    """Return the sources; `stack` closes them. Raises SourceError, UsageError, and for buckets AwsError."""
    if not named:
        raise SourceError("No source was named.", fix="Name a directory, or an S3 prefix.")
    texts = [os.fspath(source) for source in named]
    _require_usable_options(texts, archives=archives, listed=files is not None, s3_inventory=s3_inventory)
    sources = [
        _make_s3_prefix(text, clients) if is_s3_root(text) else LocalTree(text, follow_links=follow_links)
        for text in texts
    ]
    _require_disjoint(sources)
    first = sources[0]
    if s3_inventory is not None and not isinstance(first, LocalTree):
        stack.enter_context(closing(first.use_s3_inventory(s3_inventory)))
    if files is None or not isinstance(first, LocalTree):
        return sources
    if len(sources) > 1 or isinstance(files, str | bytes | os.PathLike):
        raise UsageError("A list of files is for one source.", fix="Name one source, and the files as a list of paths.")
    listed = stack.enter_context(closing(FileList(first, files)))
    listed.require_existing_path()
    return [listed]


def _require_usable_options(
    texts: Sequence[str], *, archives: bool, listed: bool, s3_inventory: StrPath | None
) -> None:
    """Raise UsageError for what is not for such sources, and SourceError for a URI that was taken for a path."""
    buckets = [is_s3_root(text) for text in texts]
    if any(text.startswith("s3:/") and not is_s3_root(text) and not os.path.exists(text) for text in texts):
        raise SourceError("An S3 URI was given as a path.", fix="Give it as text: 's3://bucket/prefix/'.")
    if any(buckets) and archives:
        raise UsageError("Archives in S3 are not entered.", fix="Scan without them, or unpack them first.")
    if any(buckets) and listed:
        raise UsageError(
            "A list of files is for a local source.",
            fix="Scan the whole prefix; what has not changed is not read again.",
        )
    if s3_inventory is not None and buckets != [True]:
        raise UsageError("An S3 Inventory is for one source in S3.", fix="Name one source as in s3://bucket/prefix/.")


def _make_s3_prefix(text: str, clients: Clients | None) -> S3Prefix:
    from dicommap.sources.s3.s3_prefix import S3Prefix

    if clients is None:
        return S3Prefix(text)
    return S3Prefix(
        text,
        profile=clients.profile,
        region=clients.region,
        endpoint_url=clients.endpoint_url,
        unsigned=clients.unsigned,
    )


def _require_disjoint(sources: Sequence[LocalTree | S3Prefix]) -> None:
    for index, one in enumerate(sources):
        if any(_has_overlap(one, other) for other in sources[:index]):
            raise SourceError("Two sources overlap, so files would count twice.", fix="Name each tree once.")


def _has_overlap(one: LocalTree | S3Prefix, other: LocalTree | S3Prefix) -> bool:
    if isinstance(one, LocalTree):
        return isinstance(other, LocalTree) and one.overlaps(other)
    return not isinstance(other, LocalTree) and one.overlaps(other)
