"""The result of a source of edits, such as a sheet row or a rule: its outcome, and its effects in studies.

The outcomes are applied, ambiguous, refused, no change and unused.
"""

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
"""Codes of issues that make an edit ambiguous in a study: its new value is not certain."""


class EditEffect(Flag):
    """What an edit did in one study. There can be several effects, because a study can have several series."""

    NONE = 0
    REACHED = 1
    """The edit is for the study. It may or may not change a value."""
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
    """The result of one sheet row, lookup row, rule, function or harmonized keyword.

    It has the number of studies for each effect.
    """

    source: str
    """The name of the file with the edit, or `function NAME`, or `harmonize KEYWORD`."""
    row: int | None = None
    """The row number as in a spreadsheet: the first row is 1. None if the edit is not in a row."""
    rule: str | None = None
    studies: int = 0
    """Number of studies in which the edit had any effect."""
    changed: int = 0
    """Number of studies in which the edit changed a value."""
    unchanged: int = 0
    """Number of studies that the edit is for, but in which it changed nothing and had no issue."""
    ambiguous: int = 0
    """Number of studies in which the edit is ambiguous; see AMBIGUOUS_CODES."""
    refused: int = 0
    """Number of studies in which an error prevented the edit."""
    is_invalid: bool = False
    """Whether the edit itself has an error. If so, it was not used for any study."""
    _study: str = field(default="", repr=False)
    _effect: EditEffect = field(default=EditEffect.NONE, repr=False)

    def __str__(self) -> str:
        if self.row is not None:
            return f"{self.source} row {self.row}"
        return self.source if self.rule is None else f"{self.source} rule '{self.rule}'"

    @property
    def is_used(self) -> bool:
        """Return whether the edit reached at least one study. The edit need not have changed a value."""
        return bool(self._study)

    @property
    def effect(self) -> EditEffect:
        """Return the effects in the last study; NONE if `finish_study` has added them to the counts."""
        return self._effect

    @property
    def outcome(self) -> EditOutcome:
        """Return the outcome over all studies: APPLIED if the edit changed at least one. Call `finish_study` before."""
        if self.changed:
            return EditOutcome.APPLIED
        if self.ambiguous:
            return EditOutcome.AMBIGUOUS
        if self.refused or self.is_invalid:
            return EditOutcome.REFUSED
        return EditOutcome.NO_CHANGE if self.unchanged else EditOutcome.UNUSED

    def record(self, study: str, effect: EditEffect) -> None:
        """Record an effect of this edit in a study. Record all effects in a study before those in the next study.

        Args:
            study: The Study Instance UID.
            effect: The effect.

        """
        if study != self._study:
            self.finish_study()
            self._study = study
        self._effect |= effect

    def record_issue(self, study: str, issue: Issue) -> None:
        """Record the effect of an issue in a study: AMBIGUOUS for a code in AMBIGUOUS_CODES, REFUSED for another error.

        Other issues are ignored.
        """
        if issue.code in AMBIGUOUS_CODES:
            self.record(study, EditEffect.AMBIGUOUS)
        elif issue.severity is Severity.ERROR:
            self.record(study, EditEffect.REFUSED)

    def finish_study(self) -> None:
        """Add the study whose effects were recorded last to the counts. Do nothing if it was added already."""
        effect, self._effect = self._effect, EditEffect.NONE
        if effect is EditEffect.NONE:
            return
        self.studies += 1
        if effect is EditEffect.REACHED:
            self.unchanged += 1
        else:
            self.changed += EditEffect.CHANGED in effect
            self.ambiguous += EditEffect.AMBIGUOUS in effect
            self.refused += EditEffect.REFUSED in effect


def record_and_yield_issues(
    edit_result: EditResult, study: str, edits_or_issues: Iterable[Edit | Issue]
) -> Iterator[Edit | Issue]:
    """Yield the edits and issues of a study unchanged, and record the effects of the issues in `edit_result`."""
    for edit_or_issue in edits_or_issues:
        if isinstance(edit_or_issue, Issue):
            edit_result.record_issue(study, edit_or_issue)
        yield edit_or_issue
