"""Headers of tar files: ustar, pax and GNU.

tarfile reads single headers here and no more: in versions that are still in use it can be made to read for ever, and it
takes names of any length into memory.
"""

from __future__ import annotations

import tarfile
from tarfile import HeaderError, TarInfo
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dicommap.issues import Severity, make_issue
from dicommap.sources.archives.archive_errors import ArchiveError
from dicommap.sources.archives.archive_limits import MAX_NAME_CHARACTERS, MAX_ZERO_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue

BLOCK_BYTES = tarfile.BLOCKSIZE
_MAX_EXTENSION_BYTES = 2**20
"""Bytes of one extended header: names, times, and attributes of files that some systems store in them."""

_LONG_NAME, _LONG_LINK = b"L", b"K"
_OWN, _SHARED = (b"x", b"X"), b"g"
_GNU_SPARSE, _GNU_DIRECTORY, _GNU_LABEL, _GNU_CONTINUED = b"S", b"D", b"V", b"M"
_DIRECTORIES = (tarfile.DIRTYPE, _GNU_DIRECTORY, _GNU_LABEL)
_SPECIAL = {tarfile.CHRTYPE: "character device", tarfile.BLKTYPE: "block device", tarfile.FIFOTYPE: "FIFO"}
_LINKS = (tarfile.LNKTYPE, tarfile.SYMTYPE)
_WITHOUT_DATA = (*_LINKS, *_SPECIAL, tarfile.DIRTYPE, _GNU_LABEL)

_IS_EXTENDED = slice(482, 483)
_GOES_ON = slice(504, 505)
"""Bytes that say that more blocks with the map of a sparse file follow: in its header, and in such a block."""

ExtendedAttributes = dict[str, bytes]
"""What extended headers say of the file that follows."""


class ForwardReader(Protocol):
    """Bytes that are read forwards."""

    position: int

    def read(self, length: int) -> bytes:
        """Read up to `length` bytes; fewer only at the end."""
        ...

    def skip_to(self, offset: int) -> None:
        """Go forwards. Raises ArchiveError where the bytes end before."""
        ...


class TarEntry(NamedTuple):
    """One file, link or device; directories and labels are passed over."""

    name: str
    size: int
    offset: int
    """Where its bytes begin; they are next when the entry comes."""
    link: bool
    special: str | None
    """What kind of special file it is."""
    refused: str | None
    """Why it is not read."""


def read_tar_entries(source: ForwardReader, issues: list[Issue]) -> Iterator[TarEntry]:
    """Yield the entries of a tar file.

    Two zero blocks mark the end of a tar file, but another may follow (`cat a.tar b.tar`): its entries are yielded as
    well, as `tar --ignore-zeros` does.

    Args:
        source: The bytes of the file. While an entry is looked at it may be read, but not beyond the entry's bytes.
        issues: Takes the issues that do not stop the reading.

    Raises:
        ArchiveError: The file cannot be followed. The entries before the fault have been yielded.

    """
    shared: ExtendedAttributes = {}
    own: ExtendedAttributes = {}
    while (header := _header(source, issues)) is not None:
        info, block = header
        if info.type in (*_OWN, _SHARED, _LONG_NAME, _LONG_LINK):
            content = _content(source, info.size)
            if info.type == _LONG_NAME:
                own["path"] = content.partition(b"\0")[0]
            elif info.type != _LONG_LINK:
                (shared if info.type == _SHARED else own).update(_attributes(content))
            continue
        attributes, own = shared | own, {}
        sparse = info.type == _GNU_SPARSE or any(key.startswith("GNU.sparse.") for key in attributes)
        if info.type == _GNU_SPARSE:
            _skip_map(source, block)
        size = 0 if info.type in _WITHOUT_DATA else _size(attributes, info.size)
        offset = source.position
        if info.type not in _DIRECTORIES:
            yield _entry(info, _name(attributes, info.name), size, offset, sparse=sparse)
        source.skip_to(offset + -(-size // BLOCK_BYTES) * BLOCK_BYTES)


def _entry(info: TarInfo, name: str, size: int, offset: int, *, sparse: bool) -> TarEntry:
    refused = "it is a sparse file" if sparse else None
    if info.type == _GNU_CONTINUED:
        refused = "its beginning is in another archive"
    return TarEntry(name, size, offset, info.type in _LINKS, _SPECIAL.get(info.type), refused)


def _header(source: ForwardReader, issues: list[Issue]) -> tuple[TarInfo, bytes] | None:
    """Return the next header and its block, or None at the end."""
    place = source.position
    block = source.read(BLOCK_BYTES)
    if not block:
        found = make_issue("archive.broken", severity=Severity.WARNING, reason="it ends without the mark of its end")
        raise ArchiveError(found)
    behind_end = len(block) == BLOCK_BYTES and not any(block)
    if behind_end:
        place, block = _skip_zero_blocks(source)
        if not block:
            return None
    try:
        info = TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except HeaderError:
        if behind_end:
            raise ArchiveError(make_issue("archive.trailing-bytes", offset=place)) from None
        raise _broken_archive_error(f"no header of a member is at byte {place}") from None
    if behind_end and not any(one.code == "archive.continued" for one in issues):
        issues.append(make_issue("archive.continued", offset=place))
    if info.size < 0:
        raise _broken_archive_error(f"the header at byte {place} has a size that is none")
    return info, block


def _skip_zero_blocks(source: ForwardReader) -> tuple[int, bytes]:
    """Return the next block that is not all zeros, with its place; an empty one if none is left."""
    for _ in range(MAX_ZERO_BYTES // BLOCK_BYTES):
        place = source.position
        block = source.read(BLOCK_BYTES)
        if not block or any(block):
            return place, block
    raise ArchiveError(make_issue("archive.trailing-zeros", limit=MAX_ZERO_BYTES, offset=source.position))


def _content(source: ForwardReader, size: int) -> bytes:
    if size > _MAX_EXTENSION_BYTES:
        raise _broken_archive_error(f"an extended header has {size} bytes")
    begin = source.position
    content = source.read(size)
    source.skip_to(begin + -(-size // BLOCK_BYTES) * BLOCK_BYTES)
    return content


def _attributes(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield those attributes of an extended header, each `LENGTH KEY=VALUE` and a line feed, that matter here."""
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


def _size(attributes: ExtendedAttributes, size: int) -> int:
    written = attributes.get("size")
    if written is None:
        return size
    if not (written.isdigit() and len(written) < len(str(2**63))):
        raise _broken_archive_error("an extended header has a size that is none")
    return int(written)


def _name(attributes: ExtendedAttributes, name: str) -> str:
    written = attributes.get("GNU.sparse.name") or attributes.get("path")
    if written is not None:
        name = written.partition(b"\0")[0].decode("utf-8", "surrogateescape")
    if len(name) > MAX_NAME_CHARACTERS:
        raise _broken_archive_error(f"a name has more than {MAX_NAME_CHARACTERS} characters")
    return name


def _skip_map(source: ForwardReader, block: bytes) -> None:
    more = block[_IS_EXTENDED]
    while more.strip(b"\0"):
        more = source.read(BLOCK_BYTES)[_GOES_ON]


def _broken_archive_error(reason: str) -> ArchiveError:
    return ArchiveError(make_issue("archive.broken", reason=reason))
