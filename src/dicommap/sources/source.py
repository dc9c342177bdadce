"""The base classes Source and Opener, and FileError, which is raised for one file that cannot be read.

A source lists files, for example of a directory, in the scanning process. Its opener reads the files, in this process
or in worker processes. To add a kind of source, write a subclass of Source and a subclass of Opener in a module of this
package. One class can be both if it can be pickled. Only these members are required: `root`, `walk` and `opener` of the
source, and `open` of the opener. To let users name the source by a path or URI, add an entry to `source_registry`.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from dicommap.errors import UsageError, os_error_reason
from dicommap.issues import make_issue
from dicommap.model.source_files import NetworkTraffic
from dicommap.model.study import Disposition
from dicommap.p10 import RejectedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from dicommap.issues import Issue
    from dicommap.model.source_files import KnownDirectory, ListedDirectory
    from dicommap.model.study import SourceFile
    from dicommap.p10 import Header, ReadAt
    from dicommap.reading.parallel_calls import ParallelCalls

    ReadHeader = Callable[[ReadAt, int], Header | RejectedFile]
    """A function that takes a function for reading a file, and the file's size in bytes. It returns the header."""

    HeaderResult = tuple[Header | RejectedFile, NetworkTraffic]
    """The header of a file, and the network traffic that reading it needed."""

    FindKnownDirectory = Callable[[str, int], KnownDirectory | None]
    """A function that takes the path of a directory and the time of its last change, or its version.

    It returns the content of the directory if an earlier scan listed it, and it has not changed since then.
    """

    KnownMembers = Callable[[SourceFile], Iterable[tuple[str, int]] | None]
    """A function that takes an archive.

    It returns the members' names and sizes if an earlier scan listed them, else None.
    """

NO_TRAFFIC = NetworkTraffic()
"""No network traffic, for example for files on a local disk."""

_DIGEST_CHUNK_BYTES = 2**20


class FileError(OSError):
    """Raised for one file that cannot be read. Its issue gives the reason."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(0, issue.message)
        self.issue = issue


class Opener(ABC):
    """Base class of objects that open and read the files of a source.

    Openers are pickled and sent to worker processes, so they have no open files and no credentials.
    """

    can_open_in_threads: bool = False
    """Whether several threads may open and read files at once. If True, they do so while reading is slow."""

    @abstractmethod
    def open(self, path: str) -> AbstractContextManager[ReadAt]:
        """Open a file for reading.

        Args:
            path: The path of the file, relative to the source's root.

        Returns:
            A context manager. In the `with` block, it is a function that takes an offset and a length in bytes, and
                returns the bytes there. It returns fewer bytes only at the end of the file.

        Raises:
            OSError: The file cannot be read. If it is a FileError, its issue gives the reason. The returned function
                may raise it, too.
        """

    def open_listed(self, file: SourceFile) -> AbstractContextManager[ReadAt]:
        """Open a file that a walk has yielded. If the file has changed since the walk, most sources raise OSError.

        Raises:
            OSError: The file cannot be read, or has changed since the walk.

        """
        return self.open(file.path)

    def for_files(self, files: Sequence[SourceFile]) -> Opener:
        """Return an opener for some files of a walk. The opener may refuse files that have changed since the walk.

        Args:
            files: The files to read, in the order of the walk.

        """
        del files
        return self

    def read_headers(
        self, files: Sequence[tuple[str, int]], read_header: ReadHeader, calls: ParallelCalls
    ) -> Iterator[HeaderResult]:
        """Yield the header of each file, in the order of the files. The caller may stop after any file.

        Args:
            files: The path and the size in bytes of each file.
            read_header: A function that reads one header. Several threads may call it.
            calls: Calls functions in threads, if files may be opened in threads and reading is slow.

        """

        def open_and_read_header(file: tuple[str, int]) -> HeaderResult:
            path, size = file
            try:
                with self.open(path) as read:
                    return read_header(read, size), NO_TRAFFIC
            except OSError as error:
                return make_rejected_file(error), NO_TRAFFIC

        return calls.map(open_and_read_header, files) if self.can_open_in_threads else map(open_and_read_header, files)

    def sequential_archive_of(self, path: str) -> str | None:
        """Return the sequential archive that has this path as a member, else None.

        The members of a sequential archive can be read only in order.
        """
        del path
        return None

    def hash_members(self, archive: str) -> Iterator[tuple[str, bytes]]:
        """Yield the path and the digest (see `hash_content`) of each member of a sequential archive.

        Raises:
            OSError: The archive is damaged or cannot be read. Members before the damage are yielded first.

        """
        del archive
        yield from ()


class Source(ABC):
    """Base class of sources of P10 files, such as a directory tree or an S3 prefix."""

    waits_for_network: bool = False
    """Whether files are read over the network. If True, files are read in threads, and requests are counted."""

    has_directories: bool = False
    """Whether `walk_with_directories` yields directories."""

    directories_have_versions: bool = False
    """Whether the source's files are in directories with a version, such as image sets.

    If True, `walk_with_directories` always gets `find_known`, and calls it with a version in place of a time.
    """

    can_hold_archives: bool = False
    """Whether `with_archives` can return the members of this source's ZIP and tar files."""

    @property
    @abstractmethod
    def root(self) -> str:
        """Return the source's root, such as a directory or S3 URI. The paths of its files are relative to it."""

    @property
    @abstractmethod
    def opener(self) -> Opener:
        """Return the opener for the files that `walk` yields."""

    @abstractmethod
    def walk(self, *, exclude: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        """Yield every file exactly once, in the same order in every walk.

        Args:
            exclude: Local files that are not yielded, such as the inventory that the scan writes.

        Raises:
            SourceError: The whole source cannot be read. If only one file cannot be read, it is yielded with an issue.

        """

    def walk_with_directories(
        self, *, exclude: frozenset[Path] = frozenset(), find_known: FindKnownDirectory | None = None
    ) -> Iterator[SourceFile | ListedDirectory]:
        """Yield the files that `walk` yields, and each directory after its files if the source has directories.

        Args:
            exclude: Local files that are not yielded.
            find_known: A function that returns the content of a directory that need not be listed. It is given only if
                `has_directories` or `directories_have_versions` is true.

        """
        del find_known
        return self.walk(exclude=exclude)

    def count(self) -> Iterator[int]:
        """Yield numbers whose sum is about the number of files. The progress bar uses them.

        This method is called in another thread than `walk`. By default, it walks over the source once more.
        """
        for _ in self.walk():
            yield 1

    def traffic(self) -> NetworkTraffic:
        """Return the network traffic of all walks so far. Traffic that `Opener.read_headers` yields is not included."""
        return NO_TRAFFIC

    def overlaps(self, other: Source) -> bool:
        """Return whether this source and `other` can have a file in common, which would be scanned twice."""
        return type(self) is type(other) and self.root == other.root

    def with_archives(self, known_members: KnownMembers) -> Source:
        """Return a source that also yields the members of this source's ZIP and tar files as files.

        Args:
            known_members: A function that takes an archive. If the archive has not changed since an earlier scan, it
                returns the members, else None.

        Raises:
            UsageError: Archives of this kind of source cannot be read.
        """
        del known_members
        raise unsupported_archives_error(self.root)

    def require_unchanged(self) -> None:  # noqa: B027  most sources need no check
        """Raise SourceError if the source's root was removed or replaced after this object was made."""

    def close(self) -> None:  # noqa: B027  most sources hold nothing
        """Delete the temporary files, and close the archives, that this thread has opened for the source."""

    def __str__(self) -> str:
        return self.root


def make_rejected_file(error: OSError) -> RejectedFile:
    """Return the RejectedFile for a file that cannot be read because of `error`.

    It has the issue of a FileError. For any other error, it has the issue `source.unreadable`.
    """
    issue = error.issue if isinstance(error, FileError) else None
    issue = issue or make_issue("source.unreadable", reason=os_error_reason(error))
    return RejectedFile(disposition=Disposition.UNREADABLE, issues=(issue,))


def unsupported_archives_error(root: str) -> UsageError:
    """Return the error for a request to scan archives in a source that does not support archives."""
    return UsageError(
        f"Archives in {root} cannot be scanned.", fix="Scan without archives, or unpack them into a directory."
    )


def hash_content(read: ReadAt) -> bytes:
    """Return the digest of a whole file: 32 bytes of BLAKE2. `read` takes an offset and a length, and returns bytes."""
    digest, offset = hashlib.blake2b(digest_size=32), 0
    while content := read(offset, _DIGEST_CHUNK_BYTES):
        digest.update(content)
        offset += len(content)
    return digest.digest()
