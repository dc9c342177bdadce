"""Write the rows of a sheet, as cells or as lines of CSV: one for each study, series or instance, with its values."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Union

from dicommap.dicom.dictionary import tag_of
from dicommap.dicom.keywords import make_not_captured_error
from dicommap.edits.sheet_cells import compute_cell_digest, compute_values_digest, format_cell_with_escapes
from dicommap.edits.table import INFORMATION_COLUMN_PREFIX
from dicommap.healthimaging.levels import Level, fits_override_level, level_of
from dicommap.model.instance_values import INSTANCE_NUMBER, InstanceValues
from dicommap.model.spreadsheet_formulas import escape_formulas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dicommap.model.study import Series, Study, Target

STATE_COLUMN = f"{INFORMATION_COLUMN_PREFIX}state"
"""The name of the column with the state of each row.

A state consists of a digest of all values (`sheet_cells.compute_values_digest`), STATE_SEPARATOR, and a digest for each
cell of the row (`sheet_cells.compute_cell_digest`).
"""
STATE_SEPARATOR = "-"
INSTANCES_COLUMN = f"{INFORMATION_COLUMN_PREFIX}instances"
"""The name of the column with the number of instances."""
PATH_COLUMN = f"{INFORMATION_COLUMN_PREFIX}path"
"""The name of the column with the path of an instance, in place of the number of instances."""
SheetGroup = Union["Study", "Series", "InstanceValues"]
"""The object of a row."""
BYTE_ORDER_MARK = "\ufeff"

CarriedCells = dict["Target", dict[str, str]]
"""Study, series or instance -> keyword -> the text to write into the cell instead of the current value."""


def choose_sheet_columns(level: Level, captured: Sequence[str], asked: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the keywords of a sheet's columns: the requested keywords, or all captured keywords of the level.

    Args:
        level: The level of the rows: STUDY, SERIES or INSTANCE.
        captured: The keywords of the attributes that the inventory has captured.
        asked: The keywords that the user requested; empty means all captured keywords of the level.

    Raises:
        AttributeNameError: A requested keyword is not captured.

    """
    if level is Level.INSTANCE:
        captured = (INSTANCE_NUMBER, *captured)
    if not set(asked) <= set(captured):
        raise make_not_captured_error(asked, captured)
    if asked:
        return tuple(dict.fromkeys(asked))
    levels = (Level.PATIENT, Level.STUDY) if level is Level.STUDY else (level,)
    return tuple(keyword for keyword in captured if level_of(tag_of(keyword) or 0) in levels)


def list_key_columns(level: Level) -> tuple[str, ...]:
    """Return the names of the columns with the UIDs of the row's study, series or instance."""
    return ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")[: _KEY_COUNTS[level]]


_KEY_COUNTS = {Level.STUDY: 1, Level.SERIES: 2, Level.INSTANCE: 3}
"""Level of the rows -> number of columns with UIDs."""


def list_information_columns(level: Level) -> tuple[str, str]:
    """Return the columns that are only information: the state, and the number of instances or the path."""
    return STATE_COLUMN, PATH_COLUMN if level is Level.INSTANCE else INSTANCES_COLUMN


def list_sheet_columns(level: Level, keywords: Sequence[str]) -> tuple[str, ...]:
    """Return the names of all columns of a sheet."""
    return (*list_key_columns(level), *list_information_columns(level), *keywords)


def format_sheet_rows(
    groups: Iterable[SheetGroup],
    level: Level,
    keywords: Sequence[str],
    carried: Mapping[Target, Mapping[str, str]] | None = None,
) -> Iterator[list[str]]:
    """Yield the cells of each row of a sheet, without the header.

    If all files of the row have the same value, the cell contains the value. If the values differ, the cell
    contains a marker such as `<2 different values>`; an unchanged marker is not an edit. If a spreadsheet would read a
    value as a formula, an apostrophe is written before it; it is removed when the sheet is read. Undecodable bytes and
    control characters are written as escapes.

    Args:
        groups: The studies, series or instances, one for each row.
        level: The level of the rows: STUDY, SERIES or INSTANCE.
        keywords: The keywords of the columns.
        carried: Texts of cells that are written instead of the current values.

    """
    # If the row of a study has columns of series attributes, its state must also detect changes of these attributes.
    is_study_only = level is Level.STUDY and all(
        fits_override_level(tag_of(keyword) or 0, level) for keyword in keywords
    )
    state_level = Level.STUDY if is_study_only else Level.SERIES
    for group in groups:
        target, values = group.target, group.values
        uids = (target.study_instance_uid, target.series_instance_uid, target.sop_instance_uid)
        information = group.path if isinstance(group, InstanceValues) else str(group.instances)
        digests = "".join(compute_cell_digest(keyword, values[keyword]) for keyword in keywords)
        state = f"{compute_values_digest(values, state_level)}{STATE_SEPARATOR}{digests}"
        edited = carried.get(target, {}) if carried else {}
        texts = (
            edited[keyword] if keyword in edited else format_cell_with_escapes(keyword, values[keyword])
            for keyword in keywords
        )
        yield [*filter(None, uids), state, *map(escape_formulas, (information, *texts))]


def format_sheet_lines(
    groups: Iterable[SheetGroup],
    level: Level,
    keywords: Sequence[str],
    delimiter: str = ",",
    carried: Mapping[Target, Mapping[str, str]] | None = None,
) -> Iterator[str]:
    """Yield the lines of a sheet: CSV with a byte order mark, which tells spreadsheets that the encoding is UTF-8.

    Args:
        groups: The studies, series or instances, one for each row.
        level: The level of the rows: STUDY, SERIES or INSTANCE.
        keywords: The keywords of the columns.
        delimiter: The delimiter of cells.
        carried: Texts of cells that are written instead of the current values.

    """
    yield BYTE_ORDER_MARK + _format_csv_line(list_sheet_columns(level, keywords), delimiter)
    for cells in format_sheet_rows(groups, level, keywords, carried):
        yield _format_csv_line(cells, delimiter)


def _format_csv_line(cells: Sequence[str], delimiter: str) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
