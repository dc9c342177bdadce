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
    """The outcome of an instance. If several apply, the first in this list counts."""

    FAILED = "failed"
    """A record reports a failure, even if another record reports success."""
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
"""Number of instances by outcome. Outcomes without an instance are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceOutcome:
    """One planned instance and its outcome."""

    planned: PlannedObject
    outcome: ImportOutcome
    reported_imported: bool = False
    """Whether a record reports that the instance was imported. Together with FAILED it is a contradiction."""
    reported_failed: bool = False
    """Whether a record reports that the instance failed."""
    image_set_id: str = ""
    is_primary: bool | None = None
    """None if no record says whether the image set is primary."""
    warnings: tuple[str, ...] = ()
    """AWS's names of the warnings, or their numbers if the name is not known."""
    exception_type: str = ""
    message: str = field(default="", repr=False)
    """The service's words about a failure. They may hold anything."""


class JobState(StrEnum):
    """The state of a job, according to the package and the job manifests."""

    NOT_STARTED = "not started"
    UNANSWERED = "unanswered"
    """The start request was sent and no answer was saved: the job may exist or not."""
    NOT_ENDED = "not ended"
    FAILED = "failed"
    COMPLETED = "completed"
    """The job has ended. This does not mean that its instances were imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOutcomes:
    """The number of instances by outcome, for one study in one job."""

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
        """Return the number of instances that are not reported as imported."""
        return sum(count for outcome, count in self.counts.items() if not outcome.is_imported)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutcomes:
    """One job of a package: its state, and the number of instances by outcome."""

    job: str
    """Its id in the package."""
    input_s3_uri: str
    state: JobState
    job_id: str = ""
    """The service's id; empty if the job was not started."""
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
        """Return the number of instances that are not reported as imported."""
        return sum(count for outcome, count in self.counts.items() if not outcome.is_imported)
