r"""Cells of a sheet for values that no cell can hold as they are: undecodable bytes and control characters.

Such a value is written with escapes, `M\xfcller`. As long as the cell is left alone it changes nothing. A cell that was
changed must not hold an escape any more: it is a sign for something, and no text that anybody means.

Programs that cannot write a character put U+FFFD or a question mark in its place, and that is no value either.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dicommap.authoring.cells import cell_text
from dicommap.issues import issue
from dicommap.model.visible import escapes_in, visible_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.issues import Issue, Location

_LOST = "\ufffd?"
"""What programs put in the place of a character."""
_SIGN, _SIGNS = re.compile(f"[{_LOST}]"), re.compile(f"[{_LOST}]+")
_RUN = re.compile("[?\x80-\U0010ffff]+")


def shown_cell(keyword: str, counts: Mapping[str, int]) -> str:
    """Return a cell for the distinct values of an attribute: the value with escapes, or a marker if they differ."""
    return visible_value(keyword, cell_text(keyword, counts))


def shown_cell_issues(before: str, cell: str, place: Location) -> Iterator[Issue]:
    """Find what makes a changed cell no value: escapes, or signs for characters that a program has lost.

    An escape that the value itself spells in letters is none.
    """
    if escapes_in(cell.lower()) - escapes_in(before.lower()):
        yield issue("sheet.escape-cell", place)
    elif is_damaged(before, cell):
        yield issue("sheet.damaged-cell", place, sign="U+FFFD or ? where a character was")


def is_damaged(before: str, cell: str) -> bool:
    """Return whether a cell is the value before, but for signs in the place of characters that are not ASCII."""
    if before == cell or before.isascii() or _SIGN.search(cell) is None:
        return False
    if _RUN.split(before) != _RUN.split(cell):
        return False
    return all(map(_is_lost_in, _RUN.findall(before), _RUN.findall(cell)))


def _is_lost_in(before: str, after: str) -> bool:
    """Return whether a run is the same, or has signs instead of some or, however many, instead of all characters."""
    if _SIGNS.fullmatch(after):
        return True
    return len(before) == len(after) and all(
        one == other or other in _LOST for one, other in zip(before, after, strict=True)
    )
