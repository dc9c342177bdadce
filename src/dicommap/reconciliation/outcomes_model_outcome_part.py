"""Outcomes: what became of each planned instance in an import job."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicommap.planning.planned_objects import PlannedObject


class ImportOutcome(StrEnum):
    """What became of an instance; each has exactly one, the first of these that holds."""

    FAILED = "failed"
    """A failure is reported, whatever else is."""
    NOT_REPORTED = "not-reported"
    """No record names it: whether it was imported is not known."""
    NON_PRIMARY = "non-primary"
    """Imported into an image set that is not primary."""
    WARNINGS = "warnings"
    """Imported with warnings."""
    IMPORTED = "imported"
    """Imported, but no record says whether the image set is primary."""
    PRIMARY = "primary"
    """Imported into a primary image set, without a warning."""

    @property
    def is_imported(self) -> bool:
        """Say whether the service reports that it holds the instance."""
        return self not in (ImportOutcome.FAILED, ImportOutcome.NOT_REPORTED)


OutcomeCounts = dict[ImportOutcome, int]
"""Number of instances by outcome; those of no instance are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceOutcome:
    """One planned instance and what became of it."""

    planned: PlannedObject
    outcome: ImportOutcome
    reported_imported: bool = False
    """Whether a record says that it was imported; together with FAILED a contradiction."""
    reported_failed: bool = False
    """Whether a record says that it failed."""
    image_set_id: str = ""
    is_primary: bool | None = None
    """None where no record says it."""
    warnings: tuple[str, ...] = ()
    """AWS's names of the warnings, or their numbers where the name is not known."""
    exception_type: str = ""
    message: str = field(default="", repr=False)
    """The service's words about a failure. They may hold anything."""
