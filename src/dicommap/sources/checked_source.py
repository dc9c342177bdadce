"""Check the results of a user's own source class. A mistake in it then gives an error or issue that names the source.

The scan trusts the classes of dicommap. A source of any other class is wrapped. Wrong types and exceptions of `walk`
become a SourceError. Wrong bytes, and exceptions while a file is read, become the issue `source.unreadable` of the
file.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from dicommap.dicom.member_names import mask_unknown_type
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import DicommapError, SourceError, os_error_reason
from dicommap.issues import make_issue
from dicommap.issues.wording import format_count
from dicommap.model.study import SourceFile
from dicommap.sources.source import FileError, Opener, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dicommap.model.source_files import NetworkTraffic
    from dicommap.p10 import ReadAt
    from dicommap.reading.parallel_calls import ParallelCalls
    from dicommap.sources.source import HeaderResult, KnownMembers, ReadHeader

_MAX_INTEGER = 2**63 - 1
"""The largest size and time that an inventory can store."""


def make_checked_source(source: Source) -> Source:
    """Return a source of dicommap unchanged. Return a source of any other class in a wrapper that checks its results.

    Raises SourceError if the root of the source is not a text.
    """
    if type(source).__module__.partition(".")[0] == "dicommap":
        return source
    root: object = source.root
    if not isinstance(root, str) or not root:
        raise SourceError(
            f"The root of a source is {_describe_wrong_value(root)}.",
            fix="Return a text that names the source, such as 'pacs://archive1'.",
        )
    return CheckedSource(source)


class CheckedSource(Source):
    """A wrapper of a source that checks its walk and its files."""

    def __init__(self, source: Source) -> None:
        """Wrap a source whose root is a text."""
        self._source = source
        self.waits_for_network = bool(source.waits_for_network)
        self.can_hold_archives = bool(source.can_hold_archives)

    @property
    def root(self) -> str:
        """Return the root of the wrapped source."""
        return self._source.root

    @property
    def opener(self) -> Opener:
        """Return the wrapped source's opener, in a wrapper that checks it.

        Raises SourceError if it is not an Opener.
        """
        opener = self._source.opener
        if not isinstance(opener, Opener):
            raise self._make_class_error(
                f"has an opener that is {_describe_wrong_value(opener)}", "an object of a subclass of Opener"
            )
        return opener if type(opener).__module__.partition(".")[0] == "dicommap" else CheckedOpener(opener)

    def walk(self, *, exclude: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        """Yield the files of the wrapped source.

        Raises SourceError if it yields anything else or raises an exception.
        """
        try:
            for file in self._source.walk(exclude=exclude):
                self._require_valid_file(file)
                yield file
        except (DicommapError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001  any mistake of a class that is not ours
            self._raise_listing_error(error)

    def count(self) -> Iterator[int]:
        """Yield the numbers that `count` of the wrapped source yields: their sum is about the number of files.

        An exception ends the numbers and is ignored, because they are only for the progress bar.
        """
        try:
            yield from self._source.count()
        except Exception:  # noqa: BLE001  the walk reports the error
            return

    def traffic(self) -> NetworkTraffic:
        """Return the network traffic of the wrapped source."""
        return self._source.traffic()

    def overlaps(self, other: Source) -> bool:
        """Return whether the wrapped source overlaps with `other`."""
        return self._source.overlaps(other._source if isinstance(other, CheckedSource) else other)

    def with_archives(self, known_members: KnownMembers) -> Source:
        """Return a checked source that yields the files of the wrapped source and the members of its archives."""
        return make_checked_source(self._source.with_archives(known_members))

    def require_unchanged(self) -> None:
        """Raise SourceError if the wrapped source was removed or replaced."""
        self._source.require_unchanged()

    def close(self) -> None:
        """Do nothing: the caller closes a source that it made itself."""

    def _require_valid_file(self, file: object) -> None:
        """Raise SourceError if `file`, which the walk yielded, is not a SourceFile with members of the right types."""
        if not isinstance(file, SourceFile):
            raise self._make_class_error(f"yielded {_describe_wrong_value(file)}", "a SourceFile for each file")
        path: object = file.path
        if not isinstance(path, str) or not path:
            raise self._make_class_error(
                f"yielded a file whose path is {_describe_wrong_value(path)}", "a text that is not empty"
            )
        for name, number in (("size", file.size), ("mtime_ns", file.mtime_ns)):
            if type(number) is not int or number > _MAX_INTEGER or number < (0 if name == "size" else -_MAX_INTEGER):
                raise self._make_class_error(
                    f"yielded the file {make_printable(path)} whose {name} is {_describe_wrong_value(number)}",
                    "the size in bytes" if name == "size" else "the time in nanoseconds since 1970",
                )
        if not isinstance(file.etag, str):
            raise self._make_class_error(f"yielded a file whose etag is {_describe_wrong_value(file.etag)}", "a text")

    def _make_class_error(self, problem: str, expected: str) -> SourceError:
        message = f"The source {make_printable(self.root)} {problem}."
        return SourceError(message, fix=f"Correct the class: it must give {expected}.")

    def _raise_listing_error(self, error: Exception) -> NoReturn:
        """Raise SourceError in place of `error`, an exception of the wrapped source's walk."""
        reason = os_error_reason(error) if isinstance(error, OSError) else f"it raised {mask_unknown_type(type(error))}"
        message = f"The source {make_printable(self.root)} cannot be listed: {reason}."
        raise SourceError(
            message, fix="Correct its method walk. For a reason in words, it can raise SourceError."
        ) from error


class CheckedOpener(Opener):
    """A wrapper of an opener that checks its files: each has the size from the walk, and reading it returns bytes."""

    def __init__(self, opener: Opener) -> None:
        """Wrap an opener."""
        self._opener = opener
        self.can_open_in_threads = bool(opener.can_open_in_threads)

    @contextmanager
    def open(self, path: str) -> Iterator[ReadAt]:
        """Open a file. Every error of the wrapped opener becomes an OSError, even while the file is read."""
        with _convert_to_file_errors():
            context = self._opener.open(path)
            read = context.__enter__()
        try:
            yield _make_checked_reader(read)
        finally:
            with _convert_to_file_errors():
                context.__exit__(None, None, None)

    def for_files(self, files: Sequence[SourceFile]) -> Opener:
        """Return the wrapped opener for some files of a walk, in a wrapper that checks it."""
        return CheckedOpener(self._opener.for_files(files))

    def read_headers(
        self, files: Sequence[tuple[str, int]], read_header: ReadHeader, calls: ParallelCalls
    ) -> Iterator[HeaderResult]:
        """Return an iterator of the headers that the wrapped opener reads."""
        if type(self._opener).read_headers is not Opener.read_headers:
            return self._opener.read_headers(files, read_header, calls)

        def check_size_and_read(read: ReadAt, size: int) -> object:
            if len(read(max(size - 1, 0), 2)) != min(size, 1):
                raise _unreadable_file_error(f"its size is not that of the walk, which is {format_count(size, 'byte')}")
            return read_header(read, size)

        return super().read_headers(files, check_size_and_read, calls)  # type: ignore[arg-type]

    def sequential_archive_of(self, path: str) -> str | None:
        """Return the result of the wrapped opener: the sequential archive that has this path as a member, or None."""
        return self._opener.sequential_archive_of(path)

    def hash_members(self, archive: str) -> Iterator[tuple[str, bytes]]:
        """Yield the path and digest of each member of an archive, from the wrapped opener."""
        return self._opener.hash_members(archive)


def _make_checked_reader(read: ReadAt) -> ReadAt:
    """Return a function that reads as `read` does. It raises OSError if `read` fails or does not return bytes."""
    if not callable(read):
        raise _unreadable_file_error(
            f"its source opened it as {_describe_wrong_value(read)} instead of a function that reads"
        )

    def checked_read(offset: int, length: int) -> bytes:
        with _convert_to_file_errors():
            data = read(offset, length)
        if not isinstance(data, bytes):
            raise _unreadable_file_error(f"its source read {_describe_wrong_value(data)} instead of bytes")
        if len(data) > length:
            raise _unreadable_file_error("its source read more bytes than it was asked for")
        return data

    return checked_read


@contextmanager
def _convert_to_file_errors() -> Iterator[None]:
    """Return a context manager that raises FileError instead of any other exception.

    OSError, DicommapError and MemoryError are raised unchanged.
    """
    try:
        yield
    except (OSError, DicommapError, MemoryError):
        raise
    except Exception as error:
        raise _unreadable_file_error(f"its source raised {mask_unknown_type(type(error))}") from error


def _unreadable_file_error(reason: str) -> FileError:
    return FileError(make_issue("source.unreadable", reason=reason))


def _describe_wrong_value(value: object) -> str:
    """Return a description of a wrong value: the number itself, or only the type of any other value."""
    if value is None or (type(value) is int and abs(value) <= _MAX_INTEGER):
        return str(value)
    return "the empty text" if value == "" else f"a value of type {mask_unknown_type(type(value))}"
