"""The rules file: its rules, with the settings of their verbs, as pydantic models."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

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
