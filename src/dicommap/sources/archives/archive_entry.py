"""Archive entries: names, unique member paths, and why an entry is not read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.issues import Issue, make_issue
from dicommap.model.study import Disposition
from dicommap.sources.archives.archive_limits import MAX_MEMBER_BYTES, require_name_length

if TYPE_CHECKING:
    from typing import Self

MEMBER_SEPARATOR = "!/"
"""Stands in a path between an archive and the name of a member."""

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
"""How the names of archives end, in small or capital letters."""


def has_archive_name(path: str) -> bool:
    """Say whether a file is an archive by its name."""
    return path.lower().endswith(ARCHIVE_SUFFIXES)


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """One entry of an archive that is not a directory."""

    name: str
    """As the archive has it, but for repeated ones: see Names."""
    size: int
    """Unpacked."""
    disposition: Disposition | None = None
    """Set where it is not read."""
    issues: tuple[Issue, ...] = ()

    @classmethod
    def judged(cls, name: str, size: int) -> Self:
        """Return the entry of a regular file; one that is too large, or an archive itself, is not read."""
        if size > MAX_MEMBER_BYTES:
            found = make_issue("archive.member-too-large", size=size, limit=MAX_MEMBER_BYTES)
            return cls(name, size, Disposition.UNREADABLE, (found,))
        if has_archive_name(name):
            return cls(name, size, Disposition.ARCHIVE, (make_issue("archive.nested"),))
        return cls(name, size)

    @classmethod
    def refused(cls, name: str, size: int, reason: str) -> Self:
        """Return the entry of a file that is stored in a way that is not read."""
        return cls(name, size, Disposition.UNREADABLE, (make_issue("archive.unsupported-member", reason=reason),))

    @classmethod
    def link(cls, name: str) -> Self:
        """Return the entry of a link."""
        return cls(name, 0, Disposition.LINK, (make_issue("archive.link-not-followed"),))


class UniqueNames:
    """Makes the names of an archive's entries unique, always in the same way: the second `a` becomes `a!2`."""

    def __init__(self) -> None:
        self.repeated = 0
        """How many had the name of one before them."""
        self._length = 0
        self._taken: set[str] = set()
        self._times: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def __len__(self) -> int:
        return len(self._taken)

    def unique(self, name: str) -> str:
        """Return the name, or one that nobody has had. Raises ArchiveError where all are too long together."""
        self._length += len(name)
        require_name_length(self._length)
        found = name
        if name in self._taken:
            self.repeated += 1
            number = self._times.get(name, 1)
            while found in self._taken:
                number += 1
                found = f"{name}!{number}"
            self._times[name] = number
        self._taken.add(found)
        return found
