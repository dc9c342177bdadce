"""Run a user's SQL query on the views of an inventory. The query can only read."""

from __future__ import annotations

import difflib
import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicommap.dicom.printable_text import make_printable
from dicommap.errors import QueryError
from dicommap.inventory import cells
from dicommap.inventory.frames.columns import FrameLevel, list_frame_columns
from dicommap.inventory.frames.frame_queries import create_views, open_frame_connection
from dicommap.issues.wording import format_count
from dicommap.model.extras import require_extra

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas

    from dicommap.display.report import TableColumn

_MAX_ROWS = 20
_MAX_CELL_CHARACTERS = 64


@dataclass(frozen=True, slots=True, repr=False)
class QueryResult:
    """The column names and rows of a query's result. Its text and HTML show patient values without masking."""

    columns: tuple[str, ...]
    """The names of the columns, in the order of the query."""
    rows: list[tuple[Any, ...]]
    """The rows. The type of a cell is SQLite's: str, int, float, bytes or None."""

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.rows)

    def to_pandas(self) -> pandas.DataFrame:
        """Return the rows as a pandas DataFrame. Raises MissingExtraError if pandas is not installed."""
        require_extra("pandas")
        import pandas

        return pandas.DataFrame.from_records(self.rows, columns=list(self.columns))

    def __repr__(self) -> str:
        lines = [self.columns, *(tuple(map(_format_cell, row)) for row in self.rows[:_MAX_ROWS])]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        cells = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
        return "\n".join([*(line.rstrip() for line in cells), self._describe_row_count()])

    def _repr_html_(self) -> str:
        from dicommap.display.report import Report, ReportTable, TableRow
        from dicommap.display.report_html import render_html_fragment

        shown = self.rows[:_MAX_ROWS]
        columns = [_make_report_column(name, [row[place] for row in shown]) for place, name in enumerate(self.columns)]
        rows = [TableRow(cells=tuple(map(_format_cell, row))) for row in shown]
        table = ReportTable(columns=columns, rows=rows, total=len(self.rows), noun="row")
        return render_html_fragment(Report(title="Result", counts=(self._describe_row_count(),), blocks=[table]))

    def _describe_row_count(self) -> str:
        count = len(self.rows)
        words = format_count(count, "row")
        return f"{words}, the first {_MAX_ROWS} shown" if count > _MAX_ROWS else words


def _make_report_column(name: str, cells: list[Any]) -> TableColumn:
    from dicommap.display.report import ColumnKind, TableColumn

    if name.endswith("UID"):
        return TableColumn(name, ColumnKind.UID)
    are_numbers = all(cell is None or isinstance(cell, int | float) for cell in cells) and any(cells)
    return TableColumn(name, ColumnKind.NUMBER if are_numbers else ColumnKind.TEXT)


def _format_cell(cell: object) -> str:
    text = (
        "NULL"
        if cell is None
        else format_count(len(cell), "byte")
        if isinstance(cell, bytes)
        else make_printable(str(cell))
    )
    return text if len(text) <= _MAX_CELL_CHARACTERS else text[: _MAX_CELL_CHARACTERS - 1] + "…"


_ALLOWED_ACTIONS = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_FORBIDDEN_FUNCTIONS = frozenset({"load_extension"})
_STEPS_BETWEEN_SIGNALS = 1_000_000
"""Number of SQLite's steps before Python checks for Ctrl-C."""

_FILE_ERROR_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
    }
)
"""SQLite error codes for problems with the file, not with the query."""

_REFUSAL_PHRASES = ("one statement", "not authorized", "prohibited")
"""Phrases in the messages about forbidden statements. SQLite and Python have no error code for these errors."""

_VIEW_NAMES = ", ".join(level.value for level in FrameLevel)


def run_query(
    connection: sqlite3.Connection,
    keywords: tuple[str, ...],
    query: str,
    parameters: Sequence[Any] | Mapping[str, Any] = (),
) -> QueryResult:
    """Run a query on the views `study`, `series`, `instance`, `file` and `issue`, and return its rows.

    Args:
        connection: The open inventory.
        keywords: The keywords of the captured attributes.
        query: One SELECT statement.
        parameters: Values for the `?` or `:name` in the query.

    Raises:
        QueryError: The query is not valid SQL, or does more than reading.
    """
    with open_frame_connection(connection) as tables:
        try:
            create_views(tables, keywords)
            tables.execute("PRAGMA query_only = ON")
            tables.set_authorizer(_authorize_reading_only)
            tables.set_progress_handler(_continue_query, _STEPS_BETWEEN_SIGNALS)
            cursor = tables.execute(query, parameters)
            rows = cursor.fetchall()
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise _query_error(error, query, keywords) from None
        except (ValueError, OverflowError, TypeError):  # a character, number or type that SQLite does not accept
            raise QueryError(
                "The query or a parameter has a character, number or type that SQLite does not accept.",
                fix="Change it.",
            ) from None
        if cursor.description is None:
            raise QueryError("The query is empty.", fix=f"Select from {_VIEW_NAMES}.")
        return QueryResult(tuple(name for name, *_ in cursor.description), rows)


def _authorize_reading_only(action: int, _: str | None, function: str | None, *__: str | None) -> int:
    """Return SQLITE_OK for an action that only reads, else SQLITE_DENY. SQLite calls this for each part of a query."""
    refused = action == sqlite3.SQLITE_FUNCTION and (function or "").lower() in _FORBIDDEN_FUNCTIONS
    return sqlite3.SQLITE_OK if action in _ALLOWED_ACTIONS and not refused else sqlite3.SQLITE_DENY


def _continue_query() -> int:
    """Return 0, so that SQLite continues the query. It is called so that Python can raise KeyboardInterrupt here."""
    return 0


def _query_error(error: sqlite3.Error | sqlite3.Warning, query: str, keywords: tuple[str, ...]) -> BaseException:
    """Return the error for a failed query. Its text never has SQLite's message, which may repeat a patient value."""
    code, words = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF, str(error)
    if code == sqlite3.SQLITE_INTERRUPT:
        return KeyboardInterrupt()  # Python raised it inside _continue_query, and SQLite replaced it by this error
    if isinstance(error, sqlite3.DatabaseError) and (code in _FILE_ERROR_CODES or "user-defined function" in words):
        return cells.make_inventory_error(error)
    if code in (sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY) or any(phrase in words for phrase in _REFUSAL_PHRASES):
        return QueryError("The query does more than reading.", fix="Use one SELECT, and nothing else.")
    if words.startswith("no such column"):
        return QueryError("The query names a column that does not exist.", fix=_make_column_hint(words, keywords))
    if words.startswith("no such table"):
        return QueryError("The query names a table that does not exist.", fix=f"Select from {_VIEW_NAMES}.")
    if "binding" in words.lower():
        return QueryError("The parameters do not match the query.", fix="Give a value for each ? or :name in it.")
    return QueryError(
        f"SQLite does not understand the query{_describe_error_position(words, query)}.", fix="Correct it."
    )


def _describe_error_position(words: str, query: str) -> str:
    match = re.match(r'near "(.*)": syntax error', words, re.DOTALL)
    if match is None or query.count(match[1]) != 1:
        return ""
    return f", from character {query.index(match[1]) + 1}"


def _make_column_hint(words: str, keywords: tuple[str, ...]) -> str:
    """Return a hint with column names that are similar to the unknown column name of a query.

    The hint does not repeat the unknown name, which may be a patient value: SQLite takes a value without quotes as a
    column name.
    """
    names = sorted({column.name for level in FrameLevel for column in list_frame_columns(level, keywords)})
    unknown_name = words.rpartition(" ")[2].rpartition(".")[2].lower()
    close = difflib.get_close_matches(unknown_name, [name.lower() for name in names], n=3, cutoff=0.6)
    meant = [name for name in names if name.lower() in close]
    return f"Is it {' or '.join(meant)}?" if meant else "Put texts in single quotes; 'select * from study' shows names."
