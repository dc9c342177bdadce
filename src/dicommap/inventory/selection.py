"""Conditions that select studies, series, instances, files or issues of an inventory, and the SQL of the conditions.

SQLite selects the rows, so that a short list reads only a few rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from dicommap.edits.shell_patterns import ShellPatterns
from dicommap.errors import UsageError
from dicommap.inventory.cells import read_value
from dicommap.inventory.connection import make_sql_placeholders

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

    from dicommap.issues import Severity

HEADER_KEYWORDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID", "TransferSyntaxUID")
FILE_KEYWORDS = ("SOPInstanceUID", "InstanceNumber")
"""Keywords that every inventory has, besides the captured attributes: columns of the tables `header` and `file`."""

_UID = re.compile(r"[0-9.]+")
_SHORTENED_UID = re.compile(r"([0-9.]*?)(?:…|\.\.\.)([0-9.]*)")

_IS_INSTANCE = "disposition IN ('instance', 'duplicate')"
_FILES = f"FROM header CROSS JOIN file ON file.header = header.id WHERE {_IS_INSTANCE}"
_HAS_FILES = f"EXISTS (SELECT 1 FROM file WHERE file.header = header.id AND {_IS_INSTANCE})"  # noqa: S608  constants
_STUDY_OF_ISSUE = "json_extract(location, '$.study')"
_SERIES_OF_ISSUE = "json_extract(location, '$.series')"
_SERIES = "StudyInstanceUID, SeriesInstanceUID"
_ISSUES = "FROM issue WHERE TRUE"
_FILES_OF_ISSUES = "FROM issue JOIN file ON file.id = issue.file JOIN header ON header.id = file.header WHERE TRUE"

_function_numbers = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Conditions for a list of studies, series, instances, files or issues. Each listed item meets all conditions."""

    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Keyword -> patterns, written as in rules.

    A file of the item must have a value that matches one of the patterns.
    """
    studies: Sequence[str] = ()
    """Study Instance UIDs, whole or shortened as tables show them: `1.3.6…0.133`."""
    series: Sequence[str] = ()
    """Series Instance UIDs, whole or shortened as tables show them: `1.3.6…0.133`."""
    codes: Sequence[str] = ()
    """Issue codes. A study, series, instance or file is listed if it has an issue with one of these codes."""
    severities: Sequence[Severity] = ()
    """Severities of issues.

    A study, series, instance or file is listed if it has an issue with one of these severities.
    """
    limit: int | None = None
    """The maximum number of listed items. SQLite stops reading at this number. None: no maximum."""


@dataclass(frozen=True, slots=True)
class SqlCondition:
    """A condition for the end of a WHERE clause of an SQL query, with a value for each `?` in the condition."""

    text: str = ""
    """The SQL text. It is empty or begins with ` AND `."""
    parameters: tuple[str | int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text)

    def __add__(self, other: SqlCondition) -> SqlCondition:
        return SqlCondition(self.text + other.text, self.parameters + other.parameters)


class SelectionSql:
    """The SQL conditions of one selection.

    They work only on one connection, because they call SQL functions that only this connection has.
    """

    def __init__(self, selection: Selection | None, connection: sqlite3.Connection) -> None:
        chosen = selection or Selection()
        self.limit = chosen.limit
        self._header = _build_header_condition(chosen, connection)
        self._issue = _build_issue_condition(chosen)

    def for_studies(self) -> SqlCondition:
        """Return the condition that selects the rows of the table `header` that belong to selected studies."""
        condition = self._header and _build_in_condition(
            "StudyInstanceUID", _build_subquery(f"StudyInstanceUID {_FILES}", self._header)
        )
        if self._issue:
            condition += _build_in_condition(
                "StudyInstanceUID",
                _build_subquery(f"StudyInstanceUID {_FILES_OF_ISSUES}", self._issue),
                _build_subquery(f"{_STUDY_OF_ISSUE} {_ISSUES}", self._issue),
            )
        return condition + self._build_limit_condition("StudyInstanceUID", condition)

    def for_series(self) -> SqlCondition:
        """Return the condition that selects the rows of the table `header` that belong to selected series."""
        condition = self._header and _build_in_condition(
            f"({_SERIES})", _build_subquery(f"{_SERIES} {_FILES}", self._header)
        )
        if self._issue:
            condition += _build_in_condition(
                f"({_SERIES})",
                _build_subquery(f"{_SERIES} {_FILES_OF_ISSUES}", self._issue),
                _build_subquery(f"{_STUDY_OF_ISSUE}, {_SERIES_OF_ISSUE} {_ISSUES}", self._issue),
            )
        return condition + self._build_limit_condition(_SERIES, condition)

    def for_instances(self) -> SqlCondition:
        """Return the condition that selects instances, for the joined rows of the tables `header` and `file`."""
        return self._header + self._build_has_issue_condition()

    def for_files(self) -> SqlCondition:
        """Return the condition that selects rows of the table `file`."""
        of_header = self._header and _build_in_condition("file.id", _build_subquery(f"file.id {_FILES}", self._header))
        return of_header + self._build_has_issue_condition()

    def for_issues(self) -> SqlCondition:
        """Return the condition that selects rows of the table `issue`.

        If the selection has conditions on files, only issues of the selected files, series and studies are selected.
        """
        if not self._header:
            return self._issue
        places = (
            _build_in_condition("issue.file", _build_subquery(f"file.id {_FILES}", self._header)),
            _build_in_condition(
                f"({_STUDY_OF_ISSUE}, {_SERIES_OF_ISSUE})", _build_subquery(f"{_SERIES} {_FILES}", self._header)
            ),
            _build_in_condition(
                f"{_SERIES_OF_ISSUE} IS NULL AND {_STUDY_OF_ISSUE}",
                _build_subquery(f"StudyInstanceUID {_FILES}", self._header),
            ),
        )
        text = " OR ".join(place.text.removeprefix(" AND ") for place in places)
        return self._issue + SqlCondition(f" AND ({text})", sum((place.parameters for place in places), ()))

    def _build_has_issue_condition(self) -> SqlCondition:
        """Return the condition that selects files with a selected issue; empty if issues are not selected."""
        return self._issue and _build_in_condition("file.id", _build_subquery(f"issue.file {_ISSUES}", self._issue))

    def _build_limit_condition(self, columns: str, condition: SqlCondition) -> SqlCondition:
        """Return the condition that limits rows to the first `limit` studies or series that meet `condition`.

        `columns` are the UID columns of a study or series.
        """
        if self.limit is None:
            return SqlCondition()
        which = f"{_HAS_FILES}{condition.text} ORDER BY {columns} LIMIT ?"
        first = f"SELECT DISTINCT {columns} FROM header WHERE {which}"  # noqa: S608  constants, and `?` for values
        return _build_in_condition(f"({columns})", SqlCondition(first, (*condition.parameters, self.limit)))


def parse_uid_pattern(text: str) -> str:
    """Return a UID as a pattern for SQLite's GLOB. In a shortened UID, `*` stands for the missing middle part.

    Raises:
        UsageError: The text is not a UID.
    """
    shortened = _SHORTENED_UID.fullmatch(text)
    if shortened is not None:
        return f"{shortened[1]}*{shortened[2]}"
    if _UID.fullmatch(text) is None:
        raise UsageError(
            f"'{text}' is not a UID.", fix="Write digits and dots, or a shortened UID from a table: 1.2.3…4.5"
        )
    return text


def _build_header_condition(selection: Selection, connection: sqlite3.Connection) -> SqlCondition:
    """Return the condition on the columns of the tables `header` and `file`: UIDs, and values that match patterns.

    For each keyword of the patterns, an SQL function is added to `connection`.
    """
    condition = SqlCondition()
    for column, uids in (("StudyInstanceUID", selection.studies), ("SeriesInstanceUID", selection.series)):
        if uids:
            patterns = [parse_uid_pattern(uid) for uid in uids]
            tests = " OR ".join(f"{column} GLOB ?" if "*" in pattern else f"{column} = ?" for pattern in patterns)
            condition += SqlCondition(f" AND ({tests})", tuple(patterns))
    for keyword, texts in selection.where.items():
        name = f"matches_{next(_function_numbers)}"
        connection.create_function(name, 1, _make_cell_matcher(ShellPatterns.from_texts(texts)), deterministic=True)
        condition += SqlCondition(f" AND {name}(IFNULL(\"{keyword}\", ''))")
    return condition


def _make_cell_matcher(patterns: ShellPatterns) -> Callable[[object], bool]:
    """Return an SQL function that returns whether a cell matches one of the patterns."""
    return lambda cell: patterns.matches(read_value(cell))


def _build_issue_condition(selection: Selection) -> SqlCondition:
    """Return the condition on the columns of the table `issue`: codes and severities."""
    condition = SqlCondition()
    for column, values in (
        ("code", selection.codes),
        ("severity", [severity.value for severity in selection.severities]),
    ):
        if values:
            marks = make_sql_placeholders(len(values))
            condition += SqlCondition(f" AND issue.{column} IN ({marks})", tuple(values))
    return condition


def _build_subquery(text: str, condition: SqlCondition) -> SqlCondition:
    """Return a SELECT statement with the parameters of its condition. `text` is the statement after the word SELECT."""
    return SqlCondition(f"SELECT {text}{condition.text}", condition.parameters)


def _build_in_condition(columns: str, *queries: SqlCondition) -> SqlCondition:
    """Return the condition that selects the rows whose `columns` occur in the result of one of `queries`."""
    text = " UNION ".join(query.text for query in queries)
    return SqlCondition(f" AND {columns} IN ({text})", sum((query.parameters for query in queries), ()))
