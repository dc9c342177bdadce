"""Opening objects: one at a time, or many at once, since each answer of S3 is waited for."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from dicommap.errors import AwsError
from dicommap.model.traffic import Traffic
from dicommap.sources.s3.reader import Part, reader_of
from dicommap.sources.s3.refusals import ObjectError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import ThreadPoolExecutor

    from dicommap.p10 import ReadAt
    from dicommap.sources.s3.connection import S3Connection
    from dicommap.sources.s3.reader import ObjectReader

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

        `read` is called in other threads, and by one at a time; it is begun anew where it asks for bytes that have to
        be fetched. Raises AwsError where no object can be read.
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
    """The objects of one task: each thread takes the next, fetches it, and reads it when no other thread reads."""

    def __init__(
        self, reader: ObjectReader, objects: Sequence[_Reading], read: Callable[[ReadAt, int], _Found]
    ) -> None:
        self._reader = reader
        self._objects = objects
        self._read = read
        self._found: list[_Found | ObjectError | None] = [None] * len(objects)
        self._next = iter(range(len(objects)))
        self._reading = Lock()
        self._unanswered = 0

    def done(self) -> tuple[list[_Found | ObjectError], Traffic]:
        """Read all and return what was found in the order of the objects, whatever order they came in."""
        threads = _threads(os.getpid())
        helping = [threads.submit(self._help) for _ in range(min(AT_ONCE, len(self._objects)))]
        try:
            for one in helping:
                one.result()
        finally:
            self._next = iter(())  # whatever ended it: nobody takes another
        traffic = Traffic(
            requests=sum(one.requests for one in self._objects),
            received=sum(one.received for one in self._objects),
            repeated=sum(one.requests > 1 for one in self._objects),
        )
        return [found for found in self._found if found is not None], traffic

    def _help(self) -> None:
        """Take one object after the other, until there is none. Raises AwsError."""
        try:
            # The iterator is asked for anew each time: it is taken away when the round is over.
            while (number := next(self._next, None)) is not None:
                self._take(number, self._objects[number])
        except BaseException:
            self._next = iter(())
            raise

    def _take(self, number: int, one: _Reading) -> None:
        try:
            if one.size:
                one.take(one.fetch(0, min(one.size, self._reader.first_bytes)))
                self._unanswered = 0
            self._found[number] = self._read_whole(one)
        except ObjectError as error:
            self._found[number] = error
            self._note(error)
        one.parts.clear()

    def _read_whole(self, one: _Reading) -> _Found:
        """Read an object; while more of it is fetched, others read."""
        for _ in range(_READ_AGAIN):
            try:
                with self._reading:
                    return self._read(one.read, one.size)
            except _MoreNeeded as needed:
                self._reader.notice(needed.end)
                one.take(one.fetch(needed.begin, needed.end))
        with self._reading:
            return self._read(one.read_waiting, one.size)

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
    from concurrent.futures import ThreadPoolExecutor  # scans of local trees need none

    del process
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dicommap-s3")
