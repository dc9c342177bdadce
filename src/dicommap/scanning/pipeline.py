"""The scan pipeline: walk sources in batches, read what has changed, and write the inventory."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from dicommap.inventory import FileRow, HeaderRow, IssueRow, make_issue_row
from dicommap.scanning.tasks import ReadTask, TaskRows
from dicommap.sources import ArchiveSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from dicommap.inventory import InventoryWriter, PreviousScan
    from dicommap.model.study import SourceFile
    from dicommap.sources import FileList, LocalTree, Source


FILES_PER_BATCH = 500
"""Enough that sending a task costs little for each file, and few enough that a worker's loss costs little work."""


@dataclass(slots=True)
class Batch:
    """Files of one source that follow each other on the walk."""

    source: int
    files: Sequence[SourceFile]
    known: dict[str, FileRow]
    """Rows by path, of files that need no reading."""
    headers: dict[bytes, HeaderRow]
    unchanged: int
    """How many of the files are as a scan before has them."""
    noted: Mapping[str, tuple[IssueRow, ...]] = field(default_factory=dict)
    """Findings of the walk by path, of files that are read all the same."""
    in_run: bool = False
    """Whether the inventory of before has all of them, and the writer takes them from there."""

    def task(self, source: Source, keywords: tuple[str, ...], prefix: str) -> ReadTask | None:
        """Return what is left to read, or None where all is known."""
        if self.in_run:
            return None
        unread = [file for file in self.files if file.path not in self.known]
        if not unread:
            return None
        opener = source.opener.for_files(unread)
        return ReadTask(opener, keywords, prefix, tuple([(file.path, file.size) for file in unread]))

    def split(self, count: int) -> tuple[Self, Self]:
        """Return a batch that ends behind the first `count` of the files that are left to read, and the rest."""
        unread = [place for place, file in enumerate(self.files) if file.path not in self.known]
        place = unread[count]
        first = replace(self, files=self.files[:place], headers=dict(self.headers), unchanged=0)
        return first, replace(self, files=self.files[place:])

    def put(self, writer: InventoryWriter, read: TaskRows | None) -> None:
        """Put the files into an inventory, with what reading gave of those that were read."""
        writer.count(read=len(read.files) if read else 0, unchanged=self.unchanged)
        if read is not None:
            writer.count_traffic(read.traffic)
        if self.in_run:
            writer.add_unchanged(len(self.files))
        else:
            writer.add(self.source, self.files, self.rows(read), self.headers)

    def rows(self, read: TaskRows | None) -> list[FileRow]:
        """Return the rows of all files in order, with those that were read; `headers` gains their headers."""
        found = self._found(read)
        if not self.noted:
            return found
        return [
            (*row[:4], (*self.noted.get(file.path, ()), *row[4])) for file, row in zip(self.files, found, strict=True)
        ]

    def _found(self, read: TaskRows | None) -> list[FileRow]:
        if read is None:
            return [self.known[file.path] for file in self.files]
        self.headers.update(read.headers)
        if not self.known:
            return read.files
        rows = iter(read.files)
        return [self.known[file.path] if file.path in self.known else next(rows) for file in self.files]


def walk_in_batches(source: Source, number: int, writer: InventoryWriter) -> Iterator[Batch]:
    """Yield what a walk over a source meets, batch by batch; what has not changed is taken from scans before."""
    walk = source.walk(without=writer.own_files)
    while files := list(islice(walk, FILES_PER_BATCH)):
        if writer.run.extend(number, files):
            yield Batch(number, files, {}, {}, len(files), in_run=True)
            continue
        known: dict[str, FileRow] = {}
        headers: dict[bytes, HeaderRow] = {}
        for previous in writer.previous:
            left = [file for file in files if file.path not in known] if known else files
            known |= previous.take(
                str(source),
                _files_of_unchanged_archives(previous, str(source), left),
                lambda path: writer.label(number, path),
                headers,
            )
        unchanged = len(known)
        noted: dict[str, tuple[IssueRow, ...]] = {}
        for file in files:
            if file.issues:
                noted[file.path] = tuple(make_issue_row(one, writer.label(number, file.path)) for one in file.issues)
            if file.disposition is not None:
                known[file.path] = (file.disposition.value, None, None, None, ())
        yield Batch(number, files, known, headers, unchanged, noted)


def enter_archives(source: LocalTree | FileList, writer: InventoryWriter) -> ArchiveSource:
    """Return the source with its archives entered; what scans before know of them is not unpacked again."""

    def before(archive: SourceFile) -> list[tuple[str, int]] | None:
        found = (previous.members(str(source), archive) for previous in writer.previous)
        return next((members for members in found if members is not None), None)

    return ArchiveSource(source, before)


def _files_of_unchanged_archives(
    previous: PreviousScan, root: str, files: Sequence[SourceFile]
) -> Sequence[SourceFile]:
    """Return the files without those whose archive is another now: a member's size and time do not tell that."""
    archives = {file.archive.path: file.archive for file in files if file.archive is not None}
    changed = {path for path, archive in archives.items() if not previous.has_unchanged_archive(root, archive)}
    if not changed:
        return files
    return [file for file in files if file.archive is None or file.archive.path not in changed]


class FileCounter:
    """Counts the paths of sources in a thread of its own, as long as the context lasts."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.total = 0
        """How many were counted so far."""
        self.done = False
        """Whether all were."""
        self._sources = sources
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._count, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _count(self) -> None:
        for source in self._sources:
            for number in source.count():
                if self._stopped.is_set():
                    return
                self.total += number
        self.done = True
