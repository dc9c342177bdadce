r"""Cells of a sheet for values that no cell can hold as they are: undecodable bytes and control characters.

Such a value is written with escapes, `M\xfcller`. As long as the cell is left alone it changes nothing. A cell that was
changed must not hold an escape any more: it is a sign for something, and no text that anybody means.

Programs that cannot write a character put U+FFFD or a question mark in its place, and that is no value either.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dicommap.edits.sheet_cells import format_cell
from dicommap.issues import make_issue
from dicommap.model.masking_model_visible_part import escape_value, find_escapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.issues import Issue, Location

_REPLACEMENT_SIGNS = "\ufffd?"
"""What programs put in the place of a character."""
_SIGN, _SIGNS = re.compile(f"[{_REPLACEMENT_SIGNS}]"), re.compile(f"[{_REPLACEMENT_SIGNS}]+")
_REPLACEABLE_RUN = re.compile("[?\x80-\U0010ffff]+")


def format_cell_with_escapes(keyword: str, counts: Mapping[str, int]) -> str:
    """Return a cell for the distinct values of an attribute: the value with escapes, or a marker if they differ."""
    return escape_value(keyword, format_cell(keyword, counts))


def escape_issues(before: str, cell: str, place: Location) -> Iterator[Issue]:
    """Find what makes a changed cell no value: escapes, or signs for characters that a program has lost.

    An escape that the value itself spells in letters is none.
    """
    if find_escapes(cell.lower()) - find_escapes(before.lower()):
        yield make_issue("sheet.escape-cell", place)
    elif has_lost_characters(before, cell):
        yield make_issue("sheet.damaged-cell", place, sign="U+FFFD or ? where a character was")


def has_lost_characters(before: str, cell: str) -> bool:
    """Return whether a cell is the value before, but for signs in the place of characters that are not ASCII."""
    if before == cell or before.isascii() or _SIGN.search(cell) is None:
        return False
    if _REPLACEABLE_RUN.split(before) != _REPLACEABLE_RUN.split(cell):
        return False
    return all(map(_has_lost_run, _REPLACEABLE_RUN.findall(before), _REPLACEABLE_RUN.findall(cell)))


def _has_lost_run(before: str, after: str) -> bool:
    """Return whether a run is the same, or has signs instead of some or, however many, instead of all characters."""
    if _SIGNS.fullmatch(after):
        return True
    return len(before) == len(after) and all(
        one == other or other in _REPLACEMENT_SIGNS for one, other in zip(before, after, strict=True)
    )
