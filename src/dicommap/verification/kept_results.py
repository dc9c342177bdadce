"""Models of the lines in verification.jsonl, the file of a package with the results of a verification.

The lines contain effects, but no value of a patient.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dicommap.verification.effects import Effect

_Text = Annotated[str, StringConstraints(min_length=1)]


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class VerificationStart(_Line):
    """The first line of verification.jsonl: the verified plan, and the data store."""

    version: Literal[1] = 1
    plan: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of plan.json."""
    source: _Text
    """The id of the data store, or `files` if downloaded metadata was verified."""
    startedAt: _Text


class KeptEffect(_Line):
    """The effect of one attribute of an override in an image set."""

    series: _Text | None = None
    """The Series Instance UID of the override; missing for an override of the whole study."""
    tag: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{8}$")]
    effect: Effect
    reason: str = ""


class KeptImageSet(_Line):
    """The line of verification.jsonl for one verified image set."""

    job: _Text
    study: _Text
    imageSetId: _Text
    effects: tuple[KeptEffect, ...] = ()


class VerificationEnd(_Line):
    """The last line of verification.jsonl if the verification is complete: the numbers of attributes by effect."""

    endedAt: _Text
    attributes: dict[Effect, Annotated[int, Field(ge=0)]]
