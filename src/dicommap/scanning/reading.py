"""Reading the files of one task: what a worker is given, and what it gives back."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from dicommap.errors import DicommapError, reason_of
from dicommap.inventory import FileRow, HeaderRow, file_row
from dicommap.issues import issue
from dicommap.model.hierarchy import Disposition
from dicommap.model.paths import printable
from dicommap.model.traffic import Traffic
from dicommap.p10 import Header, HeaderReader, Refusal, Wanted
from dicommap.sources import ArchiveError, ObjectError, S3Opener

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.issues import Issue
    from dicommap.p10 import ReadAt
    from dicommap.sources import Opener

    ReadHeader = Callable[[ReadAt, int], Header | Refusal]

READING = 4
"""How headers are read. Raise it when the same bytes give other values: nothing is taken from other inventories."""


class Task(NamedTuple):
    """Some hundred files to read; made to travel between processes."""

    opener: Opener
    keywords: tuple[str, ...]
    prefix: str
    """What findings put before a path."""
    files: tuple[tuple[str, int], ...]
    """Paths and sizes."""


class Rows(NamedTuple):
    """What reading the files of a task gave, in their order."""

    files: list[FileRow]
    headers: dict[bytes, HeaderRow]
    """Each distinct header once, by its digest."""
    traffic: Traffic = Traffic()
    """What went over the network."""


class _Readers(threading.local):
    """A thread's reader of headers: it learns from the files it has read, and no two threads may use it at once."""

    keywords: tuple[str, ...] | None = None
    read: ReadHeader

    def for_keywords(self, keywords: tuple[str, ...]) -> ReadHeader:
        """Return the reader that reads these attributes."""
        if keywords != self.keywords:
            self.read = HeaderReader(Wanted(keywords)).read
            self.keywords = keywords
        return self.read


_readers = _Readers()


def read_files(task: Task) -> Rows:
    """Read the headers of a task's files; what cannot be read has a finding."""
    read_header_of = _readers.for_keywords(task.keywords)
    if isinstance(task.opener, S3Opener):
        return _read_objects(task, task.opener, read_header_of)
    digests: dict[HeaderRow, bytes] = {}
    rows = []
    for path, size in task.files:
        try:
            with task.opener.open(path) as read:
                found = read_header_of(read, size)
        except OSError as error:
            found = Refusal(disposition=Disposition.UNREADABLE, issues=(_unreadable(error),))
        label = task.prefix + printable(path) if found.issues else ""
        rows.append(file_row(found, task.keywords, label, digests))
    return Rows(rows, {digest: row for row, digest in digests.items()})


class Fault(Exception):  # noqa: N818  our own fault, told apart from those of an executor
    """Reading raised what it should not. The text names the kind and the place, and holds no value."""


def work(task: Task) -> Rows:
    """Read a task's files for another process or thread."""
    try:
        return read_files(task)
    except DicommapError:
        raise  # the way to a source is wrong, and it says what to do
    except Exception as error:  # noqa: BLE001  it goes on as a fault of ours, and not as one of the executor
        import traceback  # it takes a while, and is needed only here

        frames = traceback.extract_tb(error.__traceback__)
        raise Fault(f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}") from None


def _read_objects(task: Task, opener: S3Opener, read_header_of: ReadHeader) -> Rows:
    """Read headers of objects, many at once."""
    results, traffic = opener.read_each([path for path, _ in task.files], read_header_of)
    digests: dict[HeaderRow, bytes] = {}
    rows = []
    for (path, _), found in zip(task.files, results, strict=True):
        if isinstance(found, OSError):
            found = Refusal(disposition=Disposition.UNREADABLE, issues=(_unreadable(found),))
        label = task.prefix + printable(path) if found.issues else ""
        rows.append(file_row(found, task.keywords, label, digests))
    return Rows(rows, {digest: row for row, digest in digests.items()}, traffic)


def _unreadable(error: OSError) -> Issue:
    if isinstance(error, ArchiveError | ObjectError):
        return error.found
    return issue("source.unreadable", reason=reason_of(error))
