"""Open an archive in the format that its file name suffix says, and list its members as source files."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Protocol

from dicommap.errors import os_error_reason
from dicommap.issues import Issue, make_issue
from dicommap.model.study import Disposition, SourceFile
from dicommap.sources.archives.archive_bytes import get_archive_state
from dicommap.sources.archives.archive_entry import MEMBER_SEPARATOR, ArchiveEntry, UniqueNames
from dicommap.sources.archives.archive_errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.p10 import ReadAt
    from dicommap.sources.archives.archive_bytes import ArchiveState
    from dicommap.sources.local_tree import LocalTree

_MAGIC_BYTES = {"zip": b"PK", "gz": b"\x1f\x8b", "tgz": b"\x1f\x8b", "bz2": b"BZh", "xz": b"\xfd7zXZ\0"}
"""Suffix of a file name -> first bytes of the archive. Tar files are missing: they begin with the name of a member."""


class Archive(Protocol):
    """The interface of an open archive."""

    is_sequential: bool
    """Whether the members can be read only in their order."""
    state: ArchiveState
    names: UniqueNames
    """The names of the entries that were read so far."""
    issues: list[Issue]
    """The issues of the whole archive so far. If an issue ends the reading, it is in the ArchiveError, and not here."""

    def entries(self) -> Iterator[ArchiveEntry]:
        """Yield all entries except directories.

        If the archive is damaged, the entries before the damage are yielded, then ArchiveError is raised.
        """
        ...

    def make_member_reader(self, name: str) -> ReadAt:
        """Return a function that reads bytes of a member. It may be called until the next call of this method.

        Raises ArchiveError if the member is missing or damaged.
        """
        ...

    def close(self) -> None:
        """Close the file."""
        ...


def open_archive(tree: LocalTree, path: str) -> Archive:
    """Return an open archive. Its file name suffix says which format it has.

    Raises:
        ArchiveError: The archive is damaged, or has another format than its suffix says.
        OSError: The file cannot be opened.
    """
    # These modules import lzma, bz2 and zipfile, which not every scanning process needs.
    from dicommap.sources.archives.tar_archive import CompressedTarArchive, TarArchive
    from dicommap.sources.archives.zip_archive import ZipArchive

    name = path.lower()
    if name.endswith(".zip"):
        return ZipArchive(tree, path)
    return TarArchive(tree, path) if name.endswith(".tar") else CompressedTarArchive(tree, path)


def is_sequential_archive(path: str) -> bool:
    """Return whether an archive is a compressed tar file, by its suffix. Its members can be read only in order."""
    return not path.lower().endswith((".zip", ".tar"))


def list_archive_and_members(tree: LocalTree, file: SourceFile) -> list[SourceFile]:
    """Return an archive and its members as source files.

    If the file is a P10 file with the name of an archive, or cannot be read, return only the file.
    """
    members: list[SourceFile] = []
    issues: list[Issue] = []
    try:
        if _is_p10_file(tree, file.path):
            return [file]
        with closing(open_archive(tree, file.path)) as archive:
            members, issues = _list_members(tree, file, archive)
    except ArchiveError as error:
        issues = [error.issue]
    except OSError as error:
        issue = make_issue("source.unreadable", reason=os_error_reason(error))
        return [_make_archive_file(file, Disposition.UNREADABLE, (issue,))]
    return [_make_archive_file(file, Disposition.ARCHIVE, tuple(issues)), *members]


def make_ambiguous_archive_file(file: SourceFile) -> SourceFile:
    """Return an archive as one file with an issue and without members, because the paths of its members are ambiguous.

    Other files of the tree may have the same paths (see `has_ambiguous_members`).
    """
    return _make_archive_file(file, Disposition.UNREADABLE, (make_issue("archive.ambiguous-path"),))


def list_archive_and_known_members(file: SourceFile, members: Iterable[tuple[str, int]]) -> Iterator[SourceFile]:
    """Yield the file of an archive, then its members, whose names and sizes are known from an earlier scan."""
    yield _make_archive_file(file, Disposition.ARCHIVE, ())
    yield from (_make_member_file(file, ArchiveEntry(name, size)) for name, size in members)


def _list_members(tree: LocalTree, file: SourceFile, archive: Archive) -> tuple[list[SourceFile], list[Issue]]:
    """Return the members of an archive, and the issues of the whole archive."""
    state, unsafe = (file.size, file.mtime_ns), 0
    members: list[SourceFile] = []
    issues: list[Issue] = []
    if archive.state != state:
        return [], [make_issue("archive.changed")]
    try:
        for entry in archive.entries():
            unsafe += entry.name.startswith("/") or ".." in entry.name.replace("\\", "/").split("/")
            members.append(_make_member_file(file, entry))
    except ArchiveError as error:
        issues.append(error.issue)
    issues += archive.issues
    if get_archive_state(tree.status(file.path)) != state:
        issues.append(make_issue("archive.changed"))
    if unsafe:
        issues.append(make_issue("archive.unsafe-names", count=unsafe))
    if archive.names.repeated:
        issues.append(make_issue("archive.duplicate-names", count=archive.names.repeated))
    return members, issues


def _make_member_file(file: SourceFile, entry: ArchiveEntry) -> SourceFile:
    path = file.path + MEMBER_SEPARATOR + entry.name
    return SourceFile(
        path=path,
        size=entry.size,
        mtime_ns=file.mtime_ns,
        disposition=entry.disposition,
        issues=entry.issues,
        archive=file,
    )


def _make_archive_file(file: SourceFile, disposition: Disposition, issues: tuple[Issue, ...]) -> SourceFile:
    return SourceFile(path=file.path, size=file.size, mtime_ns=file.mtime_ns, disposition=disposition, issues=issues)


def _is_p10_file(tree: LocalTree, path: str) -> bool:
    """Return whether a file is a P10 file, although it has the name of an archive."""
    with tree.open(path) as read:
        head = read(0, 132)
    magic = _MAGIC_BYTES.get(path.lower().rpartition(".")[2].replace("tbz2", "bz2").replace("txz", "xz"))
    return head[128:] == b"DICM" and (magic is None or not head.startswith(magic))
