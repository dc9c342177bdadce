"""What a query gave: rows to look at and to go on with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicommap.dicom.printable_text_model_paths_part import make_printable
from dicommap.model.extras import require_extra

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas

    from dicommap.display.report import TableColumn

_MAX_ROWS = 20
_MAX_CELL_CHARACTERS = 64


@dataclass(frozen=True, slots=True, repr=False)
class QueryResult:
    """The rows of a query. They show themselves with all values, since these were asked for."""

    columns: tuple[str, ...]
    """Names, in the query's order."""
    rows: list[tuple[Any, ...]]
    """Cells as SQLite gives them: str, int, float, bytes or None."""

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.rows)

    def to_pandas(self) -> pandas.DataFrame:
        """Return the rows as a frame. Raises MissingExtraError where pandas is not installed."""
        require_extra("pandas")
        import pandas

        return pandas.DataFrame.from_records(self.rows, columns=list(self.columns))

    def __repr__(self) -> str:
        lines = [self.columns, *(tuple(map(_cell_text, row)) for row in self.rows[:_MAX_ROWS])]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        cells = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
        return "\n".join([*(line.rstrip() for line in cells), self._count()])

    def _repr_html_(self) -> str:
        from dicommap.display.report import Report, ReportTable, TableRow
        from dicommap.display.report_html import render_html_fragment

        shown = self.rows[:_MAX_ROWS]
        columns = [_report_column(name, [row[place] for row in shown]) for place, name in enumerate(self.columns)]
        rows = [TableRow(cells=tuple(map(_cell_text, row))) for row in shown]
        table = ReportTable(columns=columns, rows=rows, total=len(self.rows), noun="row")
        return render_html_fragment(Report(title="Result", counts=(self._count(),), blocks=[table]))

    def _count(self) -> str:
        count = len(self.rows)
        words = f"{count:,} {'row' if count == 1 else 'rows'}"
        return f"{words}, the first {_MAX_ROWS} shown" if count > _MAX_ROWS else words


def _report_column(name: str, cells: list[Any]) -> TableColumn:
    from dicommap.display.report import CellKind, TableColumn

    if name.endswith("UID"):
        return TableColumn(name, CellKind.UID)
    are_numbers = all(cell is None or isinstance(cell, int | float) for cell in cells) and any(cells)
    return TableColumn(name, CellKind.NUMBER if are_numbers else CellKind.TEXT)


def _cell_text(cell: object) -> str:
    text = "NULL" if cell is None else f"{len(cell)} bytes" if isinstance(cell, bytes) else make_printable(str(cell))
    return text if len(text) <= _MAX_CELL_CHARACTERS else text[: _MAX_CELL_CHARACTERS - 1] + "…"
