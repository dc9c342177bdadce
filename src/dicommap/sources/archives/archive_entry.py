"""Entries of archives: their names, their unique paths, and the issues of entries that are not read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.issues import Issue, make_issue
from dicommap.model.study import Disposition
from dicommap.sources.archives.archive_limits import MAX_MEMBER_BYTES, require_total_name_length

if TYPE_CHECKING:
    from typing import Self

MEMBER_SEPARATOR = "!/"
"""The separator between an archive's path and a member's name, as in `study.zip!/IM1`."""

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
"""The file name suffixes of archives, in lower case. Upper case is accepted, too."""


def has_archive_name(path: str) -> bool:
    """Return whether a path ends with one of ARCHIVE_SUFFIXES, in upper or lower case."""
    return path.lower().endswith(ARCHIVE_SUFFIXES)


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """A file, link or other entry of an archive. Directories are not entries."""

    name: str
    """The name in the archive. If an earlier entry has the same name, the name is changed: see UniqueNames."""
    size: int
    """The number of bytes after decompression."""
    disposition: Disposition | None = None
    """The disposition of an entry that is not read. None if it must be read."""
    issues: tuple[Issue, ...] = ()

    @classmethod
    def for_regular_file(cls, name: str, size: int) -> Self:
        """Return the entry of a regular file. It has an issue if the file is too large or is an archive."""
        if size > MAX_MEMBER_BYTES:
            issue = make_issue("archive.member-too-large", size=size, limit=MAX_MEMBER_BYTES)
            return cls(name, size, Disposition.UNREADABLE, (issue,))
        if has_archive_name(name):
            return cls(name, size, Disposition.ARCHIVE, (make_issue("archive.nested"),))
        return cls(name, size)

    @classmethod
    def for_unsupported_file(cls, name: str, size: int, reason: str) -> Self:
        """Return the entry of a file in a form that dicommap does not read, such as a sparse file."""
        return cls(name, size, Disposition.UNREADABLE, (make_issue("archive.unsupported-member", reason=reason),))

    @classmethod
    def for_link(cls, name: str) -> Self:
        """Return the entry of a link."""
        return cls(name, 0, Disposition.LINK, (make_issue("archive.link-not-followed"),))


class UniqueNames:
    """A set of the names in an archive that makes repeated names unique: the second entry `a` gets the name `a!2`.

    The order of the entries decides, so that an entry has the same name in every scan.
    """

    def __init__(self) -> None:
        self.repeated = 0
        """The number of entries with the name of an earlier entry."""
        self._length = 0
        self._taken: set[str] = set()
        self._times: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def __len__(self) -> int:
        return len(self._taken)

    def make_unique(self, name: str) -> str:
        """Return the name, or a changed name if an earlier entry has the same name.

        Raises ArchiveError if all names together are too long.
        """
        self._length += len(name)
        require_total_name_length(self._length)
        unique = name
        if name in self._taken:
            self.repeated += 1
            number = self._times.get(name, 1)
            while unique in self._taken:
                number += 1
                unique = f"{name}!{number}"
            self._times[name] = number
        self._taken.add(unique)
        return unique
