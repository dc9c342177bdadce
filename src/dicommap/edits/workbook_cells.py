"""Handlers of two kinds of parts of a workbook: a worksheet with its cells, and the texts that several cells share.

Source: ECMA-376 part 1, sections 18.3.1 (worksheets) and 18.4 (shared strings).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dicommap.edits.table import CELL_LENGTH_LIMIT, CELLS_LIMIT, COLUMNS_LIMIT, CellKind
from dicommap.edits.workbook_archive import StopReadingError, UnreadableWorkbookError
from dicommap.writing.workbook_writer import WORKSHEET_ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.edits.workbook_styles import CellFormats

CELL_ADDRESS = re.compile(r"(?P<column>[A-Z]{1,3})(?P<row>[0-9]{1,7})")
_ESCAPE = re.compile(r"_x(?P<code>[0-9A-Fa-f]{4})_")
"""Pattern of the escape of a character that XML does not allow (ECMA-376 part 1, section 22.9.2.19)."""
_TRUTH_VALUES = {"1": "TRUE", "0": "FALSE", "true": "TRUE", "false": "FALSE"}
ON_VALUES = frozenset({"1", "true", "on"})
"""The texts that mean true in an XML attribute."""
_DAMAGED_CELLS = "has cells without a valid address or text; open it in a spreadsheet and save it again"


class CellTextCollector:
    """Collector of a cell's text. It joins the pieces of a formatted text, and leaves out phonetic guides (rPh)."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._is_open = False
        self._is_phonetic = False
        self.is_struck = False

    def start_element(self, name: str, attributes: Mapping[str, str]) -> None:
        """Start collecting text at a `t` or `v` element, and note phonetic guides (`rPh`) and struck text."""
        if name in ("t", "v"):
            self._is_open = not self._is_phonetic
        elif name == "rPh":
            self._is_phonetic = True
        elif name == "strike":
            self.is_struck = attributes.get("val", "1") in ON_VALUES

    def end_element(self, name: str) -> None:
        """Stop collecting text at the end of a `t` or `v` element."""
        if name in ("t", "v"):
            self._is_open = False
        elif name == "rPh":
            self._is_phonetic = False

    def add_text(self, text: str) -> None:
        """Collect a piece of text if it is in a `t` or `v` element, but not in a phonetic guide."""
        if self._is_open:
            self._length += len(text)
            if self._length > CELL_LENGTH_LIMIT:
                raise UnreadableWorkbookError(f"has a cell of more than {CELL_LENGTH_LIMIT:,} characters")
            self._pieces.append(text)

    def take_text(self) -> str:
        """Return the collected text, and start again with an empty text.

        Escapes in the text are replaced by the characters for which they stand.
        """
        text = "".join(self._pieces)
        self._pieces.clear()
        self._length, self.is_struck = 0, False
        return _ESCAPE.sub(_unescape_character, text) if "_x" in text else text


def _unescape_character(match: re.Match[str]) -> str:
    """Return the character that the matched escape stands for. Escapes of surrogates are returned unchanged."""
    code = int(match["code"], 16)
    return match[0] if 0xD800 <= code <= 0xDFFF else chr(code)


class SharedTexts(CellTextCollector):
    """Handler of the part of a workbook with the texts that several cells share."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.struck: set[int] = set()

    def end_element(self, name: str) -> None:
        """Keep the collected text at the end of an `si` element, which is one shared text."""
        super().end_element(name)
        if name == "si":
            if self.is_struck:
                self.struck.add(len(self.texts))
            self.texts.append(self.take_text())
            if len(self.texts) > CELLS_LIMIT:
                raise UnreadableWorkbookError(f"has more than {CELLS_LIMIT:,} texts")


class WorksheetCells:
    """Handler of a worksheet. It keeps the texts and kinds of the cells, hidden rows and columns, and merged cells."""

    def __init__(self, shared: SharedTexts, formats: CellFormats, *, is_1904: bool, last_row: int) -> None:
        self._shared = shared
        self._formats = formats
        self._is_1904 = is_1904
        self._last_row = last_row
        self.rows: list[tuple[str, ...]] = []
        """The cells of each row, without empty cells at its end. A blank row is an empty tuple."""
        self.kinds: dict[tuple[int, int], CellKind] = {}
        self.hidden_rows: list[int] = []
        self.hidden_columns: list[tuple[int, int]] = []
        """The indexes of the first and the last column of each hidden range of columns."""
        self.merged: list[str] = []
        self._content = CellTextCollector()
        self._cells: list[str] = []
        self._row = 0
        self._column = -1
        self._type: str | None = None
        self._style = 0
        self._has_formula = False
        self._columns: dict[str, int] = {}
        self._count = 0

    def start_element(self, name: str, attributes: Mapping[str, str]) -> None:
        """Start a row or cell, or note a formula, hidden columns or merged cells."""
        if name == "c":
            self._start_cell(attributes)
        elif name == "row":
            self._start_row(attributes)
        elif name == "f":
            self._has_formula = True
        elif name == "col":
            if attributes.get("hidden") in ON_VALUES:
                first, last = (_parse_whole_number(attributes.get(side), COLUMNS_LIMIT) for side in ("min", "max"))
                self.hidden_columns.append((first - 1, last - 1))
        elif name == "mergeCell":
            self.merged.append(attributes.get("ref", ""))
        else:
            self._content.start_element(name, attributes)

    def end_element(self, name: str) -> None:
        """Keep the cell or row that ends."""
        if name == "c":
            self._end_cell()
        elif name == "row":
            self._end_row()
        else:
            self._content.end_element(name)

    def add_text(self, text: str) -> None:
        """Collect a piece of the current cell's text."""
        self._content.add_text(text)

    def _start_row(self, attributes: Mapping[str, str]) -> None:
        """Begin a row. Rows that the worksheet leaves out are added as blank rows."""
        number = _parse_whole_number(attributes["r"], WORKSHEET_ROWS) if "r" in attributes else self._row + 1
        if not self._row < number <= WORKSHEET_ROWS:
            raise UnreadableWorkbookError(_DAMAGED_CELLS)
        if number > self._last_row:
            raise StopReadingError
        self._add_to_cell_count(number - self._row)
        self.rows.extend(() for _ in range(number - self._row - 1))
        self._row, self._column, self._cells = number, -1, []
        if attributes.get("hidden") in ON_VALUES:
            self.hidden_rows.append(number)

    def _end_row(self) -> None:
        """Keep the cells of the row without the empty cells at its end."""
        while self._cells and not self._cells[-1]:
            self._cells.pop()
        self._add_to_cell_count(len(self._cells))
        self.rows.append(tuple(self._cells))

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        """Begin a cell: find its column, its type and its format."""
        address = attributes.get("r")
        self._column = self._column + 1 if address is None else self._parse_column_index(address)
        if not len(self._cells) <= self._column < COLUMNS_LIMIT:
            raise UnreadableWorkbookError(_DAMAGED_CELLS)
        self._type = attributes.get("t")
        self._style = _parse_whole_number(attributes.get("s"), 10**9)
        self._has_formula = False

    def _parse_column_index(self, address: str) -> int:
        """Return the column index in an address such as `B3`.

        Raise UnreadableWorkbookError if this is not an address in the current row.
        """
        match = CELL_ADDRESS.fullmatch(address)
        if match is None or int(match["row"]) != self._row:
            raise UnreadableWorkbookError(_DAMAGED_CELLS)
        letters = match["column"]
        index = self._columns.get(letters)
        if index is None:
            index = 0
            for letter in letters:
                index = index * 26 + ord(letter) - ord("A") + 1
            index = self._columns[letters] = index - 1
        return index

    def _end_cell(self) -> None:
        """Keep the text of the cell, and its kind if it is not text."""
        is_struck, content = self._content.is_struck, self._content.take_text()
        text, kind = self._parse_cell_content(content)
        if self._has_formula:
            kind = CellKind.FORMULA
        elif kind is None and (is_struck or (self._type == "s" and int(content or 0) in self._shared.struck)):
            kind = CellKind.STRUCK_TEXT
        if text or kind:
            self._cells.extend([""] * (self._column - len(self._cells)))
            self._cells.append(text)
        if kind:
            self.kinds[self._row, self._column] = kind

    def _parse_cell_content(self, content: str) -> tuple[str, CellKind | None]:
        """Return the text of a cell and its kind. The kind is None if the cell is text."""
        if self._type in ("inlineStr", "str") or not content:
            return content, None
        if self._type == "s":
            index = _parse_whole_number(content, CELLS_LIMIT)
            if index >= len(self._shared.texts):
                raise UnreadableWorkbookError(_DAMAGED_CELLS)
            return self._shared.texts[index], None
        if self._type == "b":
            return _TRUTH_VALUES.get(content, content), CellKind.TRUTH_VALUE
        if self._type == "e":
            return content, CellKind.ERROR
        if self._type == "d":
            return content, CellKind.DATE
        return self._formats.format_number(content, self._style, is_1904=self._is_1904)

    def _add_to_cell_count(self, count: int) -> None:
        """Count cells. Raises UnreadableWorkbookError if the worksheet has too many."""
        self._count += count
        if self._count > CELLS_LIMIT:
            raise UnreadableWorkbookError(f"has more than {CELLS_LIMIT:,} cells")


def _parse_whole_number(text: str | None, limit: int) -> int:
    """Return the whole number in an XML attribute; 0 if the attribute is missing (None).

    Raises UnreadableWorkbookError if the text is not a whole number, or if the number is above `limit`.
    """
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= limit):
        raise UnreadableWorkbookError(_DAMAGED_CELLS)
    return int(text)
