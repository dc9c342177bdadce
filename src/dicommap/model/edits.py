"""Edits: wishes that, for a study or series, an attribute gets a value; and the rules that people write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from dicommap.model.dicom_json import Attribute


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an edit reaches: a study, or one series of it."""

    study_instance_uid: str
    series_instance_uid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One wish: the target's attribute gets this value."""

    target: Target
    tag: int
    attribute: Attribute = field(repr=False)
    """The new value, as the DICOM JSON Model writes it."""

    cause: str
    """The sheet row or the rule that asks for it, for people: `sheet.csv row 3`, `rule 'pilot site'`."""


class Rule(BaseModel):
    """One rule of a rules file: where its patterns match, its verbs apply.

    `set` and `empty` are verbs; each verb is a member of its own, so that new ones can stand beside them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    name: str = Field(min_length=1, max_length=64)
    level: Literal["study", "series"]
    match: dict[str, str] = Field(default_factory=dict)
    """Keyword -> shell pattern (`*`, `?`, `[...]`), case-sensitive, for the whole value."""
    set: dict[str, str] = Field(default_factory=dict)
    """Keyword -> new value as text; a backslash separates values."""
    empty: tuple[str, ...] = Field(default=(), strict=False)
    """Keywords whose value becomes empty."""


class Rules(BaseModel):
    """A rules file."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    rule: tuple[Rule, ...] = Field(min_length=1)
