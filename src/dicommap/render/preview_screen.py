"""The preview of a draft as a value: rows to go over, and values before and after side by side to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.model.mask import MASK
from dicommap.model.masking import shown_in_repr
from dicommap.render.changes import MASKED_NOTE, change_rows, targets
from dicommap.render.screen import Note, Screen
from dicommap.render.shown import Shown
from dicommap.render.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dicommap.render.screen import Block

    Rows = Callable[[bool], Iterable[Mapping[str, str]]]

TARGETS_SHOWN = 40
CHANGES_SHOWN = 40
OPENED = 10
"""Studies or series whose changes are unfolded."""


class Preview(Shown):
    """The changes of a draft, each as a row: UIDs, tag, keyword, value before and after, and the edit behind it.

    Going over it masks values unless the preview was asked for with them; looking at it does so also where
    `dicommap.show_values(True)` says otherwise.
    """

    def __init__(self, rows: Rows, *, changes: int, overrides: int, show_values: bool) -> None:
        """Take what gives the rows, with values or without, and how many there are."""
        self._rows = rows
        self._changes = changes
        self._overrides = overrides
        self._show_values = show_values

    def __iter__(self) -> Iterator[Mapping[str, str]]:
        return iter(self._rows(self._show_values))

    def __len__(self) -> int:
        return self._changes

    def _screen(self) -> Screen:
        show_values = shown_in_repr(unmasked=self._show_values)
        groups = targets(self._rows(show_values), TARGETS_SHOWN)
        if not groups:
            return Screen(title="Preview", counts=("no changes",), blocks=[Note(text="No edit changes anything.")])
        blocks: list[Block] = [
            change_rows(groups, total=self._overrides, opened=OPENED, limit=CHANGES_SHOWN, heading="")
        ]
        if not show_values and any(MASK in row["before"] + row["after"] for *_, rows in groups for row in rows):
            blocks.append(Note(text=MASKED_NOTE))
        counts = (counted(self._changes, "change"), counted(self._overrides, "override"))
        return Screen(title="Preview", counts=counts, blocks=blocks)
