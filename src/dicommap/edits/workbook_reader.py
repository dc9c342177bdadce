"""Read a table from an Excel workbook (.xlsx): the worksheet with the key column, and the kind of each cell.

This module does not use openpyxl, which does not give for large files what a sheet needs: the kind and format of each
cell, formulas together with their results, hidden and merged cells, and limits while reading.

Source: ECMA-376 part 1, chapter 18 (SpreadsheetML).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.edits.table import (
    HEADER_SEARCH_ROWS,
    INFORMATION_COLUMN_PREFIX,
    Table,
    column_letters,
    find_header_row,
    header_row_issues,
)
from dicommap.edits.workbook_archive import UnreadableWorkbookError, WorkbookArchive
from dicommap.edits.workbook_cells import CELL_ADDRESS, ON_VALUES, SharedTexts, WorksheetCells
from dicommap.edits.workbook_styles import CellFormats
from dicommap.issues import Issue, Location, make_issue
from dicommap.issues.bounded_list import DOCUMENT_ISSUE_LIMIT, limit_and_stop_issues
from dicommap.issues.wording import format_count
from dicommap.writing.workbook_writer import WORKSHEET_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def read_workbook_table(name: str, data: bytes, key: str) -> Table | Issue:
    """Read a table from the bytes of a workbook: the worksheet that has the key column.

    Args:
        name: The file name for messages.
        data: The bytes of the file.
        key: A column that the table must have. Exactly one worksheet must have it.

    Returns:
        The table, or the issue that prevents reading it.

    """
    try:
        return _Workbook(name, data).read_table(key)
    except UnreadableWorkbookError as error:
        return make_issue("sheet.unreadable-text", Location(path=name), problem=str(error))


class _Workbook:
    """An open workbook: its worksheets, shared texts and cell formats."""

    def __init__(self, name: str, data: bytes) -> None:
        self._name = name
        self._archive = WorkbookArchive(data)
        main = next(
            (part for kind, part in self._archive.read_relationships("").values() if kind == "officeDocument"),
            "xl/workbook.xml",
        )
        self._contents = _MainPartHandler()
        self._archive.handle_part(main, self._contents)
        related = self._archive.read_relationships(main)
        self._worksheets = [
            related[sheet][1]
            for sheet in self._contents.sheets
            if related.get(sheet, ("", ""))[0] == "worksheet" and self._archive.has_part(related[sheet][1])
        ]
        parts = {kind: part for kind, part in related.values() if self._archive.has_part(part)}
        self._texts, self._formats = SharedTexts(), CellFormats()
        if "sharedStrings" in parts:
            self._archive.handle_part(parts["sharedStrings"], self._texts)
        if "styles" in parts:
            self._archive.handle_part(parts["styles"], self._formats)

    def read_table(self, key: str) -> Table | Issue:
        """Return the table of the only worksheet that has the key column, or the issue that prevents reading it."""
        beginnings = (self._read_worksheet(part, HEADER_SEARCH_ROWS).rows for part in self._worksheets)
        fitting = [number for number, rows in enumerate(beginnings, 1) if find_header_row(rows, key) is not None]
        location = Location(path=self._name)
        if not fitting:
            return make_issue("sheet.no-key-column", Location(path=self._name, row=1), column=key, row=1)
        if len(fitting) > 1:
            numbers = " and ".join(map(str, fitting[:2]))
            return make_issue("sheet.several-worksheets", location, column=key, numbers=numbers)
        worksheet = self._read_worksheet(self._worksheets[fitting[0] - 1])
        header_row = find_header_row(worksheet.rows, key) or 1
        width = max(map(len, worksheet.rows[header_row - 1 :]))
        header, *rows = (cells + ("",) * (width - len(cells)) for cells in worksheet.rows[header_row - 1 :])
        table = Table(
            name=self._name,
            header=tuple(cell.strip() for cell in header),
            rows=rows,
            header_row=header_row,
            cell_kinds=worksheet.kinds,
        )
        issues = [*header_row_issues(self._name, header_row), *_worksheet_issues(table, worksheet)]
        if len(self._worksheets) > 1:
            issues.append(make_issue("sheet.other-worksheets", location, number=fitting[0]))
        return replace(table, issues=tuple(issues))

    def _read_worksheet(self, part: str, last_row: int = WORKSHEET_ROWS) -> WorksheetCells:
        """Read the cells of a worksheet up to the row `last_row`."""
        worksheet = WorksheetCells(self._texts, self._formats, is_1904=self._contents.is_1904, last_row=last_row)
        self._archive.handle_part(part, worksheet)
        return worksheet


class _MainPartHandler:
    """Handler of the main part of a workbook. It keeps the date system and the relationship identifiers of sheets."""

    def __init__(self) -> None:
        self.sheets: list[str] = []
        self.is_1904 = False

    def start_element(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet":
            self.sheets += [value for key, value in attributes.items() if key.rpartition(":")[2] == "id"]
        elif name == "workbookPr":
            self.is_1904 = attributes.get("date1904") in ON_VALUES

    def end_element(self, name: str) -> None:
        pass

    def add_text(self, text: str) -> None:
        pass


def _worksheet_issues(table: Table, worksheet: WorksheetCells) -> Iterator[Issue]:
    """Yield the issues of merged cells, and of hidden rows and columns with content."""
    location = Location(path=table.name)
    yield from limit_and_stop_issues(_merged_cell_issues(table, worksheet.merged), DOCUMENT_ISSUE_LIMIT, location)
    filled = _select_filled_rows(table, worksheet.hidden_rows)
    hidden = [
        column_letters(index)
        for first, last in worksheet.hidden_columns
        for index in range(first, min(last + 1, len(table.header)))
        if table.header[index] and not table.header[index].startswith(INFORMATION_COLUMN_PREFIX)
    ]
    if filled or hidden:
        counts = ((len(filled), "row"), (len(hidden), "column"))
        what = " and ".join(format_count(count, noun) for count, noun in counts if count)
        yield make_issue("sheet.hidden-cells", location, what=what)


def _select_filled_rows(table: Table, numbers: Sequence[int]) -> list[int]:
    """Return the row numbers, out of `numbers`, of rows that are after the header and not blank."""
    below = (number for number in numbers if number > table.header_row)
    return [number for number in below if any(table.rows[number - table.header_row - 1])]


def _merged_cell_issues(table: Table, merged: Sequence[str]) -> Iterator[Issue]:
    """Yield an issue for each range of merged cells that includes the header or rows below it."""
    for cells in merged:
        first, _, last = cells.partition(":")
        start, end = CELL_ADDRESS.fullmatch(first), CELL_ADDRESS.fullmatch(last)
        if start is not None and end is not None and int(end["row"]) >= table.header_row:
            location = Location(path=table.name, row=int(start["row"]), column=start["column"], cell=first)
            yield make_issue("sheet.merged-cells", location, cells=cells)
