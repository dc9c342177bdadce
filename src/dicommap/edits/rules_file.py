"""The rules file: its rules, with the settings of their verbs, as pydantic models."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_RULES = 10_000
"""Maximum number of rules in a file; each rule is matched against every study."""


class OverwritePolicy(StrEnum):
    """Whether a rule replaces the value that an attribute already has."""

    OVERWRITE = "overwrite"
    ONLY_IF_EMPTY = "only-if-empty"
    ONLY_IF_DIFFERENT = "only-if-different"
    """As OVERWRITE, but only captured attributes are allowed: for others the current value is unknown."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Replacement(_Document):
    """Settings of the verb `replace`: an RE2 regular expression, and the text that replaces its matches."""

    pattern: str = Field(min_length=1, repr=False)
    with_: str = Field(alias="with", repr=False)
    r"""The new text; `\1` to `\9` are the groups of the pattern."""


class LookupSettings(_Document):
    """Settings of the verb `lookup`: it joins rows of a CSV table to studies by one attribute."""

    file: str = Field(min_length=1)
    """Path of the CSV file, relative to the rules file."""
    by: Literal["StudyInstanceUID", "AccessionNumber", "PatientID"]
    column: str | None = None
    """The column with the key; None means the column with the name in `by`."""
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    """The delimiter of cells; None means that it is detected."""
    set: dict[str, str] = Field(min_length=1)
    """Keyword -> column with the new value; an empty cell changes nothing."""


class Rule(_Document):
    """One rule of a rules file: if its patterns match, its verbs apply.

    Each verb is a separate member; `edits.rule_verbs` has a function for each.
    """

    name: str = Field(min_length=1, max_length=64)
    level: Literal["study", "series"]
    match: dict[str, str | tuple[str, ...]] = Field(default_factory=dict, repr=False)
    """Keyword -> shell pattern (`*`, `?`, `[...]`) for the whole value, case-sensitive. One of several must match."""
    set: dict[str, str] = Field(default_factory=dict, repr=False)
    """Keyword -> new value as text; a backslash separates values, {Keyword} inserts a current value."""
    empty: tuple[str, ...] = ()
    """Keywords of attributes whose value is removed; the attributes stay."""
    replace: dict[str, Replacement] = Field(default_factory=dict, repr=False)
    shift_days: dict[str, int] = Field(default_factory=dict)
    """Keyword -> days that are added to the date; negative days move it to the past."""
    truncate_date: dict[str, Literal["year", "month"]] = Field(default_factory=dict)
    upper: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()
    strip: tuple[str, ...] = ()
    lookup: LookupSettings | None = None
    raw: dict[str, Any] = Field(default_factory=dict, repr=False)
    """Tag as 8 hexadecimal digits -> attribute in the DICOM JSON Model (PS3.18 Annex F)."""
    policy: OverwritePolicy = OverwritePolicy.OVERWRITE


class RulesFile(_Document):
    """The content of a rules file."""

    rule: tuple[Rule, ...] = Field(min_length=1, max_length=MAX_RULES)
