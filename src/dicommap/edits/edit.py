"""An edit: a wanted value of one attribute of a study or series; and the rules file's model."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dicommap.dicom.printable_text import is_undecodable
from dicommap.issues import Location

if TYPE_CHECKING:
    from dicommap.dicom.json_model import Attribute
    from dicommap.edits.edit_result import EditResult
    from dicommap.model.study import Target


_NOWHERE = Location()

CurrentValue = tuple[str, str]
"""A keyword, and a value that some files of the target have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One wish: the target's attribute gets this value."""

    target: Target
    tag: int
    attribute: Attribute = field(repr=False)
    """The new value, as the DICOM JSON Model writes it."""

    cause: str
    """What asks for it, for people: `sheet.csv row 3`, `rules.toml rule 'pilot site'`."""

    place: Location = field(default=_NOWHERE, repr=False, compare=False)
    """Where it is asked for, the same for all studies: a column of a sheet, a rule and keyword."""
    accounts: tuple[EditResult, ...] = field(default=(), repr=False, compare=False)
    """Those of the sheet row, of the rule, of the lookup row that it comes from."""
    computed_from: tuple[CurrentValue, ...] = field(default=(), repr=False, compare=False)
    """The current values that the new one was computed from; none if somebody typed it.

    If one of them could not be decoded the edit is refused, and `attribute` may be `NOT_COMPUTED_ATTRIBUTE`.
    """

    @property
    def undecodable_source(self) -> CurrentValue | None:
        """Return the first current value that it was computed from and that could not be decoded."""
        return next((source for source in self.computed_from if is_undecodable(source[1])), None)


NOT_COMPUTED_ATTRIBUTE: Attribute = {"vr": "UN"}
"""Stands for the new value of an edit that is refused, so that nothing was computed for it."""


MAX_RULES = 10_000
"""Rules that a file may have: each is asked of every study."""


class OverwritePolicy(StrEnum):
    """What a rule does where the attribute has a value already."""

    OVERWRITE = "overwrite"
    ONLY_IF_EMPTY = "only-if-empty"
    ONLY_IF_DIFFERENT = "only-if-different"
    """As overwrite, but for captured attributes only: of others it cannot be known whether anything would change."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Replacement(_Document):
    """What `replace` does to a value: a regular expression of RE2, and what takes the place of its matches."""

    pattern: str = Field(min_length=1, repr=False)
    with_: str = Field(alias="with", repr=False)
    r"""Text; `\1` to `\9` stand for the groups of the pattern."""


class LookupSettings(_Document):
    """What `lookup` joins: the rows of a CSV to studies, by one attribute."""

    file: str = Field(min_length=1)
    """Relative to the rules file."""
    by: Literal["StudyInstanceUID", "AccessionNumber", "PatientID"]
    column: str | None = None
    """The column that holds the key; without it, the one named as `by`."""
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    """What stands between cells; without it, what makes the key a column."""
    set: dict[str, str] = Field(min_length=1)
    """Keyword -> column whose cell becomes the value; an empty cell changes nothing."""


class Rule(_Document):
    """One rule of a rules file: where its patterns match, its verbs apply.

    Each verb is a member of its own, so that new ones can stand beside them; see `authoring.verbs`.
    """

    name: str = Field(min_length=1, max_length=64)
    level: Literal["study", "series"]
    match: dict[str, str | tuple[str, ...]] = Field(default_factory=dict, repr=False)
    """Keyword -> shell pattern (`*`, `?`, `[...]`), case-sensitive, for the whole value. Of several, one must match."""
    set: dict[str, str] = Field(default_factory=dict, repr=False)
    """Keyword -> new value as text; a backslash separates values, {Keyword} stands for a current value."""
    empty: tuple[str, ...] = ()
    """Keywords whose value becomes empty."""
    replace: dict[str, Replacement] = Field(default_factory=dict, repr=False)
    shift_days: dict[str, int] = Field(default_factory=dict)
    """Keyword -> days, negative for the past."""
    truncate_date: dict[str, Literal["year", "month"]] = Field(default_factory=dict)
    upper: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()
    strip: tuple[str, ...] = ()
    lookup: LookupSettings | None = None
    raw: dict[str, Any] = Field(default_factory=dict, repr=False)
    """Attributes as the DICOM JSON Model writes them, by their tag."""
    policy: OverwritePolicy = OverwritePolicy.OVERWRITE


class RulesFile(_Document):
    """A rules file."""

    rule: tuple[Rule, ...] = Field(min_length=1, max_length=MAX_RULES)
