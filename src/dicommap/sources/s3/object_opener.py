"""Open S3 objects one at a time, or read the headers of many with parallel requests."""

from __future__ import annotations

import os
from collections import deque
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, TypeVar

from dicommap.errors import AwsError
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
"""Requests that one process sends at the same time. S3 answers a request in some tens of milliseconds."""

MAX_REQUESTS_NEARBY = 16
"""The same for a server that answers faster than this process reads an answer. More threads would only compete with
each other, which costs a fifth of the CPU time."""

MAX_BATCH_BYTES = 40 * 2**20
"""Bytes of values that the headers of one batch may have: 500 objects, if only the default attributes are captured."""

_MAX_REREADS = 3
"""How often reading a header starts again with more bytes. After that, the reading thread fetches missing bytes."""

_MAX_UNANSWERED = 8
"""So many objects in a row without an answer from S3 mean that S3 or the network has failed, not single objects."""

_Result = TypeVar("_Result")

_State = tuple[int, str]
"""Size and ETag."""


class S3Opener(Opener):
    """Opens objects below a prefix, and refuses objects that have been replaced since they were listed."""

    def __init__(self, connection: S3Connection, prefix: str, listed: Mapping[str, _State] | None = None) -> None:
        """Make an opener.

        Args:
            connection: The bucket.
            prefix: The prefix, which all paths are relative to.
            listed: Size in bytes and ETag of each object that can be opened, by path.

        """
        self._connection = connection
        self._prefix = prefix
        self._listed = listed or {}

    def for_files(self, files: Sequence[SourceFile]) -> S3Opener:
        """Return an opener for these objects of a listing, each with the size and the ETag that it had there."""
        return S3Opener(self._connection, self._prefix, {file.path: (file.size, file.etag) for file in files})

    @contextmanager
    def open(self, path: str) -> Iterator[ReadAt]:
        """Open an object that `for_files` was given. The function that reads raises OSError and AwsError."""
        yield self._partial_object(path).read_blocking

    def open_listed(self, file: SourceFile) -> AbstractContextManager[ReadAt]:
        """Open an object of an earlier listing, if it still has the size and the ETag of that listing."""
        return self.for_files([file]).open(file.path)

    def read_headers(
        self, files: Sequence[tuple[str, int]], read_header: ReadHeader, *, max_header_bytes: int
    ) -> Iterator[HeaderBatch]:
        """Yield the headers of objects in batches as large as memory allows; objects of a batch are read in parallel.

        Raises:
            AwsError: No object can be read.

        """
        count = max(1, MAX_BATCH_BYTES // max_header_bytes)
        for start in range(0, len(files), count):
            results, traffic = self.read_parallel([path for path, _ in files[start : start + count]], read_header)
            yield [reject_unreadable_file(one) if isinstance(one, ObjectError) else one for one in results], traffic

    def read_parallel(
        self, paths: Iterable[str], read: Callable[[ReadAt, int], _Result]
    ) -> tuple[list[_Result | ObjectError], NetworkTraffic]:
        """Call a function for each of these objects, while other threads fetch their bytes.

        Args:
            paths: The objects.
            read: Is given a function that reads the object, and the object's size. It is called in this thread. If it
                asks for bytes that are not here yet, they are fetched and it is called again from the start.

        Returns:
            The results or errors in the order of the paths, and the network traffic.

        Raises:
            AwsError: No object can be read.

        """
        objects = [self._partial_object(path) for path in paths]
        return _ParallelRead(get_range_reader(self._connection), objects, read).read_all()

    def _partial_object(self, path: str) -> _PartialObject:
        return _PartialObject(self._connection, self._prefix + path, *self._listed[path])


class _MoreBytesNeeded(Exception):  # noqa: N818  not an error: it interrupts the reader of a header
    """Raised when a header reader needs bytes that have not been fetched yet."""

    def __init__(self, offset: int, length: int) -> None:
        super().__init__(offset, length)
        self.begin, self.end = offset, offset + length


class _PartialObject:
    """One object, and the byte ranges of it that have been fetched."""

    def __init__(self, connection: S3Connection, key: str, size: int, etag: str) -> None:
        self.key, self.size, self.etag = key, size, etag
        self._connection = connection
        self.parts: list[ByteRange] = []
        self.requests = self.received = 0
        self.wanted: tuple[int, int] | None = None
        """The offsets of the bytes to fetch next, if the first bytes were not enough."""

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes that have been fetched. Raises _MoreBytesNeeded for other bytes."""
        for part in self.parts:
            if part.has_range(offset, length, self.size):
                return part.get(offset, length)
        raise _MoreBytesNeeded(offset, min(length, self.size - offset))

    def read_blocking(self, offset: int, length: int) -> bytes:
        """Return bytes, and fetch them if necessary. Of the byte ranges after the first one, only the last is kept."""
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
        """Request a byte range from S3. Raises ObjectError and AwsError."""
        return get_range_reader(self._connection).get_range(self.key, begin, end, self.size, self.etag)

    def add_range(self, part: ByteRange) -> None:
        """Store a byte range that S3 has sent, and count its bytes."""
        self.parts.append(part)
        self.requests += 1
        self.received += len(part.content)


class _ParallelRead(Generic[_Result]):
    """The objects of one batch: threads fetch byte ranges, and the calling thread reads them as they arrive."""

    def __init__(
        self, reader: RangeReader, objects: Sequence[_PartialObject], read: Callable[[ReadAt, int], _Result]
    ) -> None:
        from queue import SimpleQueue  # scans of local trees need none

        self._reader = reader
        self._objects = objects
        self._read = read
        self._results: dict[_PartialObject, _Result | ObjectError] = {}
        self._threads = _thread_pool(os.getpid())
        self._wanted = deque(one for one in objects if one.size)
        self._answers: SimpleQueue[tuple[_PartialObject, ByteRange | BaseException]] = SimpleQueue()
        self._unanswered = 0

    def read_all(self) -> tuple[list[_Result | ObjectError], NetworkTraffic]:
        """Read all objects. Return the results in the order of the objects, and the network traffic."""
        try:
            at_once = min(MAX_REQUESTS, MAX_REQUESTS_NEARBY) if self._reader.is_near else MAX_REQUESTS
            for _ in range(min(at_once, len(self._wanted))):
                self._threads.submit(self._fetch)
            for one in self._objects:
                if not one.size:
                    self._results[one] = self._read(one.read_blocking, 0)
            while len(self._results) < len(self._objects):
                self._read_answer(*self._answers.get())
        finally:
            self._wanted.clear()  # also after an error: no thread fetches another object
        traffic = NetworkTraffic(
            requests=sum(one.requests for one in self._objects),
            received=sum(one.received for one in self._objects),
            repeated=sum(one.requests > 1 for one in self._objects),
        )
        return [self._results[one] for one in self._objects], traffic

    def _fetch(self) -> None:
        """Fetch the requested byte ranges one after the other, until there are no more. Runs in a thread."""
        with suppress(IndexError):  # from popleft, if none is left
            while True:
                one = self._wanted.popleft()
                self._answers.put((one, self._request(one)))

    def _request(self, one: _PartialObject) -> ByteRange | BaseException:
        try:
            return one.fetch(*(one.wanted or (0, min(one.size, self._reader.first_bytes))))
        except BaseException as error:  # noqa: BLE001  the calling thread raises it
            return error

    def _read_answer(self, one: _PartialObject, answer: ByteRange | BaseException) -> None:
        """Read an object after an answer has arrived, or request more of its bytes. Raises AwsError."""
        try:
            if not isinstance(answer, ByteRange):
                raise answer
            self._unanswered = 0
            one.add_range(answer)
            self._results[one] = self._read(one.read if one.requests <= _MAX_REREADS else one.read_blocking, one.size)
        except _MoreBytesNeeded as needed:
            self._reader.record_header_end(needed.end)
            one.wanted = needed.begin, needed.end
            self._wanted.append(one)
            self._threads.submit(self._fetch)
            return
        except ObjectError as error:
            self._results[one] = error
            self._count_missing_answer(error)
        one.parts.clear()

    def _count_missing_answer(self, error: ObjectError) -> None:
        """Raise AwsError if S3 has not answered for many objects in a row."""
        self._unanswered = self._unanswered + 1 if error.has_no_answer else 0
        if self._unanswered >= _MAX_UNANSWERED:
            raise AwsError(
                f"S3 gave no complete answer for {self._unanswered} objects in a row; each was tried repeatedly.",
                fix="Check the network and the endpoint, and scan again: the scan continues where it stopped.",
                transient=True,
            ) from None


@lru_cache(maxsize=1)
def _thread_pool(process: int) -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # scans of local trees need none

    del process
    return ThreadPoolExecutor(MAX_REQUESTS, thread_name_prefix="dicommap-s3")
