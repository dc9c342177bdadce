"""What a query gave: rows to look at and to go on with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicommap.inventory.frames.extras import require
from dicommap.model.paths import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas

    from dicommap.render.screen import Column

_ROWS_SHOWN = 20
_CELL_SHOWN = 64


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
        require("pandas")
        import pandas

        return pandas.DataFrame.from_records(self.rows, columns=list(self.columns))

    def __repr__(self) -> str:
        lines = [self.columns, *(tuple(map(_shown, row)) for row in self.rows[:_ROWS_SHOWN])]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        cells = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
        return "\n".join([*(line.rstrip() for line in cells), self._count()])

    def _repr_html_(self) -> str:
        from dicommap.render.screen import Row, Rows, Screen
        from dicommap.render.screen_html import fragment

        shown = self.rows[:_ROWS_SHOWN]
        columns = [_column(name, [row[place] for row in shown]) for place, name in enumerate(self.columns)]
        rows = [Row(cells=tuple(map(_shown, row))) for row in shown]
        table = Rows(columns=columns, rows=rows, total=len(self.rows), noun="row")
        return fragment(Screen(title="Result", counts=(self._count(),), blocks=[table]))

    def _count(self) -> str:
        count = len(self.rows)
        words = f"{count:,} {'row' if count == 1 else 'rows'}"
        return f"{words}, the first {_ROWS_SHOWN} shown" if count > _ROWS_SHOWN else words


def _column(name: str, cells: list[Any]) -> Column:
    from dicommap.render.screen import Column, Kind

    if name.endswith("UID"):
        return Column(name, Kind.UID)
    are_numbers = all(cell is None or isinstance(cell, int | float) for cell in cells) and any(cells)
    return Column(name, Kind.NUMBER if are_numbers else Kind.TEXT)


def _shown(cell: object) -> str:
    text = "NULL" if cell is None else f"{len(cell)} bytes" if isinstance(cell, bytes) else printable(str(cell))
    return text if len(text) <= _CELL_SHOWN else text[: _CELL_SHOWN - 1] + "…"
