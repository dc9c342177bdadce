"""Walks over local trees for tests: a simple walk to compare with, and walks that make their calls in threads."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from dicommap.model.source_files import ListedDirectory
from dicommap.model.study import SourceFile
from dicommap.reading.parallel_calls import ParallelCalls
from dicommap.sources.path_reader import PathReader, make_source_file
from dicommap.sources.system_calls import SYSTEM_CALLS, SystemCalls
from dicommap.sources.tree_walk import TreeWalk

Row = tuple[str, int, int, str, tuple[str, ...]]
"""The path, size and time of a file, its disposition, and the codes of its issues."""


def make_row(file: SourceFile) -> Row:
    """Return what a test compares of a file."""
    disposition = "" if file.disposition is None else file.disposition.value
    return file.path, file.size, file.mtime_ns, disposition, tuple(issue.code for issue in file.issues)


def walk_one_by_one(root: str, *, follow_links: bool = False) -> Iterator[Row]:
    """Yield the rows of a tree: one call after the other, by recursion."""

    def walk(path: str, above: tuple[tuple[int, int], ...]) -> Iterator[Row]:
        full = os.path.join(root, path)
        try:
            status = os.stat(full)
        except OSError:
            is_broken = os.path.islink(full)
            code = "source.broken-link" if is_broken else "source.unreadable"
            yield path, 0, 0, "link" if is_broken else "unreadable", (code,)
            return
        if not stat.S_ISDIR(status.st_mode):
            yield make_row(make_source_file(path, status))
            return
        if path and not follow_links and os.path.islink(full):
            yield path, 0, 0, "link", ("source.link-not-followed",)
            return
        identity = status.st_dev, status.st_ino
        if identity in above:
            yield path, 0, 0, "link", ("source.link-loop",)
            return
        for name in sorted(os.listdir(full), key=os.fsencode):
            yield from walk(f"{path}/{name}" if path else name, (*above, identity))

    return walk("", ())


def waiting_calls(threads: int, *, kept: int = 128) -> ParallelCalls:
    """Return an object that measures every call to wait, so that it uses threads from the beginning."""
    seconds, waits = count(), count()
    return ParallelCalls(threads, kept=kept, elapsed=lambda: float(next(seconds)), count_waits=lambda: next(waits))


def make_walk(
    root: Path | str,
    *,
    threads: int = 1,
    kept: int = 128,
    follow_links: bool = False,
    system: SystemCalls = SYSTEM_CALLS,
) -> TreeWalk:
    """Return a walk over a tree that makes its calls in this number of threads."""
    reader = PathReader(system, os.path.join(root, ""), follow_links=follow_links)
    return TreeWalk(reader, lambda path, identity: None, waiting_calls(threads, kept=kept))


def walk_in_threads(
    root: Path | str,
    *,
    threads: int = 1,
    kept: int = 128,
    follow_links: bool = False,
    system: SystemCalls = SYSTEM_CALLS,
) -> list[Row]:
    """Return the rows of a tree, from a walk that makes its calls in this number of threads."""
    walk = make_walk(root, threads=threads, kept=kept, follow_links=follow_links, system=system)
    return [make_row(file) for file in walk.walk("") if not isinstance(file, ListedDirectory)]
