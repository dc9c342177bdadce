"""ZIP archives. zipfile lists and reads the members, within limits on the directory and the members."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, cast
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

from dicommap.issues import make_issue
from dicommap.model.study import Disposition
from dicommap.sources.archives.archive_bytes import ArchiveFile, MemberByteReader
from dicommap.sources.archives.archive_entry import ArchiveEntry, UniqueNames
from dicommap.sources.archives.archive_errors import ArchiveError, convert_damage_errors
from dicommap.sources.archives.archive_limits import (
    MAX_DIRECTORY_BYTES,
    MAX_ENTRIES,
    UnpackingLimit,
    require_entry_count,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import IO

    from dicommap.issues import Issue
    from dicommap.p10 import ReadAt
    from dicommap.sources.local_tree import LocalTree

_SUPPORTED_METHODS = frozenset({ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA})
_ENTRY_MAGIC = b"PK\x01\x02"
_END_MAGIC = b"PK\x05\x06"
_MIN_END_BYTES = 22
_MAX_END_BYTES = _MIN_END_BYTES + 2**16 - 1
"""The size of an end record with the longest possible comment, in bytes."""
_ENCRYPTED = 0x1
_UNIX = 3


class ZipArchive:
    """An open ZIP file."""

    is_sequential = False

    def __init__(self, tree: LocalTree, path: str) -> None:
        """Open the file and read its directory. Raises ArchiveError if the directory is damaged or too large."""
        self._file = _LimitedZipFile(tree, path)
        self.state = self._file.state
        self.names = UniqueNames()
        try:
            with convert_damage_errors("archive.broken"):
                self._zip = ZipFile(cast("IO[bytes]", self._file))
            self._file.is_reading_directory = False
            infos = self._zip.infolist()
            # zipfile returns only the last of several members with the same name, so members get unique names here.
            self._infos = {self.names.make_unique(info.filename): info for info in infos if not _is_directory(info)}
            self.issues = [*self._leading_bytes_issues(infos), *self._trailing_bytes_issues()]
        except OSError:
            self._file.close()
            raise

    def entries(self) -> Iterator[ArchiveEntry]:
        """Yield the entries in the order of the directory. Raises ArchiveError if their total size is too large."""
        limit, unpacked = UnpackingLimit(self._file.size), 0
        for name, info in self._infos.items():
            if info.compress_type != ZIP_STORED:
                unpacked += info.file_size
                limit.require_within(unpacked)
            yield _make_archive_entry(name, info)

    def make_member_reader(self, name: str) -> ReadAt:
        """Return a function that reads a member. Raises ArchiveError if the member is missing or damaged."""
        info = self._infos.get(name)
        if info is None:
            raise ArchiveError(make_issue("archive.changed"))

        def open_member() -> Callable[[int], bytes]:
            with convert_damage_errors("archive.member-damaged"):
                member = self._zip.open(info)

            def read_next(length: int) -> bytes:
                with convert_damage_errors("archive.member-damaged"):
                    return member.read(length)

            return read_next

        return MemberByteReader(open_member(), info.file_size, open_member)

    def _leading_bytes_issues(self, infos: Sequence[ZipInfo]) -> Iterator[Issue]:
        """Yield an issue if the ZIP file has bytes before its first entry. `infos` are all entries."""
        begin = min((info.header_offset for info in infos), default=self._zip.start_dir)
        if begin > 0:
            yield make_issue("archive.leading-bytes", count=begin)

    def _trailing_bytes_issues(self) -> Iterator[Issue]:
        """Yield an issue if bytes follow the end record and its comment (APPNOTE.TXT 4.3.16)."""
        begin = max(0, self._file.size - _MAX_END_BYTES)
        end = self._file.read_at(begin, _MAX_END_BYTES)
        length = _MIN_END_BYTES + len(self._zip.comment)
        if not end[-length:].startswith(_END_MAGIC):
            yield make_issue("archive.trailing-bytes", offset=begin + end.rfind(_END_MAGIC) + length)

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()


class _LimitedZipFile(ArchiveFile):
    """A ZIP file that raises ArchiveError if its directory is too large.

    zipfile itself does not limit the number of entries, and reads the whole directory at once.
    """

    is_reading_directory = True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return at most `size` bytes; by default, all remaining bytes. Raises ArchiveError if a limit is exceeded."""
        if size is not None and min(size, self.size) > MAX_DIRECTORY_BYTES:
            require_entry_count(MAX_ENTRIES + 1)
        data = super().read(size)
        if self.is_reading_directory:
            require_entry_count(data.count(_ENTRY_MAGIC))
        return data


def _is_directory(info: ZipInfo) -> bool:
    return info.filename.endswith("/") and not info.file_size


def _make_archive_entry(name: str, info: ZipInfo) -> ArchiveEntry:
    if info.create_system == _UNIX and stat.S_ISLNK(info.external_attr >> 16):
        return ArchiveEntry.for_link(name)
    if info.flag_bits & _ENCRYPTED:
        return ArchiveEntry(name, info.file_size, Disposition.UNREADABLE, (make_issue("archive.encrypted"),))
    if info.compress_type not in _SUPPORTED_METHODS:
        return ArchiveEntry.for_unsupported_file(
            name, info.file_size, f"it is compressed by method {info.compress_type}"
        )
    return ArchiveEntry.for_regular_file(name, info.file_size)
