"""Lookups as they are read from their CSV: columns, keys and rows, with everything odd found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.edits.cell_damage_authoring_damage_part import describe_key_damage
from dicommap.edits.csv_reader import column_issues, read_csv_table
from dicommap.edits.edit_result import EditResult
from dicommap.edits.lookup_tables import LookupRow, LookupTable
from dicommap.edits.near_matches import normalize_nfc
from dicommap.edits.null_words import is_null_word
from dicommap.issues import Issue, Location, Severity, make_issue
from dicommap.model.spreadsheet_formulas import unescape_formulas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.edits.edit import LookupSettings


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
