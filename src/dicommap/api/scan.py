"""scan(): walk sources, read headers and write an inventory."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.inventory import Inventory, InventoryWriter
from dicommap.inventory.replacement import has_files_of_source
from dicommap.model.captured_attributes import captured_keywords
from dicommap.model.source_files import NetworkTraffic
from dicommap.progress import Progress, progress_reporter
from dicommap.scanning import (
    AUTO_JOBS,
    READER_VERSION,
    FileCounter,
    Workers,
    content_comparer,
    enter_archives,
    run_in_order,
    walk_in_batches,
)
from dicommap.sources import FileList, LocalTree, close_archives
from dicommap.sources.local_tree import emptied_source_error
from dicommap.sources.source_registry import make_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Executor

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.progress import ProgressOption
    from dicommap.scanning import Batch, ReadTask
    from dicommap.sources import Source
    from dicommap.sources.source_registry import Named

__all__ = ["scan", "AUTO_JOBS"]


def scan(
    *sources: StrPath,
    output: StrPath | None = None,
    attributes: Iterable[str] = (),
    follow_links: bool = False,
    archives: bool = False,
    files: Iterable[StrPath] | None = None,
    s3_inventory: StrPath | None = None,
    clients: Clients | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
    cache: bool = True,
    progress: ProgressOption = None,
) -> Inventory:
    """Scan trees of P10 files, and prefixes of buckets such as `s3://bucket/prefix/`, and return their inventory.

    `output` is the inventory's file; without it the inventory is kept in memory. Where there is one of a scan before,
    or what a scan left that was stopped, files of the same path, size and time of change are taken from it instead of
    being read, and objects of the same key, size and ETag; with `cache=False` all are read. `attributes` are keywords
    to capture beside the usual ones. `follow_links` is for links to directories. With `archives` the members of ZIP
    and tar files are files too: of `study.zip` the member `IM1` has the path `study.zip!/IM1`. `files` are the paths
    to scan instead of a walk over the one source.

    `s3_inventory` is the manifest.json of an S3 Inventory, a path or an S3 URI, that stands in for listing the one
    source in S3. `clients` say which profile, region and endpoint S3 is reached with; else boto3 finds them.

    `jobs` processes read: 1 is this process alone, and 0 as many as there are processors once there is enough to
    read. A script that asks for more than 1 needs `if __name__ == "__main__":` around what it does. `executor` is any
    other `concurrent.futures.Executor`. The inventory is the same whoever reads. `progress` is a function that is
    called with a Progress now and then, or True for a bar and False for none; without it there is a bar where people
    look on: in notebooks, and in interactive Python on a terminal.

    Raises SourceError where a source does not exist or two overlap, AttributeNameError for what cannot be captured,
    InventoryError where the inventory cannot be written or another scan is writing it, AwsError where S3 refuses or
    cannot be reached, MissingExtraError without the extra `s3`, and ExecutorError where processes or the executor
    fail; what was read until then the next scan takes up. Wrong data is not raised but in `Inventory.issues()`.
    """
    keywords = captured_keywords(tuple(attributes))
    path = None if output is None else Path(output)
    with ExitStack() as stack:
        named = make_sources(
            sources,
            stack,
            follow_links=follow_links,
            archives=archives,
            files=files,
            s3_inventory=s3_inventory,
            clients=clients,
        )
        waiting = not all(isinstance(source, LocalTree | FileList) for source in named)
        workers = stack.enter_context(Workers(jobs, executor, waiting=waiting))
        started = time.time_ns()
        roots = [str(source) for source in named]
        writer = InventoryWriter(path, keywords, roots, reading=READER_VERSION, started_ns=started, cache=cache)
        stack.enter_context(writer)
        stack.callback(close_archives)
        return _write_inventory(writer, named, keywords, workers, archives=archives, path=path, progress=progress)


def _write_inventory(
    writer: InventoryWriter,
    named: Sequence[Named],
    keywords: tuple[str, ...],
    workers: Workers,
    *,
    archives: bool,
    path: Path | None,
    progress: ProgressOption,
) -> Inventory:
    """Walk, read, and write what was found; return the finished inventory."""
    with ExitStack() as stack:
        scanned = [_enter_archives(source, writer) if archives else source for source in named]
        report = stack.enter_context(progress_reporter(progress, "files"))
        counting = None if report is None else stack.enter_context(FileCounter(scanned))
        results = stack.enter_context(closing(run_in_order(_make_tasks(scanned, keywords, writer), workers)))
        done, counts = 0, [0] * len(named)
        for batch, read in results:
            batch.put(writer, read)
            done += len(batch.files)
            counts[batch.source] += len(batch.files)
            if report is not None and counting is not None:
                report(Progress(done, max(done, counting.total), counting.done))
        listing = sum(source.requests for source in named if not isinstance(source, LocalTree | FileList))
        writer.count_traffic(NetworkTraffic(requests=listing))
        _require_files(named, counts, path)
        with content_comparer(scanned, writer) as same:
            connection = writer.finish(same)
        if report is not None:
            report(Progress(done, done, True))
        return Inventory(connection)


def _require_files(named: Sequence[Named], counts: Sequence[int], path: Path | None) -> None:
    """Raise SourceError if a source is gone, or is empty and the inventory at `path` has files of it."""
    for source, count in zip(named, counts, strict=True):
        if isinstance(source, LocalTree | FileList):
            source.require_unchanged()
        if not count and path is not None and has_files_of_source(path, str(source)):
            raise emptied_source_error(str(source))


def _enter_archives(source: Named, writer: InventoryWriter) -> Source:
    return enter_archives(source, writer) if isinstance(source, LocalTree | FileList) else source


def _make_tasks(
    sources: Sequence[Source], keywords: tuple[str, ...], writer: InventoryWriter
) -> Iterator[tuple[Batch, ReadTask | None]]:
    for number, source in enumerate(sources):
        for batch in walk_in_batches(source, number, writer):
            yield batch, batch.task(source, keywords, writer.prefix(number))
