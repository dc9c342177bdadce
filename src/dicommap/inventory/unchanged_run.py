"""A run of unchanged files at the beginning of a walk: the files that are the same as in the previous inventory."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from dicommap.errors import InventoryError
from dicommap.inventory.cells import DamagedCellError, encode_path
from dicommap.reading.sqlite_interrupts import raise_if_interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.inventory.previous_scan import PreviousScan
    from dicommap.model.study import SourceFile


class UnchangedRun:
    """A run of unchanged files at the beginning of a walk: the files that are the same as in the previous inventory.

    The run ends before the first batch that has a changed file.
    """

    def __init__(self, previous: Sequence[PreviousScan], roots: Sequence[str]) -> None:
        """Start a run of unchanged files that has no files yet.

        The run stays empty if `previous` is not exactly one finished inventory with the same roots.
        """
        first = previous[0] if len(previous) == 1 else None
        stored = [encode_path(root) for root in roots]
        self._previous = first if first is not None and first.complete and first.roots == stored else None
        self.length = 0
        """Number of files in the run."""

    def extend(self, source: int, files: Sequence[SourceFile]) -> bool:
        """Add a batch of files to the run, and return True. If a file has changed, end the run and return False.

        Args:
            source: The index of the source, from 0.
            files: The files of the batch, in the order of the walk.
        """
        if self._previous is None:
            return False
        try:
            extended = self._previous.matches_walk(self.length, source, files)
        except (InventoryError, DamagedCellError, sqlite3.Error) as error:
            raise_if_interrupted(error)
            extended = False
        if extended:
            self.length += len(files)
        else:
            self._previous = None
        return extended
