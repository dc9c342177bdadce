"""A source that also yields the members of archives as files, and the opener of these members."""

from __future__ import annotations

import stat
import threading
from contextlib import closing, contextmanager
from itertools import groupby
from typing import TYPE_CHECKING

from dicommap.issues import make_issue
from dicommap.model.source_files import ListedDirectory
from dicommap.model.study import SourceFile
from dicommap.sources.archives.archive_bytes import get_archive_state
from dicommap.sources.archives.archive_entry import MEMBER_SEPARATOR, has_archive_name
from dicommap.sources.archives.archive_errors import ArchiveError
from dicommap.sources.archives.archive_limits import MAX_ENTRIES
from dicommap.sources.archives.archive_members import (
    is_sequential_archive,
    list_archive_and_known_members,
    list_archive_and_members,
    make_ambiguous_archive_file,
    open_archive,
)
from dicommap.sources.source import Opener, Source, hash_content

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from dicommap.p10 import ReadAt
    from dicommap.reading.parallel_calls import ParallelCalls
    from dicommap.sources.archives.archive_bytes import ArchiveState
    from dicommap.sources.archives.archive_members import Archive
    from dicommap.sources.local_tree import LocalTree
    from dicommap.sources.source import FindKnownDirectory, HeaderResult, KnownMembers, ReadHeader

MAX_OPEN_ARCHIVES = 8
"""The maximum number of archives that a thread keeps open. Together they have at most MAX_ENTRIES entries."""

_Key = tuple[str, str, "ArchiveState"]
"""The root of a tree, the path of an archive, and the state of the archive."""


class ArchiveSource(Source):
    """A source with the files of a tree or a file list, and with the members of ZIP and tar files."""

    def __init__(self, source: Source, tree: LocalTree, known_members: KnownMembers) -> None:
        """Add the members of archives to a source.

        Args:
            source: The source to extend: a local tree or a file list.
            tree: The local tree that opens the archives.
            known_members: A function that takes an archive. If an earlier scan has listed its members, it returns them,
                else None. A compressed tar file with known members need not be decompressed to list them.
        """
        self._source = source
        self._tree = tree
        self._known_members = known_members

    @property
    def root(self) -> str:
        """Return the root of the source."""
        return self._source.root

    @property
    def opener(self) -> ArchiveOpener:
        """Return an opener for the files of the tree and for the members of its archives."""
        return ArchiveOpener(self._tree)

    def walk(self, *, exclude: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        """Yield the files of the source. After each archive, yield its members in the order of the archive."""
        return (file for file in self.walk_with_directories(exclude=exclude) if isinstance(file, SourceFile))

    @property
    def has_directories(self) -> bool:  # type: ignore[override]
        """Return whether the source that this object extends has directories."""
        return self._source.has_directories

    def walk_with_directories(
        self, *, exclude: frozenset[Path] = frozenset(), find_known: FindKnownDirectory | None = None
    ) -> Iterator[SourceFile | ListedDirectory]:
        """Yield the files that `walk` yields, and each directory after the files and archives in it."""
        for file in self._source.walk_with_directories(exclude=exclude, find_known=find_known):
            if isinstance(file, ListedDirectory) or not _may_be_archive(file):
                yield file
            elif has_ambiguous_members(self._tree, file.path):
                yield make_ambiguous_archive_file(file)
            else:
                yield from self._list_archive_and_members(file)

    def count(self) -> Iterator[int]:
        """Yield numbers whose sum is about the number of files: see `Source.count`. Members are not counted."""
        return self._source.count()

    def overlaps(self, other: Source) -> bool:
        """Return whether the source that this object extends overlaps with `other`. Archive members are ignored."""
        return self._source.overlaps(other)

    def require_unchanged(self) -> None:
        """Raise SourceError if the source was removed or replaced."""
        self._source.require_unchanged()

    def close(self) -> None:
        """Close the archives that this thread keeps open. The source that this object extends stays open."""
        close_archives()

    def _list_archive_and_members(self, file: SourceFile) -> Iterable[SourceFile]:
        """Return an archive and its members. Members that an earlier scan has listed are taken from that scan."""
        members = self._known_members(file) if is_sequential_archive(file.path) else None
        return (
            list_archive_and_members(self._tree, file)
            if members is None
            else list_archive_and_known_members(file, members)
        )


class ArchiveOpener(Opener):
    """An opener of the files of a tree and of the members of its archives."""

    def __init__(self, tree: LocalTree, expected: Mapping[str, ArchiveState] | None = None) -> None:
        """Make an opener.

        Args:
            tree: The tree with the archives.
            expected: Path of an archive -> size and time when the walk listed it. Only members of these archives may be
                opened. If an archive now has another size or time, opening a member raises ArchiveError. By default,
                the members of every file with an archive's suffix may be opened.
        """
        self._tree = tree
        self._expected = expected

    def for_files(self, files: Sequence[SourceFile]) -> ArchiveOpener:
        """Return an opener for these files of a walk. It raises ArchiveError if a member's archive has changed."""
        archives = {file.archive.path: file.archive for file in files if file.archive is not None}
        return ArchiveOpener(self._tree, {path: (archive.size, archive.mtime_ns) for path, archive in archives.items()})

    def open(self, path: str) -> AbstractContextManager[ReadAt]:
        """Open a file or a member for reading.

        If an archive is damaged or has changed, the OSError is an ArchiveError.
        """
        member = self._split_member_path(path)
        return self._tree.open(path) if member is None else self._open_member(*member)

    def read_headers(
        self, files: Sequence[tuple[str, int]], read_header: ReadHeader, calls: ParallelCalls
    ) -> Iterator[HeaderResult]:
        """Yield the header of each file or member, in the order of `files`: see `Opener.read_headers`.

        Headers of files are read several at once if the storage is slow. Headers of archive members are read one by
        one, because each thread would have to open the archive, and to read a compressed tar file from its beginning.
        """
        for is_member, group in groupby(files, key=lambda file: self._split_member_path(file[0]) is not None):
            if is_member:
                yield from super().read_headers(list(group), read_header, calls)
            else:
                yield from self._tree.read_headers(list(group), read_header, calls)

    def sequential_archive_of(self, path: str) -> str | None:
        """Return the compressed tar file that has this path as a member. Return None for any other path."""
        member = self._split_member_path(path)
        return member[0] if member is not None and is_sequential_archive(member[0]) else None

    def hash_members(self, archive: str) -> Iterator[tuple[str, bytes]]:
        """Yield the path and the digest of each member of a compressed tar file. Raises OSError."""
        from dicommap.sources.archives.tar_archive import CompressedTarArchive

        with closing(CompressedTarArchive(self._tree, archive)) as opened:
            for entry, read in opened.entries_with_readers():
                if entry.disposition is None:
                    yield archive + MEMBER_SEPARATOR + entry.name, hash_content(read)

    def _split_member_path(self, path: str) -> tuple[str, str] | None:
        """Return the archive and the name of a member. Return None if the path is not the path of a member."""
        end = path.find(MEMBER_SEPARATOR)
        while end >= 0:
            archive = path[:end]
            if self._has_scanned_members(archive):
                return archive, path[end + len(MEMBER_SEPARATOR) :]
            end = path.find(MEMBER_SEPARATOR, end + 1)
        return None

    def _has_scanned_members(self, path: str) -> bool:
        """Return whether a path is that of an archive whose members this opener may open."""
        if self._expected is not None:
            return path in self._expected
        if not has_archive_name(path) or has_ambiguous_members(self._tree, path):
            return False
        try:
            return stat.S_ISREG(self._tree.status(path).st_mode)
        except OSError:
            return False

    @contextmanager
    def _open_member(self, path: str, name: str) -> Iterator[ReadAt]:
        """Open a member of an archive. Raises ArchiveError if the archive has changed."""
        state = self._read_current_state(path)
        if self._expected is not None and state != self._expected[path]:
            raise ArchiveError(make_issue("archive.changed"))
        key = (self._tree.root, path, state)
        archive = _open_archives.take(key) or open_archive(self._tree, path)
        if archive.state != state:
            archive.close()
            raise ArchiveError(make_issue("archive.changed"))
        try:
            yield archive.make_member_reader(name)
        finally:
            _open_archives.put(key, archive)
        if self._read_current_state(path) != state:
            raise ArchiveError(make_issue("archive.changed"))

    def _read_current_state(self, path: str) -> ArchiveState:
        """Return the size and time of an archive now. Raises ArchiveError if it was removed."""
        try:
            return get_archive_state(self._tree.status(path))
        except (FileNotFoundError, NotADirectoryError):
            raise ArchiveError(make_issue("archive.changed")) from None


def _may_be_archive(file: SourceFile) -> bool:
    return file.disposition is None and file.size > 0 and has_archive_name(file.path)


def has_ambiguous_members(tree: LocalTree, path: str) -> bool:
    """Return whether `path` with a `!` at its end exists, for example the directory `a.zip!`.

    If so, a file in this directory may have the same path as a member of the archive.
    """
    try:
        tree.link_status(path + MEMBER_SEPARATOR[0])
    except OSError:
        return False
    return True


def close_archives() -> None:
    """Close the archives that the current thread has kept open."""
    while _open_archives.held:
        _open_archives.held.pop()[1].close()


class _OpenArchives(threading.local):
    """The archives that the current thread keeps open, because more of their members may be read."""

    def __init__(self) -> None:
        self.held: list[tuple[_Key, Archive]] = []

    def take(self, key: _Key) -> Archive | None:
        """Return an open archive for use, and remove it from the kept archives. Return None if it is not open."""
        for number, (held, archive) in enumerate(self.held):
            if held == key:
                del self.held[number]
                return archive
        return None

    def put(self, key: _Key, archive: Archive) -> None:
        """Keep an open archive for later.

        If too many archives or entries are kept, close the archives that were added first.
        """
        self.held.append((key, archive))
        while len(self.held) > 1 and (
            len(self.held) > MAX_OPEN_ARCHIVES
            or sum(len(held_archive.names) for _, held_archive in self.held) > MAX_ENTRIES
        ):
            self.held.pop(0)[1].close()


_open_archives = _OpenArchives()
