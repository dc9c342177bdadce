"""Tar files, member by member: plain ones are read at any place, compressed ones only forwards."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dicommap.issues import make_issue
from dicommap.model.study import Disposition
from dicommap.sources.archives.archive_entry import ArchiveEntry, UniqueNames
from dicommap.sources.archives.archive_file import MAX_KEPT_BYTES, ArchiveFile, ForwardBytes
from dicommap.sources.archives.archive_limits import UnpackingLimit, require_entry_count
from dicommap.sources.archives.tar_archive_sources_archives_compressed_part import (
    LimitedDecompressedStream,
    choose_decompressor,
)
from dicommap.sources.archives.tar_headers import TarEntry, read_tar_entries
from dicommap.sources.source_sources_archives_error_part import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.issues import Issue
    from dicommap.p10 import ReadAt
    from dicommap.sources.local_tree import LocalTree


class TarArchive:
    """An open tar file that is not compressed."""

    in_sequence = False

    def __init__(self, tree: LocalTree, path: str) -> None:
        """Open it. Raises OSError as the system does."""
        self._file = ArchiveFile(tree, path)
        self.state = self._file.state
        self.names = UniqueNames()
        self.issues: list[Issue] = []
        self._places: dict[str, tuple[int, int]] = {}
        self._entries = _unique_entries(read_tar_entries(_PlainTarReader(self._file), self.issues), self.names)

    def entries(self) -> Iterator[ArchiveEntry]:
        """Yield the entries in their order, once. Raises ArchiveError where the archive cannot be followed."""
        for name, entry in self._entries:
            self._places[name] = entry.offset, entry.size
            yield _make_entry(name, entry)

    def read_at(self, name: str) -> ReadAt:
        """Return what reads a member. Raises ArchiveError where it cannot be had."""
        if name not in self._places:
            for entry in self.entries():
                if entry.name == name:
                    break
            else:
                raise ArchiveError(make_issue("archive.changed"))
        begin, size = self._places[name]
        read_at = self._file.read_at
        return lambda offset, length: read_at(begin + offset, max(0, min(length, size - offset)))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class CompressedTarArchive:
    """An open tar file that is compressed as a whole: members in their order cost one reading, others one more each."""

    in_sequence = True

    def __init__(self, tree: LocalTree, path: str) -> None:
        """Open it. Raises OSError as the system does."""
        self._file = ArchiveFile(tree, path)
        self.state = self._file.state
        self._decompress = choose_decompressor(path)
        self._start()

    def entries(self) -> Iterator[ArchiveEntry]:
        """Yield the entries in their order, once. Raises ArchiveError where the archive cannot be followed."""
        return (entry for entry, _ in self.contents())

    def contents(self) -> Iterator[tuple[ArchiveEntry, ReadAt]]:
        """Yield the entries with what reads each, until the next is asked for."""
        for name, entry in self._entries:
            yield _make_entry(name, entry), ForwardBytes(self._following(entry), entry.size, _raise_on_rewind)

    def read_at(self, name: str) -> ReadAt:
        """Return what reads a member, until another is asked for. Raises ArchiveError where it cannot be had."""
        if name in self.names:
            self._begin()
        with suppress(ArchiveError):
            for found, entry in self._entries:
                if found == name:
                    return ForwardBytes(self._following(entry), entry.size, _raise_on_rewind)
        self._begin()
        raise ArchiveError(make_issue("archive.member-damaged", reason="the archive cannot be followed up to it"))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _begin(self) -> None:
        self._file.seek(0)
        self._start()

    def _start(self) -> None:
        self._bytes = self._unpacked()
        self.names = UniqueNames()
        self.issues: list[Issue] = []
        self._entries = _unique_entries(read_tar_entries(self._bytes, self.issues), self.names)

    def _unpacked(self) -> LimitedDecompressedStream:
        return LimitedDecompressedStream(self._decompress(self._file), UnpackingLimit(self._file.size))

    def _following(self, entry: TarEntry) -> Callable[[int], bytes]:
        source, end = self._bytes, entry.offset + entry.size

        def following(length: int) -> bytes:
            return source.take(min(length, end - source.position), "archive.member-damaged")

        return following


class _PlainTarReader:
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
            raise ArchiveError(make_issue("archive.broken", reason="it ends inside a member"))
        self.position = offset


def _unique_entries(entries: Iterator[TarEntry], names: UniqueNames) -> Iterator[tuple[str, TarEntry]]:
    for count, entry in enumerate(entries, 1):
        require_entry_count(count)
        yield names.unique(entry.name), entry


def _make_entry(name: str, entry: TarEntry) -> ArchiveEntry:
    if entry.link:
        return ArchiveEntry.link(name)
    if entry.special is not None:
        return ArchiveEntry(name, 0, Disposition.SPECIAL, (make_issue("source.special-file", kind=entry.special),))
    if entry.refused is not None:
        return ArchiveEntry.refused(name, entry.size, entry.refused)
    return ArchiveEntry.judged(name, entry.size)


def _raise_on_rewind() -> Callable[[int], bytes]:
    limit = MAX_KEPT_BYTES // 2**20
    reason = (
        f"its elements are out of order over more than {limit} MiB, and a compressed tar file is only read forwards"
    )
    raise ArchiveError(make_issue("archive.unsupported-member", reason=reason))
