"""Fit tables into the width of a terminal.

Each row stays one line: UIDs and paths are shortened in the middle, other texts at the end. Headings, numbers, issue
codes and marks of masked values are never cut. If the columns are still too wide, the least important are hidden.
Sentences are the exception: they are wrapped, and take several lines.

A UID is shortened to `1.3.6.1…18148.0.133`: to a beginning and an end that are long enough to differ from those of all
other UIDs in the column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.display.formatting import take_end, take_start, text_width, wrap_text
from dicommap.display.report import CellKind, TableColumn

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

COLUMN_GAP = 2
"""Number of blanks between two columns."""

_MIN_TEXT = 12
_MIN_PATH = 16
_MIN_SENTENCE = 24
_USUAL_TEXT = 32
_MIN_KEPT = 7
"""Minimum number of characters of a UID that are left when it is shortened."""

_CUT_KINDS = (CellKind.TEXT, CellKind.BEFORE, CellKind.AFTER)
"""Kinds of cells that are cut at the end."""

_SHARES = (3, 2, 4)
"""One character in so many is taken from the beginning of a UID, the others from its end: the splits that are tried."""

_MARK = re.compile(r"<\w+ [0-9a-f]+>")
"""Matches marks of masked values, such as `<PatientID 3>`. A mark that is cut means nothing."""

_CODE_NAMES = frozenset(
    {"code", "jobId", "job", "keyword", "tag", "status", "state", "disposition", "outcome", "level"}
)
_PATH_NAMES = frozenset({"path", "before.path", "after.path", "source", "location", "object", "inputS3Uri"})
_SENTENCE_NAMES = frozenset({"message", "title", "meaning"})


@dataclass(frozen=True, slots=True)
class FittedColumn:
    """One visible column of a table, with its width in terminal columns."""

    index: int
    """The position of its cells in a row."""
    column: TableColumn
    width: int
    share: int = _SHARES[0]
    """If a cell is shortened in the middle, one character in so many is taken from the beginning."""

    def lines(self, cell: str, ellipsis: str) -> list[str]:
        """Return the lines of a cell, each padded with blanks to the width of the column."""
        kind = self.column.kind
        lines = wrap_text(cell, self.width) if kind is CellKind.SENTENCE else [self._shorten(cell, ellipsis)]
        return [pad_text(line, self.width, is_right=kind is CellKind.NUMBER) for line in lines]

    def _shorten(self, cell: str, ellipsis: str) -> str:
        if text_width(cell) <= self.width:
            return cell
        kept = self.width - len(ellipsis)
        if self.column.kind in _CUT_KINDS:
            return take_start(cell, kept) + ellipsis
        return shorten_middle(cell, kept, self.share, ellipsis)


@dataclass(frozen=True, slots=True)
class TableLayout:
    """The visible columns of a table and their widths."""

    columns: tuple[FittedColumn, ...]
    hidden: tuple[str, ...]
    """The names of columns that have no room."""
    is_complete: bool
    """Whether no column is hidden and no cell is shortened or wrapped."""
    ellipsis: str

    def has_same_columns(self, other: TableLayout) -> bool:
        """Return whether another layout shows the same columns, so that its headings are right for this one too."""
        return [fitted.index for fitted in self.columns] == [fitted.index for fitted in other.columns]

    def head(self) -> list[str]:
        """Return the padded headings."""
        return [
            pad_text(fitted.column.name, fitted.width, is_right=fitted.column.kind is CellKind.NUMBER)
            for fitted in self.columns
        ]

    def row_lines(self, row: Sequence[str]) -> Iterator[list[str]]:
        """Yield the lines of a row, each as a list of padded cells: one line unless a sentence is wrapped."""
        cells = [fitted.lines(row[fitted.index], self.ellipsis) for fitted in self.columns]
        for number in range(max(map(len, cells), default=0)):
            yield [
                lines[number] if number < len(lines) else " " * fitted.width
                for lines, fitted in zip(cells, self.columns, strict=True)
            ]


def column_of(name: str, numbers: Collection[str] = ()) -> TableColumn:
    """Return a column whose kind follows from its name: UIDs, codes and paths always have the same names.

    Args:
        name: The heading.
        numbers: The headings of columns with numbers.
    """
    if name in numbers:
        kind = CellKind.NUMBER
    elif name.endswith("UID"):
        kind = CellKind.UID
    elif name == "severity":
        kind = CellKind.SEVERITY
    elif name in _CODE_NAMES:
        kind = CellKind.CODE
    elif name in _PATH_NAMES:
        kind = CellKind.PATH
    else:
        kind = CellKind.SENTENCE if name in _SENTENCE_NAMES else CellKind.TEXT
    return TableColumn(name, kind)


def fit_table(
    columns: Sequence[TableColumn],
    rows: Sequence[Sequence[str]],
    width: int | None,
    *,
    ranks: Sequence[str] = (),
    ellipsis: str = "…",
) -> TableLayout:
    """Fit a table into a width. Columns without any cell are left out.

    Args:
        columns: The columns.
        rows: The cells of all rows.
        width: The width of the terminal in columns. If it is None, nothing is shortened or hidden.
        ranks: The headings in the order of their importance. Others follow in the order of the table.
        ellipsis: The text in place of the characters that are left out.
    """
    cells = {index: [row[index] for row in rows] for index in range(len(columns))}
    shown = [index for index in cells if not rows or any(cells[index])] or [0]
    natural = {index: _natural_width(columns[index], cells[index]) for index in shown}
    if width is None or _total(natural) <= width:
        fitted = tuple(FittedColumn(index, columns[index], natural[index]) for index in shown)
        return TableLayout(fitted, (), is_complete=True, ellipsis=ellipsis)
    shares = {index: _best_share(cells[index]) for index in shown if columns[index].kind is CellKind.UID}
    widths = {
        index: min(natural[index], _least_width(columns[index], cells[index], shares.get(index), ellipsis))
        for index in shown
    }
    hidden = _hide_columns(columns, widths, width, ranks)
    _widen_columns(columns, widths, natural, width)
    fitted = tuple(
        FittedColumn(index, columns[index], min(widths[index], width), shares.get(index, _SHARES[-1]))
        for index in widths
    )
    return TableLayout(fitted, tuple(columns[index].name for index in hidden), is_complete=False, ellipsis=ellipsis)


def card_lines(columns: Sequence[TableColumn], row: Sequence[str], width: int | None) -> Iterator[tuple[str, str]]:
    """Yield one row as lines of a heading and a text: a line for each cell that is not empty. No cell is shortened.

    A text that has no room beside its heading is below it, and is wrapped if it is longer than the terminal is wide.

    Args:
        columns: The columns.
        row: The cells of the row.
        width: The width of the terminal in columns, or None for no limit.

    Yields:
        The heading, padded with blanks, and the text. The heading is blank on the second and later lines of a text.
    """
    label_width = max(text_width(column.name) for column in columns) + COLUMN_GAP
    for column, cell in zip(columns, row, strict=True):
        if not cell:
            continue
        label = pad_text(column.name, label_width)
        room = None if width is None else width - label_width
        if room is None or text_width(cell) <= room:
            yield label, cell
        elif column.kind is CellKind.SENTENCE:
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
        share: One character in so many is taken from the beginning.
        ellipsis: The text in place of the characters that are left out.
    """
    head = kept // share
    return take_start(text, head) + ellipsis + take_end(text, kept - head)


def find_kept_width(texts: Collection[str], share: int) -> int:
    """Return the least number of characters with which all different texts of a column stay different.

    Args:
        texts: The cells of the column, all ASCII.
        share: One character in so many is taken from the beginning of a text.
    """
    distinct = set(texts)
    low, high = _MIN_KEPT, max(map(len, distinct), default=0)
    while low < high:
        kept = (low + high) // 2
        if _stay_different(distinct, kept, share):
            high = kept
        else:
            low = kept + 1
    return low


def pad_text(text: str, width: int, *, is_right: bool = False) -> str:
    """Return a text padded with blanks to a width, aligned to the left or right."""
    blanks = " " * (width - text_width(text))
    return blanks + text if is_right else text + blanks


def _stay_different(texts: set[str], kept: int, share: int) -> bool:
    # A text of at most `kept` characters is not shortened; all are compared as if they were, which is stricter.
    head = kept // share
    tail = kept - head
    return len({(text[:head], text[-tail:], len(text) <= kept) for text in texts}) == len(texts)


def _best_share(cells: Sequence[str]) -> int:
    """Return the share with which the UIDs of a column need the fewest characters to be different."""
    distinct = set(cells)
    return min(_SHARES, key=lambda share: find_kept_width(distinct, share))


def _natural_width(column: TableColumn, cells: Sequence[str]) -> int:
    return max(text_width(column.name), max(map(text_width, cells), default=0))


def _least_width(column: TableColumn, cells: Sequence[str], share: int | None, ellipsis: str) -> int:
    """Return the width that a column needs at least."""
    heading = text_width(column.name)
    kind = column.kind
    if share is not None:
        return max(heading, find_kept_width(cells, share) + len(ellipsis))
    if kind is CellKind.PATH:
        return max(heading, _MIN_PATH)
    if kind is CellKind.SENTENCE:
        return max(heading, _MIN_SENTENCE)
    if kind in _CUT_KINDS:
        mark = max((len(cell) for cell in cells if _MARK.fullmatch(cell)), default=0)
        return max(heading, _MIN_TEXT, mark)
    return max(heading, max(map(text_width, cells), default=0))


def _total(widths: dict[int, int]) -> int:
    return sum(widths.values()) + COLUMN_GAP * (len(widths) - 1)


def _hide_columns(
    columns: Sequence[TableColumn], widths: dict[int, int], width: int, ranks: Sequence[str]
) -> list[int]:
    """Remove the columns from `widths` that have no room beside more important ones, and return them."""
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
    """Give the rest of the width to the columns that need it: short texts first, then paths, then UIDs, then the rest.

    `widths` is changed.
    """
    long_kinds = (CellKind.PATH, CellKind.SENTENCE)
    stages = (
        {index: min(natural[index], _USUAL_TEXT) for index in widths if columns[index].kind in _CUT_KINDS},
        {index: natural[index] for index in widths if columns[index].kind in long_kinds},
        {index: natural[index] for index in widths if columns[index].kind is CellKind.UID},
        {index: natural[index] for index in widths},
    )
    for wanted in stages:
        spare = width - _total(widths)
        while spare > 0 and (narrow := [index for index in wanted if widths[index] < wanted[index]]):
            part = max(1, spare // len(narrow))
            for index in narrow[: spare // part]:
                more = min(part, wanted[index] - widths[index])
                widths[index] += more
                spare -= more
