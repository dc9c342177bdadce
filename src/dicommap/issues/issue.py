"""An issue, its severity and location, and the catalogue entry of its code."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(StrEnum):
    """How much an issue matters, from the least to the most."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """Return the position in the order of severities; the least severe has 0."""
        return list(Severity).index(self)

    def is_at_least(self, floor: Severity) -> bool:
        """Return whether this is as severe as `floor`, or more."""
        return self.rank >= floor.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where an issue is. Only the members that apply are set.

    The UID of the study is needed to act on an issue about it. The UID of one study or series is here and not in the
    message; a message names UIDs only if an issue is about several studies, as `edit.same-patient` is, or about the
    root of many UIDs.
    """

    path: str | None = None
    """A file, relative to the root that was checked; printable, see `dicommap.dicom.printable_text`."""

    pointer: str | None = None
    """A place inside a JSON or TOML document: a JSON Pointer (RFC 6901)."""

    row: int | None = None
    """A row of a sheet or lookup, as spreadsheets count: the header is row 1, or row 2 below a line `sep=;`."""

    column: str | None = None
    """A column of a sheet."""

    rule: str | None = None
    """The name of a rule."""

    keyword: str | None = None
    """The DICOM keyword, or the tag, of the attribute concerned."""

    study: str | None = None
    """A Study Instance UID."""

    series: str | None = None
    """A Series Instance UID."""

    def __str__(self) -> str:
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        words = [_format_member(name, value) for name, value in named if value is not None]
        return " ".join(words)

    def to_dict(self) -> dict[str, str | int]:
        """Return the members that are set, as the issue schema names them."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in named if value is not None}


def _format_member(name: str, value: str | int) -> str:
    if name == "path":
        return str(value)
    if name == "pointer":
        return f"#{value}"
    return f"{name} {value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One issue: what is wrong with the data, and where."""

    code: str
    severity: Severity
    location: Location
    message: str

    def __str__(self) -> str:
        place = str(replace(self.location, keyword=None) if self._names_its_keyword() else self.location)
        return f"{self.severity}: {place + ': ' if place else ''}{self.message} [{self.code}]"

    def _names_its_keyword(self) -> bool:
        subject = self.location.keyword
        if not subject or subject not in self.message:
            return False
        return re.search(rf"(?<!\w){re.escape(subject)}s?(?!\w)", self.message) is not None

    def with_location(self, **place: str | int | None) -> Issue:
        """Return the same issue with more members of its location set: `issue.with_location(path="a.json")`."""
        return replace(self, location=replace(self.location, **place))  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, object]:
        """Return the issue as the issue schema describes it."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "location": self.location.to_dict(),
            "message": self.message,
        }


def has_errors(issues: Iterable[Issue]) -> bool:
    """Return whether any of the issues is an error."""
    return any(issue.severity is Severity.ERROR for issue in issues)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCode:
    """One entry of the catalogue: what the messages, `dicommap explain` and the docs are made from."""

    name: str
    """Stable and dotted, such as `p10.truncated`."""

    severity: Severity
    title: str

    message: str
    """A template; its `{fields}` are facts about the data and never the data's values."""

    explanation: str
    fix: str
