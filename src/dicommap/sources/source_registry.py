"""The kinds of sources that a path or URI can name, and a function that opens the sources of a scan.

To add a kind of source, add a SourceKind to SOURCE_KINDS. If it needs settings, add fields to SourceOptions.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dicommap.arguments import to_path_or_uri
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import SourceError, UsageError
from dicommap.healthimaging.data_stores import DATA_STORE_SCHEME, is_data_store_root
from dicommap.planning.source_prefixes import is_s3_root
from dicommap.sources.checked_source import make_checked_source
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
    """Options for opening sources. Opening a source raises UsageError if it does not support an option that is set."""

    follow_links: bool = False
    """Whether to follow links to directories in a local tree."""
    archives: bool = False
    """Whether to scan the members of ZIP and tar files."""
    files: Iterable[StrPath] | None = None
    """The paths of the files to scan, or None for all files. Only for a single source that is a local tree."""
    s3_inventory: StrPath | None = None
    """The manifest.json of an S3 Inventory, which is read instead of listing the bucket.

    Only for a single S3 prefix.
    """
    clients: Clients | None = None
    """The AWS credentials profile, region and endpoint for S3 and HealthImaging."""
    keywords: tuple[str, ...] = ()
    """The captured attributes."""
    studies: tuple[str, ...] = ()
    """The Study Instance UIDs of the studies to scan; empty for all studies. Only for a data store."""
    metadata_rate: float | None = None
    """The limit of GetImageSetMetadata calls per second; None for the documented limit. Only for a data store."""
    search_rate: float | None = None
    """The limit of SearchImageSets calls per second; None for the documented limit. Only for a data store."""


class SourceKind(NamedTuple):
    """A kind of source that a path or URI can name."""

    matches: Callable[[str], bool]
    """A function that returns whether a path or URI names a source of this kind."""
    open: Callable[[str, SourceOptions], Source]
    """A function that opens the source of a path or URI. Raises SourceError, UsageError or AwsError."""


def open_sources(named: Sequence[StrPath | Source], options: SourceOptions, stack: ExitStack) -> list[Source]:
    """Open the sources of a scan, and return them in the given order.

    Args:
        named: Paths, S3 URIs or Source objects. Source objects are returned unchanged, and the caller must close them.
        options: Options for opening the paths and URIs.
        stack: The exit stack that closes the opened sources.

    Raises:
        SourceError: `named` is empty, a source does not exist, or two sources overlap.
        UsageError: A source does not support an option that is set.
        AwsError: S3 denies access or cannot be reached.

    """
    if not named:
        raise SourceError("No source was named.", fix="Name a directory, or an S3 prefix such as s3://bucket/prefix/.")
    if len(named) > 1:
        _require_no_single_source_option(options)
    names = [_to_source_name(source) for source in named if not isinstance(source, Source)]
    _require_data_store_alone(names, len(named), options)
    sources: list[Source] = []
    for source_or_name in named:
        source = (
            make_checked_source(source_or_name)
            if isinstance(source_or_name, Source)
            else stack.enter_context(closing(_open_source(source_or_name, options)))
        )
        if options.archives and not source.can_hold_archives:
            raise unsupported_archives_error(source.root)
        if any(source.overlaps(other) or other.overlaps(source) for other in sources):
            raise SourceError("Two sources overlap, so files would count twice.", fix="Name each tree once.")
        sources.append(source)
    return sources


def _require_no_single_source_option(options: SourceOptions) -> None:
    """Raise UsageError if an option is set that is only for a single source."""
    if options.files is not None:
        raise UsageError("A list of files is for one source.", fix="Name one source, and the files as a list of paths.")
    if options.s3_inventory is not None:
        raise _s3_inventory_error()


def _to_source_name(source: StrPath) -> str:
    """Return the name of a source as text. Raises UsageError if it is neither a text nor a path."""
    return os.fspath(to_path_or_uri("A source", source))


def _require_data_store_alone(names: Sequence[str], count: int, options: SourceOptions) -> None:
    """Raise an error if a data store is not the only source, or if an option for data stores is set without one."""
    if any(map(is_data_store_root, names)):
        if count > 1:
            raise SourceError(
                "A data store was named together with other sources.",
                fix="Scan it into an inventory of its own; 'dicommap compare' compares it with the one of files.",
            )
    elif options.studies or options.metadata_rate is not None or options.search_rate is not None:
        raise UsageError(
            "Studies to scan and rates of requests are for a data store.",
            fix=f"Name a data store as {DATA_STORE_SCHEME}DATASTOREID, or leave these options out.",
        )


def _open_source(named: StrPath, options: SourceOptions) -> Source:
    """Open the source that a path or URI names."""
    text = _to_source_name(named)
    return next(kind for kind in SOURCE_KINDS if kind.matches(text)).open(text, options)


def _open_local_tree(text: str, options: SourceOptions) -> Source:
    if (text.startswith("s3:/") or text == "s3:") and not os.path.exists(text):
        raise SourceError(
            f"The source {make_printable(text)} has one slash after s3:, so it is a path and no S3 URI.",
            fix="Write it with two, as in s3://bucket/prefix/. In Python give it as a text: pathlib.Path removes one.",
        )
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


def _open_data_store(text: str, options: SourceOptions) -> Source:
    from dicommap.sources.healthimaging.data_store import DataStore, DataStoreOptions  # most scans need no boto3

    if options.archives:
        raise unsupported_archives_error(make_printable(text))
    if options.files is not None:
        raise UsageError("A list of files is for a local source.", fix="Name the studies to scan instead.")
    if options.s3_inventory is not None:
        raise _s3_inventory_error()
    store_options = DataStoreOptions(
        keywords=options.keywords,
        studies=options.studies,
        metadata_rate=options.metadata_rate,
        search_rate=options.search_rate,
    )
    return DataStore(text, store_options, options.clients)


def _s3_inventory_error() -> UsageError:
    return UsageError("An S3 Inventory is for one source in S3.", fix="Name one source as in s3://bucket/prefix/.")


SOURCE_KINDS = (
    SourceKind(is_s3_root, _open_s3_prefix),
    SourceKind(is_data_store_root, _open_data_store),
    SourceKind(lambda text: True, _open_local_tree),
)
"""All kinds of sources. The first kind that matches a path or URI opens it."""
