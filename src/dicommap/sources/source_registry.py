"""The kinds of sources that a text can name, and the sources of one scan, opened from such texts.

A new kind of source is one more SourceKind in SOURCE_KINDS. If it needs settings of its own, they are fields of
SourceOptions.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dicommap.errors import SourceError, UsageError
from dicommap.planning.source_prefixes import is_s3_root
from dicommap.sources.file_list import FileList
from dicommap.sources.local_tree import LocalTree
from dicommap.sources.source import Source, unsupported_archives_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import ExitStack

    from _typeshed import StrPath

    from dicommap.aws import Clients


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """How to open sources. Each kind of source raises UsageError for the options that it does not have."""

    follow_links: bool = False
    """Follow links to directories of a local tree."""
    archives: bool = False
    """Scan the members of ZIP and tar files."""
    files: Iterable[StrPath] | None = None
    """Scan only these files of the one local tree."""
    s3_inventory: StrPath | None = None
    """The manifest.json of an S3 Inventory, to read instead of listing the one S3 prefix."""
    clients: Clients | None = None
    """AWS credentials profile, region and endpoint for S3."""


class SourceKind(NamedTuple):
    """One kind of source that a text can name."""

    matches: Callable[[str], bool]
    """Return whether a text names a source of this kind."""
    open: Callable[[str, SourceOptions], Source]
    """Return the source. Raises SourceError, UsageError or AwsError."""


def open_sources(named: Sequence[StrPath | Source], options: SourceOptions, stack: ExitStack) -> list[Source]:
    """Open the sources of a scan.

    Args:
        named: Paths and S3 URIs. Source objects are returned as they are; the caller closes them.
        options: How to open the paths and URIs.
        stack: Closes the sources that were opened.

    Raises:
        SourceError: A source does not exist, or two sources overlap.
        UsageError: An option is not for such sources.
        AwsError: S3 denies access or cannot be reached.

    """
    if not named:
        raise SourceError("No source was named.", fix="Name a directory, or an S3 prefix such as s3://bucket/prefix/.")
    if len(named) > 1:
        _require_no_single_source_option(options)
    sources: list[Source] = []
    for one in named:
        source = one if isinstance(one, Source) else stack.enter_context(closing(_open_source(one, options)))
        if options.archives and not source.can_hold_archives:
            raise unsupported_archives_error(source.root)
        if any(source.overlaps(other) or other.overlaps(source) for other in sources):
            raise SourceError("Two sources overlap, so files would count twice.", fix="Name each tree once.")
        sources.append(source)
    return sources


def _require_no_single_source_option(options: SourceOptions) -> None:
    """Raise UsageError for options that are for one source only."""
    if options.files is not None:
        raise UsageError("A list of files is for one source.", fix="Name one source, and the files as a list of paths.")
    if options.s3_inventory is not None:
        raise _s3_inventory_error()


def _open_source(named: StrPath, options: SourceOptions) -> Source:
    text = os.fspath(named)
    return next(kind for kind in SOURCE_KINDS if kind.matches(text)).open(text, options)


def _open_local_tree(text: str, options: SourceOptions) -> Source:
    if text.startswith("s3:/") and not os.path.exists(text):
        raise SourceError("An S3 URI was given as a path.", fix="Give it as text: 's3://bucket/prefix/'.")
    if options.s3_inventory is not None:
        raise _s3_inventory_error()
    tree = LocalTree(text, follow_links=options.follow_links)
    if options.files is None:
        return tree
    if isinstance(options.files, str | bytes | os.PathLike):
        raise UsageError("The list of files is one path.", fix="Give the files as a list of paths.")
    files = FileList(tree, options.files)
    try:
        files.require_existing_path()
    except BaseException:
        files.close()
        raise
    return files


def _open_s3_prefix(text: str, options: SourceOptions) -> Source:
    from dicommap.sources.s3.s3_prefix import S3Prefix  # most scans read no objects

    if options.archives:
        raise UsageError("Archives in S3 cannot be scanned.", fix="Scan without archives, or unpack them first.")
    if options.files is not None:
        raise UsageError(
            "A list of files is for a local source.",
            fix="Scan the whole prefix; objects that have not changed are not read again.",
        )
    prefix = S3Prefix(text, options.clients)
    if options.s3_inventory is not None:
        prefix.use_s3_inventory(options.s3_inventory)
    return prefix


def _s3_inventory_error() -> UsageError:
    return UsageError("An S3 Inventory is for one source in S3.", fix="Name one source as in s3://bucket/prefix/.")


SOURCE_KINDS = (
    SourceKind(is_s3_root, _open_s3_prefix),
    SourceKind(lambda text: True, _open_local_tree),
)
"""All kinds. The first kind that matches a text opens it."""
