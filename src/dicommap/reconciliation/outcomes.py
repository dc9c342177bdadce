"""Outcomes of planned instances in an import job, counted by study and by job."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.issues import Issue
    from dicommap.planning.planned_objects import PlannedObject


class ImportOutcome(StrEnum):
    """The outcome of an instance. Each instance has exactly one: the first of these that applies."""

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
        """Return whether the service reports that it holds the instance."""
        return self not in (ImportOutcome.FAILED, ImportOutcome.NOT_REPORTED)


OutcomeCounts = dict[ImportOutcome, int]
"""Number of instances by outcome; those of no instance are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceOutcome:
    """One planned instance and its outcome."""

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


class JobState(StrEnum):
    """How far a job has come, as far as the package and the manifests tell."""

    NOT_STARTED = "not started"
    UNANSWERED = "unanswered"
    """Its start was asked for, and no answer was kept: there may be such a job or not."""
    NOT_ENDED = "not ended"
    FAILED = "failed"
    COMPLETED = "completed"
    """The job came to its end, which says nothing of its instances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOutcomes:
    """One study in one job."""

    job: str
    study_instance_uid: str
    counts: OutcomeCounts

    @property
    def is_plain(self) -> bool:
        """Return whether all instances are in primary image sets, without a warning."""
        return not self.counts.keys() - {ImportOutcome.PRIMARY}

    @property
    def instances(self) -> int:
        """Return the number of planned instances."""
        return sum(self.counts.values())

    @property
    def missing(self) -> int:
        """Return how many of them are not known to be imported."""
        return sum(count for outcome, count in self.counts.items() if not outcome.is_imported)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutcomes:
    """One job of a package: its state, and the number of instances by outcome."""

    job: str
    """Its id in the package."""
    input_s3_uri: str
    state: JobState
    job_id: str = ""
    """The service's id; empty where the job was not started."""
    datastore_id: str = ""
    message: str = field(default="", repr=False)
    """The service's words about a job that failed. They may hold anything."""
    counts: OutcomeCounts
    studies: int = 0
    reasons: Mapping[tuple[str, str], int] = field(default_factory=dict, repr=False)
    """Exception type and the service's words -> number of instances that failed so; the first ones only."""
    warnings: Mapping[str, int] = field(default_factory=dict)
    """Name of a warning -> number of instances that have it."""
    image_sets: int = 0
    """Image sets that the records name."""
    others: int = 0
    """Records of objects that are no planned instance."""
    issues: tuple[Issue, ...] = ()

    @property
    def instances(self) -> int:
        """Return the number of planned instances."""
        return sum(self.counts.values())

    @property
    def missing(self) -> int:
        """Return how many of them are not known to be imported."""
        return sum(count for outcome, count in self.counts.items() if not outcome.is_imported)
