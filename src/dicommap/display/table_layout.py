"""Fit tables into the width of a terminal.

Each row is one line. Long UIDs and paths are shortened in the middle, and other long texts are cut at the end.
Headings, numbers, issue codes and marks of masked values are never cut. If the columns are still too wide, the least
important columns are hidden. Only sentences may take several lines.

A UID is shortened to a text such as `1.3.6.1…18148.0.133`. Its beginning and end are long enough to be different for
all UIDs of the column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.display.formatting import keep_end, keep_start, measure_text_width, pad_text, wrap_text
from dicommap.display.report import ColumnKind, TableColumn

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

COLUMN_GAP = 2
"""Number of blanks between two columns."""

_MIN_TEXT = 12
_MIN_PATH = 16
_MIN_SENTENCE = 24
_USUAL_TEXT = 32
_MIN_KEPT = 7
"""Minimum number of characters that a shortened UID keeps."""

_CUT_KINDS = (ColumnKind.TEXT, ColumnKind.BEFORE, ColumnKind.AFTER)
"""Kinds of cells that are cut at the end."""

_SHARES = (3, 2, 4)
"""Divisors that decide how many characters a shortened UID keeps at its beginning and its end.

With 3, one third of the kept characters is the beginning of the UID, and two thirds are its end. The divisor that
shortens a column best is used for this column.
"""

_MARK = re.compile(r"<\w+ [0-9a-f]+>")
"""Pattern of marks of masked values, such as `<PatientID 3>`. Such a mark would be useless if it were cut."""

_CODE_NAMES = frozenset(
    {"code", "jobId", "job", "time", "keyword", "tag", "status", "state", "disposition", "outcome", "level"}
)
_PATH_NAMES = frozenset({"path", "before.path", "after.path", "source", "location", "object", "inputS3Uri"})
_SENTENCE_NAMES = frozenset({"message", "title", "meaning", "what"})
_UID_NAMES = frozenset({"study or series", "series", "image set", "primary image set"})
"""Headings of columns of UIDs, and of ids of image sets, which are shortened like UIDs."""


@dataclass(frozen=True, slots=True)
class FittedColumn:
    """One visible column of a table: its width in terminal columns, and how its cells are shortened."""

    index: int
    """The index of this column in the rows of the complete table, which also has the hidden columns."""
    column: TableColumn
    width: int
    share: int = _SHARES[0]
    """Divisor for cells that are shortened in the middle: with 3, a third of the kept characters is the beginning."""

    def format_cell_lines(self, cell: str, ellipsis: str) -> list[str]:
        """Return the lines of a cell, each padded with blanks to the width of the column."""
        kind = self.column.kind
        lines = wrap_text(cell, self.width) if kind is ColumnKind.SENTENCE else [self._shorten_cell(cell, ellipsis)]
        return [pad_text(line, self.width, is_right=kind is ColumnKind.NUMBER) for line in lines]

    def _shorten_cell(self, cell: str, ellipsis: str) -> str:
        if measure_text_width(cell) <= self.width:
            return cell
        kept = self.width - len(ellipsis)
        if self.column.kind in _CUT_KINDS:
            return keep_start(cell, kept) + ellipsis
        return shorten_middle(cell, kept, self.share, ellipsis)


@dataclass(frozen=True, slots=True)
class TableLayout:
    """The visible columns of a table and their widths."""

    columns: tuple[FittedColumn, ...]
    hidden: tuple[str, ...]
    """The headings of the columns for which there is no space."""
    is_complete: bool
    """Whether no column is hidden and no cell is shortened or wrapped."""
    ellipsis: str

    def has_same_columns(self, other: TableLayout) -> bool:
        """Return whether another layout shows the same columns, so that both can share one line of headings."""
        return [fitted.index for fitted in self.columns] == [fitted.index for fitted in other.columns]

    def format_headings(self) -> list[str]:
        """Return the headings, each padded with blanks to the width of its column."""
        return [
            pad_text(fitted.column.name, fitted.width, is_right=fitted.column.kind is ColumnKind.NUMBER)
            for fitted in self.columns
        ]

    def format_row_lines(self, row: Sequence[str]) -> Iterator[list[str]]:
        """Yield the lines of a row, each as a list of padded cells: one line, unless the row has a wrapped sentence."""
        cells = [fitted.format_cell_lines(row[fitted.index], self.ellipsis) for fitted in self.columns]
        for number in range(max(map(len, cells), default=0)):
            yield [
                lines[number] if number < len(lines) else " " * fitted.width
                for lines, fitted in zip(cells, self.columns, strict=True)
            ]


def make_column(name: str, numbers: Collection[str] = ()) -> TableColumn:
    """Return a column for a heading. The heading decides the kind of its cells: `path` is a column of paths.

    Args:
        name: The heading.
        numbers: The headings that are columns of numbers.
    """
    if name in numbers:
        kind = ColumnKind.NUMBER
    elif name.endswith("UID") or name in _UID_NAMES:
        kind = ColumnKind.UID
    elif name == "severity":
        kind = ColumnKind.SEVERITY
    elif name in _CODE_NAMES:
        kind = ColumnKind.CODE
    elif name in _PATH_NAMES:
        kind = ColumnKind.PATH
    else:
        kind = ColumnKind.SENTENCE if name in _SENTENCE_NAMES else ColumnKind.TEXT
    return TableColumn(name, kind)


def fit_table(
    columns: Sequence[TableColumn],
    rows: Sequence[Sequence[str]],
    width: int | None,
    *,
    ranks: Sequence[str] = (),
    ellipsis: str = "…",
) -> TableLayout:
    """Choose a layout for a table so that it fits into a width. Columns without any text are left out.

    Args:
        columns: The columns.
        rows: The cells of all rows.
        width: The width of the terminal in columns. If it is None, no text is shortened and no column is hidden.
        ranks: The headings of the most important columns, the most important first. Other columns follow in the order
            of the table.
        ellipsis: The text in place of the characters that are left out.
    """
    cells = {index: [row[index] for row in rows] for index in range(len(columns))}
    shown = [index for index in cells if not rows or any(cells[index])] or [0]
    natural = {index: _measure_natural_width(columns[index], cells[index]) for index in shown}
    if width is None or _sum_widths(natural) <= width:
        fitted = tuple(FittedColumn(index, columns[index], natural[index]) for index in shown)
        return TableLayout(fitted, (), is_complete=True, ellipsis=ellipsis)
    shares = {index: _choose_share(cells[index]) for index in shown if columns[index].kind is ColumnKind.UID}
    widths = {
        index: min(natural[index], _compute_min_width(columns[index], cells[index], shares.get(index), ellipsis))
        for index in shown
    }
    hidden = _pop_hidden_columns(columns, widths, width, ranks)
    _widen_columns(columns, widths, natural, width)
    fitted = tuple(
        FittedColumn(index, columns[index], min(widths[index], width), shares.get(index, _SHARES[-1]))
        for index in widths
    )
    return TableLayout(fitted, tuple(columns[index].name for index in hidden), is_complete=False, ellipsis=ellipsis)


def format_row_by_field(
    columns: Sequence[TableColumn], row: Sequence[str], width: int | None
) -> Iterator[tuple[str, str]]:
    """Yield the cells of one row below each other, as lines of a heading and a text. Empty cells are left out.

    No cell is shortened. If a sentence is too long for the space beside its heading, it takes several lines. Another
    text that is too long starts on the line below its heading.

    Args:
        columns: The columns.
        row: The cells of the row.
        width: The width of the terminal in columns; None for no limit.

    Yields:
        The heading, padded with blanks, and the text. The heading is blank on the second and later lines of a text.
    """
    label_width = max(measure_text_width(column.name) for column in columns) + COLUMN_GAP
    for column, cell in zip(columns, row, strict=True):
        if not cell:
            continue
        label = pad_text(column.name, label_width)
        room = None if width is None else width - label_width
        if room is None or measure_text_width(cell) <= room:
            yield label, cell
        elif column.kind is ColumnKind.SENTENCE:
            first, *others = wrap_text(cell, room)
            yield label, first
            yield from ((" " * label_width, line) for line in others)
        else:
            yield column.name, ""
            indent = " " * COLUMN_GAP
            yield from ((indent, line) for line in wrap_text(cell, (width or 0) - COLUMN_GAP))


def shorten_middle(text: str, kept: int, share: int, ellipsis: str) -> str:
    """Return the beginning and the end of a text with an ellipsis between them.

    Args:
        text: The text.
        kept: The width of the beginning and the end together.
        share: A divisor: with 3, the beginning is one third of `kept`.
        ellipsis: The text in place of the characters that are left out.
    """
    head = kept // share
    return keep_start(text, head) + ellipsis + keep_end(text, kept - head)


def count_kept_characters(texts: Collection[str], share: int) -> int:
    """Return how many characters the shortened texts of a column must keep so that different texts stay different.

    Args:
        texts: The cells of the column, all ASCII.
        share: A shortened text keeps its beginning and its end. With `share` 3, the beginning is one third of the kept
            characters.
    """
    distinct = set(texts)
    low, high = _MIN_KEPT, max(map(len, distinct), default=0)
    while low < high:
        kept = (low + high) // 2
        if _are_different_when_shortened(distinct, kept, share):
            high = kept
        else:
            low = kept + 1
    return low


def _are_different_when_shortened(texts: set[str], kept: int, share: int) -> bool:
    # A text of at most `kept` characters is not shortened. To be on the safe side, it is compared as if it were
    # shortened.
    head = kept // share
    tail = kept - head
    return len({(text[:head], text[-tail:], len(text) <= kept) for text in texts}) == len(texts)


def _choose_share(cells: Sequence[str]) -> int:
    """Choose how many characters of shortened UIDs are at their beginning, so that a column needs the fewest.

    Return the divisor from `_SHARES`: the beginning has this part of the characters, the end has the others.
    Different UIDs must stay different when they are shortened.
    """
    distinct = set(cells)
    return min(_SHARES, key=lambda share: count_kept_characters(distinct, share))


def _measure_natural_width(column: TableColumn, cells: Sequence[str]) -> int:
    return max(measure_text_width(column.name), max(map(measure_text_width, cells), default=0))


def _compute_min_width(column: TableColumn, cells: Sequence[str], share: int | None, ellipsis: str) -> int:
    """Return the minimum width that a column needs, in columns of the terminal.

    `share` is the divisor for a column of UIDs (see `_SHARES`); None for other columns.
    """
    heading = measure_text_width(column.name)
    kind = column.kind
    if share is not None:
        return max(heading, count_kept_characters(cells, share) + len(ellipsis))
    if kind is ColumnKind.PATH:
        return max(heading, _MIN_PATH)
    if kind is ColumnKind.SENTENCE:
        return max(heading, _MIN_SENTENCE)
    if kind in _CUT_KINDS:
        mark = max((len(cell) for cell in cells if _MARK.fullmatch(cell)), default=0)
        return max(heading, _MIN_TEXT, mark)
    return max(heading, max(map(measure_text_width, cells), default=0))


def _sum_widths(widths: dict[int, int]) -> int:
    return sum(widths.values()) + COLUMN_GAP * (len(widths) - 1)


def _pop_hidden_columns(
    columns: Sequence[TableColumn], widths: dict[int, int], width: int, ranks: Sequence[str]
) -> list[int]:
    """Return the indexes of the columns that must be hidden, because more important columns take the space; sorted.

    The hidden columns are removed from `widths`, which maps the index of a column to its width.
    """
    order = {name: rank for rank, name in enumerate(ranks)}
    first, *others = sorted(widths, key=lambda index: (order.get(columns[index].name, len(order)), index))
    used = widths[first]
    hidden = []
    for index in others:
        needed = COLUMN_GAP + widths[index]
        if used + needed > width:
            hidden.append(index)
        else:
            used += needed
    for index in hidden:
        del widths[index]
    return sorted(hidden)


def _widen_columns(columns: Sequence[TableColumn], widths: dict[int, int], natural: dict[int, int], width: int) -> None:
    """Divide the unused part of `width` between the columns that are narrower than their longest cell.

    `widths` is changed. Columns of texts are widened first, up to a usual width. Then follow paths and sentences, then
    UIDs, then all columns. `natural` has the width of the longest cell or heading of each column.
    """
    long_kinds = (ColumnKind.PATH, ColumnKind.SENTENCE)
    stages = (
        {index: min(natural[index], _USUAL_TEXT) for index in widths if columns[index].kind in _CUT_KINDS},
        {index: natural[index] for index in widths if columns[index].kind in long_kinds},
        {index: natural[index] for index in widths if columns[index].kind is ColumnKind.UID},
        {index: natural[index] for index in widths},
    )
    for wanted in stages:
        spare = width - _sum_widths(widths)
        while spare > 0 and (narrow := [index for index in wanted if widths[index] < wanted[index]]):
            part = max(1, spare // len(narrow))
            for index in narrow[: spare // part]:
                more = min(part, wanted[index] - widths[index])
                widths[index] += more
                spare -= more
