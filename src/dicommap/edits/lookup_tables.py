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
    account: EditResult
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
    unread: tuple[EditResult, ...] = field(default=(), repr=False)
    """Of the rows that are left out because something is wrong with them."""
    header: tuple[str, ...] = ()
    """The names of its columns; none if it could not be read."""
    header_row: int = 1
    """The number of the row that names the columns."""
    taken: set[str] = field(default_factory=set)
    """Columns that rules take values from."""
    _has_yielded_leftovers: bool = field(default=False, repr=False)
    _has_yielded_accounts: bool = field(default=False, repr=False)
    _near_rows: dict[str, LookupRow] | None = field(default=None, repr=False)
    """The first row of each near key; made once a row is missed."""
    _near_studies: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    """Near key of a row -> the key and UID of the first study that has no row."""

    def find(self, values: AttributeValues, place: Location) -> LookupRow | Issue:
        """Return the row for a study or series of these values, or why there is none."""
        keys = _normalize_keys(values, self.by)
        if len(keys) > 1:
            return make_issue("lookup.ambiguous", place, keyword=self.by, count=len(keys))
        key = "".join(keys)
        row = self.rows.get(key)
        if row is not None:
            return row
        near = self._near_row(key)
        hint = f"; row {near.number} comes close: it differs by {describe_differences(key, near.key)}" if near else ""
        return make_issue("lookup.no-row", place, keyword=self.by, name=self.name, hint=hint)

    def reach(self, values: AttributeValues, study: str) -> None:
        """Note that a study asks for the rows of its keys, whether or not its values change."""
        for key in _normalize_keys(values, self.by):
            row = self.rows.get(key)
            if row is not None:
                row.account.note(study, EditEffect.REACHED)
            elif self._near_row(key) is not None:
                self._near_studies.setdefault(compute_near_key(key), (key, study))

    def is_equal(self, first: LookupRow, row: LookupRow, columns: Iterable[str]) -> bool:
        """Return whether two rows hold the same in some columns."""
        known = [column for column in columns if column in self.header]
        return all(normalize_nfc(first.text(column)) == normalize_nfc(row.text(column)) for column in known)

    def leftovers(self) -> Iterator[Issue]:
        """Yield the rows that no study asked for, or that several did though an accession is for one.

        They are yielded once, however many rules share the table.
        """
        if self._has_yielded_leftovers:
            return
        self._has_yielded_leftovers = True
        for row in self.rows.values():
            row.account.close()
            place, studies = Location(path=self.name, row=row.number), row.account.studies
            if not studies:
                yield self._unused(row, place)
            elif studies > 1 and self.by == "AccessionNumber":
                yield make_issue("lookup.several-studies", place, count=studies)

    def accounts(self) -> Iterator[EditResult]:
        """Yield what became of each row, in their order, once for all rules that share the table.

        Blank rows are left out.
        """
        if self._has_yielded_accounts:
            return
        self._has_yielded_accounts = True
        rows = [row.account for row in self.rows.values()]
        for account in rows:
            account.close()
        repeats = [
            replace(first.account, row=row.number) if self.is_equal(first, row, self.taken) else row.account
            for first, row in self.repeated
        ]
        yield from sorted([*rows, *repeats, *self.unread], key=lambda account: account.row or 0)

    def _unused(self, row: LookupRow, place: Location) -> Issue:
        key, study = self._near_studies.get(compute_near_key(row.key), ("", None)) if self._near_studies else ("", None)
        hint = f"; that of the study comes close: it differs by {describe_differences(key, row.key)}" if study else ""
        return make_issue("lookup.unused-row", replace(place, study=study), hint=hint)

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
        self.table.taken.add(self.column)

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the keyword whose current value is looked up."""
        return (self.table.by,)

    def row(self, values: AttributeValues) -> EditResult | None:
        """Return the account of the row that the value comes from; None if there is no such row."""
        row = self.table.find(values, Location())
        return None if isinstance(row, Issue) else row.account

    def attribute(self, values: AttributeValues, place: Location) -> Attribute | list[Issue] | None:
        """Return the new attribute, the issues that prevent it, or None if the cell is empty."""
        row = self.table.find(values, replace(place, keyword=None))
        if isinstance(row, Issue):
            return [row]
        cell = row.text(self.column)
        if not cell:
            return None
        # What is wrong with a cell is so for every study that it is joined to.
        where = replace(place, path=self.table.name, row=row.number, column=self.column, study=None, series=None)
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
    unread: list[EditResult] = []
    for row in found.complete_rows():
        if isinstance(row, Issue):
            issues.append(row)
            unread.append(EditResult(source=lookup.file, row=row.location.row, unread=True))
            continue
        number, cells = row
        value = normalize_nfc(unescape_formulas(cells[found.header.index(key)].strip()).strip())
        problem = _find_key_issue(value, Location(path=lookup.file, row=number, column=key))
        account = EditResult(source=lookup.file, row=number, unread=problem is not None or value in rows)
        read = LookupRow(number=number, key=value, cells=dict(zip(found.header, cells, strict=True)), account=account)
        if problem is not None:
            issues.append(problem)
            unread.append(account)
        elif value in rows:
            repeated.append((rows[value], read))
        else:
            rows[value] = read
    return LookupTable(
        lookup.file, lookup.by, rows, tuple(repeated), tuple(unread), found.header, found.header_row
    ), issues


def missing_column_issues(lookup: LookupSettings, table: LookupTable) -> Iterator[Issue]:
    """Find columns that a rule takes values from and its table does not have."""
    for column in dict.fromkeys(lookup.set.values()) if table.header else ():
        if column not in table.header:
            place = Location(path=table.name, row=table.header_row, column=column)
            yield make_issue("lookup.no-column", place, column=column, row=table.header_row)


def repeated_row_issues(lookup: LookupSettings, table: LookupTable) -> Iterator[Issue]:
    """Find rows with the key of an earlier one: a note if all that a rule takes is the same, and else an error."""
    for first, row in table.repeated:
        place = Location(path=table.name, row=row.number, column=lookup.column or lookup.by)
        is_equal = table.is_equal(first, row, lookup.set.values())
        code = "lookup.repeated-row" if is_equal else "lookup.duplicate-key"
        yield make_issue(code, place, first=first.number)


def _find_key_issue(key: str, place: Location) -> Issue | None:
    """Return what keeps a row from being joined by its key."""
    if not key:
        return make_issue("lookup.empty-key", place)
    sign = describe_key_damage(key)
    if sign:
        return make_issue("sheet.damaged-cell", place, sign=sign)
    # As with an empty key, the row is for no study, which is most often what is meant.
    return make_issue("sheet.no-value-word", place, severity=Severity.WARNING) if is_null_word(key) else None
