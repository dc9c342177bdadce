r"""Cells of a sheet: format values as cells, compare cells with values, find unusable cells.

Such a value is written with escapes, `M\xfcller`. As long as the cell is left alone it changes nothing. A cell that was
changed must not hold an escape any more: it is a sign for something, and no text that anybody means.

Programs that cannot write a character put U+FFFD or a question mark in its place, and that is no value either.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import tag_of
from dicommap.dicom.person_names import merge_equal_names
from dicommap.dicom.printable_text import MASK
from dicommap.edits.cell_damage import (
    describe_cell_damage,
    describe_identifier_damage,
    describe_letter_damage,
    is_null_word_for,
)
from dicommap.edits.near_matches import normalize_nfc
from dicommap.healthimaging.levels import Level, level_of
from dicommap.issues import Issue, Location, make_issue
from dicommap.model.masking import different_values_marker, escape_value, find_escapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.issues import Issue, Location
    from dicommap.model.study import AttributeValues


def format_cell(keyword: str, counts: Mapping[str, int]) -> str:
    """Return a cell for the distinct values of an attribute: the value, or a marker if they differ."""
    counts = merge_equal_names(keyword, counts)
    return different_values_marker(len(counts)) if len(counts) > 1 else next(iter(counts), "")


def compute_row_state(values: AttributeValues, level: Level) -> str:
    """Return a short text that changes when a value of a study or series does: of a study's own, or of all.

    A sheet carries it in each row, so that a row written from an older inventory is noticed. Attributes without any
    value do not count: capturing one more that is empty everywhere changes nothing. For STUDY those of the patient and
    study count, for SERIES all.
    """
    of_level = (Level.PATIENT, Level.STUDY) if level is Level.STUDY else tuple(Level)
    distinct = {
        keyword: sorted(counts)
        for keyword, counts in values.items()
        if list(counts) != [""] and level_of(tag_of(keyword) or 0) in of_level
    }
    digest = hashlib.blake2b(json.dumps(distinct, sort_keys=True).encode("utf-8", "surrogatepass"), digest_size=6)
    # A letter first, or a spreadsheet may take the digits for a number.
    return "s" + digest.hexdigest()


def describe_placeholder(cell: str) -> str | None:
    """Say which sign that stands for values a cell holds, or None: such a sign is never a value itself."""
    if cell == MASK:
        return "the mask of a hidden value"
    if cell.startswith("<") and "different values" in cell:
        return "the marker of differing values, but not the one that was written there"
    return None


def normalize_cell(text: str) -> str:
    """Return a text without what spreadsheets change in passing: spaces around it, and how its lines end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n")


def is_same_value(before: str, cell: str) -> bool:
    """Return whether a cell holds the current value: spaces around it, ends of lines and normal form do not count."""
    return normalize_nfc(normalize_cell(before)) == normalize_nfc(normalize_cell(cell))


def cell_issues(before: str, cell: str, location: Location, tag: int) -> Iterator[Issue]:
    """Find what keeps a cell from being a value that somebody wrote.

    That is a sign that stands for values, what a program did to the cell, or a word for no value.

    Args:
        before: The current value, or nothing if there is none to compare with.
        cell: What the cell holds; it differs from the current value.
        location: Where the cell is.
        tag: The attribute that it is for.

    """
    what = describe_placeholder(cell)
    sign = (
        None
        if what
        else describe_cell_damage(before, cell) or describe_identifier_damage(tag, cell) or describe_letter_damage(cell)
    )
    if what:
        yield make_issue("sheet.placeholder-cell", location, what=what)
    elif sign:
        yield make_issue("sheet.damaged-cell", location, sign=sign)
    elif is_null_word_for(tag, cell):
        yield make_issue("sheet.no-value-word", location)


_REPLACEMENT_SIGNS = "\ufffd?"
"""What programs put in the place of a character."""
_SIGN, _SIGNS = re.compile(f"[{_REPLACEMENT_SIGNS}]"), re.compile(f"[{_REPLACEMENT_SIGNS}]+")
_REPLACEABLE_RUN = re.compile("[?\x80-\U0010ffff]+")


def format_cell_with_escapes(keyword: str, counts: Mapping[str, int]) -> str:
    """Return a cell for the distinct values of an attribute: the value with escapes, or a marker if they differ."""
    return escape_value(keyword, format_cell(keyword, counts))


def escape_issues(before: str, cell: str, location: Location) -> Iterator[Issue]:
    """Find what makes a changed cell no value: escapes, or signs for characters that a program has lost.

    An escape that the value itself spells in letters is none.
    """
    if find_escapes(cell.lower()) - find_escapes(before.lower()):
        yield make_issue("sheet.escape-cell", location)
    elif has_lost_characters(before, cell):
        yield make_issue("sheet.damaged-cell", location, sign="U+FFFD or ? where a character was")


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
