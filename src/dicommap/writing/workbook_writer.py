"""Write a table as an Excel workbook (.xlsx) in constant memory: either the whole workbook, or no file.

This module uses XlsxWriter and not openpyxl. Both can write any number of rows with the same memory, but XlsxWriter
takes less than half of the time. It can also tell Excel not to mark identifiers as "numbers stored as text"; openpyxl
cannot. Every cell is a text (format `@`), so that no spreadsheet program changes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicommap.errors import DocumentError
from dicommap.writing.new_file import convert_os_errors, require_new_file
from dicommap.writing.partial_files import partial_directory, partial_file, remove_leftovers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

WORKSHEET_ROWS = 1_048_576
"""Maximum number of rows of a worksheet in Excel and LibreOffice, including the header."""
MAX_CELL_CHARACTERS = 32_767
"""Maximum number of characters of a cell in Excel, counted as UTF-16 code units."""
_MAX_LIST_CHARACTERS = 255
"""Maximum number of characters of the values in a drop-down list of Excel, with the commas between them."""
_ALLOWED_IN_PROTECTED_SHEET = {
    "format_cells": True,
    "format_columns": True,
    "format_rows": True,
    "sort": True,
    "autofilter": True,
}
_ALL_CELLS = "A1:XFD1048576"
_TITLE_COLOUR, _KEY_COLOUR = "#D9E1F2", "#F2F2F2"
_NOTE_WIDTH, _NOTE_LINE_HEIGHT = 320, 20
_NOTE_LINE_CHARACTERS = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookColumn:
    """A column of a worksheet: its heading, width and note, and the values that users can enter."""

    name: str
    width: float
    """The width in characters."""
    note: str
    """The text of the note on the header cell of the column."""
    is_locked: bool = False
    """Whether the cells of the column are locked. The worksheet is protected without a password."""
    choices: tuple[str, ...] = ()
    """The values of a drop-down list. Empty if the column has no list."""
    allows_others: bool = True
    """Whether users can type a value that is not in `choices`."""


def write_new_workbook(path: Path, title: str, columns: Sequence[WorkbookColumn], rows: Iterable[Sequence[str]]) -> int:
    """Write a new workbook, and return the number of rows. If writing fails, no file is left.

    Args:
        path: The file. It must not exist.
        title: The name of the worksheet.
        columns: The columns.
        rows: The cells of each row, without the header. Each row is written before the next one is made.

    Raises:
        DocumentError: The file already exists or cannot be written, or there are too many rows for a worksheet.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    require_new_file(path)
    with convert_os_errors(path):
        remove_leftovers(path.absolute().parent, path.name)
        # XlsxWriter writes the rows to temporary files. They contain patient values, so they are in a private
        # directory.
        with partial_directory(path) as folder, partial_file(path) as partial:
            with partial.open() as file:
                options = {"constant_memory": True, "tmpdir": str(folder)}
                workbook = Workbook(file, options)
                worksheet = workbook.add_worksheet(title, worksheet_class=_make_plain_text_worksheet_class())
                try:
                    count = _write_worksheet(workbook, worksheet, columns, rows)
                    workbook.close()
                except FileCreateError as error:
                    raise OSError(*error.args[0].args) from None
                finally:
                    worksheet.row_data_fh.close()  # XlsxWriter leaves it open after an error
            partial.put_in_place(path, overwrite=False)
    return count


def _write_worksheet(
    workbook: Any,  # noqa: ANN401  XlsxWriter has no types
    worksheet: Any,  # noqa: ANN401
    columns: Sequence[WorkbookColumn],
    rows: Iterable[Sequence[str]],
) -> int:
    title_format = workbook.add_format(
        {"num_format": "@", "bold": True, "bg_color": _TITLE_COLOUR, "bottom": 1, "locked": True}
    )
    formats = [
        workbook.add_format(
            {"num_format": "@", "locked": True, "bg_color": _KEY_COLOUR}
            if column.is_locked
            else {"num_format": "@", "locked": False}
        )
        for column in columns
    ]
    for index, column in enumerate(columns):
        worksheet.set_column(index, index, column.width, formats[index])
        worksheet.write_string(0, index, column.name, title_format)
        worksheet.write_comment(0, index, column.note, _make_note_options(column.note))
    count = 0
    for count, cells in enumerate(rows, start=1):
        if count >= WORKSHEET_ROWS:
            raise make_too_many_rows_error()
        for index, text in enumerate(cells):
            if text:
                _require_cell_length(text, columns[index].name)
                worksheet.write_string(count, index, text, formats[index])
            elif not columns[index].is_locked:
                # A blank cell needs its format. Without it, some programs treat the cell as locked.
                worksheet.write_blank(count, index, None, formats[index])
    worksheet.freeze_panes(1, 0)
    worksheet.autofilter(0, 0, count, len(columns) - 1)
    worksheet.ignore_errors({"number_stored_as_text": _ALL_CELLS})
    worksheet.protect("", _ALLOWED_IN_PROTECTED_SHEET)
    for index, column in enumerate(columns):
        _add_drop_down_list(worksheet, index, column, count)
    return count


def _make_plain_text_worksheet_class() -> type:
    """Return a class of worksheets that write every text as plain text.

    XlsxWriter treats a text that begins with `<r>` and ends with `</r>` as XML of rich text, and does not escape it.
    """
    from xlsxwriter.worksheet import Worksheet

    class PlainTextWorksheet(Worksheet):  # type: ignore[misc]  # XlsxWriter has no types
        def _xml_rich_inline_string(self, string: str, attributes: list[tuple[str, Any]]) -> None:
            self._xml_inline_string(string, True, attributes)

    return PlainTextWorksheet


def _make_note_options(note: str) -> dict[str, Any]:
    lines = sum(1 + len(line) // _NOTE_LINE_CHARACTERS for line in note.split("\n"))
    return {"author": "dicommap", "width": _NOTE_WIDTH, "height": _NOTE_LINE_HEIGHT * (lines + 1)}


def _add_drop_down_list(worksheet: Any, index: int, column: WorkbookColumn, count: int) -> None:  # noqa: ANN401
    if not column.choices or column.is_locked or not count or len(",".join(column.choices)) > _MAX_LIST_CHARACTERS:
        return
    message = "Values may be others, too." if column.allows_others else f"Use {', '.join(column.choices)}, or no value."
    worksheet.data_validation(
        1,
        index,
        count,
        index,
        {
            "validate": "list",
            "source": list(column.choices),
            "error_type": "information" if column.allows_others else "stop",
            "error_title": column.name[:32],
            "error_message": message[:255],
        },
    )


def _require_cell_length(text: str, column: str) -> None:
    if len(text) > MAX_CELL_CHARACTERS // 2 and len(text.encode("utf-16-le")) // 2 > MAX_CELL_CHARACTERS:
        raise DocumentError(
            f"A value of {column} has more than {MAX_CELL_CHARACTERS:,} characters, the limit of a cell in a workbook.",
            fix="Leave the column out with --columns, or write CSV.",
        )


def make_too_many_rows_error() -> DocumentError:
    """Return the error for a sheet that has more rows than a worksheet can have."""
    return DocumentError(
        f"The sheet has more than {WORKSHEET_ROWS - 1:,} rows, the limit of a worksheet.",
        fix="Write fewer rows with --where, such as --where 'StudyDate=2024*', in several files; or write CSV.",
    )
