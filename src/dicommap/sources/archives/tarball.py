"""Tar files, member by member: plain ones are read at any place, compressed ones only forwards."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dicommap.issues import issue
from dicommap.model.hierarchy import Disposition
from dicommap.sources.archives.compressed import UnpackedBytes, decompressor
from dicommap.sources.archives.entry import Entry, Names
from dicommap.sources.archives.error import ArchiveError
from dicommap.sources.archives.file import KEPT_BYTES, ArchiveFile, ForwardBytes
from dicommap.sources.archives.limits import Allowance, require_entries
from dicommap.sources.archives.tar import TarEntry, tar_entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.issues import Issue
    from dicommap.p10 import ReadAt
    from dicommap.sources.local import LocalTree


class TarArchive:
    """An open tar file that is not compressed."""

    in_sequence = False

    def __init__(self, tree: LocalTree, path: str) -> None:
        """Open it. Raises OSError as the system does."""
        self._file = ArchiveFile(tree, path)
        self.state = self._file.state
        self.names = Names()
        self.issues: list[Issue] = []
        self._places: dict[str, tuple[int, int]] = {}
        self._entries = _named(tar_entries(_PlainBytes(self._file), self.issues), self.names)

    def entries(self) -> Iterator[Entry]:
        """Yield the entries in their order, once. Raises ArchiveError where the archive cannot be followed."""
        for name, entry in self._entries:
            self._places[name] = entry.offset, entry.size
            yield _judged(name, entry)

    def read_at(self, name: str) -> ReadAt:
        """Return what reads a member. Raises ArchiveError where it cannot be had."""
        if name not in self._places:
            for entry in self.entries():
                if entry.name == name:
                    break
            else:
                raise ArchiveError(issue("archive.changed"))
        begin, size = self._places[name]
        read_at = self._file.read_at
        return lambda offset, length: read_at(begin + offset, max(0, min(length, size - offset)))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class CompressedTar:
    """An open tar file that is compressed as a whole: members in their order cost one reading, others one more each."""

    in_sequence = True

    def __init__(self, tree: LocalTree, path: str) -> None:
        """Open it. Raises OSError as the system does."""
        self._file = ArchiveFile(tree, path)
        self.state = self._file.state
        self._decompress = decompressor(path)
        self._start()

    def entries(self) -> Iterator[Entry]:
        """Yield the entries in their order, once. Raises ArchiveError where the archive cannot be followed."""
        return (entry for entry, _ in self.contents())

    def contents(self) -> Iterator[tuple[Entry, ReadAt]]:
        """Yield the entries with what reads each, until the next is asked for."""
        for name, entry in self._entries:
            yield _judged(name, entry), ForwardBytes(self._following(entry), entry.size, _never_again)

    def read_at(self, name: str) -> ReadAt:
        """Return what reads a member, until another is asked for. Raises ArchiveError where it cannot be had."""
        if name in self.names:
            self._begin()
        with suppress(ArchiveError):
            for found, entry in self._entries:
                if found == name:
                    return ForwardBytes(self._following(entry), entry.size, _never_again)
        self._begin()
        raise ArchiveError(issue("archive.member-damaged", reason="the archive cannot be followed up to it"))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _begin(self) -> None:
        self._file.seek(0)
        self._start()

    def _start(self) -> None:
        self._bytes = self._unpacked()
        self.names = Names()
        self.issues: list[Issue] = []
        self._entries = _named(tar_entries(self._bytes, self.issues), self.names)

    def _unpacked(self) -> UnpackedBytes:
        return UnpackedBytes(self._decompress(self._file), Allowance(self._file.size))

    def _following(self, entry: TarEntry) -> Callable[[int], bytes]:
        source, end = self._bytes, entry.offset + entry.size

        def following(length: int) -> bytes:
            return source.take(min(length, end - source.position), "archive.member-damaged")

        return following


class _PlainBytes:
    """The bytes of a tar file as they are."""

    def __init__(self, file: ArchiveFile) -> None:
        self._file = file
        self.position = 0

    def read(self, length: int) -> bytes:
        found = self._file.read_at(self.position, length)
        self.position += len(found)
        return found

    def skip_to(self, offset: int) -> None:
        if offset > self._file.size:
            raise ArchiveError(issue("archive.broken", reason="it ends inside a member"))
        self.position = offset


def _named(entries: Iterator[TarEntry], names: Names) -> Iterator[tuple[str, TarEntry]]:
    for count, entry in enumerate(entries, 1):
        require_entries(count)
        yield names.unique(entry.name), entry


def _judged(name: str, entry: TarEntry) -> Entry:
    if entry.link:
        return Entry.link(name)
    if entry.special is not None:
        return Entry(name, 0, Disposition.SPECIAL, (issue("source.special-file", kind=entry.special),))
    if entry.refused is not None:
        return Entry.refused(name, entry.size, entry.refused)
    return Entry.judged(name, entry.size)


def _never_again() -> Callable[[int], bytes]:
    limit = KEPT_BYTES // 2**20
    reason = (
        f"its elements are out of order over more than {limit} MiB, and a compressed tar file is only read forwards"
    )
    raise ArchiveError(issue("archive.unsupported-member", reason=reason))
