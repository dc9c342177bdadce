"""The base classes Source and Opener of every kind of place, and the error for one file that cannot be read.

A source walks over the files of one place, in the scanning process. Its opener reads these files, in this process or in
others. A new kind of place is a subclass of each, in one module of this package; a class can be both if it can be
pickled. Three members are enough: `root`, `walk` and `opener` of the source, and `open` of the opener. An entry in
`source_registry` lets users name the place by a text.
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
    from dicommap.model.study import SourceFile
    from dicommap.p10 import Header, ReadAt

    ReadHeader = Callable[[ReadAt, int], Header | RejectedFile]
    """Read the header of a file of so many bytes."""

    HeaderBatch = tuple[Sequence[Header | RejectedFile], NetworkTraffic]
    """Headers of files that were read together, and the network traffic of reading them."""

    KnownMembers = Callable[[SourceFile], Iterable[tuple[str, int]] | None]
    """Return the names and sizes of an archive's members if an earlier scan has read them, else None."""

NO_TRAFFIC = NetworkTraffic()
"""The network traffic of files on a local disk."""

_DIGEST_CHUNK_BYTES = 2**20


class FileError(OSError):
    """The error for one file that cannot be read, with an issue that gives the reason."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(0, issue.message)
        self.issue = issue


class Opener(ABC):
    """Opens and reads the files of a source.

    Openers are pickled and sent to worker processes, so they hold no open file and no credentials.
    """

    @abstractmethod
    def open(self, path: str) -> AbstractContextManager[ReadAt]:
        """Open a file for reading.

        Args:
            path: The path of the file, relative to the source's root.

        Returns:
            A context manager. It gives a function that takes an offset and a length in bytes and returns the bytes
            there: fewer only at the end of the file.

        Raises:
            OSError: The file cannot be read. FileError says why by an issue. The function raises it, too.

        """

    def open_listed(self, file: SourceFile) -> AbstractContextManager[ReadAt]:
        """Open a file of an earlier walk, and check that it is still the same file if the source can tell that.

        Raises:
            OSError: The file cannot be read, or is another file now.

        """
        return self.open(file.path)

    def for_files(self, files: Sequence[SourceFile]) -> Opener:
        """Return an opener for these files of a walk; it can check that they have not changed since.

        Args:
            files: Consecutive files of the walk, without those that need no reading.

        """
        del files
        return self

    def read_headers(
        self, files: Sequence[tuple[str, int]], read_header: ReadHeader, *, max_header_bytes: int
    ) -> Iterator[HeaderBatch]:
        """Yield the headers of files in their order, in batches; the caller may stop after any batch.

        By default files are opened one by one. Override it if reading many files at once is faster.

        Args:
            files: Path and size in bytes of each file.
            read_header: Reads one header. It is called in this thread only.
            max_header_bytes: The size of the values that one header can have, to bound the memory of a batch.

        """
        del max_header_bytes
        for path, size in files:
            try:
                with self.open(path) as read:
                    header = read_header(read, size)
            except OSError as error:
                header = reject_unreadable_file(error)
            yield (header,), NO_TRAFFIC

    def sequential_archive_of(self, path: str) -> str | None:
        """Return the archive of a member if its members can be read only in order, else None."""
        del path
        return None

    def hash_members(self, archive: str) -> Iterator[tuple[str, bytes]]:
        """Yield the path and the digest (see `hash_content`) of each member of a sequential archive.

        Raises:
            OSError: The archive is damaged, or cannot be read. Members before the damage have been yielded.

        """
        del archive
        yield from ()


class Source(ABC):
    """One place with P10 files, such as a directory tree or an S3 prefix."""

    waits_for_network: bool = False
    """Whether reading waits for the network: then threads read, and each read of a file is counted as a request."""

    can_hold_archives: bool = False
    """Whether `with_archives` can enter ZIP and tar files of this source."""

    @property
    @abstractmethod
    def root(self) -> str:
        """Return the name of the place, as inventories store it: paths of files are relative to it."""

    @property
    @abstractmethod
    def opener(self) -> Opener:
        """Return the opener of the files that `walk` yields."""

    @abstractmethod
    def walk(self, *, exclude: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        """Yield every file exactly once, in the same order in every walk.

        Args:
            exclude: Local files to leave out: the inventory that the scan writes.

        Raises:
            SourceError: The whole place cannot be read. A single file that cannot be read is yielded, with an issue.

        """

    def count(self) -> Iterator[int]:
        """Yield numbers whose sum is about the number of files, for the progress bar.

        It runs in a thread beside `walk`. By default it is a second walk.
        """
        for _ in self.walk():
            yield 1

    def traffic(self) -> NetworkTraffic:
        """Return the network traffic of all walks so far. `Opener.read_headers` reports the traffic of reading."""
        return NO_TRAFFIC

    def overlaps(self, other: Source) -> bool:
        """Return whether a file can be in both sources, so that it would be scanned twice."""
        return type(self) is type(other) and self.root == other.root

    def with_archives(self, known_members: KnownMembers) -> Source:
        """Return this source with the members of its ZIP and tar files as files.

        Args:
            known_members: Returns the members of archives that have not changed since an earlier scan.

        Raises:
            UsageError: Archives of this kind of source cannot be read.

        """
        del known_members
        raise unsupported_archives_error(self.root)

    def require_unchanged(self) -> None:  # noqa: B027  most places need no check
        """Raise SourceError if the place was removed or replaced since the source was made."""

    def close(self) -> None:  # noqa: B027  most sources hold nothing
        """Release the temporary files and open archives of this thread's walks and openers."""

    def __str__(self) -> str:
        return self.root


def reject_unreadable_file(error: OSError) -> RejectedFile:
    """Return a rejected file with the error's issue, or with `source.unreadable` if the error has no issue."""
    issue = error.issue if isinstance(error, FileError) else None
    issue = issue or make_issue("source.unreadable", reason=os_error_reason(error))
    return RejectedFile(disposition=Disposition.UNREADABLE, issues=(issue,))


def unsupported_archives_error(root: str) -> UsageError:
    """Return the error for archives in a source that cannot hold any."""
    return UsageError(
        f"Archives in {root} cannot be scanned.", fix="Scan without archives, or unpack them into a directory."
    )


def hash_content(read: ReadAt) -> bytes:
    """Return the BLAKE2 digest (32 bytes) of all bytes of a file."""
    digest, offset = hashlib.blake2b(digest_size=32), 0
    while content := read(offset, _DIGEST_CHUNK_BYTES):
        digest.update(content)
        offset += len(content)
    return digest.digest()
