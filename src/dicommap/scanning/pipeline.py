"""The scan pipeline: walk over sources in batches, read the files that have changed, and write the inventory.

A batch is a list of consecutive files of a walk. For its unchanged files, the rows of an earlier scan are used. For its
other files, there is a read task. Workers run the tasks in any order, but batches are written in the order of the walk.
After the last batch, files with the same SOP Instance UID are compared, and the inventory is finished.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from dicommap.errors import SourceError
from dicommap.inventory import Inventory
from dicommap.inventory.directories import find_known_directory, find_known_image_set
from dicommap.inventory.overwrite_check import has_files_of_source
from dicommap.inventory.rows import FileRow, HeaderRow, IssueRow, make_issue_row
from dicommap.model.study import SourceFile
from dicommap.progress import Progress, progress_reporter
from dicommap.scanning.duplicates import open_content_comparer
from dicommap.scanning.task_runner import run_in_order
from dicommap.scanning.tasks import ReadTask, TaskRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from dicommap.inventory.previous_scan import PreviousScan
    from dicommap.inventory.writer import InventoryWriter
    from dicommap.model.source_files import ListedDirectory
    from dicommap.progress import ProgressOption
    from dicommap.scanning.task_runner import TaskRunner
    from dicommap.sources import Source

_JOIN_SECONDS = 1.0
"""Seconds to wait for the end of the thread that counts files. If a call hangs, the thread ends after that call."""

FILES_PER_BATCH = 500
"""The number of files in a batch. With more files, more work is lost if a worker is killed.

With fewer files, sending tasks to workers costs more time per file.
"""

MIN_FILES_PER_BATCH = 25
"""The number of files in the first batch if several processes read. Later batches have more, up to FILES_PER_BATCH."""


def scan_sources(
    sources: Sequence[Source],
    writer: InventoryWriter,
    runner: TaskRunner,
    *,
    keywords: tuple[str, ...],
    in_flight: int,
    archives: bool,
    path: Path | None,
    progress: ProgressOption,
    trust_directories: bool = False,
) -> Inventory:
    """Scan sources, and return the finished inventory.

    Args:
        sources: The sources, in the order of the writer's roots.
        writer: The writer of the inventory. It has the results of earlier scans.
        runner: The runner of the tasks that read files.
        keywords: The attributes to capture.
        in_flight: The maximum number of files that a worker reads at the same time.
        archives: Whether to scan the members of archives.
        path: The path of the earlier inventory, or None. A source without files is an error if that inventory has files
            of it.
        progress: Whether and how to report progress.
        trust_directories: Whether the files of a directory that has not changed since the last complete scan are taken
            from its inventory, and not looked at.

    Raises:
        SourceError: A source was unmounted, removed, replaced or emptied.
        AwsError: S3 denies access or cannot be reached.
        ExecutorError: Worker processes or the executor failed.
    """
    with ExitStack() as stack:
        if archives:
            sources = [stack.enter_context(closing(_make_source_with_archives(source, writer))) for source in sources]
        report = stack.enter_context(progress_reporter(progress, "files"))
        counter = None if report is None else stack.enter_context(FileCounter(sources))
        tasks = _make_batches_with_tasks(
            sources, keywords, writer, in_flight, runner.sharing_processes, trust_directories=trust_directories
        )
        results = stack.enter_context(closing(run_in_order(tasks, runner)))
        done, counts = 0, [0] * len(sources)
        for batch, rows in results:
            batch.write_rows(writer, rows)
            done += len(batch.files)
            counts[batch.source] += len(batch.files)
            if report is not None and counter is not None:
                report(Progress(done, max(done, counter.total), counter.is_done))
        for source in sources:
            writer.add_traffic(source.traffic())
        _require_no_vanished_source(sources, counts, path)
        with open_content_comparer(sources, writer) as has_same_content:
            connection = writer.finish(has_same_content)
        if report is not None:
            report(Progress(done, done, True))
        return Inventory.from_connection(connection)


def _make_source_with_archives(source: Source, writer: InventoryWriter) -> Source:
    """Return a source that yields the files of `source` and the members of its archives.

    An archive that is unchanged since an earlier scan is not opened: its members are in the earlier inventory.
    """

    def find_known_members(archive: SourceFile) -> list[tuple[str, int]] | None:
        members = (previous.find_unchanged_archive_members(source.root, archive) for previous in writer.previous)
        return next((member_list for member_list in members if member_list is not None), None)

    return source.with_archives(find_known_members)


def _make_batches_with_tasks(
    sources: Sequence[Source],
    keywords: tuple[str, ...],
    writer: InventoryWriter,
    in_flight: int,
    sharing_processes: int,
    *,
    trust_directories: bool,
) -> Iterator[tuple[Batch, ReadTask | None]]:
    """Yield the batches of all sources, each with its read task. The task is None if no file must be read."""
    for number, source in enumerate(sources):
        for batch in walk_in_batches(source, number, writer, sharing_processes, trust_directories=trust_directories):
            task = batch.make_task(source, keywords, writer.make_path_prefix(number))
            yield batch, None if task is None else task._replace(in_flight=in_flight)


def _require_no_vanished_source(sources: Sequence[Source], counts: Sequence[int], path: Path | None) -> None:
    """Raise SourceError if a source was removed, or if it is empty and the inventory at `path` has files of it.

    `counts` has the number of files of each source.
    """
    for source, count in zip(sources, counts, strict=True):
        source.require_unchanged()
        if not count and path is not None and has_files_of_source(path, source.root):
            raise SourceError(
                f"The source {source.root} has no files now, and the previous inventory has files of it.",
                fix="Check that it is mounted. If it is meant to be empty, remove the inventory first. "
                "The previous inventory is kept.",
            )


def walk_in_batches(
    source: Source, number: int, writer: InventoryWriter, sharing_processes: int = 1, *, trust_directories: bool = False
) -> Iterator[Batch]:
    """Yield the files of a source in batches, with the rows of files that have not changed since an earlier scan.

    Args:
        source: The source.
        number: The number of the source in the inventory.
        writer: The writer of the inventory. It has the results of earlier scans. The files that the writer makes are
            not part of the walk.
        sharing_processes: The number of processes among which the batches are divided.
        trust_directories: Whether directories that have not changed are not listed: see `scan_sources`.
    """
    find_known = None
    if source.directories_have_versions:
        find_known = partial(find_known_image_set, writer.previous, source.root)
    elif trust_directories:
        find_known = partial(find_known_directory, writer.previous, source.root)
    walk, done = source.walk_with_directories(exclude=writer.own_files, find_known=find_known), 0
    while files := _take_next_files(walk, number, writer, choose_batch_size(done, sharing_processes)):
        done += len(files)
        if writer.unchanged_run.extend(number, files):
            yield Batch(number, files, {}, {}, len(files), is_unchanged=True)
            continue
        known: dict[str, FileRow] = {}
        headers: dict[bytes, HeaderRow] = {}
        for previous in writer.previous:
            left = [file for file in files if file.path not in known] if known else files
            known |= previous.find_unchanged_rows(
                source.root,
                _leave_out_members_of_changed_archives(previous, source.root, left),
                lambda path: writer.make_path_label(number, path),
                headers,
            )
        unchanged = len(known)
        walk_issues: dict[str, tuple[IssueRow, ...]] = {}
        for file in files:
            if file.issues:
                label = writer.make_path_label(number, file.path)
                walk_issues[file.path] = tuple(make_issue_row(issue, label) for issue in file.issues)
            if file.disposition is not None:
                known[file.path] = (file.disposition.value, None, None, None, ())
        yield Batch(number, files, known, headers, unchanged, walk_issues)


def _take_next_files(
    walk: Iterator[SourceFile | ListedDirectory], number: int, writer: InventoryWriter, count: int
) -> list[SourceFile]:
    """Return the next files of a walk, at most `count`. Add the directories between them to the new inventory."""
    files: list[SourceFile] = []
    for item in walk:
        if not isinstance(item, SourceFile):
            writer.add_directories(number, (item,))
            continue
        files.append(item)
        if len(files) == count:
            break
    return files


def choose_batch_size(done: int, sharing_processes: int) -> int:
    """Return the number of files in the next batch, so that a small tree is shared by all processes.

    Args:
        done: The number of files in the batches so far.
        sharing_processes: The number of processes among which the batches are divided.

    """
    if sharing_processes == 1:
        return FILES_PER_BATCH
    return min(FILES_PER_BATCH, max(MIN_FILES_PER_BATCH, done // (2 * sharing_processes)))


def _leave_out_members_of_changed_archives(
    previous: PreviousScan, root: str, files: Sequence[SourceFile]
) -> Sequence[SourceFile]:
    """Return `files` without the members of archives that have changed since the previous scan.

    These members must be read again, because a member may keep its size and time when its archive changes.
    """
    archives = {file.archive.path: file.archive for file in files if file.archive is not None}
    changed = {path for path, archive in archives.items() if not previous.has_unchanged_archive(root, archive)}
    if not changed:
        return files
    return [file for file in files if file.archive is None or file.archive.path not in changed]


@dataclass(slots=True)
class Batch:
    """Consecutive files of a walk over a source, with the inventory rows of the files that need not be read."""

    source: int
    """The index of the batch's source in the scan."""
    files: Sequence[SourceFile]
    known_rows: dict[str, FileRow]
    """Path -> inventory row, for each file that need not be read."""
    headers: dict[bytes, HeaderRow]
    """Digest -> header row, for each digest in `known_rows`. `make_rows` adds the headers of files that were read."""
    unchanged: int
    """The number of files that have not changed since an earlier scan."""
    walk_issues: Mapping[str, tuple[IssueRow, ...]] = field(default_factory=dict)
    """Path -> rows of the issues that the walk found for this file."""
    is_unchanged: bool = False
    """Whether all files are unchanged. If so, the writer copies their rows from the previous inventory."""

    def make_task(self, source: Source, keywords: tuple[str, ...], prefix: str) -> ReadTask | None:
        """Return the task that reads the files without a known row. Return None if there are no such files.

        Args:
            source: The source of the files.
            keywords: The attributes to capture.
            prefix: The text before each path in the locations of issues.
        """
        if self.is_unchanged:
            return None
        unread = [file for file in self.files if file.path not in self.known_rows]
        if not unread:
            return None
        opener = source.opener.for_files(unread)
        return ReadTask(opener, keywords, prefix, tuple([(file.path, file.size) for file in unread]))

    def split(self, count: int) -> tuple[Self, Self]:
        """Return two batches. The task of the first one reads the first `count` files of this batch's task."""
        unread = [index for index, file in enumerate(self.files) if file.path not in self.known_rows]
        end = unread[count]
        first = replace(self, files=self.files[:end], headers=dict(self.headers), unchanged=0)
        return first, replace(self, files=self.files[end:])

    def write_rows(self, writer: InventoryWriter, read: TaskRows | None) -> None:
        """Write the rows of all files of the batch into the inventory.

        `read` has the rows that the batch's task returned. It is None if the batch has no task.
        """
        writer.add_counts(read=len(read.files) if read else 0, unchanged=self.unchanged)
        if read is not None:
            writer.add_traffic(read.traffic)
        if self.is_unchanged:
            writer.add_unchanged_files(len(self.files))
        else:
            writer.add_batch(self.source, self.files, self.make_rows(read), self.headers)

    def make_rows(self, read: TaskRows | None) -> list[FileRow]:
        """Return the inventory rows of all files of the batch, in order. Add the headers in `read` to `headers`."""
        rows = self._merge_rows(read)
        if not self.walk_issues:
            return rows
        return [
            (*row[:4], (*self.walk_issues.get(file.path, ()), *row[4]))
            for file, row in zip(self.files, rows, strict=True)
        ]

    def _merge_rows(self, read: TaskRows | None) -> list[FileRow]:
        """Return the inventory rows of all files of the batch, in order: known rows, and rows that the task read."""
        if read is None:
            return [self.known_rows[file.path] for file in self.files]
        self.headers.update(read.headers)
        if not self.known_rows:
            return read.files
        rows = iter(read.files)
        return [self.known_rows[file.path] if file.path in self.known_rows else next(rows) for file in self.files]


class FileCounter:
    """A context manager that counts the files of sources in a thread. The progress bar needs their total number."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.total = 0
        """The number of files that were counted so far."""
        self.is_done = False
        """Whether all files have been counted."""
        self._sources = sources
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._count_files, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join(_JOIN_SECONDS)

    def _count_files(self) -> None:
        """Count the files of all sources for the progress bar."""
        for source in self._sources:
            for number in source.count():
                if self._stopped.is_set():
                    return
                self.total += number
        self.is_done = True
