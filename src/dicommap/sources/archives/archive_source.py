"""A source whose archives are entered: walk and open the members of its archives."""

from __future__ import annotations

import hashlib
import stat
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from dicommap.issues import make_issue
from dicommap.sources.archives.archive_entry import MEMBER_SEPARATOR, has_archive_name
from dicommap.sources.archives.archive_file import get_archive_state
from dicommap.sources.archives.archive_limits import MAX_ENTRIES
from dicommap.sources.archives.archive_members import (
    is_sequential_archive,
    list_archive,
    list_known_members,
    make_ambiguous_archive,
    open_archive,
)
from dicommap.sources.source import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from dicommap.model.study import SourceFile
    from dicommap.p10 import ReadAt
    from dicommap.sources.archives.archive_file import ArchiveState
    from dicommap.sources.archives.archive_members import Archive
    from dicommap.sources.local_tree import LocalTree

MAX_OPEN_ARCHIVES = 8
"""Archives that a thread keeps open; fewer where they have many entries, which are in memory."""

_DIGEST_CHUNK_BYTES = 2**20

_Key = tuple[str, str, "ArchiveState"]
"""A tree's root, an archive's path and its state."""


class ArchiveOpener:
    """Opens the files of a tree, and members of its archives.

    With `expected`, the states of archives as the walk found them, a member of an archive that has changed is refused.
    """

    def __init__(self, tree: LocalTree, expected: Mapping[str, ArchiveState] | None = None) -> None:
        self._tree = tree
        self._expected = expected

    def for_files(self, files: Sequence[SourceFile]) -> ArchiveOpener:
        """Return what opens these files of a walk as long as their archives do not change."""
        archives = {file.archive.path: file.archive for file in files if file.archive is not None}
        return ArchiveOpener(self._tree, {path: (one.size, one.mtime_ns) for path, one in archives.items()})

    def open(self, path: str) -> AbstractContextManager[ReadAt]:
        """Open a file or a member for reading at offsets. Raises OSError, of members as ArchiveError."""
        place = self._inside(path)
        return self._tree.open(path) if place is None else self._member(*place)

    def in_sequence(self, path: str) -> str | None:
        """Return the archive of a member that can be read only after those before it, and None for all other paths."""
        place = self._inside(path)
        return place[0] if place is not None and is_sequential_archive(place[0]) else None

    def digests(self, archive: str) -> Iterator[tuple[str, bytes]]:
        """Yield the path of each member of a compressed tar file, with a digest of its bytes. Raises OSError."""
        from dicommap.sources.archives.tar_archive import CompressedTarArchive

        with closing(CompressedTarArchive(self._tree, archive)) as opened:
            for entry, read in opened.contents():
                if entry.disposition is None:
                    yield archive + MEMBER_SEPARATOR + entry.name, hash_content(read)

    def _inside(self, path: str) -> tuple[str, str] | None:
        """Return the archive and the name of a member, or None for a path of the tree."""
        place = path.find(MEMBER_SEPARATOR)
        while place >= 0:
            archive = path[:place]
            if self._is_entered(archive):
                return archive, path[place + len(MEMBER_SEPARATOR) :]
            place = path.find(MEMBER_SEPARATOR, place + 1)
        return None

    def _is_entered(self, path: str) -> bool:
        if self._expected is not None:
            return path in self._expected
        if not has_archive_name(path) or has_ambiguous_members(self._tree, path):
            return False
        try:
            return stat.S_ISREG(self._tree.status(path).st_mode)
        except OSError:
            return False

    @contextmanager
    def _member(self, path: str, name: str) -> Iterator[ReadAt]:
        state = self._state(path)
        if self._expected is not None and state != self._expected[path]:
            raise ArchiveError(make_issue("archive.changed"))
        key = (str(self._tree), path, state)
        archive = _open_archives.taken(key) or open_archive(self._tree, path)
        if archive.state != state:
            archive.close()
            raise ArchiveError(make_issue("archive.changed"))
        try:
            yield archive.read_at(name)
        finally:
            _open_archives.put(key, archive)
        if self._state(path) != state:
            raise ArchiveError(make_issue("archive.changed"))

    def _state(self, path: str) -> ArchiveState:
        try:
            return get_archive_state(self._tree.status(path))
        except (FileNotFoundError, NotADirectoryError):
            raise ArchiveError(make_issue("archive.changed")) from None


def has_ambiguous_members(tree: LocalTree, path: str) -> bool:
    """Say whether files of the tree may have the paths that members of this archive would have."""
    try:
        tree.link_status(path + MEMBER_SEPARATOR[0])
    except OSError:
        return False
    return True


def hash_content(read: ReadAt) -> bytes:
    """Return what is equal for equal bytes only, as far as BLAKE2 can tell."""
    digest, offset = hashlib.blake2b(digest_size=32), 0
    while found := read(offset, _DIGEST_CHUNK_BYTES):
        digest.update(found)
        offset += len(found)
    return digest.digest()


def close_archives() -> None:
    """Close the archives that this thread keeps open."""
    while _open_archives.held:
        _open_archives.held.pop()[1].close()


class _OpenArchives(threading.local):
    """Archives that a thread has read from, and is likely to read from again."""

    def __init__(self) -> None:
        self.held: list[tuple[_Key, Archive]] = []

    def taken(self, key: _Key) -> Archive | None:
        """Take an archive for oneself."""
        for number, (held, archive) in enumerate(self.held):
            if held == key:
                del self.held[number]
                return archive
        return None

    def put(self, key: _Key, archive: Archive) -> None:
        """Put one back, and close what is too much."""
        self.held.append((key, archive))
        while len(self.held) > 1 and (
            len(self.held) > MAX_OPEN_ARCHIVES or sum(len(one.names) for _, one in self.held) > MAX_ENTRIES
        ):
            self.held.pop(0)[1].close()


_open_archives = _OpenArchives()


if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from dicommap.model.study import SourceFile
    from dicommap.sources.file_list import FileList
    from dicommap.sources.local_tree import LocalTree

    MembersBefore = Callable[[SourceFile], Iterable[tuple[str, int]] | None]
    """Return the names and sizes of an archive's members, where a scan before has read them all and it is unchanged."""


class ArchiveSource:
    """A source of which the archives are entered, too."""

    def __init__(self, source: LocalTree | FileList, before: MembersBefore) -> None:
        """Take a source. `before` saves unpacking compressed tar files that are known, only to list them."""
        self._source = source
        self._before = before
        self.opener = ArchiveOpener(source.opener)

    def __str__(self) -> str:
        return str(self._source)

    def walk(self, *, without: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        """Yield what the source does, and behind each archive its members in their order."""
        tree = self._source.opener
        for file in self._source.walk(without=without):
            if file.disposition is not None or not file.size or not has_archive_name(file.path):
                yield file
            elif has_ambiguous_members(tree, file.path):
                yield make_ambiguous_archive(file)
            else:
                yield from self._entered(file)

    def count(self) -> Iterator[int]:
        """Yield what the source does: members are not counted ahead."""
        return self._source.count()

    def _entered(self, file: SourceFile) -> Iterable[SourceFile]:
        members = self._before(file) if is_sequential_archive(file.path) else None
        return list_archive(self._source.opener, file) if members is None else list_known_members(file, members)
