"""scan(): walk sources, read headers and write an inventory."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.arguments import (
    convert_arguments,
    make_type_error,
    to_flag,
    to_integer,
    to_iterator_of,
    to_optional,
    to_path,
    to_path_or_uri,
    to_progress,
    to_rate,
    to_texts,
)
from dicommap.errors import UsageError
from dicommap.inventory.writer import InventoryWriter
from dicommap.model.captured_attributes import list_captured_keywords
from dicommap.reading.parallel_calls import MAX_THREADS
from dicommap.scanning import AUTO_JOBS, READER_VERSION, TaskRunner, scan_sources
from dicommap.sources.source_registry import SourceOptions, open_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from concurrent.futures import Executor

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.inventory import Inventory
    from dicommap.progress import ProgressOption
    from dicommap.sources import Source

__all__ = ["AUTO_JOBS", "DEFAULT_IN_FLIGHT", "scan"]

DEFAULT_IN_FLIGHT = MAX_THREADS
"""The number of files that a process reads at the same time, if nothing else is set and the storage is slow."""
MAX_IN_FLIGHT = 500
"""The largest number of files that a process may read at the same time: all files of a task."""


def _to_listed_path(name: str, value: object) -> object:
    if not isinstance(value, str | bytes | os.PathLike):
        raise make_type_error(name, value, "a path")
    return value


def _to_clients(name: str, value: object) -> Clients:
    from dicommap.aws.clients import to_clients  # most scans read no objects

    return to_clients(name, value)


def _to_executor(name: str, value: object) -> object:
    """Return the argument `executor` unchanged. Raises UsageError if it has no method `submit`."""
    if isinstance(value, type) or not callable(getattr(value, "submit", None)):
        raise make_type_error(name, value, "a concurrent.futures.Executor")
    return value


def _require_directories(sources: Sequence[Source]) -> None:
    """Raise UsageError if a source has no directories: `trust_directories` then has no meaning."""
    for source in sources:
        if not source.has_directories:
            raise UsageError(
                f"{source.root} has no directories to trust.",
                fix="Trust directories only of local trees, without a list of files.",
            )


def _to_in_flight(name: str, value: object) -> int:
    """Return the argument `in_flight` as an int from 1 to MAX_IN_FLIGHT. Raises UsageError."""
    number: int = to_integer(minimum=1)(name, value)
    if number > MAX_IN_FLIGHT:
        raise UsageError(f"{name} is {number}.", fix=f"Give an integer from 1 to {MAX_IN_FLIGHT}.")
    return number


@convert_arguments(
    output=to_optional(to_path),
    attributes=to_texts,
    follow_links=to_flag,
    archives=to_flag,
    files=to_optional(to_iterator_of(_to_listed_path, "paths")),
    s3_inventory=to_optional(to_path_or_uri),
    studies=to_texts,
    metadata_rate=to_optional(to_rate),
    search_rate=to_optional(to_rate),
    clients=to_optional(_to_clients),
    jobs=to_integer(minimum=0),
    in_flight=_to_in_flight,
    executor=to_optional(_to_executor),
    cache=to_flag,
    trust_directories=to_flag,
    progress=to_progress,
)
def scan(
    *sources: StrPath | Source,
    output: StrPath | None = None,
    attributes: Iterable[str] = (),
    follow_links: bool = False,
    archives: bool = False,
    files: Iterable[StrPath] | None = None,
    s3_inventory: StrPath | None = None,
    studies: str | Iterable[str] = (),
    metadata_rate: float | None = None,
    search_rate: float | None = None,
    clients: Clients | None = None,
    jobs: int = 1,
    in_flight: int = DEFAULT_IN_FLIGHT,
    executor: Executor | None = None,
    cache: bool = True,
    trust_directories: bool = False,
    progress: ProgressOption = None,
) -> Inventory:
    """Scan sources of P10 files, or a HealthImaging data store, and return the inventory.

    If `output` already contains an inventory, the scan reads only new and changed files. The earlier scan may have been
    stopped before its end. A file has changed if its size, its time, or its ETag in S3 differs, and a stored instance
    if the version of its image set differs. Wrong data in files does not raise an exception: `Inventory.issues()`
    reports it.

    Args:
        sources: Directories, single files, and S3 URIs such as `s3://bucket/prefix/`; or one data store, such as
            `healthimaging:DATASTOREID`. A source can also be a `dicommap.sources.Source` object, which may have your
            own class. The caller closes it.
        output: The file of the inventory. By default the inventory is in memory.
        attributes: Keywords of attributes to capture, in addition to the default attributes.
        follow_links: Whether to follow links to directories. Links to files are always followed.
        archives: Whether to scan the members of ZIP and tar files too. The member `IM1` of `study.zip` has the path
            `study.zip!/IM1`.
        files: Paths of files. Only these files are scanned, and there must be only one source.
        s3_inventory: The manifest.json of an S3 Inventory, as a path or an S3 URI. It is read instead of listing the
            source, and the only source must be in S3.
        studies: The Study Instance UIDs of the studies to scan, if the source is a data store. By default, all studies
            are scanned. Image sets of other studies are then not in the inventory.
        metadata_rate: The limit of GetImageSetMetadata calls per second, if AWS has changed it for your account.
        search_rate: The limit of SearchImageSets calls per second, if AWS has changed it for your account.
        clients: A Clients object with the AWS credentials profile, region and endpoint for S3 and HealthImaging. By
            default, boto3 chooses them.
        jobs: The number of processes that read files. 1 means this process only. 0 means one process for each
            processor, if there are enough files to save time. A script that sets more than 1 needs
            `if __name__ == "__main__":` around its code. The inventory does not depend on the number.
        in_flight: The maximum number of files that each process reads at the same time, from 1 to 500. Files are read
            one by one as long as the storage answers at once, and S3 objects together. While the storage keeps a
            process waiting, the process reads more files at the same time, up to this number as long as that is faster.
            The inventory does not depend on the number.
        executor: A `concurrent.futures.Executor` in which files are read. It replaces the processes of `jobs`.
        cache: Whether to reuse what earlier scans have read from unchanged files. With False, all files are read.
        trust_directories: Whether a directory whose time has not changed since the last complete scan is not listed.
            Its files are taken from that scan. A file that was changed in place is missed, because this does not
            change the time of its directory. Only for local trees.
        progress: A function that is called with a `Progress` from time to time, True for a progress bar, or False for
            no bar. By default, notebooks and interactive Python on a terminal show a bar.

    Raises:
        SourceError: A source does not exist, two sources overlap, or a source was unmounted during the scan.
        UsageError: An option does not apply to the sources.
        AttributeNameError: An attribute cannot be captured.
        InventoryError: The inventory cannot be written, or another scan is writing it.
        AwsError: AWS denies access or cannot be reached, or the data store does not exist.
        MissingExtraError: A source is in S3 or a data store, and the extra `s3` or `aws` is not installed.
        ExecutorError: Worker processes or the executor failed. The next scan continues where this one stopped.

    """
    if trust_directories and not cache:
        raise UsageError(
            "Directories cannot be trusted if all files are read.", fix="Leave out trust_directories or cache=False."
        )
    keywords = list_captured_keywords(tuple(attributes))
    path = None if output is None else Path(output)
    options = SourceOptions(
        follow_links=follow_links,
        archives=archives,
        files=files,
        s3_inventory=s3_inventory,
        clients=clients,
        keywords=keywords,
        studies=tuple(studies),
        metadata_rate=metadata_rate,
        search_rate=search_rate,
    )
    with ExitStack() as stack:
        opened = open_sources(sources, options, stack)
        if trust_directories:
            _require_directories(opened)
        waits = any(source.waits_for_network for source in opened)
        runner = stack.enter_context(TaskRunner(jobs, executor, waits_for_network=waits))
        started = time.time_ns()
        roots = [source.root for source in opened]
        writer = stack.enter_context(
            InventoryWriter(path, keywords, roots, reading=READER_VERSION, started_ns=started, cache=cache)
        )
        return scan_sources(
            opened,
            writer,
            runner,
            keywords=keywords,
            in_flight=in_flight,
            archives=archives,
            path=path,
            progress=progress,
            trust_directories=trust_directories,
        )
