"""Sheets for people to edit: a row for each study or series, a column for each attribute."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary_model_tags_part import tag_of
from dicommap.dicom.keywords import not_captured_error
from dicommap.edits.csv_reader import INFORMATION_COLUMN_PREFIX
from dicommap.edits.sheet_cells import compute_row_state
from dicommap.edits.sheet_cells_authoring_shown_cells_part import format_cell_with_escapes
from dicommap.healthimaging.levels import Level, fits_override_level, level_of
from dicommap.model.spreadsheet_formulas import escape_formulas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicommap.model.study import Series, Study

STATE_COLUMN = f"{INFORMATION_COLUMN_PREFIX}state"
"""What the row's values were when the sheet was written, in short; see `cells.state_of`."""


def choose_sheet_columns(level: Level, captured: Sequence[str], asked: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the keywords that become columns: those asked for, else the captured ones of the level.

    Raises AttributeNameError where one that was asked for is not captured.
    """
    if not set(asked) <= set(captured):
        raise not_captured_error(asked, captured)
    if asked:
        return tuple(dict.fromkeys(asked))
    levels = (Level.PATIENT, Level.STUDY) if level is Level.STUDY else (Level.SERIES,)
    return tuple(keyword for keyword in captured if level_of(tag_of(keyword) or 0) in levels)


def format_sheet_lines(
    items: Iterable[Study] | Iterable[Series], level: Level, keywords: Sequence[str], delimiter: str = ","
) -> Iterator[str]:
    """Yield a sheet line by line: CSV with a byte order mark, which spreadsheets need to see UTF-8.

    A cell holds the one value that all files share; where they differ it holds a marker such as
    `<2 different values>`, and stays without effect as long as the marker is left. What a spreadsheet would take for
    a formula has an apostrophe before it, which reading takes away again. Undecodable bytes and control characters are
    escapes, which reading compares.
    """
    # Series attributes in a study's row must not get older values back either.
    is_study_only = level is Level.STUDY and all(
        fits_override_level(tag_of(keyword) or 0, level) for keyword in keywords
    )
    state_level = Level.STUDY if is_study_only else Level.SERIES
    keys = ["StudyInstanceUID"] if level is Level.STUDY else ["StudyInstanceUID", "SeriesInstanceUID"]
    yield "\ufeff" + _format_line([*keys, STATE_COLUMN, f"{INFORMATION_COLUMN_PREFIX}instances", *keywords], delimiter)
    for item in items:
        uids = [item.study_instance_uid]
        if level is Level.SERIES:
            uids.append(item.series_instance_uid)  # type: ignore[union-attr]
        values = item.values
        cells = (escape_formulas(format_cell_with_escapes(keyword, values[keyword])) for keyword in keywords)
        yield _format_line([*uids, compute_row_state(values, state_level), str(item.instances), *cells], delimiter)


def _format_line(cells: list[str], delimiter: str) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
