"""Entries of audit.jsonl for its readers: which lines are selected, and whether a value was that of a change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from dicommap.errors import UsageError
from dicommap.model.audit import AuditChange
from dicommap.model.study import Target

if TYPE_CHECKING:
    from collections.abc import Container

    from dicommap.model.audit import AuditLine, AuditValue
    from dicommap.model.audit_values import AuditKey


class AuditKind(StrEnum):
    """The kinds of lines."""

    CHANGE = "change"
    EVENT = "event"


class ValueMatch(StrEnum):
    """The result of comparing a value with a change."""

    BEFORE = "before"
    """The attribute had the value before the change."""
    AFTER = "after"
    """The attribute has the value after the change."""
    BOTH = "both"
    """Some files had the value before the change, and all have it after the change."""
    NO = "no"
    """The attribute had another value, and has another one after the change."""
    UNKNOWN = "unknown"
    """The line does not list all values before the change, and the value is not among the listed ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSelection:
    """The lines to select. A line must fit every member that is not None."""

    study: str | None = None
    """A Study Instance UID. Events of the whole package, or of a job with the study, fit too."""
    rule: str | None = None
    """The name of a rule. No event fits."""
    attribute: str | None = None
    """A keyword. No event fits."""
    kind: AuditKind | None = None
    since: str | None = None
    """The earliest time, as ISO 8601 in UTC. The time of a change is that of the draft."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A line of audit.jsonl, with the time and the user also for a change, which has those of the draft."""

    line: AuditLine
    at: str
    """The time, as ISO 8601 in UTC. Empty if the draft has no event."""
    user: str
    match: ValueMatch | None = None
    """The result of comparing a value with this change; None if there is no value or the line is an event."""


def parse_since(text: str) -> str:
    """Return a date or a time as ISO 8601 in UTC. A date is its first second; a time without a zone is in UTC.

    Raises UsageError if the text is neither.
    """
    try:
        time = datetime.fromisoformat(text)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            "--since is no date.", fix="Write it as 2026-11-30, or with a time as 2026-11-30T09:15:00Z."
        ) from None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def compare_value(change: AuditChange, value: str, key: AuditKey | None) -> ValueMatch:
    """Return whether a value is among the values before a change, or is the value after it."""
    target = Target(
        study_instance_uid=change.studyInstanceUID,
        series_instance_uid=change.seriesInstanceUID,
        sop_instance_uid=change.sopInstanceUID,
    )
    hashed = None if key is None else key.hash_value(target, int(change.tag, 16), value)

    def is_same(known: AuditValue) -> bool:
        return known.value == value if known.hash is None else known.hash == hashed

    is_before = any(map(is_same, change.before or ()))
    is_after = change.after is not None and is_same(change.after)
    if is_before or is_after:
        return ValueMatch.BOTH if is_before and is_after else ValueMatch.BEFORE if is_before else ValueMatch.AFTER
    return ValueMatch.UNKNOWN if change.moreBefore or change.before is None else ValueMatch.NO


def is_selected(line: AuditLine, selection: AuditSelection, jobs: Container[str]) -> bool:
    """Return whether a line fits a selection, apart from its time. `jobs` are the ids of the jobs with the study."""
    if selection.kind is not None and line.type != selection.kind:
        return False
    if isinstance(line, AuditChange):
        return (
            selection.study in (None, line.studyInstanceUID)
            and selection.attribute in (None, line.attribute)
            and (selection.rule is None or any(_is_of_rule(edit, selection.rule) for edit in line.edits))
        )
    if selection.rule is not None or selection.attribute is not None:
        return False
    if selection.study is None or line.studyInstanceUID == selection.study:
        return True
    return line.studyInstanceUID is None and (line.job is None or line.job in jobs)


def _is_of_rule(edit: str, rule: str) -> bool:
    """Return whether the origin of an edit names a rule, such as `rules.toml rule 'pilot site' (sites.csv row 3)`."""
    return re.search(rf" rule '{re.escape(rule)}'(?: \(|$)", edit) is not None
