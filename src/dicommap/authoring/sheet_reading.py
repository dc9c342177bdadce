"""Sheets as they come back from a spreadsheet: text, columns and rows, with everything odd found."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.authoring.sheet_writing import INFORMATION_MARK
from dicommap.issues import Issue, Location, issue
from dicommap.model.edits import Target
from dicommap.model.overridable import keyword_issues, overridable_issues
from dicommap.model.tags import tag_of
from dicommap.model.uid import mapping_problem

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

_DELIMITERS = ",;\t|"
_STUDY, _SERIES = "StudyInstanceUID", "SeriesInstanceUID"
_CELL_LIMIT = 2**24
_CSV = "CSV: a quote is not closed, or stands inside a value without being doubled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a sheet."""

    number: int
    """As the spreadsheet counts; the header is row 1."""
    cells: Mapping[str, str] = field(repr=False)
    """Keyword -> cell, for the columns that can be edited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet whose rows can be told apart: each study or series at most once."""

    name: str
    rows: Mapping[Target, Row]
    whole: bool = True
    """Nothing of the file was left out because something is wrong with it."""


def read_sheet(name: str, data: bytes, captured: Container[str]) -> tuple[Sheet | None, list[Issue]]:
    """Read a sheet from its bytes. Returns None where no row can be used at all, and what is wrong with it."""
    text = _decoded(data)
    if text is None:
        return None, [issue("sheet.unreadable-text", Location(path=name), expected="UTF-8 text")]
    csv.field_size_limit(_CELL_LIMIT)
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True))
    except csv.Error:
        return None, [issue("sheet.unreadable-text", Location(path=name), expected=_CSV)]
    header = [cell.strip() for cell in table[0]] if table else []
    if _STUDY not in header:
        return None, [issue("sheet.no-key-column", Location(path=name, row=1))]
    issues = list(_header_issues(name, header, captured))
    refused = {found.location.column for found in issues}
    rows: dict[Target, Row] = {}
    for found in _rows(name, table, header, refused):
        if isinstance(found, Issue):
            issues.append(found)
            continue
        target, row = found
        if target in rows:
            place = Location(path=name, row=row.number)
            issues.append(issue("sheet.duplicate-row", place, first=rows[target].number))
        else:
            rows[target] = row
    return Sheet(name=name, rows=rows, whole=not issues), issues


def _decoded(data: bytes) -> str | None:
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _delimiter(text: str) -> str:
    """Return the delimiter beside which the first line's StudyInstanceUID stands."""
    line = next(iter(text.splitlines()), "")
    fitting = [delimiter for delimiter in _DELIMITERS if _STUDY in _cells(line, delimiter)]
    return max(fitting or _DELIMITERS, key=lambda delimiter: len(_cells(line, delimiter)))


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cells in csv.reader([line], delimiter=delimiter) for cell in cells]


def _header_issues(name: str, header: list[str], captured: Container[str]) -> Iterator[Issue]:
    for column, count in Counter(header).items():
        place = Location(path=name, row=1, column=column)
        if count > 1 and column and not column.startswith(INFORMATION_MARK):
            yield issue("sheet.repeated-column", place)
        elif column in (_STUDY, _SERIES) or not column or column.startswith(INFORMATION_MARK):
            continue
        elif tag_of(column) is None:
            yield from keyword_issues(column, place)
        elif column not in captured:
            # What no override can set is of no use in a sheet, captured or not.
            refused = list(overridable_issues(tag_of(column) or 0, place))
            yield from refused or [issue("sheet.column-not-captured", place)]


def _rows(
    name: str, table: list[list[str]], header: list[str], refused: Container[str | None]
) -> Iterator[Issue | tuple[Target, Row]]:
    editable = [
        (index, column)
        for index, column in enumerate(header)
        if column and column not in refused and column not in (_STUDY, _SERIES) and column[0] != INFORMATION_MARK
    ]
    for number, cells in enumerate(table[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        place = Location(path=name, row=number)
        if len(cells) != len(header):
            yield issue("sheet.ragged-row", place, count=len(cells), expected=len(header))
            continue
        uids = {key: cells[header.index(key)].strip() for key in (_STUDY, _SERIES) if key in header}
        damaged = [(key, problem) for key, uid in uids.items() if (problem := _uid_damage(uid))]
        if damaged:
            for key, problem in damaged:
                yield issue("sheet.damaged-uid", Location(path=name, row=number, column=key), problem=problem)
            continue
        target = Target(study_instance_uid=uids[_STUDY], series_instance_uid=uids.get(_SERIES))
        yield target, Row(number=number, cells={column: cells[index] for index, column in editable})


def _uid_damage(uid: str) -> str | None:
    if "." not in uid and uid.isdigit():
        return "is a plain number"
    return mapping_problem(uid)
