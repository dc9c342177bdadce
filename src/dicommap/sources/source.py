"""The protocols Source and Opener, and the error for one file that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from dicommap.issues import Issue
    from dicommap.model.study import SourceFile
    from dicommap.p10 import ReadAt


class Opener(Protocol):
    """Opens the files of a source. It is pickled and goes to worker processes, so it holds no open file."""

    def open(self, path: str) -> AbstractContextManager[ReadAt]:
        """Open a file for reading at offsets. Raises OSError where that cannot be done."""
        ...

    def for_files(self, files: Sequence[SourceFile]) -> Opener:
        """Return what opens these files of a walk, and refuses what is not as the walk met it, where that matters."""
        ...


class Source(Protocol):
    """A place with P10 files. Its text is its root, as an inventory stores it: paths are relative to it."""

    @property
    def opener(self) -> Opener:
        """Return what opens the files that `walk` gives."""
        ...

    def walk(self, *, without: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        """Yield every path exactly once, always in the same order, but for the files that `without` names."""
        ...

    def count(self) -> Iterator[int]:
        """Yield numbers whose sum is about how many paths a walk gives; a walk that runs beside it is not disturbed."""
        ...


class ArchiveError(OSError):
    """Bytes of an archive cannot be had; `found` is the finding that says why."""

    def __init__(self, found: Issue) -> None:
        super().__init__(found.message)
        self.found = found
