"""What a compressed tar file unpacks to, read forwards."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import TYPE_CHECKING, Protocol

from dicommap.issues import Severity, make_issue
from dicommap.sources.archives.damaged_archives import convert_damage_errors
from dicommap.sources.source_sources_archives_error_part import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.sources.archives.archive_file import ArchiveFile
    from dicommap.sources.archives.archive_limits import UnpackingLimit

    Damage = type[Exception]

_CHUNK = 2**18
_GZIP = 16
"""Added to zlib's window size for a gzip header and trailer."""


class DecompressedStream(Protocol):
    """A compressed file that gives its content."""

    def read(self, size: int, /) -> bytes:
        """Read up to `size` bytes; none only at the end."""
        ...


def choose_decompressor(path: str) -> Callable[[ArchiveFile], DecompressedStream]:
    """Return what unpacks a file of this name."""
    name = path.lower()
    if name.endswith("bz2"):
        return lambda file: _ConcatenatedStreams(file, bz2.BZ2Decompressor, OSError)
    if name.endswith("xz"):
        return lambda file: _ConcatenatedStreams(file, lzma.LZMADecompressor, lzma.LZMAError)
    return lambda file: _ConcatenatedStreams(file, _GzipDecompressor, zlib.error)


class LimitedDecompressedStream:
    """The bytes that a compressed file unpacks to, within its allowance."""

    def __init__(self, unpacking: DecompressedStream, allowance: UnpackingLimit) -> None:
        self._unpacking, self._allowance = unpacking, allowance
        self.position = 0

    def read(self, length: int) -> bytes:
        """Read up to `length` bytes; fewer only at the end. Raises ArchiveError for damage."""
        return self.take(length, "archive.broken")

    def take(self, length: int, code: str) -> bytes:
        """Read, and report damage by an issue of this code."""
        parts = []
        while length > 0:
            with convert_damage_errors(code):
                found = self._unpacking.read(min(length, _CHUNK))
            if not found:
                break
            self.position += len(found)
            self._allowance.require(self.position)
            length -= len(found)
            parts.append(found)
        return b"".join(parts)

    def skip_to(self, offset: int) -> None:
        """Go forwards. Raises ArchiveError if the bytes end before."""
        while self.position < offset:
            if not self.read(min(offset - self.position, _CHUNK)):
                raise ArchiveError(make_issue("archive.broken", reason="it ends inside a member"))


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _GzipDecompressor:
    """A decompressor of one gzip stream with the members of `bz2.BZ2Decompressor`."""

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
        found = self._stream.decompress(self._stream.unconsumed_tail + data, max(0, max_length))
        self._has_more = bool(self._stream.unconsumed_tail) or len(found) == max_length
        return found


class _ConcatenatedStreams:
    """One or more compressed streams, one behind the other, as gzip, bzip2 and xz files may hold them.

    The standard library's BZ2File and LZMAFile pass over bytes behind a stream that are no further stream, and GzipFile
    reads zeros there one by one. Here such bytes are an issue, since members may be missing with them.
    """

    def __init__(self, file: ArchiveFile, new: Callable[[], _Decompressor], damage: Damage) -> None:
        self._file, self._new, self._damage = file, new, damage
        self._stream = new()
        self._begun = 0
        """Where the stream begins in the file."""
        self._read = 0
        """Bytes of the file that were read so far."""

    def read(self, size: int, /) -> bytes:
        """Read up to `size` bytes of the content; none only at the end."""
        while True:
            data = b""
            if self._stream.eof:
                data = self._next_stream()
                if not data:
                    return b""
            elif self._stream.needs_input:
                data = self._more()
                if not data:
                    raise EOFError
            if found := self._unpack(data, size):
                return found

    def _more(self) -> bytes:
        found = self._file.read(_CHUNK)
        self._read += len(found)
        return found

    def _next_stream(self) -> bytes:
        """Begin the next stream, and return its first bytes; none at the end of the file."""
        data = self._stream.unused_data or self._more()
        while data and not data.strip(b"\0"):  # xz files may have zeros between streams and behind the last
            data = self._more()
        data = data.lstrip(b"\0")
        self._begun = self._read - len(data)
        self._stream = self._new() if data else self._stream
        return data

    def _unpack(self, data: bytes, size: int) -> bytes:
        try:
            return self._stream.decompress(data, size)
        except self._damage:
            if not self._begun:
                raise
            found = make_issue("archive.trailing-bytes", severity=Severity.WARNING, offset=self._begun)
            raise ArchiveError(found) from None
