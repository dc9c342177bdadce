"""The run of files at the beginning of a walk that are all as the inventory of before has them, number by number.

Nothing of them has to be looked up, or even written if the run is the whole walk: the file of before is taken as it is.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from dicommap.errors import InventoryError
from dicommap.inventory.cells import DamagedCellError
from dicommap.inventory.cells_inventory_stored_part import encode_path
from dicommap.reading.sqlite_interrupts import raise_if_interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.inventory.previous_scan import PreviousScan
    from dicommap.model.study import SourceFile


class UnchangedRun:
    """Grows batch by batch as long as everything is unchanged; what comes after the first difference is not in it."""

    def __init__(self, previous: Sequence[PreviousScan], roots: Sequence[str]) -> None:
        """Begin a run in the one finished inventory that there is of these sources, if there is one."""
        first = previous[0] if len(previous) == 1 else None
        stored = [encode_path(root) for root in roots]
        self._previous = first if first is not None and first.complete and first.roots == stored else None
        self.length = 0
        """Files in the run."""

    def extend(self, source: int, files: Sequence[SourceFile]) -> bool:
        """Say whether the run goes on with these files of a source, and end it where it does not."""
        if self._previous is None:
            return False
        try:
            extended = self._previous.holds(self.length, source, files)
        except (InventoryError, DamagedCellError, sqlite3.Error) as error:
            raise_if_interrupted(error)
            extended = False
        if extended:
            self.length += len(files)
        else:
            self._previous = None
        return extended
