"""Read a sheet that the user has edited: find the row of each study, series or instance, and check header and rows."""

from __future__ import annotations

from array import array
from collections.abc import ItemsView, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import tag_of
from dicommap.edits.sheet_cells import is_same_value
from dicommap.edits.sheet_rows import STATE_COLUMN, STATE_SEPARATOR
from dicommap.edits.table import INFORMATION_COLUMN_PREFIX, column_issues, locate_cell, locate_header
from dicommap.edits.table_reader import DEFAULT_CSV_SETTINGS, CsvSettings, read_table
from dicommap.healthimaging.levels import Level
from dicommap.healthimaging.limits import describe_uid_mapping_problem
from dicommap.healthimaging.overridable_attributes import edited_attribute_issues, unknown_keyword_issues
from dicommap.issues import Issue, Location, has_errors, make_issue
from dicommap.issues.bounded_list import DOCUMENT_ISSUE_LIMIT, limit_and_stop_issues
from dicommap.model.instance_values import INSTANCE_NUMBER
from dicommap.model.item_store import MEMORY, ItemStore
from dicommap.model.spreadsheet_formulas import unescape_formulas
from dicommap.model.study import Target

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, MutableMapping

    from dicommap.edits.table import CellKind, Table

_STUDY, _SERIES, _INSTANCE = _KEYS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One row of an edited sheet: its number, its cells, and the digests from its state column."""

    number: int
    """The row number as in a spreadsheet: the first row is 1."""
    cells: Mapping[str, str] = field(repr=False)
    """Keyword -> text of the cell, for all columns that can be edited."""
    state: str | None = None
    """The digest of the study's or series' values when the sheet was written; None if the sheet has no state column."""
    cell_digests: str = ""
    """The digests of the row's cells when the sheet was written; empty if the state column does not have them."""
    kinds: Mapping[str, CellKind] = field(default_factory=dict)
    """Column -> kind of the cell, for cells of a workbook that are not text."""


_StoredRow = tuple[int, tuple[str, ...], str | None, str, "Mapping[str, CellKind] | None"]
"""The values of a SheetRow, without the keywords of its cells, because all rows have the same keywords."""


class SheetRows(Mapping[Target, SheetRow]):
    """The rows of an edited sheet by study, series or instance, in the order of the sheet. A store keeps them."""

    def __init__(self, store: ItemStore = MEMORY) -> None:
        """Make a mapping without rows."""
        self._stored: MutableMapping[Target, _StoredRow] = store.make_dict()
        self._keywords: tuple[str, ...] = ()
        self.numbers = array("Q")
        """The number of each row, in the order of the sheet."""

    def add_row(self, target: Target, row: SheetRow) -> SheetRow | None:
        """Add the row of a target. If the target has a row already, add nothing, and return that row."""
        stored = (row.number, tuple(row.cells.values()), row.state, row.cell_digests, row.kinds or None)
        first = self._stored.setdefault(target, stored)
        if first is not stored:
            return self._make_row(first)
        self._keywords = tuple(row.cells)
        self.numbers.append(row.number)
        return None

    def __getitem__(self, target: Target) -> SheetRow:
        return self._make_row(self._stored[target])

    def __iter__(self) -> Iterator[Target]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def items(self) -> ItemsView[Target, SheetRow]:
        """Return a view of the pairs of target and row. Each row is read once."""
        return _SheetRowItems(self)

    def iterate_targets_and_rows(self) -> Iterator[tuple[Target, SheetRow]]:
        """Yield the pairs of target and row."""
        return ((target, self._make_row(stored)) for target, stored in self._stored.items())

    def _make_row(self, stored: _StoredRow) -> SheetRow:
        """Return the row with these stored values."""
        number, cells, state, digests, kinds = stored
        return SheetRow(
            number=number,
            cells=dict(zip(self._keywords, cells, strict=True)),
            state=state,
            cell_digests=digests,
            kinds=kinds or {},
        )


class _SheetRowItems(ItemsView[Target, SheetRow]):
    """The view of the pairs of target and row that `SheetRows.items` returns."""

    _mapping: SheetRows

    def __iter__(self) -> Iterator[tuple[Target, SheetRow]]:
        return self._mapping.iterate_targets_and_rows()


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidUidCell:
    """A cell in a UID column whose text is not a valid UID."""

    row: int
    column: str
    text: str = field(repr=False)
    """The text of the cell."""
    problem: str
    """The reason why the text is not a valid UID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedSheet:
    """The content of an edited sheet, with at most one row for each study, series or instance."""

    name: str
    rows: SheetRows
    invalid_rows: tuple[int, ...] = ()
    """The numbers of the rows that are not used because they have an error."""
    is_complete: bool = True
    """Whether all rows and columns of the file could be read without an error."""
    repeated_rows: Mapping[int, Target] = field(default_factory=dict)
    """Number of a row that repeats an earlier row -> the study or series of both rows."""
    damaged_uids: tuple[InvalidUidCell, ...] = ()
    """The cells in UID columns whose text is not a valid UID."""
    header_row: int = 1
    """The number of the row with the column names."""
    header: tuple[str, ...] = ()
    """The names of all columns, also of those that are not used."""

    @property
    def level(self) -> Level:
        """Return the level of the rows: INSTANCE, SERIES or STUDY."""
        if _INSTANCE in self.header:
            return Level.INSTANCE
        return Level.SERIES if _SERIES in self.header else Level.STUDY

    def locate_cell(self, row: int, column: str) -> Location:
        """Return the location of a cell."""
        return locate_cell(self.name, self.header, row, column)


def read_sheet(
    name: str,
    data: bytes,
    captured: Container[str],
    settings: CsvSettings = DEFAULT_CSV_SETTINGS,
    store: ItemStore = MEMORY,
) -> tuple[EditedSheet | None, list[Issue]]:
    """Read a sheet that the user has edited from the bytes of its file.

    Args:
        name: The file name for messages.
        data: The bytes of the file.
        captured: The keywords of the attributes that the inventory has captured.
        settings: Settings for reading CSV files.
        store: The store that keeps the rows.

    Returns:
        The sheet and the issues of reading it. The sheet is None if the file is not a table, or if it has too many
        wrong columns.

    """
    table = read_table(name, data, _STUDY, settings, store)
    if isinstance(table, Issue):
        return None, [table]
    if _INSTANCE in table.header and _SERIES not in table.header:
        return None, [make_issue("sheet.no-series-column", Location(path=name, row=table.header_row))]
    issues = list(limit_and_stop_issues(_header_issues(table, captured), DOCUMENT_ISSUE_LIMIT, Location(path=name)))
    if len(issues) > DOCUMENT_ISSUE_LIMIT:
        return None, issues  # further columns were not checked
    refused = {issue.location.column for issue in issues}
    collector = _RowCollector(name, SheetRows(store), [*table.issues, *issues])
    for parsed_row in _parse_rows(table, refused):
        collector.add_row(parsed_row)
    return EditedSheet(
        name=name,
        rows=collector.rows,
        invalid_rows=tuple(filter(None, collector.invalid_rows)),
        is_complete=not (collector.damaged_uids or has_errors(collector.issues)),
        repeated_rows=collector.repeated_rows,
        damaged_uids=tuple(collector.damaged_uids),
        header_row=table.header_row,
        header=table.header,
    ), collector.issues


_ParsedRow = Issue | InvalidUidCell | tuple[Target, SheetRow]
"""A row of a sheet with its study, series or instance; or the reason why the row cannot be used."""


@dataclass(slots=True)
class _RowCollector:
    """Collector of the rows of a sheet, and of the issues of rows that cannot be used."""

    name: str
    """The name of the file for messages."""
    rows: SheetRows
    issues: list[Issue]
    invalid_rows: dict[int | None, None] = field(default_factory=dict)
    """The numbers of the rows that are not used, as the keys of a dict, in the order of the sheet."""
    repeated_rows: dict[int, Target] = field(default_factory=dict)
    """Number of a row that repeats an earlier row -> the study, series or instance of both rows."""
    damaged_uids: list[InvalidUidCell] = field(default_factory=list)

    def add_row(self, parsed_row: _ParsedRow) -> None:
        """Add a row, or the reason why a row cannot be used."""
        if isinstance(parsed_row, Issue):
            self.issues.append(parsed_row)
            self.invalid_rows[parsed_row.location.row] = None
            return
        if isinstance(parsed_row, InvalidUidCell):
            self.damaged_uids.append(parsed_row)
            self.invalid_rows[parsed_row.row] = None
            return
        target, row = parsed_row
        first = self.rows.add_row(target, row)
        if first is None:
            return
        location = Location(path=self.name, row=row.number)
        if _is_equal_row(first, row):
            self.repeated_rows[row.number] = target
            self.issues.append(make_issue("sheet.repeated-row", location, first=first.number))
        else:
            self.invalid_rows[row.number] = None
            self.issues.append(make_issue("sheet.duplicate-row", location, first=first.number))


def _is_equal_row(first: SheetRow, other: SheetRow) -> bool:
    """Return whether two rows of the same study, series or instance have the same state and the same values."""
    cells = zip(first.cells.values(), other.cells.values(), strict=True)
    return first.state == other.state and all(
        is_same_value(unescape_formulas(cell), unescape_formulas(other_cell)) for cell, other_cell in cells
    )


def _header_issues(table: Table, captured: Container[str]) -> Iterator[Issue]:
    """Yield the issues of the column names: repeated or unknown names, and columns that no edit can use."""
    yield from column_issues(table)
    is_of_instances = _INSTANCE in table.header
    for column in dict.fromkeys(table.header):
        if column in _KEYS or not column or column.startswith(INFORMATION_COLUMN_PREFIX):
            continue
        if tag_of(column) is None:
            yield from unknown_keyword_issues(column, locate_header(table, column))
        elif column not in captured and not (is_of_instances and column == INSTANCE_NUMBER):
            # If no edit can set the attribute, the issue reports this, and not that the column is not captured.
            location = table.locate_cell(table.header_row, column)
            level = Level.INSTANCE if is_of_instances else Level.STUDY
            refused = list(edited_attribute_issues(tag_of(column) or 0, level, location))
            yield from refused or [make_issue("sheet.column-not-captured", location)]


def _parse_rows(table: Table, refused: Container[str | None]) -> Iterator[_ParsedRow]:
    """Yield the target (study, series or instance) and the cells of each row, or the reason why the row cannot be used.

    `refused` has the names of columns that have an issue. Their cells are left out.
    """
    header = table.header
    editable = [
        (index, column)
        for index, column in enumerate(header)
        if tag_of(column) is not None and column not in refused and column not in _KEYS
    ]
    for row_or_issue in table.complete_rows():
        if isinstance(row_or_issue, Issue):
            yield row_or_issue
            continue
        number, cells = row_or_issue
        uids = {key: cells[header.index(key)].strip() for key in _KEYS if key in header}
        kinds = table.kinds_of_row(number)
        damaged = [
            (key, problem) for key, uid in uids.items() if (problem := _describe_uid_problem(uid, kinds.get(key)))
        ]
        for key, problem in damaged:
            yield InvalidUidCell(row=number, column=key, text=uids[key], problem=problem)
        if not damaged:
            target = Target(
                study_instance_uid=uids[_STUDY],
                series_instance_uid=uids.get(_SERIES),
                sop_instance_uid=uids.get(_INSTANCE),
            )
            written = cells[header.index(STATE_COLUMN)].strip().casefold() if STATE_COLUMN in header else None
            state, _, digests = (written or "").partition(STATE_SEPARATOR)
            texts = {column: cells[index] for index, column in editable}
            yield (
                target,
                SheetRow(
                    number=number,
                    cells=texts,
                    state=None if written is None else state,
                    cell_digests=digests,
                    kinds=kinds,
                ),
            )


def _describe_uid_problem(uid: str, kind: CellKind | None) -> str | None:
    """Return the reason why a cell is not a valid UID; None if it is. `kind` is None if the cell is text."""
    if kind is not None:
        return f"is {kind.value}, and not text"
    if "." not in uid and uid.isdigit():
        return "is a plain number"
    return describe_uid_mapping_problem(uid)
