"""The class ReadTask: a few hundred files for one worker, which reads them and returns their inventory rows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from dicommap.dicom.member_names import mask_unknown_type
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import DicommapError
from dicommap.inventory.rows import FileRow, HeaderRow, make_file_row
from dicommap.p10 import HeaderReader, WantedAttributes
from dicommap.reading.parallel_calls import MAX_KEPT, MAX_THREADS, ParallelCalls
from dicommap.sources.source import NO_TRAFFIC

if TYPE_CHECKING:
    from dicommap.model.source_files import NetworkTraffic
    from dicommap.p10 import Header, RejectedFile
    from dicommap.sources import Opener
    from dicommap.sources.source import ReadHeader

READER_VERSION = 4
"""The version of the code that reads headers. Increase it if the same bytes give other values than before.

A scan does not reuse the rows of an inventory with another version.
"""

MAX_KEPT_BYTES = 40 * 2**20
"""The maximum size of all values in the headers that wait in a worker. A header waits while an earlier file is read."""

MAX_ROW_CHARACTERS = 2**22
"""A worker stops a task when its rows have more characters than this. The rows of 500 ordinary files have 100,000."""


class ReadTask(NamedTuple):
    """A few hundred files to read. The task is pickled and sent to a worker process."""

    opener: Opener
    keywords: tuple[str, ...]
    """The attributes to capture."""
    prefix: str
    """The text before each path in the locations of issues. It names the source if there are several sources."""
    files: tuple[tuple[str, int], ...]
    """The path and the number of bytes of each file."""
    in_flight: int = MAX_THREADS
    """The maximum number of files that the worker reads at the same time."""


class TaskRows(NamedTuple):
    """The inventory rows of a task's files, in order. Rows of the last files may be missing: see `read_files`."""

    files: list[FileRow]
    headers: dict[bytes, HeaderRow]
    """Digest -> header, for each different header."""
    traffic: NetworkTraffic = NO_TRAFFIC


class _ThreadReader(threading.local):
    """The header reader of the current thread, and the threads that read files for it."""

    settings: tuple[tuple[str, ...], int] | None = None
    read: ReadHeader
    calls: ParallelCalls | None = None

    def prepare_for_task(self, task: ReadTask) -> ParallelCalls:
        """Make a reader for the task's attributes. If the task before had the same attributes, keep its reader.

        Returns:
            The object that calls the reader for many files at the same time.
        """
        settings = task.keywords, task.in_flight
        if self.calls is not None and settings == self.settings:
            return self.calls
        self.close()
        wanted = WantedAttributes(task.keywords)
        self.read = HeaderReader(wanted).read
        kept = min(max(MAX_KEPT, 2 * task.in_flight), MAX_KEPT_BYTES // sum(wanted.limits.values()))
        self.calls = ParallelCalls(task.in_flight, kept=kept)
        self.settings = settings
        return self.calls

    def close(self) -> None:
        """End the threads that read files for this thread."""
        if self.calls is not None:
            self.calls.close()


_reader = _ThreadReader()


def uses_threads() -> bool:
    """Return whether this thread reads files in other threads now, because calls were measured to wait for storage."""
    return _reader.calls is not None and _reader.calls.thread_count > 0


def close_reader() -> None:
    """End the threads that read files for the tasks of this thread."""
    _reader.close()


def read_files(task: ReadTask) -> TaskRows:
    """Read the headers of a task's files, and return their rows. If a file cannot be read, its row has an issue.

    At least one file is read. If the rows have more than MAX_ROW_CHARACTERS characters, reading stops, and the result
    has no rows for the last files.
    """
    calls = _reader.prepare_for_task(task)
    rows, traffic = _RowBuilder(task), NO_TRAFFIC
    headers = task.opener.read_headers(task.files, _reader.read, calls)
    for (path, _), (header, file_traffic) in zip(task.files, headers, strict=False):
        if file_traffic is not NO_TRAFFIC:
            traffic = traffic.plus(file_traffic)
        if rows.add_row(path, header) > MAX_ROW_CHARACTERS:
            break
    return rows.build_task_rows(traffic)


class _RowBuilder:
    """A builder of the inventory rows of a task's files. It counts the characters of the rows."""

    def __init__(self, task: ReadTask) -> None:
        self._task = task
        self._files: list[FileRow] = []
        self._digests: dict[HeaderRow, bytes] = {}
        self._characters = 0

    def add_row(self, path: str, header: Header | RejectedFile) -> int:
        """Add the row of the file at `path`. Return the number of characters of all rows so far."""
        label = self._task.prefix + make_printable(path) if header.issues else ""
        headers = len(self._digests)
        row = make_file_row(header, self._task.keywords, label, self._digests)
        self._files.append(row)
        _, _, instance, number, issues = row
        self._characters += len(instance or "") + len(number or "")
        if len(self._digests) > headers:
            self._characters += sum(len(value) for value in next(reversed(self._digests)) if value)
        for _, _, location, message in issues:
            self._characters += len(location) + len(message)
        return self._characters

    def build_task_rows(self, traffic: NetworkTraffic) -> TaskRows:
        """Return the rows of the added files, with the network traffic of reading them."""
        return TaskRows(self._files, {digest: row for row, digest in self._digests.items()}, traffic)


class WorkerError(Exception):
    """Raised for a bug in the code that reads files. Its text has the type and line of the exception, but no values."""


def run_task(task: ReadTask) -> TaskRows:
    """Read a task's files in a worker process or thread, and return their rows.

    Raises:
        DicommapError: The whole source cannot be read.
        WorkerError: Another exception occurred. Its text is left out, because it may contain patient values.
    """
    try:
        return read_files(task)
    except DicommapError:
        raise
    except Exception as error:  # noqa: BLE001  a failure of the executor has another type than WorkerError
        import traceback  # This module is slow to import and rarely needed.

        frames = traceback.extract_tb(error.__traceback__)
        raise WorkerError(f"{mask_unknown_type(type(error))} at {frames[-1].filename}:{frames[-1].lineno}") from None
