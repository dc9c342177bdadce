"""An issue with its severity and location, and the catalogue entry of an issue code."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(StrEnum):
    """The severity of an issue. The members are in ascending order: note, warning, error."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """Return the severity as a number: 0 for a note, 1 for a warning, 2 for an error."""
        return list(Severity).index(self)

    def is_at_least(self, floor: Severity) -> bool:
        """Return whether this severity is `floor` or higher."""
        return self.rank >= floor.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """The location of an issue. A member that does not apply is None.

    The UID of a study or series is in the location and not in the message. A message contains UIDs only if the issue is
    about several studies, such as `edit.same-patient`, or about the common root of many UIDs.
    """

    path: str | None = None
    """The path of a file, relative to the checked source or package, with unprintable characters escaped."""

    pointer: str | None = None
    """A JSON Pointer (RFC 6901) to a value in a JSON or TOML document."""

    row: int | None = None
    """The row of a sheet or lookup table, counted as a spreadsheet does: the first row of the file is 1."""

    column: str | None = None
    """The name of a column of a sheet."""

    cell: str | None = None
    """The address of a cell in a sheet or lookup table, such as B7."""

    rule: str | None = None
    """The name of a rule in a rules file."""

    keyword: str | None = None
    """The DICOM keyword or the tag of the attribute."""

    study: str | None = None
    """The Study Instance UID of the study that has the issue."""

    series: str | None = None
    """The Series Instance UID of the series that has the issue."""

    instance: str | None = None
    """The SOP Instance UID of the instance that has the issue."""

    def __str__(self) -> str:
        members = {field.name: getattr(self, field.name) for field in fields(self)}
        if self.cell is not None:
            # The address of a cell contains its row. The name of the column follows the address.
            column = self.column if self.cell.rstrip("0123456789") != self.column else None
            members |= {"row": None, "column": None, "cell": f"{self.cell} ({column})" if column else self.cell}
        words = [_format_member(name, value) for name, value in members.items() if value is not None]
        return " ".join(words)

    def to_dict(self) -> dict[str, str | int]:
        """Return the members that are set, as a dict: name in the issue's JSON Schema -> value."""
        members = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in members if value is not None}


def _format_member(name: str, value: str | int) -> str:
    if name in ("path", "cell"):
        return str(value)
    if name == "pointer":
        return f"#{value}"
    return f"{name} {value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One problem in the data, with its code, severity, location and message."""

    code: str
    severity: Severity
    location: Location
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.format_text()} [{self.code}]"

    def format_text(self) -> str:
        """Return the location and the message, without the severity and the code."""
        location = str(replace(self.location, keyword=None) if self._has_keyword_in_message() else self.location)
        return f"{location + ': ' if location else ''}{self.message}"

    def _has_keyword_in_message(self) -> bool:
        """Return whether the message contains the keyword of the location. `format_text` then omits the keyword."""
        subject = self.location.keyword
        if not subject or subject not in self.message:
            return False
        return re.search(rf"(?<!\w){re.escape(subject)}s?(?!\w)", self.message) is not None

    def with_location(self, **members: str | int | None) -> Issue:
        """Return a copy of the issue in which some members of the location are replaced.

        Example: `issue.with_location(path="a.json")`.
        """
        return replace(self, location=replace(self.location, **members))  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, object]:
        """Return the issue as a dict in the form of the JSON Schema `issue`."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "location": self.location.to_dict(),
            "message": self.message,
        }


def has_errors(issues: Iterable[Issue]) -> bool:
    """Return whether any of the issues is an error."""
    return any(issue.severity is Severity.ERROR for issue in issues)


def select_error_issues(issues: Iterable[Issue]) -> list[Issue]:
    """Return those of the issues that are errors."""
    return [issue for issue in issues if issue.severity is Severity.ERROR]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCode:
    """One entry of the catalogue. Messages, `dicommap explain` and the documentation are made from these entries."""

    name: str
    """The name of the code, such as `p10.truncated`. It never changes."""

    severity: Severity
    title: str

    message: str
    """The template of the messages. Its `{fields}` get facts about the data, but never values from the data."""

    explanation: str
    fix: str
