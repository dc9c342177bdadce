"""Batches: what a walk meets, with what is known already and what is left to read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from dicommap.inventory import FileRow, HeaderRow, issue_row
from dicommap.scanning.reading import Rows, Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicommap.inventory import InventoryWriter
    from dicommap.model.hierarchy import SourceFile
    from dicommap.sources import Source

FILES_IN_A_BATCH = 500
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
    in_run: bool = False
    """Whether the inventory of before has all of them, and the writer takes them from there."""

    def task(self, source: Source, keywords: tuple[str, ...], prefix: str) -> Task | None:
        """Return what is left to read, or None where all is known."""
        if self.in_run:
            return None
        unread = tuple([(file.path, file.size) for file in self.files if file.path not in self.known])
        return Task(source.opener, keywords, prefix, unread) if unread else None

    def put(self, writer: InventoryWriter, read: Rows | None) -> None:
        """Put the files into an inventory, with what reading gave of those that were read."""
        writer.count(read=len(read.files) if read else 0, unchanged=self.unchanged)
        if self.in_run:
            writer.add_run(len(self.files))
        else:
            writer.add(self.source, self.files, self.rows(read), self.headers)

    def rows(self, read: Rows | None) -> list[FileRow]:
        """Return the rows of all files in order, with those that were read; `headers` gains their headers."""
        if read is None:
            return [self.known[file.path] for file in self.files]
        self.headers.update(read.headers)
        if not self.known:
            return read.files
        rows = iter(read.files)
        return [self.known[file.path] if file.path in self.known else next(rows) for file in self.files]


def batches(source: Source, number: int, writer: InventoryWriter) -> Iterator[Batch]:
    """Yield what a walk over a source meets, batch by batch; what has not changed is taken from scans before."""
    walk = source.walk(without=writer.own_files)
    while files := list(islice(walk, FILES_IN_A_BATCH)):
        if writer.run.extend(number, files):
            yield Batch(number, files, {}, {}, len(files), in_run=True)
            continue
        known: dict[str, FileRow] = {}
        headers: dict[bytes, HeaderRow] = {}
        for previous in writer.previous:
            left = [file for file in files if file.path not in known] if known else files
            known |= previous.take(str(source), left, lambda path: writer.label(number, path), headers)
        unchanged = len(known)
        for file in files:
            if file.disposition is not None:
                issues = tuple(issue_row(one, writer.label(number, file.path)) for one in file.issues)
                known[file.path] = (file.disposition.value, None, None, None, issues)
        yield Batch(number, files, known, headers, unchanged)
