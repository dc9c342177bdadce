"""Pydantic models of a rules file: the rules, and the settings of their verbs."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_RULES = 10_000
"""Maximum number of rules in a file. It is limited because each rule is compared with every study."""


class OverwritePolicy(StrEnum):
    """The policy of a rule for attributes that already have a value."""

    OVERWRITE = "overwrite"
    ONLY_IF_EMPTY = "only-if-empty"
    ONLY_IF_DIFFERENT = "only-if-different"
    """Overwrite values, but use the rule only if the inventory has captured all attributes that the rule changes."""


class _Document(BaseModel):
    """Base class of the models: their objects cannot be changed, and an unknown member is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Replacement(_Document):
    """Settings of the verb `replace`: an RE2 regular expression, and the text that replaces its matches."""

    pattern: str = Field(min_length=1, repr=False)
    with_: str = Field(alias="with", repr=False)
    r"""The text that replaces each match; `\1` to `\9` insert the groups of the pattern."""


class LookupSettings(_Document):
    """Settings of the verb `lookup`, which takes new values from a table.

    The row of a study, series or instance is found by the value of the attribute `by`.
    """

    file: str = Field(min_length=1)
    """Path of the CSV file or workbook, relative to the rules file."""
    by: Literal["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "AccessionNumber", "PatientID"]
    column: str | None = None
    """The name of the column with values of the attribute `by`; None if the column has the attribute's keyword."""
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    """The delimiter of cells in a CSV file; None if it shall be detected."""
    encoding: Literal["utf-8", "latin-1", "cp1252"] | None = None
    """The encoding of a CSV file; None means UTF-8, or UTF-16 with a byte order mark."""
    set: dict[str, str] = Field(min_length=1)
    """Keyword -> name of the column with the new value. An empty cell changes nothing."""


class Rule(_Document):
    """One rule of a rules file. If its patterns match a study, series or instance, its verbs change attributes.

    Each verb is a member of the rule. The functions of the verbs are in `edits.rule_verbs`.
    """

    name: str = Field(min_length=1, max_length=64)
    level: Literal["study", "series", "instance"]
    match: dict[str, str | tuple[str, ...]] = Field(default_factory=dict, repr=False)
    """Keyword -> a shell pattern (`*`, `?`, `[...]`), or several patterns of which one must match.

    A pattern must match the whole value. Patterns are case-sensitive.
    """
    set: dict[str, str] = Field(default_factory=dict, repr=False)
    """Keyword -> new value as text. A backslash separates values. `{Keyword}` is replaced by a current value."""
    empty: tuple[str, ...] = ()
    """Keywords of attributes that become empty. The attributes are not removed."""
    remove: tuple[str, ...] = ()
    """Keywords of attributes that are removed. A private attribute is named by its tag as 8 hexadecimal digits."""
    replace: dict[str, Replacement] = Field(default_factory=dict, repr=False)
    shift_days: dict[str, int] = Field(default_factory=dict)
    """Keyword -> number of days that are added to the date. A negative number gives an earlier date."""
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
