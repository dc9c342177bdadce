"""The opener of S3 objects. It opens single objects, and reads the headers of many objects with parallel requests."""

from __future__ import annotations

import os
from collections import deque
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, TypeVar

from dicommap.errors import AwsError
from dicommap.issues.wording import format_count
from dicommap.model.source_files import NetworkTraffic
from dicommap.sources.s3.range_requests import ByteRange, get_range_reader
from dicommap.sources.s3.s3_errors import ObjectError
from dicommap.sources.source import Opener, reject_unreadable_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import ThreadPoolExecutor
    from contextlib import AbstractContextManager
    from queue import SimpleQueue

    from dicommap.model.study import SourceFile
    from dicommap.p10 import ReadAt
    from dicommap.sources.s3.range_requests import RangeReader
    from dicommap.sources.s3.s3_connection import S3Connection
    from dicommap.sources.source import HeaderBatch, ReadHeader

MAX_REQUESTS = 64
"""The maximum number of parallel requests of one process. S3 needs tens of milliseconds for each answer."""

MAX_REQUESTS_NEARBY = 16
"""The maximum number of parallel requests to a server on the local network (see NEARBY_SECONDS).

More threads would waste a fifth of the CPU time.
"""

MAX_BATCH_BYTES = 40 * 2**20
"""The maximum size of all values in one batch: 500 objects, if only the default attributes are captured."""

_MAX_REREADS = 3
"""The maximum number of answers from S3 after which the reading of one header starts again from its first byte.

If still more bytes are needed, the calling thread requests them while it reads.
"""

_MAX_UNANSWERED = 8
"""AwsError is raised if S3 gives no answer for this number of objects in a row: S3 or the network has failed."""

_Result = TypeVar("_Result")

_State = tuple[int, str]
"""The size and the ETag of an object."""


class S3Opener(Opener):
    """An opener of the objects below a prefix. Reading an object that changed after its listing raises ObjectError."""

    def __init__(self, connection: S3Connection, prefix: str, listed: Mapping[str, _State] | None = None) -> None:
        """Make an opener.

        Args:
            connection: The connection to the bucket.
            prefix: The prefix. Paths of objects are relative to it.
            listed: Path -> size in bytes and ETag, for each object that can be opened.

        """
        self._connection = connection
        self._prefix = prefix
        self._listed = listed or {}

    def for_files(self, files: Sequence[SourceFile]) -> S3Opener:
        """Return an opener for listed objects. It expects each object to have the size and ETag of the listing."""
        return S3Opener(self._connection, self._prefix, {file.path: (file.size, file.etag) for file in files})

    @contextmanager
    def open(self, path: str) -> Iterator[ReadAt]:
        """Open one of the objects given to `for_files`. The function that reads it raises OSError or AwsError."""
        yield self._make_partial_object(path).read_blocking

    def open_listed(self, file: SourceFile) -> AbstractContextManager[ReadAt]:
        """Open a listed object. Reading it raises ObjectError if its size or ETag is not that of the listing."""
        return self.for_files([file]).open(file.path)

    def read_headers(
        self, files: Sequence[tuple[str, int]], read_header: ReadHeader, *, max_header_bytes: int
    ) -> Iterator[HeaderBatch]:
        """Yield batches of headers. The objects of a batch are read in parallel. The memory of a batch is bounded.

        Raises:
            AwsError: An error affects all objects, for example if S3 cannot be reached.
        """
        count = max(1, MAX_BATCH_BYTES // max_header_bytes)
        for start in range(0, len(files), count):
            results, traffic = self.read_parallel([path for path, _ in files[start : start + count]], read_header)
            yield (
                [reject_unreadable_file(result) if isinstance(result, ObjectError) else result for result in results],
                traffic,
            )

    def read_parallel(
        self, paths: Iterable[str], read: Callable[[ReadAt, int], _Result]
    ) -> tuple[list[_Result | ObjectError], NetworkTraffic]:
        """Call `read` for each object in the calling thread, while other threads request bytes of the objects.

        Args:
            paths: The paths of the objects.
            read: A function that takes a function for reading the object, and the object's size. If it needs bytes that
                have not been requested yet, they are requested, and `read` is called again from the start.

        Returns:
            The results of `read`, or errors, in the order of the paths; and the network traffic.

        Raises:
            AwsError: An error affects all objects, for example if S3 cannot be reached.
        """
        objects = [self._make_partial_object(path) for path in paths]
        return _ParallelRead(get_range_reader(self._connection), objects, read).read_all()

    def _make_partial_object(self, path: str) -> _PartialObject:
        return _PartialObject(self._connection, self._prefix + path, *self._listed[path])


class _MoreBytesNeeded(Exception):  # noqa: N818  not an error: it interrupts the reader of a header
    """Raised if the reader of a header needs bytes that have not been received yet."""

    def __init__(self, offset: int, length: int) -> None:
        super().__init__(offset, length)
        self.begin, self.end = offset, offset + length


class _PartialObject:
    """An object in S3, with the byte ranges that have been received so far."""

    def __init__(self, connection: S3Connection, key: str, size: int, etag: str) -> None:
        self.key, self.size, self.etag = key, size, etag
        self._connection = connection
        self.parts: list[ByteRange] = []
        self.requests = self.received = 0
        self.wanted: tuple[int, int] | None = None
        """The offsets of the bytes to request next. None before the first request."""

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`. Raises _MoreBytesNeeded if they have not been received."""
        for part in self.parts:
            if part.has_range(offset, length, self.size):
                return part.get(offset, length)
        raise _MoreBytesNeeded(offset, min(length, self.size - offset))

    def read_blocking(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, and request them if necessary.

        Only the first and the last range are kept.
        """
        try:
            return self.read(offset, length)
        except _MoreBytesNeeded as needed:
            if needed.end <= needed.begin:
                return b""
            part = self.fetch(needed.begin, needed.end)
            self.add_range(part)
            del self.parts[1:-1]
            return part.get(offset, length)

    def fetch(self, begin: int, end: int) -> ByteRange:
        """Request a byte range from S3, and return it. Raises ObjectError or AwsError."""
        return get_range_reader(self._connection).get_range(self.key, begin, end, self.size, self.etag)

    def add_range(self, part: ByteRange) -> None:
        """Store a byte range that S3 has sent, and count the request and the received bytes."""
        self.parts.append(part)
        self.requests += 1
        self.received += len(part.content)


class _ParallelRead(Generic[_Result]):
    """The parallel reading of one batch of objects: threads request byte ranges, the calling thread reads headers."""

    def __init__(
        self, reader: RangeReader, objects: Sequence[_PartialObject], read: Callable[[ReadAt, int], _Result]
    ) -> None:
        from queue import SimpleQueue  # scans of local trees need no queue

        self._reader = reader
        self._objects = objects
        self._read = read
        self._results: dict[_PartialObject, _Result | ObjectError] = {}
        self._threads = _get_thread_pool(os.getpid())
        self._wanted = deque(partial for partial in objects if partial.size)
        self._answers: SimpleQueue[tuple[_PartialObject, ByteRange | BaseException]] = SimpleQueue()
        self._unanswered = 0

    def read_all(self) -> tuple[list[_Result | ObjectError], NetworkTraffic]:
        """Read all objects. Return the results in the order of the objects, and the network traffic."""
        try:
            at_once = min(MAX_REQUESTS, MAX_REQUESTS_NEARBY) if self._reader.is_near else MAX_REQUESTS
            for _ in range(min(at_once, len(self._wanted))):
                self._threads.submit(self._fetch_objects)
            for partial in self._objects:
                if not partial.size:
                    self._results[partial] = self._read(partial.read_blocking, 0)
            while len(self._results) < len(self._objects):
                self._read_answer(*self._answers.get())
        finally:
            self._wanted.clear()  # after an error, the threads must not fetch more objects
        traffic = NetworkTraffic(
            requests=sum(partial.requests for partial in self._objects),
            received=sum(partial.received for partial in self._objects),
            repeated=sum(partial.requests > 1 for partial in self._objects),
        )
        return [self._results[partial] for partial in self._objects], traffic

    def _fetch_objects(self) -> None:
        """Request one byte range after the other until the queue of objects is empty. Runs in a thread."""
        with suppress(IndexError):  # popleft raises it if the queue is empty
            while True:
                partial = self._wanted.popleft()
                self._answers.put((partial, self._request_range(partial)))

    def _request_range(self, partial: _PartialObject) -> ByteRange | BaseException:
        try:
            return partial.fetch(*(partial.wanted or (0, min(partial.size, self._reader.first_bytes))))
        except BaseException as error:  # noqa: BLE001  the calling thread raises it
            return error

    def _read_answer(self, partial: _PartialObject, answer: ByteRange | BaseException) -> None:
        """Read the header of an object after an answer. If it needs more bytes, request them. Raises AwsError."""
        try:
            if not isinstance(answer, ByteRange):
                raise answer
            self._unanswered = 0
            partial.add_range(answer)
            self._results[partial] = self._read(
                partial.read if partial.requests <= _MAX_REREADS else partial.read_blocking, partial.size
            )
        except _MoreBytesNeeded as needed:
            self._reader.record_header_end(needed.end)
            partial.wanted = needed.begin, needed.end
            self._wanted.append(partial)
            self._threads.submit(self._fetch_objects)
            return
        except ObjectError as error:
            self._results[partial] = error
            self._count_missing_answer(error)
        partial.parts.clear()

    def _count_missing_answer(self, error: ObjectError) -> None:
        """Update the number of objects in a row without an answer: add 1, or reset it if S3 gave an answer.

        Raises AwsError if the number is _MAX_UNANSWERED.
        """
        self._unanswered = self._unanswered + 1 if error.has_no_answer else 0
        if self._unanswered >= _MAX_UNANSWERED:
            raise AwsError(
                f"S3 gave no complete answer for {format_count(self._unanswered, 'object')} in a row; each was "
                "tried repeatedly.",
                fix="Check the network and the endpoint, and scan again: the scan continues where it stopped.",
                transient=True,
            ) from None


@lru_cache(maxsize=1)
def _get_thread_pool(process: int) -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # scans of local trees need no threads

    del process
    return ThreadPoolExecutor(MAX_REQUESTS, thread_name_prefix="dicommap-s3")
