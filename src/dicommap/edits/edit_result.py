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
"""Findings that an edit has more than one reading in a study."""


class EditEffect(Flag):
    """What an edit did in one study; several may hold, since a study has several series."""

    NONE = 0
    REACHED = 1
    CHANGED = 2
    AMBIGUOUS = 4
    REFUSED = 8


class EditOutcome(StrEnum):
    """What became of an edit in all."""

    APPLIED = "applied"
    AMBIGUOUS = "ambiguous"
    REFUSED = "refused"
    NO_CHANGE = "no change"
    UNUSED = "unused"


@dataclass(slots=True, kw_only=True)
class EditResult:
    """One sheet row, lookup row, rule, function or keyword to harmonize, and what it did."""

    source: str
    """The file that it stands in, or what else it is."""
    row: int | None = None
    """As the spreadsheet counts; the header is row 1."""
    rule: str | None = None
    studies: int = 0
    """Studies that it speaks of."""
    changed: int = 0
    """Studies in which it changed something."""
    unchanged: int = 0
    """Studies that it speaks of, and that have all it asks for already."""
    ambiguous: int = 0
    """Studies in which something kept it from having one meaning."""
    refused: int = 0
    """Studies in which something is wrong with what it asks for."""
    is_invalid: bool = False
    """Something is wrong with it as it stands, so that it was not used at all."""
    _study: str = field(default="", repr=False)
    _effect: EditEffect = field(default=EditEffect.NONE, repr=False)

    def __str__(self) -> str:
        if self.row is not None:
            return f"{self.source} row {self.row}"
        return self.source if self.rule is None else f"{self.source} rule '{self.rule}'"

    @property
    def is_used(self) -> bool:
        """Say whether any study was noted."""
        return bool(self._study)

    @property
    def outcome(self) -> EditOutcome:
        """Return what became of it once it is closed: that it changed something anywhere comes first."""
        if self.changed:
            return EditOutcome.APPLIED
        if self.ambiguous:
            return EditOutcome.AMBIGUOUS
        if self.refused or self.is_invalid:
            return EditOutcome.REFUSED
        return EditOutcome.NO_CHANGE if self.unchanged else EditOutcome.UNUSED

    def record(self, study: str, effect: EditEffect) -> None:
        """Note what it did in a study. Studies come one after the other."""
        if study != self._study:
            self.finish_study()
            self._study = study
        self._effect |= effect

    def record_issue(self, study: str, found: Issue) -> None:
        """Note what a finding says of it in a study; warnings and notes do not keep it from anything."""
        if found.code in AMBIGUOUS_CODES:
            self.record(study, EditEffect.AMBIGUOUS)
        elif found.severity is Severity.ERROR:
            self.record(study, EditEffect.REFUSED)

    def finish_study(self) -> None:
        """Count the study that was noted last."""
        self.studies += bool(self._effect)
        self.changed += EditEffect.CHANGED in self._effect
        self.ambiguous += EditEffect.AMBIGUOUS in self._effect
        self.refused += EditEffect.REFUSED in self._effect
        self.unchanged += self._effect is EditEffect.REACHED
        self._effect = EditEffect.NONE


def record_issues(edit_result: EditResult, study: str, found: Iterable[Edit | Issue]) -> Iterator[Edit | Issue]:
    """Yield the edits and issues of one edit in a study, and record the issues in the result of that edit."""
    for one in found:
        if isinstance(one, Issue):
            edit_result.record_issue(study, one)
        yield one
