"""What a query gave: rows to look at and to go on with."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from dicommap.inventory.frames.extras import require
from dicommap.model.paths import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas

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
        heading = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(_shown(cell))}</td>' for cell in row)}</tr>" for row in self.rows[:_ROWS_SHOWN]
        )
        return f"<table><thead><tr>{heading}</tr></thead><tbody>{rows}</tbody></table><p>{self._count()}</p>"

    def _count(self) -> str:
        count = len(self.rows)
        words = f"{count:,} {'row' if count == 1 else 'rows'}"
        return f"{words}, the first {_ROWS_SHOWN} shown" if count > _ROWS_SHOWN else words


def _shown(cell: object) -> str:
    text = "NULL" if cell is None else f"{len(cell)} bytes" if isinstance(cell, bytes) else printable(str(cell))
    return text if len(text) <= _CELL_SHOWN else text[: _CELL_SHOWN - 1] + "…"
