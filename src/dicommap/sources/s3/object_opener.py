"""The opener of S3 objects. It opens single objects, and reads the headers of many objects with parallel requests."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from dicommap.errors import AwsError
from dicommap.issues.wording import format_count
from dicommap.model.source_files import NetworkTraffic
from dicommap.sources.s3.range_requests import get_range_reader
from dicommap.sources.s3.s3_errors import ObjectError
from dicommap.sources.source import Opener, make_rejected_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from dicommap.model.study import SourceFile
    from dicommap.p10 import Header, ReadAt, RejectedFile
    from dicommap.reading.parallel_calls import ParallelCalls
    from dicommap.sources.s3.range_requests import ByteRange
    from dicommap.sources.s3.s3_connection import S3Connection
    from dicommap.sources.source import HeaderResult, ReadHeader

FIRST_REQUESTS = 32
"""The number of parallel requests with which a process begins. S3 needs tens of milliseconds for each answer."""

_MAX_UNANSWERED = 8
"""AwsError is raised if S3 gives no answer for this number of objects in a row: S3 or the network has failed."""

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
        yield self._make_partial_object(path).read

    def open_listed(self, file: SourceFile) -> AbstractContextManager[ReadAt]:
        """Open a listed object. Reading it raises ObjectError if its size or ETag is not that of the listing."""
        return self.for_files([file]).open(file.path)

    def read_headers(
        self, files: Sequence[tuple[str, int]], read_header: ReadHeader, calls: ParallelCalls
    ) -> Iterator[HeaderResult]:
        """Yield the header of each object, and the traffic that reading it needed, in the order of `files`.

        Raises:
            AwsError: An error affects all objects, for example if S3 cannot be reached.
        """

        def read_object_header(
            file: tuple[str, int],
        ) -> tuple[Header | RejectedFile, NetworkTraffic, ObjectError | None]:
            partial, error = self._make_partial_object(file[0]), None
            try:
                header = read_header(partial.read, partial.size)
            except ObjectError as object_error:
                header, error = make_rejected_file(object_error), object_error
            return header, partial.traffic(), error

        unanswered = 0
        for header, traffic, error in calls.map(read_object_header, files, first_threads=FIRST_REQUESTS):
            unanswered = unanswered + 1 if error is not None and error.has_no_answer else 0
            if unanswered >= _MAX_UNANSWERED:
                raise _no_answer_error(unanswered)
            yield header, traffic

    def _make_partial_object(self, path: str) -> _PartialObject:
        return _PartialObject(self._connection, self._prefix + path, *self._listed[path])


class _PartialObject:
    """An object in S3, with the byte ranges that have been received so far."""

    def __init__(self, connection: S3Connection, key: str, size: int, etag: str) -> None:
        self.key, self.size, self.etag = key, size, etag
        self._connection = connection
        self._parts: list[ByteRange] = []
        self._requests = self._received = 0

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, and request them if necessary.

        Only the first and the last range are kept.
        """
        end = min(offset + length, self.size)
        for part in self._parts:
            if part.has_range(offset, length, self.size):
                return part.get_bytes(offset, length)
        if end <= offset:
            return b""
        reader = get_range_reader(self._connection)
        if self._parts:
            reader.record_header_end(end)
        elif not offset:
            end = max(end, min(self.size, reader.first_bytes))
        part = reader.request_range(self.key, offset, end, self.size, self.etag)
        self._requests += 1
        self._received += len(part.content)
        self._parts[1:] = [part] if self._parts else []
        self._parts = self._parts or [part]
        return part.get_bytes(offset, length)

    def traffic(self) -> NetworkTraffic:
        """Return the traffic of all requests for the object."""
        return NetworkTraffic(requests=self._requests, received=self._received, repeated=int(self._requests > 1))


def _no_answer_error(count: int) -> AwsError:
    return AwsError(
        f"S3 gave no complete answer for {format_count(count, 'object')} in a row; each was tried repeatedly.",
        fix="Check the network and the endpoint, and scan again: the scan continues where it stopped.",
        transient=True,
    )
