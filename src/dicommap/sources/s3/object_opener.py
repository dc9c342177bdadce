"""Open S3 objects one at a time, or read the headers of many with parallel requests."""

from __future__ import annotations

import os
from collections import deque
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from dicommap.errors import AwsError
from dicommap.model.source_files import NetworkTraffic
from dicommap.sources.s3.range_requests import ByteRange, get_range_reader
from dicommap.sources.s3.s3_errors import ObjectError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import ThreadPoolExecutor
    from queue import SimpleQueue

    from dicommap.p10 import ReadAt
    from dicommap.sources.s3.range_requests import RangeReader
    from dicommap.sources.s3.s3_connection import S3Connection

MAX_REQUESTS = 64
"""Requests that one process waits for at a time. S3 answers one in some tens of milliseconds."""

MAX_REQUESTS_NEARBY = 16
"""The same of a server that answers in less time than an answer takes to read: more threads would only be in the way
of each other, which costs a fifth of the CPU time."""

_MAX_REREADS = 3
"""How often a header is begun anew with more bytes; then the rest is read as it is asked for."""

_MAX_UNANSWERED = 8
"""Objects that fail one after the other, with none between that could be read, before it is no matter of objects."""

_Found = TypeVar("_Found")

_State = tuple[int, str]
"""Size and ETag."""


class ExpectedObject(Protocol):
    """An object as a listing has it."""

    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102
    @property
    def etag(self) -> str: ...  # noqa: D102


class S3Opener:
    """Opens objects below a prefix: those that were listed, and no others that took their place."""

    def __init__(self, connection: S3Connection, prefix: str, listed: Mapping[str, _State] | None = None) -> None:
        self._connection = connection
        self._prefix = prefix
        self._listed = listed or {}

    def for_files(self, files: Iterable[ExpectedObject]) -> S3Opener:
        """Return what opens these objects of a listing, each as it was listed."""
        return S3Opener(self._connection, self._prefix, {file.path: (file.size, file.etag) for file in files})

    @contextmanager
    def open(self, path: str) -> Iterator[ReadAt]:
        """Open one of the objects that it expects for reading at offsets. The function raises OSError, and AwsError."""
        yield self._reading(path).read_blocking

    def read_headers(
        self, paths: Iterable[str], read: Callable[[ReadAt, int], _Found]
    ) -> tuple[list[_Found | ObjectError], NetworkTraffic]:
        """Return what `read` gives of each of these objects and their sizes, or why one cannot be read.

        Many are fetched at once, by other threads; `read` is called in this one, and begun anew where it asks for bytes
        that have to be fetched. Raises AwsError where no object can be read.
        """
        return _ParallelRead(get_range_reader(self._connection), [self._reading(path) for path in paths], read).done()

    def _reading(self, path: str) -> _PartialObject:
        return _PartialObject(self._connection, self._prefix + path, *self._listed[path])


class _MoreBytesNeeded(Exception):  # noqa: N818  not an error: bytes that are not here were asked for
    """Carries what was asked for past whoever reads."""

    def __init__(self, offset: int, length: int) -> None:
        super().__init__(offset, length)
        self.begin, self.end = offset, offset + length


class _PartialObject:
    """One object and what is here of it."""

    def __init__(self, connection: S3Connection, key: str, size: int, etag: str) -> None:
        self.key, self.size, self.etag = key, size, etag
        self._connection = connection
        self.parts: list[ByteRange] = []
        self.requests = self.received = 0
        self.wanted: tuple[int, int] | None = None
        """Offsets between which bytes are to be fetched next, once it is known that the first ones do not do."""

    def read(self, offset: int, length: int) -> bytes:
        """Give bytes that are here, as ReadAt says; others raise _MoreNeeded."""
        for part in self.parts:
            if part.holds(offset, length, self.size):
                return part.cut(offset, length)
        raise _MoreBytesNeeded(offset, min(length, self.size - offset))

    def read_blocking(self, offset: int, length: int) -> bytes:
        """Give bytes, and fetch those that are not here; of these only the last are kept."""
        try:
            return self.read(offset, length)
        except _MoreBytesNeeded as needed:
            if needed.end <= needed.begin:
                return b""
            part = self.fetch(needed.begin, needed.end)
            self.take(part)
            del self.parts[1:-1]
            return part.cut(offset, length)

    def fetch(self, begin: int, end: int) -> ByteRange:
        """Ask S3 for bytes."""
        return get_range_reader(self._connection).part(self.key, begin, end, self.size, self.etag)

    def take(self, part: ByteRange) -> None:
        """Keep what S3 has given."""
        self.parts.append(part)
        self.requests += 1
        self.received += len(part.content)


class _ParallelRead(Generic[_Found]):
    """The objects of one task: threads fetch them, and one reads them as they come."""

    def __init__(
        self, reader: RangeReader, objects: Sequence[_PartialObject], read: Callable[[ReadAt, int], _Found]
    ) -> None:
        from queue import SimpleQueue  # scans of local trees need none

        self._reader = reader
        self._objects = objects
        self._read = read
        self._found: dict[_PartialObject, _Found | ObjectError] = {}
        self._threads = _threads(os.getpid())
        self._wanted = deque(one for one in objects if one.size)
        self._come: SimpleQueue[tuple[_PartialObject, ByteRange | BaseException]] = SimpleQueue()
        self._unanswered = 0

    def done(self) -> tuple[list[_Found | ObjectError], NetworkTraffic]:
        """Read all and return what was found in the order of the objects, whatever order they came in."""
        try:
            at_once = min(MAX_REQUESTS, MAX_REQUESTS_NEARBY) if self._reader.is_near else MAX_REQUESTS
            for _ in range(min(at_once, len(self._wanted))):
                self._threads.submit(self._fetch)
            for one in self._objects:
                if not one.size:
                    self._found[one] = self._read(one.read_blocking, 0)
            while len(self._found) < len(self._objects):
                self._take(*self._come.get())
        finally:
            self._wanted.clear()  # whatever ended it: nobody fetches another
        traffic = NetworkTraffic(
            requests=sum(one.requests for one in self._objects),
            received=sum(one.received for one in self._objects),
            repeated=sum(one.requests > 1 for one in self._objects),
        )
        return [self._found[one] for one in self._objects], traffic

    def _fetch(self) -> None:
        """Fetch what is wanted, one after the other, until nothing is."""
        with suppress(IndexError):  # nothing is left
            while True:
                one = self._wanted.popleft()
                self._come.put((one, self._fetched(one)))

    def _fetched(self, one: _PartialObject) -> ByteRange | BaseException:
        try:
            return one.fetch(*(one.wanted or (0, min(one.size, self._reader.first_bytes))))
        except BaseException as error:  # noqa: BLE001  it is raised where somebody waits for it
            return error

    def _take(self, one: _PartialObject, come: ByteRange | BaseException) -> None:
        """Read an object of which bytes have come, or have more of it fetched. Raises AwsError."""
        try:
            if not isinstance(come, ByteRange):
                raise come
            self._unanswered = 0
            one.take(come)
            self._found[one] = self._read(one.read if one.requests <= _MAX_REREADS else one.read_blocking, one.size)
        except _MoreBytesNeeded as needed:
            self._reader.notice(needed.end)
            one.wanted = needed.begin, needed.end
            self._wanted.append(one)
            self._threads.submit(self._fetch)
            return
        except ObjectError as error:
            self._found[one] = error
            self._note(error)
        one.parts.clear()

    def _note(self, error: ObjectError) -> None:
        """Raise AwsError where it does not look like a matter of single objects any more."""
        self._unanswered = self._unanswered + 1 if error.unanswered else 0
        if self._unanswered >= _MAX_UNANSWERED:
            raise AwsError(
                f"S3 gave no good answer for {self._unanswered} objects in a row, although each was tried repeatedly.",
                fix="Check the network and the endpoint; then scan again, which goes on from where it was.",
                transient=True,
            ) from None


@lru_cache(maxsize=1)
def _threads(process: int) -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # scans of local trees need none

    del process
    return ThreadPoolExecutor(MAX_REQUESTS, thread_name_prefix="dicommap-s3")
