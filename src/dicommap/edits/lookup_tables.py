"""Lookup tables of rules: read a table, and find the row of a study, series or instance by one attribute's value.

This value is the key of the row.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from heapq import merge
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import keyword_of
from dicommap.dicom.json_model import Attribute, attribute_from_text
from dicommap.edits.cell_damage import describe_replaced_identifier
from dicommap.edits.edit_result import EditEffect, EditResult
from dicommap.edits.null_words import is_null_word
from dicommap.edits.sheet_cells import cell_issues
from dicommap.edits.table import CellKind, column_issues, locate_cell
from dicommap.edits.table_formats import TextEncoding
from dicommap.edits.table_reader import CsvSettings, read_table
from dicommap.edits.text_normalization import compute_near_key, describe_differences, normalize_nfc
from dicommap.issues import Issue, Location, Severity, make_issue
from dicommap.model.item_store import MEMORY, ItemStore
from dicommap.model.spreadsheet_formulas import unescape_formulas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, MutableMapping

    from dicommap.edits.rules_file import LookupSettings
    from dicommap.edits.table import Table
    from dicommap.model.study import AttributeValues


_OWNERS = {"SeriesInstanceUID": "this", "SOPInstanceUID": "the instance's"}
"""Keyword of a UID -> the words before the keyword in a message.

A table with keys of this UID usually has rows for only some of the series or instances that a rule matches.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupRow:
    """One row of a lookup table: its number, its key, its cells, and its edit result."""

    number: int
    """The row number as in a spreadsheet: the first row is 1."""
    key: str = field(repr=False)
    cells: Mapping[str, str] = field(repr=False)
    """Column -> text of the cell."""
    edit_result: EditResult
    """The edit result of the row. It counts studies by the effect that the row had in them."""
    kinds: Mapping[str, CellKind] = field(default_factory=dict)
    """Column -> kind of the cell, for cells of a workbook that are not text."""

    def get_cell_text(self, column: str) -> str:
        """Return the text of a cell, without spaces around it and without the apostrophe of an escaped formula."""
        return unescape_formulas(self.cells[column].strip()).strip()


@dataclass(slots=True)
class LookupTable:
    """A lookup table: its rows by key, and their edit results. Keys are in Unicode normal form NFC."""

    name: str
    by: str
    """The keyword of the attribute whose current value is compared with the keys."""
    rows: MutableMapping[str, LookupRow] = field(repr=False)
    """Key -> row. The edit results of the rows that the last study uses are in `_study_rows`."""
    repeated: tuple[tuple[LookupRow, LookupRow], ...] = field(default=(), repr=False)
    """Pairs of an earlier row and a later row with the same key."""
    invalid_results: tuple[EditResult, ...] = field(default=(), repr=False)
    """The edit results of the rows that are not used because they have an error."""
    header: tuple[str, ...] = ()
    """The column names; empty if the table could not be read."""
    header_row: int = 1
    """The number of the row with the column names."""
    used_columns: set[str] = field(default_factory=set)
    """The names of the columns from which rules take new values."""
    _has_yielded_unused_issues: bool = field(default=False, repr=False)
    _has_yielded_edit_results: bool = field(default=False, repr=False)
    store: ItemStore = field(default=MEMORY, repr=False)
    """The store that keeps the rows."""
    _study: str = field(default="", repr=False)
    _study_rows: dict[str, LookupRow] = field(default_factory=dict, repr=False)
    """Key -> row, for the rows that `_study` uses. They are put back into `rows` before the next study."""
    _near_rows: MutableMapping[str, str] | None = field(default=None, repr=False)
    """Near key (see `compute_near_key`) -> key of the first row with this near key; None until it is needed."""
    _near_studies: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    """Near key of a row -> key and Study Instance UID of the first study with this near key, but without a row."""

    def find_row(self, values: AttributeValues, location: Location) -> LookupRow | Issue | None:
        """Return the row whose key is the current value of the attribute `by` in a study, series or instance.

        Args:
            values: The current values of the study, series or instance.
            location: The location of the issue.

        Returns:
            The row; or an issue if the attribute has several current values, or if no row has the key. A table by
            SeriesInstanceUID or SOPInstanceUID usually names few of many series or instances, so for others the result
            is None, unless a row has a similar key.

        """
        keys = _list_row_keys(values, self.by)
        if len(keys) > 1:
            return make_issue("lookup.ambiguous", location, keyword=self.by, count=len(keys))
        key = "".join(keys)
        row = self._get_row(key)
        if row is not None:
            return row
        near = self._find_near_row(key)
        if near is None and self.by in _OWNERS:
            return None
        hint = f"; row {near.number} comes close: it differs by {describe_differences(key, near.key)}" if near else ""
        return make_issue(
            "lookup.no-row",
            location,
            keyword=self.by,
            owner=_OWNERS.get(self.by, "the study's"),
            name=self.name,
            hint=hint,
        )

    def record_study(self, values: AttributeValues, study: str) -> None:
        """Record a study in the edit results of the rows that it uses.

        A study uses the rows whose keys are current values of the attribute `by`, even if no edit changes a value.

        Args:
            values: The current values of the study or of one of its series.
            study: The Study Instance UID.

        """
        if study != self._study:
            self._put_rows_back()
            self._study = study
        for key in _list_row_keys(values, self.by):
            row = self._get_row(key)
            if row is not None:
                row.edit_result.record(study, EditEffect.REACHED)
            elif self._find_near_row(key) is not None:
                self._near_studies.setdefault(compute_near_key(key), (key, study))

    def has_equal_cells(self, first: LookupRow, row: LookupRow, columns: Iterable[str]) -> bool:
        """Return whether two rows have equal cells in `columns`. Columns that the table does not have are ignored."""
        known = [column for column in columns if column in self.header]
        return all(
            normalize_nfc(first.get_cell_text(column)) == normalize_nfc(row.get_cell_text(column)) for column in known
        )

    def unused_issues(self) -> Iterator[Issue]:
        """Yield an issue for each row that no study uses, and for each accession number that several studies have.

        Only the first call yields issues, because several rules can share the table.
        """
        if self._has_yielded_unused_issues:
            return
        self._has_yielded_unused_issues = True
        self._put_rows_back()
        for _, row in self.rows.items():
            location, studies = Location(path=self.name, row=row.number), row.edit_result.studies
            if not studies:
                yield self._build_unused_row_issue(row, location)
            elif studies > 1 and self.by == "AccessionNumber":
                yield make_issue("lookup.several-studies", location, count=studies)

    def edit_results(self) -> Iterator[EditResult]:
        """Yield the edit result of each row that is not blank, in order of rows.

        Only the first call yields results, because several rules can share the table.
        """
        if self._has_yielded_edit_results:
            return
        self._has_yielded_edit_results = True
        self._put_rows_back()
        repeats = [
            replace(self.rows[first.key].edit_result, row=row.number)
            if self.has_equal_cells(first, row, self.used_columns)
            else row.edit_result
            for first, row in self.repeated
        ]
        rows = (row.edit_result for _, row in self.rows.items())
        others = sorted([*repeats, *self.invalid_results], key=_get_row_number)
        yield from merge(rows, others, key=_get_row_number)

    def _get_row(self, key: str) -> LookupRow | None:
        """Return the row with this key, and keep it in memory until `_put_rows_back`; None if there is no such row."""
        row = self._study_rows.get(key) or self.rows.get(key)
        if row is not None:
            self._study_rows[key] = row
        return row

    def _put_rows_back(self) -> None:
        """Finish the edit results of the rows that the last study uses, and put these rows back into `rows`."""
        for key, row in self._study_rows.items():
            row.edit_result.finish_study()
            self.rows[key] = row
        self._study_rows = {}

    def _build_unused_row_issue(self, row: LookupRow, location: Location) -> Issue:
        """Return the issue of a row that no study uses. It names a study with a similar key if there is one."""
        key, study = self._near_studies.get(compute_near_key(row.key), ("", None)) if self._near_studies else ("", None)
        hint = f"; that of the study comes close: it differs by {describe_differences(key, row.key)}" if study else ""
        return make_issue("lookup.unused-row", replace(location, study=study), hint=hint)

    def _find_near_row(self, key: str) -> LookupRow | None:
        """Return the first row whose key is similar to `key` (see `compute_near_key`); None if there is no such row."""
        if not key:
            return None
        if self._near_rows is None:
            self._near_rows = self.store.make_dict()
            for row_key in self.rows:
                self._near_rows.setdefault(compute_near_key(row_key), row_key)
        near_key = self._near_rows.get(compute_near_key(key))
        return None if near_key is None else self.rows[near_key]


def _get_row_number(edit_result: EditResult) -> int:
    return edit_result.row or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupValue:
    """A new value from a lookup table: the cell of one column in the row of the study or series."""

    tag: int
    table: LookupTable
    column: str

    def __post_init__(self) -> None:
        self.table.used_columns.add(self.column)

    @property
    def source_keywords(self) -> tuple[str, ...]:
        """Return a tuple with the keyword of the attribute whose current value selects the row."""
        return (self.table.by,)

    def get_lookup_result(self, values: AttributeValues) -> EditResult | None:
        """Return the edit result of the row of a study or series; None if the study or series has no row.

        `values` are the current values of the study or series.
        """
        row = self.table.find_row(values, Location())
        return row.edit_result if isinstance(row, LookupRow) else None

    def compute_attribute(self, values: AttributeValues, location: Location) -> Attribute | list[Issue] | None:
        """Return the new attribute, or the issues that prevent it. Return None if the cell is empty."""
        row = self.table.find_row(values, replace(location, keyword=None))
        if not isinstance(row, LookupRow):
            return None if row is None else [row]
        cell = row.get_cell_text(self.column)
        if not cell:
            return None
        # The location has no study. So the issue of the cell is the same for all studies, and is yielded only once.
        address = locate_cell(self.table.name, self.table.header, row.number, self.column)
        where = replace(address, rule=location.rule, keyword=location.keyword)
        is_current = cell in values.get(keyword_of(self.tag), ())
        issues = [] if is_current else list(cell_issues("", cell, where, self.tag, row.kinds.get(self.column)))
        return issues or attribute_from_text(self.tag, cell, where)


def _list_row_keys(values: AttributeValues, keyword: str) -> list[str]:
    """Return the different current values of an attribute as keys of rows: without spaces around them, and in NFC."""
    return list(dict.fromkeys(normalize_nfc(value.strip()) for value in values[keyword]))


def read_lookup_table(
    lookup: LookupSettings, data: bytes, store: ItemStore = MEMORY
) -> tuple[LookupTable, list[Issue]]:
    """Read a lookup table from the bytes of its file.

    Keys are compared without spaces around them, and in Unicode normal form NFC. Rules with the same file, key and
    delimiter can share the table. `missing_column_issues` and `repeated_row_issues` check the columns of each rule.
    `store` keeps the rows.

    Returns:
        The table and its issues. If the file cannot be read as a table, the table has no rows.

    """
    key = lookup.column or lookup.by
    encoding = None if lookup.encoding is None else TextEncoding(lookup.encoding)
    table = read_table(lookup.file, data, key, CsvSettings(delimiter=lookup.delimiter, encoding=encoding), store)
    if isinstance(table, Issue):
        return LookupTable(lookup.file, lookup.by, {}), [table]
    issues = [*table.issues, *column_issues(table)]
    rows: MutableMapping[str, LookupRow] = store.make_dict()
    repeated: list[tuple[LookupRow, LookupRow]] = []
    invalid_results: list[EditResult] = []
    for row in table.complete_rows():
        if isinstance(row, Issue):
            issues.append(row)
            invalid_results.append(EditResult(source=lookup.file, row=row.location.row, is_invalid=True))
            continue
        read, problem = _parse_lookup_row(table, key, *row)
        if problem is not None:
            issues.append(problem)
            invalid_results.append(read.edit_result)
        elif read.key in rows:
            read.edit_result.is_invalid = True
            repeated.append((rows[read.key], read))
        else:
            rows[read.key] = read
    return LookupTable(
        lookup.file,
        lookup.by,
        rows,
        tuple(repeated),
        tuple(invalid_results),
        table.header,
        table.header_row,
        store=store,
    ), issues


def _parse_lookup_row(table: Table, column: str, number: int, cells: tuple[str, ...]) -> tuple[LookupRow, Issue | None]:
    """Return a row of a lookup table, and the issue of its key; None if the key is valid.

    Args:
        table: The table.
        column: The name of the column with the keys.
        number: The number of the row.
        cells: The cells of the row.

    """
    key = normalize_nfc(unescape_formulas(cells[table.header.index(column)].strip()).strip())
    kinds = table.kinds_of_row(number)
    problem = _check_key(key, table.locate_cell(number, column), kinds.get(column))
    row = LookupRow(
        number=number,
        key=key,
        cells=dict(zip(table.header, cells, strict=True)),
        edit_result=EditResult(source=table.name, row=number, is_invalid=problem is not None),
        kinds=kinds,
    )
    return row, problem


def missing_column_issues(lookup: LookupSettings, table: LookupTable) -> Iterator[Issue]:
    """Yield an issue for each column that a rule uses, but that its lookup table does not have."""
    for column in dict.fromkeys(lookup.set.values()) if table.header else ():
        if column not in table.header:
            location = Location(path=table.name, row=table.header_row, column=column)
            yield make_issue("lookup.no-column", location, column=column, row=table.header_row)


def repeated_row_issues(lookup: LookupSettings, table: LookupTable) -> Iterator[Issue]:
    """Yield an issue for each row that has the same key as an earlier row.

    If both rows have equal cells in the columns that the rule uses, the code of the issue is `lookup.repeated-row`. If
    these cells differ, the code is `lookup.duplicate-key`.
    """
    for first, row in table.repeated:
        location = locate_cell(table.name, table.header, row.number, lookup.column or lookup.by)
        is_equal = table.has_equal_cells(first, row, lookup.set.values())
        code = "lookup.repeated-row" if is_equal else "lookup.duplicate-key"
        yield make_issue(code, location, first=first.number)


def _check_key(key: str, location: Location, kind: CellKind | None) -> Issue | None:
    """Return an issue if a key is empty, damaged, not text or a word for a missing value; else None."""
    if not key:
        return make_issue("lookup.empty-key", location)
    sign = describe_replaced_identifier(key)
    if sign:
        return make_issue("sheet.damaged-cell", location, sign=sign)
    if kind is not None:
        return make_issue("sheet.not-text-cell", location, what=kind.value)
    # The severity is that of an empty key: usually such a row is not intended for any study.
    return make_issue("sheet.no-value-word", location, severity=Severity.WARNING) if is_null_word(key) else None
