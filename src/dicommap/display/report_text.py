"""Render a report as aligned text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from dicommap.dicom.printable_text import make_printable
from dicommap.display.report import ColumnKind, FactList, Figure, Note
from dicommap.issues.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicommap.display.report import Block, Report, ReportTable, TableColumn, TableRow

MAX_ROWS = 10
"""Maximum number of rows of a table. It is smaller than in HTML, because a terminal shows few lines."""
CELL_WIDTH = 28
"""Maximum width of a cell in columns of the terminal. Wide characters, such as Chinese ones, take two columns."""
FACT_WIDTH = 96
_WIDTHS = {ColumnKind.UID: 64, ColumnKind.CODE: 64, ColumnKind.SENTENCE: FACT_WIDTH}
"""Kind of cell -> maximum width in columns. A UID has at most 64 characters (PS3.5 section 9.1), so no UID is cut."""
_INDENT = "  "


def render_text(report: Report) -> str:
    """Return a report as a text of several lines. Control characters are escaped."""
    return "\n".join(line.rstrip() for line in _format_report_lines(report))


def _format_report_lines(report: Report) -> Iterator[str]:
    severities = (format_count(number, severity) for severity, number in report.severities)
    subject = f" {make_printable(report.subject)}" if report.subject else ""
    counts = ", ".join([*report.counts, *severities])
    yield f"{report.title}{subject}{': ' if counts else ''}{counts}"
    for block in report.blocks:
        yield from _format_block_lines(block, _INDENT)


def _format_block_lines(block: Block, indent: str) -> Iterator[str]:
    if isinstance(block, Note):
        yield indent + make_printable(block.text)
    elif isinstance(block, FactList):
        width = max((cell_len(name) for name, _ in block.pairs), default=0)
        for name, text in block.pairs:
            yield f"{indent}{set_cell_size(name, width)}{_INDENT}{_truncate_to_width(text, FACT_WIDTH)}"
    elif not isinstance(block, Figure) and block.rows:
        yield from _format_table_lines(block, indent)


def _format_table_lines(block: ReportTable, indent: str) -> Iterator[str]:
    rows = block.rows[:MAX_ROWS]
    cells = [
        [
            _truncate_to_width(text, _get_max_cell_width(column))
            for text, column in zip(row.cells, block.columns, strict=True)
        ]
        for row in rows
    ]
    names = [column.name for column in block.columns]
    widths = [max(map(cell_len, column)) for column in zip(names, *cells, strict=True)]
    if block.heading:
        yield indent + make_printable(block.heading)
    yield indent + _align_cells(names, widths, block.columns)
    for row, texts in zip(rows, cells, strict=True):
        yield indent + _align_cells(texts, widths, block.columns)
        yield from _format_detail_lines(row, indent)
    if block.total > len(rows):
        yield f"{indent}and {format_count(block.total - len(rows), f'more {block.noun}')}"


def _format_detail_lines(row: TableRow, indent: str) -> Iterator[str]:
    """Yield the lines of the blocks below a table row, if the row is open."""
    if row.is_open:
        for block in row.details:
            yield from _format_block_lines(block, indent + _INDENT)


def _align_cells(texts: Sequence[str], widths: Sequence[int], columns: Sequence[TableColumn]) -> str:
    parts = []
    for text, width, column in zip(texts, widths, columns, strict=True):
        space = " " * (width - cell_len(text))
        parts.append(space + text if column.kind is ColumnKind.NUMBER else text + space)
    return _INDENT.join(parts)


def _get_max_cell_width(column: TableColumn) -> int:
    return _WIDTHS.get(column.kind, CELL_WIDTH)


def _truncate_to_width(text: str, width: int) -> str:
    # A very long text is cut before it is measured, because measuring all of it is slow.
    clean = make_printable(text[: 2 * width])
    return clean if cell_len(clean) <= width else set_cell_size(clean, width - 1).rstrip() + "…"
