"""Select lines of audit.jsonl, and compare a value with the old and new values of a change."""

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
    """The two kinds of lines in audit.jsonl: changes of attributes, and events of the package."""

    CHANGE = "change"
    EVENT = "event"


class ValueMatch(StrEnum):
    """Where a searched value occurs in a change: before the change, after it, in both places, or in neither."""

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
    """Criteria for lines of audit.jsonl. A selected line meets every criterion that is not None."""

    study: str | None = None
    """A Study Instance UID. Events of the whole package, or of a job with the study, also meet it."""
    rule: str | None = None
    """The name of a rule. No event meets this criterion."""
    attribute: str | None = None
    """A keyword. No event meets this criterion."""
    kind: AuditKind | None = None
    since: str | None = None
    """The earliest time, as ISO 8601 in UTC. The time of a change is that of the draft."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A line of audit.jsonl with its time and user. A change gets the time and user of the draft that recorded it."""

    line: AuditLine
    at: str
    """The time, as ISO 8601 in UTC. Empty if audit.jsonl has no event of the draft."""
    user: str
    match: ValueMatch | None = None
    """The result of comparing a value with this change; None if there is no value or the line is an event."""


def parse_since(text: str) -> str:
    """Convert a date or time that a user typed to ISO 8601 in UTC, such as `2026-11-30T09:15:00Z`.

    A date means its first second. A time without a time zone is taken as UTC. Raises UsageError if the text is neither
    a date nor a time.
    """
    try:
        time = datetime.fromisoformat(text)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            "--since is no date.", fix="Write it as 2026-11-30, or with a time as 2026-11-30T09:15:00Z."
        ) from None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def compare_value_with_change(change: AuditChange, value: str, key: AuditKey | None) -> ValueMatch:
    """Compare a value with the values of an attribute before and after a change.

    Args:
        change: A line of audit.jsonl with the change.
        value: The value to search for, as plain text.
        key: The secret key with which the values of the line are hashed; None if they are not hashed.
    """
    target = Target(
        study_instance_uid=change.studyInstanceUID,
        series_instance_uid=change.seriesInstanceUID,
        sop_instance_uid=change.sopInstanceUID,
    )
    hashed = None if key is None else key.hash_value(target, int(change.tag, 16), value)

    def is_same_value(known: AuditValue) -> bool:
        return known.value == value if known.hash is None else known.hash == hashed

    is_before = any(map(is_same_value, change.before or ()))
    is_after = change.after is not None and is_same_value(change.after)
    if is_before or is_after:
        return ValueMatch.BOTH if is_before and is_after else ValueMatch.BEFORE if is_before else ValueMatch.AFTER
    return ValueMatch.UNKNOWN if change.moreBefore or change.before is None else ValueMatch.NO


def is_selected_line(line: AuditLine, selection: AuditSelection, jobs: Container[str]) -> bool:
    """Return whether a line meets all criteria of a selection except the earliest time.

    Args:
        line: A line of audit.jsonl.
        selection: The criteria.
        jobs: The ids of the jobs that import the selected study.
    """
    if selection.kind is not None and line.type != selection.kind:
        return False
    if isinstance(line, AuditChange):
        return (
            selection.study in (None, line.studyInstanceUID)
            and selection.attribute in (None, line.attribute)
            and (selection.rule is None or any(_is_edit_of_rule(edit, selection.rule) for edit in line.edits))
        )
    if selection.rule is not None or selection.attribute is not None:
        return False
    if selection.study is None or line.studyInstanceUID == selection.study:
        return True
    return line.studyInstanceUID is None and (line.job is None or line.job in jobs)


def _is_edit_of_rule(edit: str, rule: str) -> bool:
    """Return whether the origin of an edit names a rule, such as `rules.toml rule 'pilot site' (sites.csv row 3)`."""
    return re.search(rf" rule '{re.escape(rule)}'(?: \(|$)", edit) is not None
