"""Open an archive by its name, and list its members as source files."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Protocol

from dicommap.errors import os_error_reason
from dicommap.issues import Issue, make_issue
from dicommap.model.study import Disposition, SourceFile
from dicommap.sources.archives.archive_entry import MEMBER_SEPARATOR, ArchiveEntry, UniqueNames
from dicommap.sources.archives.archive_errors import ArchiveError
from dicommap.sources.archives.archive_file import get_archive_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.p10 import ReadAt
    from dicommap.sources.archives.archive_file import ArchiveState
    from dicommap.sources.local_tree import LocalTree

_MAGIC_BYTES = {"zip": b"PK", "gz": b"\x1f\x8b", "tgz": b"\x1f\x8b", "bz2": b"BZh", "xz": b"\xfd7zXZ\0"}
"""How archives begin, by the end of their name; tar files begin with the name of a member."""


class Archive(Protocol):
    """An open archive."""

    in_sequence: bool
    """Whether members can be read only one after another."""
    state: ArchiveState
    names: UniqueNames
    """The names of the entries that were met so far."""
    issues: list[Issue]
    """Issues of the archive as a whole that were met so far and did not stop the reading."""

    def entries(self) -> Iterator[ArchiveEntry]:
        """Yield what it holds, directories aside. Raises ArchiveError after what stands before a fault."""
        ...

    def read_at(self, name: str) -> ReadAt:
        """Return what reads a member, until another is asked for. Raises ArchiveError where it cannot be had."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


def open_archive(tree: LocalTree, path: str) -> Archive:
    """Open an archive of the kind that its name tells. Raises ArchiveError where it is none, and OSError."""
    # Most scans meet none, and what unpacks them takes a while to import.
    from dicommap.sources.archives.tar_archive import CompressedTarArchive, TarArchive
    from dicommap.sources.archives.zip_archive import ZipArchive

    name = path.lower()
    if name.endswith(".zip"):
        return ZipArchive(tree, path)
    return TarArchive(tree, path) if name.endswith(".tar") else CompressedTarArchive(tree, path)


def is_sequential_archive(path: str) -> bool:
    """Say whether the members of this archive, by its name, can be read only one after another."""
    return not path.lower().endswith((".zip", ".tar"))


def list_archive(tree: LocalTree, file: SourceFile) -> list[SourceFile]:
    """Return an archive and its members; the file alone where it cannot be opened, or is P10 in spite of its name."""
    members: list[SourceFile] = []
    found: list[Issue] = []
    try:
        if _is_p10(tree, file.path):
            return [file]
        with closing(open_archive(tree, file.path)) as archive:
            found = _list_members(tree, file, archive, members)
    except ArchiveError as error:
        found = [error.issue]
    except OSError as error:
        refused = (make_issue("source.unreadable", reason=os_error_reason(error)),)
        return [_make_archive(file, Disposition.UNREADABLE, refused)]
    return [_make_archive(file, Disposition.ARCHIVE, tuple(found)), *members]


def make_ambiguous_archive(file: SourceFile) -> SourceFile:
    """Return what a walk has of an archive whose members' paths would be those of other files."""
    return _make_archive(file, Disposition.UNREADABLE, (make_issue("archive.ambiguous-path"),))


def list_known_members(file: SourceFile, members: Iterable[tuple[str, int]]) -> Iterator[SourceFile]:
    """Yield an archive and its members, of which names and sizes are known and nothing is wrong."""
    yield _make_archive(file, Disposition.ARCHIVE, ())
    yield from (_make_member(file, ArchiveEntry(name, size)) for name, size in members)


def _list_members(tree: LocalTree, file: SourceFile, archive: Archive, members: list[SourceFile]) -> list[Issue]:
    """Add the members, and return what is wrong with the archive as a whole."""
    state, unsafe, found = (file.size, file.mtime_ns), 0, []
    if archive.state != state:
        return [make_issue("archive.changed")]
    try:
        for entry in archive.entries():
            unsafe += entry.name.startswith("/") or ".." in entry.name.replace("\\", "/").split("/")
            members.append(_make_member(file, entry))
    except ArchiveError as error:
        found.append(error.issue)
    found += archive.issues
    if get_archive_state(tree.status(file.path)) != state:
        found.append(make_issue("archive.changed"))
    if unsafe:
        found.append(make_issue("archive.unsafe-names", count=unsafe))
    if archive.names.repeated:
        found.append(make_issue("archive.duplicate-names", count=archive.names.repeated))
    return found


def _make_member(file: SourceFile, entry: ArchiveEntry) -> SourceFile:
    path = file.path + MEMBER_SEPARATOR + entry.name
    return SourceFile(
        path=path,
        size=entry.size,
        mtime_ns=file.mtime_ns,
        disposition=entry.disposition,
        issues=entry.issues,
        archive=file,
    )


def _make_archive(file: SourceFile, disposition: Disposition, issues: tuple[Issue, ...]) -> SourceFile:
    return SourceFile(path=file.path, size=file.size, mtime_ns=file.mtime_ns, disposition=disposition, issues=issues)


def _is_p10(tree: LocalTree, path: str) -> bool:
    with tree.open(path) as read:
        head = read(0, 132)
    magic = _MAGIC_BYTES.get(path.lower().rpartition(".")[2].replace("tbz2", "bz2").replace("txz", "xz"))
    return head[128:] == b"DICM" and (magic is None or not head.startswith(magic))
