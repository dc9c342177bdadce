"""Headers of tar files: ustar, pax and GNU.

Python's tarfile parses only single headers here. It is not safe for whole archives: in some versions, a malicious
archive makes it read forever, and it keeps names of any length in memory.
"""

from __future__ import annotations

import tarfile
from tarfile import HeaderError, TarInfo
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dicommap.issues import Severity, make_issue
from dicommap.issues.wording import format_count
from dicommap.sources.archives.archive_errors import ArchiveError
from dicommap.sources.archives.archive_limits import MAX_NAME_CHARACTERS, MAX_ZERO_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue

BLOCK_BYTES = tarfile.BLOCKSIZE
_MAX_EXTENSION_BYTES = 2**20
"""The maximum size of one extended header in bytes.

An extended header has the name and times of a file, and attributes of some operating systems.
"""

_LONG_NAME, _LONG_LINK = b"L", b"K"
_OWN, _SHARED = (b"x", b"X"), b"g"
_GNU_SPARSE, _GNU_DIRECTORY, _GNU_LABEL, _GNU_CONTINUED = b"S", b"D", b"V", b"M"
_DIRECTORIES = (tarfile.DIRTYPE, _GNU_DIRECTORY, _GNU_LABEL)
_SPECIAL = {tarfile.CHRTYPE: "character device", tarfile.BLKTYPE: "block device", tarfile.FIFOTYPE: "FIFO"}
_LINKS = (tarfile.LNKTYPE, tarfile.SYMTYPE)
_WITHOUT_DATA = (*_LINKS, *_SPECIAL, tarfile.DIRTYPE, _GNU_LABEL)

_IS_EXTENDED = slice(482, 483)
_HAS_MORE = slice(504, 505)
"""Position of a byte in a block that has the map of a sparse file. If it is not zero, another block follows."""

ExtendedAttributes = dict[str, bytes]
"""Key -> value of each attribute in the extended headers that precede a file."""


class ForwardReader(Protocol):
    """Interface of a stream that can only be read forwards."""

    position: int

    def read(self, length: int) -> bytes:
        """Return the next `length` bytes, or fewer at the end of the stream."""
        ...

    def skip_to(self, offset: int) -> None:
        """Move forwards to an offset. Raises ArchiveError if the stream ends before this offset."""
        ...


class TarEntry(NamedTuple):
    """A file, link or device in a tar file. Directories and labels are not entries."""

    name: str
    size: int
    offset: int
    """The offset of the entry's data in the tar file. When `read_tar_entries` yields the entry, its reader is there."""
    is_link: bool
    special_kind: str | None
    """The kind of a special file, such as "FIFO". None for other entries."""
    unsupported_reason: str | None
    """The reason why the file is not read. None if it can be read."""


def read_tar_entries(source: ForwardReader, issues: list[Issue]) -> Iterator[TarEntry]:
    """Yield the entries of a tar file.

    Two zero blocks mark the end of a tar file, but another tar file may follow (`cat a.tar b.tar`). Its entries are
    yielded, too, as in `tar --ignore-zeros`.

    Args:
        source: A reader of the tar file. After an entry is yielded, the caller may read its data from this reader.
        issues: The list to which issues are appended that do not stop reading.

    Raises:
        ArchiveError: The file is damaged. The entries before the damage are yielded first.

    """
    shared: ExtendedAttributes = {}
    own: ExtendedAttributes = {}
    while (header := _read_header(source, issues)) is not None:
        info, block = header
        if info.type in (*_OWN, _SHARED, _LONG_NAME, _LONG_LINK):
            content = _read_extended_header(source, info.size)
            if info.type == _LONG_NAME:
                own["path"] = content.partition(b"\0")[0]
            elif info.type != _LONG_LINK:
                (shared if info.type == _SHARED else own).update(_parse_extended_header(content))
            continue
        attributes, own = shared | own, {}
        sparse = info.type == _GNU_SPARSE or any(key.startswith("GNU.sparse.") for key in attributes)
        if info.type == _GNU_SPARSE:
            _skip_sparse_map(source, block)
        size = 0 if info.type in _WITHOUT_DATA else _parse_entry_size(attributes, info.size)
        offset = source.position
        if info.type not in _DIRECTORIES:
            yield _make_tar_entry(info, _parse_entry_name(attributes, info.name), size, offset, sparse=sparse)
        source.skip_to(offset + -(-size // BLOCK_BYTES) * BLOCK_BYTES)


def _make_tar_entry(info: TarInfo, name: str, size: int, offset: int, *, sparse: bool) -> TarEntry:
    """Return the TarEntry of a parsed header. `sparse` says whether it is the header of a sparse file."""
    reason = "it is a sparse file" if sparse else None
    if info.type == _GNU_CONTINUED:
        reason = "its beginning is in another archive"
    return TarEntry(name, size, offset, info.type in _LINKS, _SPECIAL.get(info.type), reason)


def _read_header(source: ForwardReader, issues: list[Issue]) -> tuple[TarInfo, bytes] | None:
    """Return the next header, parsed and as the bytes of its block. Return None after the last header."""
    offset = source.position
    block = source.read(BLOCK_BYTES)
    if not block:
        issue = make_issue("archive.broken", severity=Severity.WARNING, reason="it ends without the mark of its end")
        raise ArchiveError(issue)
    behind_end = len(block) == BLOCK_BYTES and not any(block)
    if behind_end:
        offset, block = _read_block_after_zeros(source)
        if not block:
            return None
    try:
        info = TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except HeaderError:
        if behind_end:
            raise ArchiveError(make_issue("archive.trailing-bytes", offset=offset)) from None
        raise _broken_archive_error(f"no header of a member is at byte {offset}") from None
    if behind_end and not any(issue.code == "archive.continued" for issue in issues):
        issues.append(make_issue("archive.continued", offset=offset))
    if info.size < 0:
        raise _broken_archive_error(f"the header at byte {offset} has an invalid size")
    return info, block


def _read_block_after_zeros(source: ForwardReader) -> tuple[int, bytes]:
    """Skip blocks of zeros. Return the offset and the bytes of the next block, which are empty at the end of the file.

    Raises ArchiveError if there are more than MAX_ZERO_BYTES zeros.
    """
    for _ in range(MAX_ZERO_BYTES // BLOCK_BYTES):
        offset = source.position
        block = source.read(BLOCK_BYTES)
        if not block or any(block):
            return offset, block
    raise ArchiveError(make_issue("archive.trailing-zeros", limit=MAX_ZERO_BYTES, offset=source.position))


def _read_extended_header(source: ForwardReader, size: int) -> bytes:
    """Return the content of an extended header, and skip its padding. Raises ArchiveError if it is too large."""
    if size > _MAX_EXTENSION_BYTES:
        raise _broken_archive_error(f"an extended header has {format_count(size, 'byte')}")
    begin = source.position
    content = source.read(size)
    source.skip_to(begin + -(-size // BLOCK_BYTES) * BLOCK_BYTES)
    return content


def _parse_extended_header(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the keys and values of an extended header that are about path, size and sparse files.

    Each attribute is a record `LENGTH KEY=VALUE` with a line feed at its end. LENGTH is the number of bytes of the
    whole record, in decimal digits.
    """
    place = 0
    while place < len(content) and content[place]:
        digits = content[place : place + 20].partition(b" ")[0]
        length = int(digits) if digits.isdigit() else 0
        record = content[place : place + length]
        key, equals, value = record[len(digits) + 1 : -1].partition(b"=")
        if not equals or len(record) < length or not record.endswith(b"\n"):
            raise _broken_archive_error("an extended header is damaged")
        if key in (b"path", b"size") or key.startswith(b"GNU.sparse."):
            yield key.decode("ascii", "replace"), value
        place += length


def _parse_entry_size(attributes: ExtendedAttributes, size: int) -> int:
    """Return the size of an entry: from its extended header, or else `size`, the size in its ustar header."""
    written = attributes.get("size")
    if written is None:
        return size
    if not (written.isdigit() and len(written) < len(str(2**63))):
        raise _broken_archive_error("an extended header has an invalid size")
    return int(written)


def _parse_entry_name(attributes: ExtendedAttributes, name: str) -> str:
    """Return the name of an entry: from its extended header, or else `name`, the name in its ustar header."""
    written = attributes.get("GNU.sparse.name") or attributes.get("path")
    if written is not None:
        name = written.partition(b"\0")[0].decode("utf-8", "surrogateescape")
    if len(name) > MAX_NAME_CHARACTERS:
        raise _broken_archive_error(f"a name has more than {MAX_NAME_CHARACTERS} characters")
    return name


def _skip_sparse_map(source: ForwardReader, block: bytes) -> None:
    """Skip the blocks after the header `block` that continue the map of a sparse file."""
    more = block[_IS_EXTENDED]
    while more.strip(b"\0"):
        more = source.read(BLOCK_BYTES)[_HAS_MORE]


def _broken_archive_error(reason: str) -> ArchiveError:
    return ArchiveError(make_issue("archive.broken", reason=reason))
