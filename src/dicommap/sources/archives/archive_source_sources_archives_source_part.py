"""A source whose archives are entered: each member is a path of its own, behind its archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.sources.archives.archive_entry import has_archive_name
from dicommap.sources.archives.archive_members import (
    is_sequential_archive,
    list_archive,
    list_known_members,
    make_ambiguous_archive,
)
from dicommap.sources.archives.archive_source import ArchiveOpener, has_ambiguous_members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from dicommap.model.study import SourceFile
    from dicommap.sources.file_list import FileList
    from dicommap.sources.local_tree import LocalTree

    MembersBefore = Callable[[SourceFile], Iterable[tuple[str, int]] | None]
    """Return the names and sizes of an archive's members, where a scan before has read them all and it is unchanged."""


class ArchiveSource:
    """A source of which the archives are entered, too."""

    def __init__(self, source: LocalTree | FileList, before: MembersBefore) -> None:
        """Take a source. `before` saves unpacking compressed tar files that are known, only to list them."""
        self._source = source
        self._before = before
        self.opener = ArchiveOpener(source.opener)

    def __str__(self) -> str:
        return str(self._source)

    def walk(self, *, without: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        """Yield what the source does, and behind each archive its members in their order."""
        tree = self._source.opener
        for file in self._source.walk(without=without):
            if file.disposition is not None or not file.size or not has_archive_name(file.path):
                yield file
            elif has_ambiguous_members(tree, file.path):
                yield make_ambiguous_archive(file)
            else:
                yield from self._entered(file)

    def count(self) -> Iterator[int]:
        """Yield what the source does: members are not counted ahead."""
        return self._source.count()

    def _entered(self, file: SourceFile) -> Iterable[SourceFile]:
        members = self._before(file) if is_sequential_archive(file.path) else None
        return list_archive(self._source.opener, file) if members is None else list_known_members(file, members)
