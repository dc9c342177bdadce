"""Lookups: a CSV, such as a worklist, whose rows are joined to studies by one attribute."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dicommap.authoring.cells import cell_issues
from dicommap.authoring.tables import column_issues, read_table
from dicommap.issues import Issue, Location, issue
from dicommap.model.account import Account, Effect
from dicommap.model.dicom_json import Attribute, attribute_from_text
from dicommap.model.formulas import unguarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.model.edits import Lookup
    from dicommap.model.hierarchy import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupRow:
    """One row of a lookup."""

    number: int
    """As the spreadsheet counts; the header is row 1."""
    cells: Mapping[str, str] = field(repr=False)
    """Column -> cell."""
    account: Account
    """What becomes of it."""


@dataclass(slots=True)
class LookupTable:
    """A lookup's rows by their key, each with its account."""

    name: str
    by: str
    """The keyword whose current value is looked up."""
    rows: Mapping[str, LookupRow] = field(repr=False)
    unread: tuple[Account, ...] = field(default=(), repr=False)
    """Of the rows that are left out because something is wrong with them."""
    header: tuple[str, ...] = ()
    """The names of its columns; none where it could not be read."""
    header_row: int = 1
    """The number of the row that names the columns."""

    _has_told_leftovers: bool = field(default=False, repr=False)
    _has_told_accounts: bool = field(default=False, repr=False)

    def find(self, values: Values, place: Location) -> LookupRow | Issue:
        """Return the row for a study or series of these values, or why there is none."""
        keys = [key.strip() for key in values[self.by]]
        if len(keys) > 1:
            return issue("lookup.ambiguous", place, keyword=self.by, count=len(keys))
        return self.rows.get("".join(keys)) or issue("lookup.no-row", place, keyword=self.by, name=self.name)

    def reach(self, values: Values, study: str) -> None:
        """Note that a study asks for the rows of its keys, whatever comes of it."""
        for key in values[self.by]:
            if row := self.rows.get(key.strip()):
                row.account.note(study, Effect.REACHED)

    def leftovers(self) -> Iterator[Issue]:
        """Yield the rows that no study asked for, or that several did though an accession is for one.

        They are yielded once, however many rules share the table.
        """
        if self._has_told_leftovers:
            return
        self._has_told_leftovers = True
        for row in self.rows.values():
            row.account.close()
            place, studies = Location(path=self.name, row=row.number), row.account.studies
            if not studies:
                yield issue("lookup.unused-row", place)
            elif studies > 1 and self.by == "AccessionNumber":
                yield issue("lookup.several-studies", place, count=studies)

    def accounts(self) -> Iterator[Account]:
        """Yield what became of each row, in their order, once for all rules that share the table.

        Blank rows are left out.
        """
        if self._has_told_accounts:
            return
        self._has_told_accounts = True
        rows = (row.account for row in self.rows.values())
        yield from sorted([*rows, *self.unread], key=lambda account: account.row or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupAssignment:
    """One attribute that gets the cell of one column, in the row that the table finds."""

    tag: int
    table: LookupTable
    column: str

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the keyword whose current value is looked up."""
        return (self.table.by,)

    def row(self, values: Values) -> Account | None:
        """Return the account of the row that the value comes from; None where there is no such row."""
        row = self.table.find(values, Location())
        return None if isinstance(row, Issue) else row.account

    def attribute(self, values: Values, place: Location) -> Attribute | list[Issue] | None:
        """Return the new attribute, what keeps it from being one, or None where the cell is empty."""
        row = self.table.find(values, replace(place, keyword=None))
        if isinstance(row, Issue):
            return [row]
        cell = unguarded(row.cells[self.column].strip()).strip()
        if not cell:
            return None
        # What is wrong with a cell is so for every study that it is joined to.
        where = replace(place, path=self.table.name, row=row.number, column=self.column, study=None, series=None)
        return list(cell_issues("", cell, where, self.tag)) or attribute_from_text(self.tag, cell, where)


def read_lookup(lookup: Lookup, data: bytes) -> tuple[LookupTable, list[Issue]]:
    """Read a lookup's table from its bytes, and what is wrong with it; keys are compared without spaces around them.

    Rules that look up in the same way may share it; `missing_columns` finds what one of them alone needs.
    """
    key = lookup.column or lookup.by
    found = read_table(lookup.file, data, key, lookup.delimiter)
    if isinstance(found, Issue):
        return LookupTable(lookup.file, lookup.by, {}), [found]
    issues = list(column_issues(found))
    rows: dict[str, LookupRow] = {}
    unread: list[Account] = []
    for row in found.whole_rows():
        if isinstance(row, Issue):
            issues.append(row)
            unread.append(Account(source=lookup.file, row=row.location.row, unread=True))
            continue
        number, cells = row
        value = unguarded(cells[found.header.index(key)].strip()).strip()
        place = Location(path=lookup.file, row=number, column=key)
        account = Account(source=lookup.file, row=number, unread=value in rows or not value)
        if account.unread:
            unread.append(account)
        if value in rows:
            issues.append(issue("lookup.duplicate-key", place, first=rows[value].number))
        elif value:
            rows[value] = LookupRow(number=number, cells=dict(zip(found.header, cells, strict=True)), account=account)
        else:
            issues.append(issue("lookup.empty-key", place))
    return LookupTable(lookup.file, lookup.by, rows, tuple(unread), found.header, found.header_row), issues


def missing_columns(lookup: Lookup, table: LookupTable) -> Iterator[Issue]:
    """Find columns that a rule takes values from and its table does not have."""
    for column in dict.fromkeys(lookup.set.values()) if table.header else ():
        if column not in table.header:
            place = Location(path=table.name, row=table.header_row, column=column)
            yield issue("lookup.no-column", place, column=column, row=table.header_row)
