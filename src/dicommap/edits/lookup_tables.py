"""Lookups of rules: read a CSV table and join its rows to studies by one attribute."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dicommap.dicom.json_model import Attribute, attribute_from_text
from dicommap.edits.cell_damage import describe_key_damage, is_null_word
from dicommap.edits.csv_reader import column_issues, read_csv_table
from dicommap.edits.edit_result import EditEffect, EditResult
from dicommap.edits.near_matches import compute_near_key, describe_differences, normalize_nfc
from dicommap.edits.sheet_cells import cell_issues
from dicommap.issues import Issue, Location, Severity, make_issue
from dicommap.model.spreadsheet_formulas import unescape_formulas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.edits.rules_file import LookupSettings
    from dicommap.model.study import AttributeValues


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupRow:
    """One row of a lookup."""

    number: int
    """As the spreadsheet counts; the header is row 1."""
    key: str = field(repr=False)
    cells: Mapping[str, str] = field(repr=False)
    """Column -> cell."""
    edit_result: EditResult
    """What became of the row in each study."""

    def text(self, column: str) -> str:
        """Return the text of a cell, without spaces around it and what keeps it from being a formula."""
        return unescape_formulas(self.cells[column].strip()).strip()


@dataclass(slots=True)
class LookupTable:
    """A lookup's rows by their key, each with its account. Keys are compared in the normal form NFC."""

    name: str
    by: str
    """The keyword whose current value is looked up."""
    rows: Mapping[str, LookupRow] = field(repr=False)
    repeated: tuple[tuple[LookupRow, LookupRow], ...] = field(default=(), repr=False)
    """Rows with the key of an earlier one: the earlier one, and the row."""
    invalid_results: tuple[EditResult, ...] = field(default=(), repr=False)
    """Of the rows that are left out because something is wrong with them."""
    header: tuple[str, ...] = ()
    """The names of its columns; none if it could not be read."""
    header_row: int = 1
    """The number of the row that names the columns."""
    used_columns: set[str] = field(default_factory=set)
    """Columns that rules take values from."""
    _has_yielded_unused_issues: bool = field(default=False, repr=False)
    _has_yielded_edit_results: bool = field(default=False, repr=False)
    _near_rows: dict[str, LookupRow] | None = field(default=None, repr=False)
    """The first row of each near key; made once a row is missed."""
    _near_studies: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    """Near key of a row -> the key and UID of the first study that has no row."""

    def find(self, values: AttributeValues, location: Location) -> LookupRow | Issue:
        """Return the row for a study or series of these values, or why there is none."""
        keys = _normalize_keys(values, self.by)
        if len(keys) > 1:
            return make_issue("lookup.ambiguous", location, keyword=self.by, count=len(keys))
        key = "".join(keys)
        row = self.rows.get(key)
        if row is not None:
            return row
        near = self._near_row(key)
        hint = f"; row {near.number} comes close: it differs by {describe_differences(key, near.key)}" if near else ""
        return make_issue("lookup.no-row", location, keyword=self.by, name=self.name, hint=hint)

    def record_study(self, values: AttributeValues, study: str) -> None:
        """Note that a study asks for the rows of its keys, whether or not its values change."""
        for key in _normalize_keys(values, self.by):
            row = self.rows.get(key)
            if row is not None:
                row.edit_result.record(study, EditEffect.REACHED)
            elif self._near_row(key) is not None:
                self._near_studies.setdefault(compute_near_key(key), (key, study))

    def is_equal(self, first: LookupRow, row: LookupRow, columns: Iterable[str]) -> bool:
        """Return whether two rows hold the same in some columns."""
        known = [column for column in columns if column in self.header]
        return all(normalize_nfc(first.text(column)) == normalize_nfc(row.text(column)) for column in known)

    def unused_issues(self) -> Iterator[Issue]:
        """Yield the rows that no study asked for, or that several did though an accession is for one.

        They are yielded once, however many rules share the table.
        """
        if self._has_yielded_unused_issues:
            return
        self._has_yielded_unused_issues = True
        for row in self.rows.values():
            row.edit_result.finish_study()
            location, studies = Location(path=self.name, row=row.number), row.edit_result.studies
            if not studies:
                yield self._unused(row, location)
            elif studies > 1 and self.by == "AccessionNumber":
                yield make_issue("lookup.several-studies", location, count=studies)

    def edit_results(self) -> Iterator[EditResult]:
        """Yield what became of each row, in their order, once for all rules that share the table.

        Blank rows are left out.
        """
        if self._has_yielded_edit_results:
            return
        self._has_yielded_edit_results = True
        rows = [row.edit_result for row in self.rows.values()]
        for edit_result in rows:
            edit_result.finish_study()
        repeats = [
            replace(first.edit_result, row=row.number)
            if self.is_equal(first, row, self.used_columns)
            else row.edit_result
            for first, row in self.repeated
        ]
        yield from sorted([*rows, *repeats, *self.invalid_results], key=lambda edit_result: edit_result.row or 0)

    def _unused(self, row: LookupRow, location: Location) -> Issue:
        key, study = self._near_studies.get(compute_near_key(row.key), ("", None)) if self._near_studies else ("", None)
        hint = f"; that of the study comes close: it differs by {describe_differences(key, row.key)}" if study else ""
        return make_issue("lookup.unused-row", replace(location, study=study), hint=hint)

    def _near_row(self, key: str) -> LookupRow | None:
        """Return the first row whose key comes close to one that no row has."""
        if not key:
            return None
        if self._near_rows is None:
            self._near_rows = {}
            for row in self.rows.values():
                self._near_rows.setdefault(compute_near_key(row.key), row)
        return self._near_rows.get(compute_near_key(key))


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupValue:
    """One attribute that gets the cell of one column, in the row that the table finds."""

    tag: int
    table: LookupTable
    column: str

    def __post_init__(self) -> None:
        self.table.used_columns.add(self.column)

    @property
    def source_keywords(self) -> tuple[str, ...]:
        """Return the keyword whose current value is looked up."""
        return (self.table.by,)

    def row_result(self, values: AttributeValues) -> EditResult | None:
        """Return the account of the row that the value comes from; None if there is no such row."""
        row = self.table.find(values, Location())
        return None if isinstance(row, Issue) else row.edit_result

    def compute_attribute(self, values: AttributeValues, location: Location) -> Attribute | list[Issue] | None:
        """Return the new attribute, the issues that prevent it, or None if the cell is empty."""
        row = self.table.find(values, replace(location, keyword=None))
        if isinstance(row, Issue):
            return [row]
        cell = row.text(self.column)
        if not cell:
            return None
        # What is wrong with a cell is so for every study that it is joined to.
        where = replace(location, path=self.table.name, row=row.number, column=self.column, study=None, series=None)
        return list(cell_issues("", cell, where, self.tag)) or attribute_from_text(self.tag, cell, where)


def _normalize_keys(values: AttributeValues, keyword: str) -> list[str]:
    """Return the distinct current values as keys are compared."""
    return list(dict.fromkeys(normalize_nfc(value.strip()) for value in values[keyword]))


def read_lookup(lookup: LookupSettings, data: bytes) -> tuple[LookupTable, list[Issue]]:
    """Read a lookup's table from its bytes, and what is wrong with it.

    Keys are compared without spaces around them and in one Unicode normal form. Rules that look up in the same way may
    share the table; `missing_column_issues` and `repeated_row_issues` find what one rule alone is concerned with.
    """
    key = lookup.column or lookup.by
    found = read_csv_table(lookup.file, data, key, lookup.delimiter)
    if isinstance(found, Issue):
        return LookupTable(lookup.file, lookup.by, {}), [found]
    issues = list(column_issues(found))
    rows: dict[str, LookupRow] = {}
    repeated: list[tuple[LookupRow, LookupRow]] = []
    invalid_results: list[EditResult] = []
    for row in found.complete_rows():
        if isinstance(row, Issue):
            issues.append(row)
            invalid_results.append(EditResult(source=lookup.file, row=row.location.row, is_invalid=True))
            continue
        number, cells = row
        value = normalize_nfc(unescape_formulas(cells[found.header.index(key)].strip()).strip())
        problem = _find_key_issue(value, Location(path=lookup.file, row=number, column=key))
        edit_result = EditResult(source=lookup.file, row=number, is_invalid=problem is not None or value in rows)
        read = LookupRow(
            number=number, key=value, cells=dict(zip(found.header, cells, strict=True)), edit_result=edit_result
        )
        if problem is not None:
            issues.append(problem)
            invalid_results.append(edit_result)
        elif value in rows:
            repeated.append((rows[value], read))
        else:
            rows[value] = read
    return LookupTable(
        lookup.file, lookup.by, rows, tuple(repeated), tuple(invalid_results), found.header, found.header_row
    ), issues


def missing_column_issues(lookup: LookupSettings, table: LookupTable) -> Iterator[Issue]:
    """Find columns that a rule takes values from and its table does not have."""
    for column in dict.fromkeys(lookup.set.values()) if table.header else ():
        if column not in table.header:
            location = Location(path=table.name, row=table.header_row, column=column)
            yield make_issue("lookup.no-column", location, column=column, row=table.header_row)


def repeated_row_issues(lookup: LookupSettings, table: LookupTable) -> Iterator[Issue]:
    """Find rows with the key of an earlier one: a note if all that a rule takes is the same, and else an error."""
    for first, row in table.repeated:
        location = Location(path=table.name, row=row.number, column=lookup.column or lookup.by)
        is_equal = table.is_equal(first, row, lookup.set.values())
        code = "lookup.repeated-row" if is_equal else "lookup.duplicate-key"
        yield make_issue(code, location, first=first.number)


def _find_key_issue(key: str, location: Location) -> Issue | None:
    """Return what keeps a row from being joined by its key."""
    if not key:
        return make_issue("lookup.empty-key", location)
    sign = describe_key_damage(key)
    if sign:
        return make_issue("sheet.damaged-cell", location, sign=sign)
    # As with an empty key, the row is for no study, which is most often what is meant.
    return make_issue("sheet.no-value-word", location, severity=Severity.WARNING) if is_null_word(key) else None
