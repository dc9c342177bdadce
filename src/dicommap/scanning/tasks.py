"""Read tasks: some hundred files for one worker, and the inventory rows that reading them gives."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from dicommap.dicom.member_names import mask_unknown_type
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import DicommapError, os_error_reason
from dicommap.inventory import FileRow, HeaderRow, make_file_row
from dicommap.issues import make_issue
from dicommap.model.source_files import NetworkTraffic
from dicommap.model.study import Disposition
from dicommap.p10 import Header, HeaderReader, RejectedFile, WantedAttributes
from dicommap.sources import ArchiveError, ObjectError, S3Opener

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.issues import Issue
    from dicommap.p10 import ReadAt
    from dicommap.sources import Opener

    ReadHeader = Callable[[ReadAt, int], Header | RejectedFile]

READER_VERSION = 4
"""How headers are read. Raise it when the same bytes give other values: nothing is taken from other inventories."""


MAX_ROW_CHARACTERS = 2**22
"""Characters of the rows that a worker gives back at once; the rows of 500 ordinary files have some 100,000."""

MAX_OBJECT_BYTES = 40 * 2**20
"""Bytes of values that objects read at once may have: 500 objects, if the usual attributes are captured."""


class ReadTask(NamedTuple):
    """Some hundred files to read; made to travel between processes."""

    opener: Opener
    keywords: tuple[str, ...]
    prefix: str
    """What findings put before a path."""
    files: tuple[tuple[str, int], ...]
    """Paths and sizes."""


class TaskRows(NamedTuple):
    """What reading the files of a task gave, in their order; those at its end may be left out, see `read_files`."""

    files: list[FileRow]
    headers: dict[bytes, HeaderRow]
    """Each distinct header once, by its digest."""
    traffic: NetworkTraffic = NetworkTraffic()
    """What went over the network."""


class _ThreadReader(threading.local):
    """A thread's reader of headers: it learns from the files it has read, and no two threads may use it at once."""

    keywords: tuple[str, ...] | None = None
    read: ReadHeader

    def for_keywords(self, keywords: tuple[str, ...]) -> ReadHeader:
        """Return the reader that reads these attributes."""
        if keywords != self.keywords:
            self.read = HeaderReader(WantedAttributes(keywords)).read
            self.keywords = keywords
        return self.read


_readers = _ThreadReader()


def read_files(task: ReadTask) -> TaskRows:
    """Read the headers of a task's files; what cannot be read has an issue.

    The rows end before the task does if they hold more characters than ROWS_LIMIT; at least one file is read.
    """
    read_header_of = _readers.for_keywords(task.keywords)
    if isinstance(task.opener, S3Opener):
        return _read_objects(task, task.opener, read_header_of)
    made = _RowBuilder(task)
    for path, size in task.files:
        try:
            with task.opener.open(path) as read:
                found = read_header_of(read, size)
        except OSError as error:
            found = RejectedFile(disposition=Disposition.UNREADABLE, issues=(_unreadable_issue(error),))
        if made.add(path, found) > MAX_ROW_CHARACTERS:
            break
    return made.rows()


class _RowBuilder:
    """The rows of a task's files, and how many characters they hold."""

    def __init__(self, task: ReadTask) -> None:
        self._task = task
        self._files: list[FileRow] = []
        self._digests: dict[HeaderRow, bytes] = {}
        self._characters = 0

    def add(self, path: str, found: Header | RejectedFile) -> int:
        """Add a file; return how many characters all rows hold."""
        label = self._task.prefix + make_printable(path) if found.issues else ""
        headers = len(self._digests)
        row = make_file_row(found, self._task.keywords, label, self._digests)
        self._files.append(row)
        _, _, instance, number, issues = row
        self._characters += len(instance or "") + len(number or "")
        if len(self._digests) > headers:
            self._characters += sum(len(value) for value in next(reversed(self._digests)) if value)
        for _, _, location, message in issues:
            self._characters += len(location) + len(message)
        return self._characters

    def rows(self, traffic: NetworkTraffic = NetworkTraffic()) -> TaskRows:  # noqa: B008  a tuple of numbers
        """Return what was added."""
        return TaskRows(self._files, {digest: row for row, digest in self._digests.items()}, traffic)


class WorkerError(Exception):
    """Reading raised what it should not. The text names the kind and the place, and holds no value."""


def run_task(task: ReadTask) -> TaskRows:
    """Read a task's files for another process or thread."""
    try:
        return read_files(task)
    except DicommapError:
        raise  # the way to a source is wrong, and it says what to do
    except Exception as error:  # noqa: BLE001  it goes on as a fault of ours, and not as one of the executor
        import traceback  # it takes a while, and is needed only here

        frames = traceback.extract_tb(error.__traceback__)
        raise WorkerError(f"{mask_unknown_type(type(error))} at {frames[-1].filename}:{frames[-1].lineno}") from None


def _read_objects(task: ReadTask, opener: S3Opener, read_header_of: ReadHeader) -> TaskRows:
    """Read headers of objects: as many at once as the longest values that they can have leave room for."""
    made, traffic = _RowBuilder(task), NetworkTraffic()
    at_once = max(1, MAX_OBJECT_BYTES // sum(WantedAttributes(task.keywords).limits.values()))
    for start in range(0, len(task.files), at_once):
        paths = [path for path, _ in task.files[start : start + at_once]]
        results, used = opener.read_headers(paths, read_header_of)
        traffic = traffic.plus(used)
        characters = 0
        for path, found in zip(paths, results, strict=True):
            if isinstance(found, OSError):
                found = RejectedFile(disposition=Disposition.UNREADABLE, issues=(_unreadable_issue(found),))
            characters = made.add(path, found)
        if characters > MAX_ROW_CHARACTERS:
            break
    return made.rows(traffic)


def _unreadable_issue(error: OSError) -> Issue:
    if isinstance(error, ArchiveError | ObjectError):
        return error.found
    return make_issue("source.unreadable", reason=os_error_reason(error))
