"""scan(): walk sources, read headers, group them into an inventory."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.errors import SourceError, UsageError
from dicommap.inventory import Inventory, InventoryWriter
from dicommap.model.attributes import captured_keywords
from dicommap.progress import Progress, reporting
from dicommap.scanning import AUTO_JOBS, READING, Counting, Workers, batches, in_order, same_content, with_archives
from dicommap.sources import ListedFiles, LocalTree, close_archives

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Executor

    from _typeshed import StrPath

    from dicommap.progress import Asked
    from dicommap.scanning import Batch, Task
    from dicommap.sources import Source

__all__ = ["scan", "AUTO_JOBS"]


def scan(
    *sources: StrPath,
    output: StrPath | None = None,
    attributes: Iterable[str] = (),
    follow_links: bool = False,
    archives: bool = False,
    files: Iterable[StrPath] | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
    cache: bool = True,
    progress: Asked = None,
) -> Inventory:
    """Scan trees of P10 files and return their inventory.

    `output` is the inventory's file; without it the inventory is kept in memory. Where there is one of a scan before,
    or what a scan left that was stopped, files of the same path, size and time of change are taken from it instead of
    being read; with `cache=False` all are read. `attributes` are keywords to capture beside the usual ones.
    `follow_links` is for links to directories. With `archives` the members of ZIP and tar files are files too: of
    `study.zip` the member `IM1` has the path `study.zip!/IM1`. `files` are the paths to scan instead of a walk over
    the one source.

    `jobs` processes read: 1 is this process alone, and 0 as many as there are processors once there is enough to
    read. A script that asks for more than 1 needs `if __name__ == "__main__":` around what it does. `executor` is any
    other `concurrent.futures.Executor`. The inventory is the same whoever reads. `progress` is a function that is
    called with a Progress now and then, or True for a bar and False for none; without it there is a bar where people
    look on: in notebooks, and in interactive Python on a terminal.

    Raises SourceError where a source does not exist or two overlap, AttributeNameError for what cannot be captured,
    InventoryError where the inventory cannot be written or another scan is writing it, and ExecutorError where
    processes or the executor fail; what was read until then the next scan takes up. Wrong data is not raised but in
    `Inventory.issues()`.
    """
    keywords = captured_keywords(tuple(attributes))
    path = None if output is None else Path(output)
    with ExitStack() as stack:
        workers = stack.enter_context(Workers(jobs, executor))
        named = _sources(sources, files, follow_links=follow_links, stack=stack)
        started = time.time_ns()
        roots = [str(source) for source in named]
        writer = InventoryWriter(path, keywords, roots, reading=READING, started_ns=started, cache=cache)
        stack.enter_context(writer)
        stack.callback(close_archives)
        scanned: Sequence[Source] = [with_archives(source, writer) for source in named] if archives else named
        report = stack.enter_context(reporting(progress, "files"))
        counting = None if report is None else stack.enter_context(Counting(scanned))
        results = stack.enter_context(closing(in_order(_tasks(scanned, keywords, writer), workers)))
        done = 0
        for batch, read in results:
            batch.put(writer, read)
            done += len(batch.files)
            if report is not None and counting is not None:
                report(Progress(done, max(done, counting.total), counting.done))
        with same_content(scanned, writer) as same:
            connection = writer.finish(same)
        if report is not None:
            report(Progress(done, done, True))
        return Inventory(connection)


def _tasks(
    sources: Sequence[Source], keywords: tuple[str, ...], writer: InventoryWriter
) -> Iterator[tuple[Batch, Task | None]]:
    for number, source in enumerate(sources):
        for batch in batches(source, number, writer):
            yield batch, batch.task(source, keywords, writer.prefix(number))


def _sources(
    named: Sequence[StrPath], files: Iterable[StrPath] | None, *, follow_links: bool, stack: ExitStack
) -> Sequence[LocalTree | ListedFiles]:
    if not named:
        raise SourceError("No source was named.", fix="Name a directory.")
    trees = [LocalTree(os.fspath(source), follow_links=follow_links) for source in named]
    for index, tree in enumerate(trees):
        if any(tree.overlaps(other) for other in trees[:index]):
            raise SourceError("Two sources overlap, so files would count twice.", fix="Name each tree once.")
    if files is None:
        return trees
    if len(trees) > 1 or isinstance(files, str | bytes | os.PathLike):
        raise UsageError("A list of files is for one source.", fix="Name one source, and the files as a list of paths.")
    return [stack.enter_context(closing(ListedFiles(trees[0], files)))]
