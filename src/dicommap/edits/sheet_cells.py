r"""Cells of a sheet: format values as cells, compare cells with values, and find unusable cells.

Undecodable bytes and control characters are written as escapes, such as `M\xfcller`. If such a cell is not changed, it
has no effect. If it is changed and still has an escape, it is refused: the escape is not a part of the value, but only
stands for a byte or character.

A program that cannot write a character replaces it by U+FFFD or a question mark. Cells with such replacements are also
refused.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import tag_of, vrs_of
from dicommap.dicom.person_name_comparison import merge_counts_of_equal_names
from dicommap.dicom.vr import FLOAT_VRS, INTEGER_VRS, NUMBER_TEXT_VRS
from dicommap.edits.cell_damage import (
    describe_cell_damage,
    describe_identifier_damage,
    describe_misread_utf8,
)
from dicommap.edits.table import CellKind
from dicommap.edits.text_normalization import normalize_nfc
from dicommap.edits.unusable_texts import UnusableKind, find_unusable_text
from dicommap.healthimaging.levels import Level, level_of
from dicommap.issues import Issue, Location, make_issue
from dicommap.model.masking import escape_value, find_escapes, make_different_values_marker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.issues import Issue, Location
    from dicommap.model.study import AttributeValues


def format_cell(keyword: str, counts: Mapping[str, int]) -> str:
    """Return the text of a cell for the values of an attribute in a study or series.

    Args:
        keyword: The keyword of the attribute.
        counts: Value -> number of files.

    Returns:
        The value if there is only one; a marker such as `<2 different values>` if there are several; an empty text if
        there is no value.

    """
    counts = merge_counts_of_equal_names(keyword, counts)
    return make_different_values_marker(len(counts)) if len(counts) > 1 else next(iter(counts), "")


def compute_values_digest(values: AttributeValues, level: Level) -> str:
    """Return the state of a sheet row: a short digest of the values of a study or series.

    The state is written into the row. When the sheet is read, it shows whether the row is from an older inventory.
    Attributes without any value are left out, so the digest does not change if the inventory captures one more
    attribute that is empty.

    Args:
        values: The values of the study or series.
        level: STUDY for a digest of only the attributes of the patient and study, SERIES for all attributes.

    """
    of_level = (Level.PATIENT, Level.STUDY) if level is Level.STUDY else tuple(Level)
    distinct = {
        keyword: sorted(counts)
        for keyword, counts in values.items()
        if list(counts) != [""] and level_of(tag_of(keyword) or 0) in of_level
    }
    digest = hashlib.blake2b(json.dumps(distinct, sort_keys=True).encode("utf-8", "surrogatepass"), digest_size=6)
    # The digest begins with a letter, because a spreadsheet can read digits as a number.
    return "s" + digest.hexdigest()


DIGEST_CHARACTERS = 5
"""Number of characters of the digest of a cell. Each character has five bits."""


def compute_cell_digest(keyword: str, counts: Mapping[str, int]) -> str:
    """Return a short digest of the values of an attribute in a study or series.

    The digests are written into the row. When the sheet is read, they show which cells the user has changed, and which
    values have changed in the files. A value that has few possible values, such as a date, can be found from its
    digest, so a digest does not hide it.

    Args:
        keyword: The keyword of the attribute.
        counts: Value -> number of files.

    """
    counts = merge_counts_of_equal_names(keyword, counts)
    return _compute_text_digest(
        keyword, format_cell_with_escapes(keyword, counts), sorted(counts) if len(counts) > 1 else []
    )


def is_cell_as_written(keyword: str, cell: str, digests: str) -> bool:
    """Return whether a cell is unchanged since its row was written, or is a marker (see `is_different_values_marker`).

    `digests` are the digests of the cells in the row.
    """
    return is_different_values_marker(cell) or _compute_text_digest(keyword, cell, []) in split_digests(digests)


REMOVAL_CELL = "<remove>"
"""The text of a cell that removes the attribute. An empty cell makes it empty."""


def is_removal_cell(cell: str) -> bool:
    """Return whether a changed cell removes its attribute. Letter case does not matter."""
    return cell.casefold() == REMOVAL_CELL


def is_different_values_marker(cell: str) -> bool:
    """Return whether a cell is a marker such as `<2 different values>`."""
    return _MARKER.fullmatch(cell) is not None


def split_digests(digests: str) -> set[str]:
    """Split the joined digests of the cells of a row into a set of digests."""
    return {digests[start : start + DIGEST_CHARACTERS] for start in range(0, len(digests), DIGEST_CHARACTERS)}


_MARKER = re.compile(r"<[0-9,]+ different values>")


def _compute_text_digest(keyword: str, text: str, values: list[str]) -> str:
    """Return the digest of a keyword, the text of its cell, and its different values if there are several."""
    shown = json.dumps([keyword, normalize_nfc(normalize_cell(text)), values]).encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(shown, digest_size=4).digest()
    return base64.b32encode(digest).decode("ascii")[:DIGEST_CHARACTERS].lower()


def normalize_cell(text: str) -> str:
    """Return a text without spaces around it, and with line feeds as line ends, because spreadsheets change both."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n")


def is_same_value(before: str, cell: str) -> bool:
    """Return whether a cell has the current value `before`.

    Spaces around the two texts, the kind of line ends, and the Unicode normal form are ignored.
    """
    return normalize_nfc(normalize_cell(before)) == normalize_nfc(normalize_cell(cell))


def cell_issues(
    before: str, cell: str, location: Location, tag: int, cell_kind: CellKind | None = None
) -> Iterator[Issue]:
    """Yield an issue if a cell is a placeholder, damaged by a program, not text, or a word for a missing value.

    Args:
        before: The current value; an empty text if there is no current value.
        cell: The text of the cell. It differs from the current value.
        location: The file, row and column of the cell.
        tag: The tag of the cell's attribute.
        cell_kind: The kind of the cell if it is in a workbook and is not text; else None.

    """
    unusable = find_unusable_text(tag, cell, (before,))
    kind = unusable.kind if unusable is not None else None
    if unusable is not None and kind is UnusableKind.PLACEHOLDER:
        yield make_issue("sheet.placeholder-cell", location, what=unusable.description)
        return
    sign = describe_cell_damage(before, cell) or describe_identifier_damage(tag, cell) or describe_misread_utf8(cell)
    if sign is None and unusable is not None and kind is UnusableKind.PROGRAM_ERROR:
        sign = unusable.description
    if sign:
        yield make_issue("sheet.damaged-cell", location, sign=sign)
    elif cell_kind is not None and not is_number_without_lost_zeros(tag, cell_kind):
        yield make_issue("sheet.not-text-cell", location, what=cell_kind.value)
    elif kind is UnusableKind.NULL_WORD:
        yield make_issue("sheet.no-value-word", location)


def is_number_without_lost_zeros(tag: int, kind: CellKind) -> bool:
    """Return whether a workbook cell is a number that is certainly the whole value of the attribute `tag`.

    For attributes that are numbers, this is certain. It is certain for dates too, because no real year begins with a
    zero. For other attributes, the number may be an identifier that has lost leading zeros.
    """
    return kind is CellKind.NUMBER and set(vrs_of(tag)) <= _NUMERIC_VRS


_NUMERIC_VRS = NUMBER_TEXT_VRS | INTEGER_VRS | FLOAT_VRS | {"DA"}

_REPLACEMENT_SIGNS = "\ufffd?"
"""The characters that programs write instead of a character that they cannot write."""
_SIGN, _SIGNS = re.compile(f"[{_REPLACEMENT_SIGNS}]"), re.compile(f"[{_REPLACEMENT_SIGNS}]+")
_REPLACEABLE_RUN = re.compile("[?\x80-\U0010ffff]+")


def format_cell_with_escapes(keyword: str, counts: Mapping[str, int]) -> str:
    """Return the text of a cell like `format_cell`, but with escapes for undecodable bytes and control characters."""
    return escape_value(keyword, format_cell(keyword, counts))


def escape_issues(before: str, cell: str, location: Location) -> Iterator[Issue]:
    """Yield an issue if a changed cell has escapes, or has U+FFFD or `?` instead of lost characters.

    A text that looks like an escape is allowed if the current value `before` also contains it.
    """
    if find_escapes(cell.lower()) - find_escapes(before.lower()):
        yield make_issue("sheet.escape-cell", location)
    elif has_lost_characters(before, cell):
        yield make_issue("sheet.damaged-cell", location, sign="U+FFFD or ? where a character was")


def has_lost_characters(before: str, cell: str) -> bool:
    """Return whether a cell is the current value `before` with U+FFFD or `?` in place of its non-ASCII characters."""
    if before == cell or before.isascii() or _SIGN.search(cell) is None:
        return False
    if _REPLACEABLE_RUN.split(before) != _REPLACEABLE_RUN.split(cell):
        return False
    return all(map(_is_run_with_lost_characters, _REPLACEABLE_RUN.findall(before), _REPLACEABLE_RUN.findall(cell)))


def _is_run_with_lost_characters(before: str, after: str) -> bool:
    """Return whether `after` is `before` with U+FFFD or `?` in place of some characters. Equal texts count, too."""
    if _SIGNS.fullmatch(after):
        return True
    return len(before) == len(after) and all(
        character == new_character or new_character in _REPLACEMENT_SIGNS
        for character, new_character in zip(before, after, strict=True)
    )
