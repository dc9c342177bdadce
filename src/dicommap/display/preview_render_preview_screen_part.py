"""The preview of a draft as a value: rows to go over, and values before and after side by side to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.printable_text_model_mask_part import MASK
from dicommap.display.csv_json import format_count
from dicommap.display.displayable import Displayable
from dicommap.display.preview import MASKED_NOTE, build_changes_table, group_changes_by_target
from dicommap.display.report import Note, Report
from dicommap.model.masking import is_unmasked_in_repr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dicommap.display.report import Block

    Rows = Callable[[bool], Iterable[Mapping[str, str]]]

MAX_TARGETS = 40
MAX_CHANGES = 40
UNFOLDED_TARGETS = 10
"""Studies or series whose changes are unfolded."""


class Preview(Displayable):
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

    def _screen(self) -> Report:
        show_values = is_unmasked_in_repr(unmasked=self._show_values)
        groups = group_changes_by_target(self._rows(show_values), MAX_TARGETS)
        if not groups:
            return Report(title="Preview", counts=("no changes",), blocks=[Note(text="No edit changes anything.")])
        blocks: list[Block] = [
            build_changes_table(groups, total=self._overrides, opened=UNFOLDED_TARGETS, limit=MAX_CHANGES, heading="")
        ]
        if not show_values and any(MASK in row["before"] + row["after"] for *_, rows in groups for row in rows):
            blocks.append(Note(text=MASKED_NOTE))
        counts = (format_count(self._changes, "change"), format_count(self._overrides, "override"))
        return Report(title="Preview", counts=counts, blocks=blocks)
