"""ZIP archives."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, cast
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

from dicommap.issues import make_issue
from dicommap.model.study import Disposition
from dicommap.sources.archives.archive_entry import ArchiveEntry, UniqueNames
from dicommap.sources.archives.archive_errors import ArchiveError, convert_damage_errors
from dicommap.sources.archives.archive_file import ArchiveFile, ForwardBytes
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
"""Bytes of the end record with the longest comment."""
_ENCRYPTED = 0x1
_UNIX = 3


class ZipArchive:
    """An open ZIP file."""

    in_sequence = False

    def __init__(self, tree: LocalTree, path: str) -> None:
        """Open it and read its directory. Raises ArchiveError where that is damaged or too large, and OSError."""
        self._file = _LimitedDirectoryFile(tree, path)
        self.state = self._file.state
        self.names = UniqueNames()
        try:
            with convert_damage_errors("archive.broken"):
                self._zip = ZipFile(cast("IO[bytes]", self._file))
            self._file.reading = False
            infos = self._zip.infolist()
            # zipfile keeps more than is needed of each entry; names are unique here.
            self._infos = {self.names.unique(info.filename): info for info in infos if not _is_directory(info)}
            self.issues = [*self._leading(infos), *self._trailing()]
        except OSError:
            self._file.close()
            raise

    def entries(self) -> Iterator[ArchiveEntry]:
        """Yield the entries in the order of the directory. Raises ArchiveError where they unpack to too much."""
        allowance, unpacked = UnpackingLimit(self._file.size), 0
        for name, info in self._infos.items():
            if info.compress_type != ZIP_STORED:
                unpacked += info.file_size
                allowance.require(unpacked)
            yield _make_entry(name, info)

    def read_at(self, name: str) -> ReadAt:
        """Return what reads a member. Raises ArchiveError where it cannot be had."""
        info = self._infos.get(name)
        if info is None:
            raise ArchiveError(make_issue("archive.changed"))

        def opened() -> Callable[[int], bytes]:
            with convert_damage_errors("archive.member-damaged"):
                member = self._zip.open(info)

            def following(length: int) -> bytes:
                with convert_damage_errors("archive.member-damaged"):
                    return member.read(length)

            return following

        return ForwardBytes(opened(), info.file_size, opened)

    def _leading(self, infos: Sequence[ZipInfo]) -> Iterator[Issue]:
        begin = min((info.header_offset for info in infos), default=self._zip.start_dir)
        if begin > 0:
            yield make_issue("archive.leading-bytes", count=begin)

    def _trailing(self) -> Iterator[Issue]:
        """Yield an issue if the end record, with its comment, is not the end of the file (APPNOTE.TXT 4.3.16)."""
        begin = max(0, self._file.size - _MAX_END_BYTES)
        end = self._file.read_at(begin, _MAX_END_BYTES)
        length = _MIN_END_BYTES + len(self._zip.comment)
        if not end[-length:].startswith(_END_MAGIC):
            yield make_issue("archive.trailing-bytes", offset=begin + end.rfind(_END_MAGIC) + length)

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()


class _LimitedDirectoryFile(ArchiveFile):
    """A ZIP file that gives no more than a directory may have, and no directory of too many entries.

    zipfile reads a directory as a whole, however many entries it has and whatever number of them is told.
    """

    reading = True

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as any file does."""
        if size is not None and min(size, self.size) > MAX_DIRECTORY_BYTES:
            require_entry_count(MAX_ENTRIES + 1)
        found = super().read(size)
        if self.reading:
            require_entry_count(found.count(_ENTRY_MAGIC))
        return found


def _is_directory(info: ZipInfo) -> bool:
    return info.filename.endswith("/") and not info.file_size


def _make_entry(name: str, info: ZipInfo) -> ArchiveEntry:
    if info.create_system == _UNIX and stat.S_ISLNK(info.external_attr >> 16):
        return ArchiveEntry.link(name)
    if info.flag_bits & _ENCRYPTED:
        return ArchiveEntry(name, info.file_size, Disposition.UNREADABLE, (make_issue("archive.encrypted"),))
    if info.compress_type not in _SUPPORTED_METHODS:
        return ArchiveEntry.refused(name, info.file_size, f"it is compressed by method {info.compress_type}")
    return ArchiveEntry.judged(name, info.file_size)
