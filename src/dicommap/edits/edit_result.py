"""The result of one edit: applied, ambiguous, refused, no change or unused, with counts of studies."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Flag, StrEnum
from typing import TYPE_CHECKING

from dicommap.issues import Issue, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.edits.edit import Edit

AMBIGUOUS_CODES = frozenset(
    [
        "rules.partial-match",
        "rules.undecodable-match",
        "rules.differing-values",
        "lookup.ambiguous",
        "harmonize.tie",
        "edit.contradiction",
    ]
)
"""Codes of issues that an edit has more than one possible meaning in a study."""


class EditEffect(Flag):
    """Effects of an edit in one study; several can be set, since a study has several series."""

    NONE = 0
    REACHED = 1
    """The edit applies to the study, whether or not anything changes."""
    CHANGED = 2
    AMBIGUOUS = 4
    REFUSED = 8


class EditOutcome(StrEnum):
    """The outcome of an edit over all studies."""

    APPLIED = "applied"
    AMBIGUOUS = "ambiguous"
    REFUSED = "refused"
    NO_CHANGE = "no change"
    UNUSED = "unused"


@dataclass(slots=True, kw_only=True)
class EditResult:
    """The result of one sheet row, lookup row, rule, function or harmonize keyword, counted in studies."""

    source: str
    """The name of the file that has the edit, or a name such as `function NAME` or `harmonize KEYWORD`."""
    row: int | None = None
    """The row number as a spreadsheet counts; the header is row 1."""
    rule: str | None = None
    studies: int = 0
    """Studies that the edit applies to."""
    changed: int = 0
    """Studies in which the edit changed something."""
    unchanged: int = 0
    """Studies that the edit applies to and that already have all the new values."""
    ambiguous: int = 0
    """Studies in which the edit has more than one possible meaning."""
    refused: int = 0
    """Studies in which an error prevented the edit."""
    is_invalid: bool = False
    """Whether the edit itself has an error, so that it was not used for any study."""
    _study: str = field(default="", repr=False)
    _effect: EditEffect = field(default=EditEffect.NONE, repr=False)

    def __str__(self) -> str:
        if self.row is not None:
            return f"{self.source} row {self.row}"
        return self.source if self.rule is None else f"{self.source} rule '{self.rule}'"

    @property
    def is_used(self) -> bool:
        """Return whether an effect was recorded for any study."""
        return bool(self._study)

    @property
    def outcome(self) -> EditOutcome:
        """Return the outcome over all studies: APPLIED if any study changed. Call `finish_study` before."""
        if self.changed:
            return EditOutcome.APPLIED
        if self.ambiguous:
            return EditOutcome.AMBIGUOUS
        if self.refused or self.is_invalid:
            return EditOutcome.REFUSED
        return EditOutcome.NO_CHANGE if self.unchanged else EditOutcome.UNUSED

    def record(self, study: str, effect: EditEffect) -> None:
        """Record an effect of this edit in the study with this UID. Studies must come one after the other."""
        if study != self._study:
            self.finish_study()
            self._study = study
        self._effect |= effect

    def record_issue(self, study: str, issue: Issue) -> None:
        """Record the effect of an issue in a study; warnings and notes have no effect."""
        if issue.code in AMBIGUOUS_CODES:
            self.record(study, EditEffect.AMBIGUOUS)
        elif issue.severity is Severity.ERROR:
            self.record(study, EditEffect.REFUSED)

    def finish_study(self) -> None:
        """Count the study whose effects were recorded last. A second call counts nothing."""
        self.studies += bool(self._effect)
        self.changed += EditEffect.CHANGED in self._effect
        self.ambiguous += EditEffect.AMBIGUOUS in self._effect
        self.refused += EditEffect.REFUSED in self._effect
        self.unchanged += self._effect is EditEffect.REACHED
        self._effect = EditEffect.NONE


def record_issues(
    edit_result: EditResult, study: str, edits_or_issues: Iterable[Edit | Issue]
) -> Iterator[Edit | Issue]:
    """Yield the edits and issues of one edit in a study, and record the issues in the result of that edit."""
    for one in edits_or_issues:
        if isinstance(one, Issue):
            edit_result.record_issue(study, one)
        yield one
