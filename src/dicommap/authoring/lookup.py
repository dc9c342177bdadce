"""Lookups as they are read from their CSV: columns, keys and rows, with everything odd found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.authoring.damage import damaged_key
from dicommap.authoring.lookup_table import LookupRow, LookupTable
from dicommap.authoring.near_matches import normal_form
from dicommap.authoring.no_value import is_word_for_no_value
from dicommap.authoring.tables import column_issues, read_table
from dicommap.issues import Issue, Location, Severity, issue
from dicommap.model.account import Account
from dicommap.model.formulas import unguarded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.model.edits import Lookup


def read_lookup(lookup: Lookup, data: bytes) -> tuple[LookupTable, list[Issue]]:
    """Read a lookup's table from its bytes, and what is wrong with it.

    Keys are compared without spaces around them and in one Unicode normal form. Rules that look up in the same way may
    share the table; `missing_columns` and `repeated_rows` find what one rule alone is concerned with.
    """
    key = lookup.column or lookup.by
    found = read_table(lookup.file, data, key, lookup.delimiter)
    if isinstance(found, Issue):
        return LookupTable(lookup.file, lookup.by, {}), [found]
    issues = list(column_issues(found))
    rows: dict[str, LookupRow] = {}
    repeated: list[tuple[LookupRow, LookupRow]] = []
    unread: list[Account] = []
    for row in found.complete_rows():
        if isinstance(row, Issue):
            issues.append(row)
            unread.append(Account(source=lookup.file, row=row.location.row, unread=True))
            continue
        number, cells = row
        value = normal_form(unguarded(cells[found.header.index(key)].strip()).strip())
        problem = _key_issue(value, Location(path=lookup.file, row=number, column=key))
        account = Account(source=lookup.file, row=number, unread=problem is not None or value in rows)
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


def missing_columns(lookup: Lookup, table: LookupTable) -> Iterator[Issue]:
    """Find columns that a rule takes values from and its table does not have."""
    for column in dict.fromkeys(lookup.set.values()) if table.header else ():
        if column not in table.header:
            place = Location(path=table.name, row=table.header_row, column=column)
            yield issue("lookup.no-column", place, column=column, row=table.header_row)


def repeated_rows(lookup: Lookup, table: LookupTable) -> Iterator[Issue]:
    """Find rows with the key of an earlier one: a note if all that a rule takes is the same, and else an error."""
    for first, row in table.repeated:
        place = Location(path=table.name, row=row.number, column=lookup.column or lookup.by)
        is_equal = table.is_equal(first, row, lookup.set.values())
        code = "lookup.repeated-row" if is_equal else "lookup.duplicate-key"
        yield issue(code, place, first=first.number)


def _key_issue(key: str, place: Location) -> Issue | None:
    """Return what keeps a row from being joined by its key."""
    if not key:
        return issue("lookup.empty-key", place)
    sign = damaged_key(key)
    if sign:
        return issue("sheet.damaged-cell", place, sign=sign)
    # As with an empty key, the row is for no study, which is most often what is meant.
    return issue("sheet.no-value-word", place, severity=Severity.WARNING) if is_word_for_no_value(key) else None
