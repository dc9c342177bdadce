"""Opening objects: one at a time, or many at once, since each answer of S3 is waited for."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from dicommap.errors import AwsError
from dicommap.model.traffic import Traffic
from dicommap.sources.s3_reader import Part, reader_of
from dicommap.sources.s3_refusals import ObjectError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from dicommap.p10 import ReadAt
    from dicommap.sources.s3_connection import S3Connection
    from dicommap.sources.s3_reader import ObjectReader

AT_ONCE = 64
"""Requests that one process waits for at a time. S3 answers one in some tens of milliseconds."""

_READ_AGAIN = 3
"""How often a header is begun anew with more bytes; then the rest is read as it is asked for."""

_UNANSWERED_IN_A_ROW = 8
"""Objects that fail one after the other, with none between that could be read, before it is no matter of objects."""

_Found = TypeVar("_Found")

_State = tuple[int, str]
"""Size and ETag."""


class Listed(Protocol):
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

    def expecting(self, files: Iterable[Listed]) -> S3Opener:
        """Return what opens these objects of a listing, each as it was listed."""
        return S3Opener(self._connection, self._prefix, {file.path: (file.size, file.etag) for file in files})

    @contextmanager
    def open(self, path: str) -> Iterator[ReadAt]:
        """Open one of the objects that it expects for reading at offsets. The function raises OSError, and AwsError."""
        yield self._reading(path).read_waiting

    def read_each(
        self, paths: Iterable[str], read: Callable[[ReadAt, int], _Found]
    ) -> tuple[list[_Found | ObjectError], Traffic]:
        """Return what `read` gives of each of these objects and their sizes, or why one cannot be read.

        `read` is called in this thread only; it is begun anew where it asks for bytes that have to be fetched.
        Raises AwsError where no object can be read.
        """
        return _Round(reader_of(self._connection), [self._reading(path) for path in paths], read).done()

    def _reading(self, path: str) -> _Reading:
        return _Reading(self._connection, self._prefix + path, *self._listed[path])


class _MoreNeeded(Exception):  # noqa: N818  not an error: bytes that are not here were asked for
    """Carries what was asked for past whoever reads."""

    def __init__(self, offset: int, length: int) -> None:
        super().__init__(offset, length)
        self.begin, self.end = offset, offset + length


class _Reading:
    """One object and what is here of it."""

    def __init__(self, connection: S3Connection, key: str, size: int, etag: str) -> None:
        self.key, self.size, self.etag = key, size, etag
        self._connection = connection
        self.parts: list[Part] = []
        self.requests = self.received = 0

    def read(self, offset: int, length: int) -> bytes:
        """Give bytes that are here, as ReadAt says; others raise _MoreNeeded."""
        for part in self.parts:
            if part.holds(offset, length, self.size):
                return part.cut(offset, length)
        raise _MoreNeeded(offset, min(length, self.size - offset))

    def read_waiting(self, offset: int, length: int) -> bytes:
        """Give bytes, and fetch those that are not here; of these only the last are kept."""
        try:
            return self.read(offset, length)
        except _MoreNeeded as needed:
            if needed.end <= needed.begin:
                return b""
            part = self.fetch(needed.begin, needed.end)
            self.take(part)
            del self.parts[1:-1]
            return part.cut(offset, length)

    def fetch(self, begin: int, end: int) -> Part:
        """Ask S3 for bytes."""
        return reader_of(self._connection).part(self.key, begin, end, self.size, self.etag)

    def take(self, part: Part) -> None:
        """Keep what S3 has given."""
        self.parts.append(part)
        self.requests += 1
        self.received += len(part.content)


class _Round(Generic[_Found]):
    """The objects of one task, read together."""

    def __init__(
        self, reader: ObjectReader, objects: Sequence[_Reading], read: Callable[[ReadAt, int], _Found]
    ) -> None:
        self._reader = reader
        self._objects = objects
        self._read = read
        self._found: list[_Found | ObjectError | None] = [None] * len(objects)
        self._fetched: SimpleQueue[tuple[int, Future[Part]]] = SimpleQueue()
        self._waiting: set[Future[Part]] = set()
        self._unanswered = 0

    def done(self) -> tuple[list[_Found | ObjectError], Traffic]:
        """Fetch and read all, in whatever order they come; return what was found in the order of the files."""
        try:
            for number, one in enumerate(self._objects):
                if one.size:
                    self._fetch(number, 0, min(one.size, self._reader.first_bytes))
                else:
                    self._found[number] = self._read(one.read, 0)
            while self._waiting:
                number, future = self._fetched.get()
                self._waiting.discard(future)
                self._take(number, future)
        finally:
            for future in self._waiting:
                future.cancel()
        traffic = Traffic(
            requests=sum(one.requests for one in self._objects),
            received=sum(one.received for one in self._objects),
            repeated=sum(one.requests > 1 for one in self._objects),
        )
        return [found for found in self._found if found is not None], traffic

    def _fetch(self, number: int, begin: int, end: int) -> None:
        future = _threads(os.getpid()).submit(self._objects[number].fetch, begin, end)
        self._waiting.add(future)
        future.add_done_callback(lambda done: self._fetched.put((number, done)))

    def _take(self, number: int, future: Future[Part]) -> None:
        one = self._objects[number]
        try:
            one.take(future.result())
            self._unanswered = 0
            self._found[number] = self._read(one.read if one.requests <= _READ_AGAIN else one.read_waiting, one.size)
        except _MoreNeeded as needed:
            self._reader.notice(needed.end)
            self._fetch(number, needed.begin, needed.end)
            return
        except ObjectError as error:
            self._found[number] = error
            self._note(error)
        one.parts.clear()

    def _note(self, error: ObjectError) -> None:
        """Raise AwsError where it does not look like a matter of single objects any more."""
        self._unanswered = self._unanswered + 1 if error.unanswered else 0
        if self._unanswered >= _UNANSWERED_IN_A_ROW:
            raise AwsError(
                f"S3 gave no good answer for {self._unanswered} objects in a row, although each was tried repeatedly.",
                fix="Check the network and the endpoint; then scan again, which goes on from where it was.",
                transient=True,
            ) from None


@lru_cache(maxsize=1)
def _threads(process: int) -> ThreadPoolExecutor:
    del process
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dicommap-s3")
