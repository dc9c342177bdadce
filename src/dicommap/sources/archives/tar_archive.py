"""Tar archives. A plain tar file has random access; a compressed one is decompressed from its beginning."""

from __future__ import annotations

import bz2
import lzma
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from dicommap.issues import Severity, make_issue
from dicommap.model.study import Disposition
from dicommap.sources.archives.archive_bytes import MAX_KEPT_BYTES, ArchiveFile, MemberByteReader
from dicommap.sources.archives.archive_entry import ArchiveEntry, UniqueNames
from dicommap.sources.archives.archive_errors import ArchiveError, convert_damage_errors
from dicommap.sources.archives.archive_limits import UnpackingLimit, require_entry_count
from dicommap.sources.archives.tar_headers import TarEntry, read_tar_entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.issues import Issue
    from dicommap.p10 import ReadAt
    from dicommap.sources.local_tree import LocalTree

    Damage = type[Exception]


_CHUNK = 2**18
_GZIP = 16
"""The number to add to zlib's window size, so that zlib reads a gzip header and trailer."""


class DecompressedStream(Protocol):
    """Interface of a stream of decompressed bytes."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes. Return no bytes only at the end of the stream."""
        ...


def choose_stream_opener(path: str) -> Callable[[ArchiveFile], DecompressedStream]:
    """Return a function that opens an archive as a decompressed stream.

    The suffix of `path` says how it is compressed.
    """
    name = path.lower()
    if name.endswith("bz2"):
        return lambda file: _ConcatenatedStreamReader(file, bz2.BZ2Decompressor, OSError)
    if name.endswith("xz"):
        return lambda file: _ConcatenatedStreamReader(file, lzma.LZMADecompressor, lzma.LZMAError)
    return lambda file: _ConcatenatedStreamReader(file, _GzipDecompressor, zlib.error)


class LimitedDecompressedStream:
    """A stream of decompressed bytes. It raises ArchiveError if it has more bytes than its UnpackingLimit allows."""

    def __init__(self, stream: DecompressedStream, limit: UnpackingLimit) -> None:
        self._stream, self._limit = stream, limit
        self.position = 0

    def read(self, length: int) -> bytes:
        """Return the next `length` bytes, or fewer at the end. Raises ArchiveError if the archive is damaged."""
        return self.read_with_issue_code(length, "archive.broken")

    def read_with_issue_code(self, length: int, code: str) -> bytes:
        """Return the next `length` bytes, or fewer at the end.

        Raises ArchiveError if the archive is damaged. Its issue has the code `code`.
        """
        parts = []
        while length > 0:
            with convert_damage_errors(code):
                content = self._stream.read(min(length, _CHUNK))
            if not content:
                break
            self.position += len(content)
            self._limit.require_within(self.position)
            length -= len(content)
            parts.append(content)
        return b"".join(parts)

    def skip_to(self, offset: int) -> None:
        """Move forwards to an offset. Raises ArchiveError if the stream ends before this offset."""
        while self.position < offset:
            if not self.read(min(offset - self.position, _CHUNK)):
                raise ArchiveError(make_issue("archive.broken", reason="it ends inside a member"))


class _StreamDecompressor(Protocol):
    """Interface of a decompressor of one compressed stream, as in the modules bz2 and lzma."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _GzipDecompressor:
    """A decompressor of one gzip stream, with the methods and properties of `bz2.BZ2Decompressor`."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | _GZIP)
        self._has_more = False

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        return not self._has_more

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        decompressed = self._stream.decompress(self._stream.unconsumed_tail + data, max(0, max_length))
        self._has_more = bool(self._stream.unconsumed_tail) or len(decompressed) == max_length
        return decompressed


class _ConcatenatedStreamReader:
    """The decompressed bytes of a gzip, bzip2 or xz file. The file may consist of several compressed streams.

    If other bytes follow a stream, ArchiveError is raised, because members may be missing. The standard library is not
    used for this: BZ2File and LZMAFile ignore such bytes, and GzipFile reads zero bytes after a stream one by one.
    """

    def __init__(self, file: ArchiveFile, new: Callable[[], _StreamDecompressor], damage: Damage) -> None:
        self._file, self._new, self._damage = file, new, damage
        self._stream = new()
        self._begun = 0
        """The offset in the file at which the current stream begins."""
        self._read = 0
        """The number of bytes read from the file so far."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` decompressed bytes. Return no bytes only at the end of the file."""
        while True:
            data = b""
            if self._stream.eof:
                data = self._start_next_stream()
                if not data:
                    return b""
            elif self._stream.needs_input:
                data = self._read_chunk()
                if not data:
                    raise EOFError
            if decompressed := self._decompress_chunk(data, size):
                return decompressed

    def _read_chunk(self) -> bytes:
        data = self._file.read(_CHUNK)
        self._read += len(data)
        return data

    def _start_next_stream(self) -> bytes:
        """Begin the next stream and return its first bytes. Return b"" at the end of the file."""
        data = self._stream.unused_data or self._read_chunk()
        while data and not data.strip(b"\0"):  # xz files may have zeros after each stream
            data = self._read_chunk()
        data = data.lstrip(b"\0")
        self._begun = self._read - len(data)
        self._stream = self._new() if data else self._stream
        return data

    def _decompress_chunk(self, data: bytes, size: int) -> bytes:
        """Return up to `size` bytes, decompressed from `data` and earlier bytes.

        If bytes of the first stream are damaged, raises the error of the decompressor. If bytes after the first stream
        are damaged, raises ArchiveError, because these bytes may not be a compressed stream at all.
        """
        try:
            return self._stream.decompress(data, size)
        except self._damage:
            if not self._begun:
                raise
            issue = make_issue("archive.trailing-bytes", severity=Severity.WARNING, offset=self._begun)
            raise ArchiveError(issue) from None


class TarArchive:
    """An open tar file that is not compressed."""

    is_sequential = False

    def __init__(self, tree: LocalTree, path: str) -> None:
        """Open the file. Raises OSError."""
        self._file = ArchiveFile(tree, path)
        self.state = self._file.state
        self.names = UniqueNames()
        self.issues: list[Issue] = []
        self._positions: dict[str, tuple[int, int]] = {}
        self._entries = _make_entry_names_unique(read_tar_entries(_PlainTarReader(self._file), self.issues), self.names)

    def entries(self) -> Iterator[ArchiveEntry]:
        """Yield the entries in their order. Each entry is yielded once. Raises ArchiveError if the file is damaged."""
        for name, entry in self._entries:
            self._positions[name] = entry.offset, entry.size
            yield _make_archive_entry(name, entry)

    def make_member_reader(self, name: str) -> ReadAt:
        """Return a function that reads the member with this name. Raises ArchiveError if no member has the name."""
        if name not in self._positions:
            for entry in self.entries():
                if entry.name == name:
                    break
            else:
                raise ArchiveError(make_issue("archive.changed"))
        begin, size = self._positions[name]
        read_at = self._file.read_at
        return lambda offset, length: read_at(begin + offset, max(0, min(length, size - offset)))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class CompressedTarArchive:
    """An open compressed tar file.

    If members are read in their order, the file is decompressed only once. To read an earlier member, it is
    decompressed again.
    """

    is_sequential = True

    def __init__(self, tree: LocalTree, path: str) -> None:
        """Open the file. Raises OSError."""
        self._file = ArchiveFile(tree, path)
        self.state = self._file.state
        self._decompress = choose_stream_opener(path)
        self._begin_with_first_entry()

    def entries(self) -> Iterator[ArchiveEntry]:
        """Yield the entries in their order. Each entry is yielded once. Raises ArchiveError if the file is damaged."""
        return (entry for entry, _ in self.entries_with_readers())

    def entries_with_readers(self) -> Iterator[tuple[ArchiveEntry, ReadAt]]:
        """Yield each entry with a function that reads its data. The function works until the next entry is yielded."""
        for name, entry in self._entries:
            yield (
                _make_archive_entry(name, entry),
                MemberByteReader(self._make_entry_reader(entry), entry.size, _raise_on_rewind),
            )

    def make_member_reader(self, name: str) -> ReadAt:
        """Return a function that reads bytes of a member. It may be called until the next call of this method.

        Raises ArchiveError if the member cannot be found.
        """
        if name in self.names:
            self._rewind_archive()
        with suppress(ArchiveError):
            for member_name, entry in self._entries:
                if member_name == name:
                    return MemberByteReader(self._make_entry_reader(entry), entry.size, _raise_on_rewind)
        self._rewind_archive()
        raise ArchiveError(make_issue("archive.member-damaged", reason="the archive cannot be followed up to it"))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _rewind_archive(self) -> None:
        """Go back to the first entry."""
        self._file.seek(0)
        self._begin_with_first_entry()

    def _begin_with_first_entry(self) -> None:
        """Forget the entries that were read, and decompress the file again from its beginning."""
        self._bytes = self._open_decompressed_stream()
        self.names = UniqueNames()
        self.issues: list[Issue] = []
        self._entries = _make_entry_names_unique(read_tar_entries(self._bytes, self.issues), self.names)

    def _open_decompressed_stream(self) -> LimitedDecompressedStream:
        return LimitedDecompressedStream(self._decompress(self._file), UnpackingLimit(self._file.size))

    def _make_entry_reader(self, entry: TarEntry) -> Callable[[int], bytes]:
        """Return a function that reads the next bytes of a member."""
        source, end = self._bytes, entry.offset + entry.size

        def read_next(length: int) -> bytes:
            return source.read_with_issue_code(min(length, end - source.position), "archive.member-damaged")

        return read_next


class _PlainTarReader:
    """A ForwardReader for a tar file that is not compressed."""

    def __init__(self, file: ArchiveFile) -> None:
        self._file = file
        self.position = 0

    def read(self, length: int) -> bytes:
        data = self._file.read_at(self.position, length)
        self.position += len(data)
        return data

    def skip_to(self, offset: int) -> None:
        if offset > self._file.size:
            raise ArchiveError(make_issue("archive.broken", reason="it ends inside a member"))
        self.position = offset


def _make_entry_names_unique(entries: Iterator[TarEntry], names: UniqueNames) -> Iterator[tuple[str, TarEntry]]:
    """Yield pairs of a name that is unique in the archive and the entry. Raises ArchiveError for too many entries."""
    for count, entry in enumerate(entries, 1):
        require_entry_count(count)
        yield names.make_unique(entry.name), entry


def _make_archive_entry(name: str, entry: TarEntry) -> ArchiveEntry:
    if entry.is_link:
        return ArchiveEntry.for_link(name)
    if entry.special_kind is not None:
        return ArchiveEntry(name, 0, Disposition.SPECIAL, (make_issue("source.special-file", kind=entry.special_kind),))
    if entry.unsupported_reason is not None:
        return ArchiveEntry.for_unsupported_file(name, entry.size, entry.unsupported_reason)
    return ArchiveEntry.for_regular_file(name, entry.size)


def _raise_on_rewind() -> Callable[[int], bytes]:
    """Raise ArchiveError, because a member of a compressed tar file can only be read forwards."""
    limit = MAX_KEPT_BYTES // 2**20
    reason = (
        f"its elements are out of order over more than {limit} MiB, and a compressed tar file is only read forwards"
    )
    raise ArchiveError(make_issue("archive.unsupported-member", reason=reason))
