"""scan(): walk sources, read headers and write an inventory."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.inventory.writer import InventoryWriter
from dicommap.model.captured_attributes import captured_keywords
from dicommap.scanning import AUTO_JOBS, READER_VERSION, Workers, write_inventory
from dicommap.sources.source_registry import SourceOptions, open_sources

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.inventory import Inventory
    from dicommap.progress import ProgressOption
    from dicommap.sources import Source

__all__ = ["scan", "AUTO_JOBS"]


def scan(
    *sources: StrPath | Source,
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
    """Scan sources of P10 files, and return their inventory.

    If `output` is an inventory already, or a scan into it was stopped, only files that are new or have another size or
    time are read, and objects in S3 that have another ETag. Wrong data is not raised: it is in `Inventory.issues()`.

    Args:
        sources: Directories, single files, and S3 URIs such as `s3://bucket/prefix/`. A `dicommap.sources.Source`
            object is scanned, too, for example one of your own kind; you close it.
        output: The file of the inventory. By default the inventory is in memory.
        attributes: Keywords of attributes to capture, in addition to the default ones.
        follow_links: Follow links to directories. Links to files are always followed.
        archives: Scan the members of ZIP and tar files, too. The member `IM1` of `study.zip` has the path
            `study.zip!/IM1`.
        files: Scan only these files of the one source, instead of walking over it.
        s3_inventory: The manifest.json of an S3 Inventory, a path or an S3 URI, to read instead of listing the one
            source in S3.
        clients: The AWS credentials profile, the region and the endpoint for S3. By default boto3 finds them.
        jobs: The number of processes that read files: 1 is this process alone. 0 is one for each processor, started
            when there are enough files that they save time. A script that asks for more than 1 needs
            `if __name__ == "__main__":` around its code. The inventory does not depend on the number.
        executor: Any other `concurrent.futures.Executor`, to read files in it.
        cache: Reuse rows of unchanged files from earlier scans. With False all files are read.
        progress: A function that is called with a `Progress` now and then; or True for a progress bar, False for
            none. By default there is a bar in notebooks and in interactive Python on a terminal.

    Raises:
        SourceError: A source does not exist, two sources overlap, or a source was unmounted during the scan.
        UsageError: An option is not for such sources.
        AttributeNameError: An attribute cannot be captured.
        InventoryError: The inventory cannot be written, or another scan is writing it.
        AwsError: S3 denies access or cannot be reached.
        MissingExtraError: A source is in S3, and the extra `s3` is not installed.
        ExecutorError: Worker processes or the executor failed. The next scan continues where this one stopped.

    """
    keywords = captured_keywords(tuple(attributes))
    path = None if output is None else Path(output)
    options = SourceOptions(
        follow_links=follow_links, archives=archives, files=files, s3_inventory=s3_inventory, clients=clients
    )
    with ExitStack() as stack:
        opened = open_sources(sources, options, stack)
        waits = any(source.waits_for_network for source in opened)
        workers = stack.enter_context(Workers(jobs, executor, waits_for_network=waits))
        started = time.time_ns()
        roots = [source.root for source in opened]
        writer = stack.enter_context(
            InventoryWriter(path, keywords, roots, reading=READER_VERSION, started_ns=started, cache=cache)
        )
        return write_inventory(
            opened, writer, workers, keywords=keywords, archives=archives, path=path, progress=progress
        )
