"""Planned jobs: what an import job takes, before any document of it is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicommap.healthimaging.s3_uri import S3Uri
    from dicommap.planning.planned_objects import PlannedObject


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedJob:
    """One import job of a plan. It gets the overrides of the studies and series that it takes."""

    id: str
    """Four to six digits."""
    uri: S3Uri
    """Its inputS3Uri."""
    staged: bool = False
    """Whether its objects have to be copied there."""
    objects: Iterable[PlannedObject] = field(repr=False)
    """What it takes, in the order of the keys' UTF-8; can be gone through again and again."""
