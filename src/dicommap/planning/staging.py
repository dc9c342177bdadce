"""Staging: when files are copied to a prefix of their own to be imported from there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StagingPolicy(StrEnum):
    """Which studies are copied."""

    NEVER = "never"
    WHERE_NEEDED = "where-needed"
    """Those that cannot be imported whole from where they lie."""
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPart:
    """What a staged job takes of a study: all of it, a series, or some files of a series."""

    study_instance_uid: str
    series_instance_uid: str | None = None
    """None for the whole study."""
    first: int = 0
    """How many files of the series come before, in order of path."""
    files: int | None = None
    """How many it takes; None for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedJobResult:
    """What was done for one staged job."""

    id: str
    uri: str
    copied: int = 0
    """Copies that were made now."""
    there: int = 0
    """Copies that were there already."""
    missing: int = 0
    """Copies that are not there."""
    bytes: int = 0
    """Of the copies that were made now."""
