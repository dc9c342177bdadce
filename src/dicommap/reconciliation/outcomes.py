"""The outcomes of planned instances in import jobs, and their numbers by study and by job."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.healthimaging.request_agreement import RequestAgreement
    from dicommap.issues import Issue
    from dicommap.planning.planned_objects import PlannedObject


class ImportOutcome(StrEnum):
    """The outcome of a planned instance.

    If several outcomes apply to an instance, it has the first of them in this class.
    """

    FAILED = "failed"
    """A record reports a failure, even if another record reports success."""
    NOT_REPORTED = "not-reported"
    """No record names the instance. It is not known whether it was imported."""
    NON_PRIMARY = "non-primary"
    """The instance was imported into an image set that is not primary."""
    WARNINGS = "warnings"
    """The instance was imported with warnings."""
    IMPORTED = "imported"
    """The instance was imported, but it is not known whether its image set is primary."""
    PRIMARY = "primary"
    """The instance was imported into a primary image set, without a warning."""

    @property
    def is_imported(self) -> bool:
        """Return whether the service reports that the instance was imported."""
        return self not in (ImportOutcome.FAILED, ImportOutcome.NOT_REPORTED)


OutcomeCounts = dict[ImportOutcome, int]
"""Outcome -> number of instances with this outcome. An outcome without instances has no entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceOutcome:
    """A planned instance and the outcome of its import."""

    planned: PlannedObject
    outcome: ImportOutcome
    reported_imported: bool = False
    """Whether a record reports that the instance was imported. If `reported_failed` is True too, records disagree."""
    reported_failed: bool = False
    """Whether a record reports that the import of the instance failed."""
    image_set_id: str = ""
    is_primary: bool | None = None
    """Whether the image set that contains the instance is primary. None if it is not known."""
    warnings: tuple[str, ...] = ()
    """The names of the warnings from AWS. A warning without a known name is given by its number."""
    exception_type: str = ""
    message: str = field(default="", repr=False)
    """The message of the service about the failure. It may contain patient data."""


class JobState(StrEnum):
    """The state of an import job, according to the package and the job manifest."""

    NOT_STARTED = "not started"
    UNANSWERED = "unanswered"
    """The start request was sent, but no answer was saved. It is not known whether the job exists."""
    NOT_ENDED = "not ended"
    FAILED = "failed"
    COMPLETED = "completed"
    """The job has ended, and the job as a whole did not fail. Some of its instances may still have failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOutcomes:
    """For one study in one job: the number of instances with each outcome."""

    job: str
    study_instance_uid: str
    counts: OutcomeCounts

    @property
    def is_plain(self) -> bool:
        """Return whether the study needs no attention: all instances are in primary image sets, without a warning."""
        return not self.counts.keys() - {ImportOutcome.PRIMARY}

    @property
    def instances(self) -> int:
        """Return the number of planned instances."""
        return sum(self.counts.values())

    @property
    def missing(self) -> int:
        """Return the number of instances that failed, or that no record names."""
        return sum(count for outcome, count in self.counts.items() if not outcome.is_imported)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutcomes:
    """The state of one job of a package, and the numbers of its instances by outcome."""

    job: str
    """The ID of the job in the package."""
    input_s3_uri: str
    state: JobState
    job_id: str = ""
    """The ID that the service gave the job. Empty if it is not known."""
    datastore_id: str = ""
    message: str = field(default="", repr=False)
    """The message of the service about a failed job. It may contain patient data."""
    counts: OutcomeCounts
    studies: int = 0
    reasons: Mapping[tuple[str, str], int] = field(default_factory=dict, repr=False)
    """Exception type and message of the service -> number of failed instances.

    The number of reasons is limited. All other failures are counted together, under two empty texts.
    """
    warnings: Mapping[str, int] = field(default_factory=dict)
    """Name of a warning -> number of instances with this warning."""
    image_sets: int = 0
    """Number of image sets that the records name."""
    others: int = 0
    """Number of objects that the records name and that are not planned instances."""
    recorded_imports: int = 0
    """Number of objects that the records report as imported. It includes objects that are not planned instances."""
    not_instances: Mapping[str, int] = field(default_factory=dict)
    """Disposition in the scan -> number of planned objects that are not instances, such as DICOMDIRs."""
    refused_not_instances: Mapping[str, int] = field(default_factory=dict)
    """Disposition -> number of the objects in `not_instances` for which all records report a failure.

    These failures are expected. The service probably reports every file without an instance as a failure: an example of
    the developer guide shows it, but AWS does not document it for DICOMDIRs.
    """
    agreement: RequestAgreement | None = None
    """Whether the service returns the job with the parameters of the package's request. None if it is not known."""
    issues: tuple[Issue, ...] = ()

    @property
    def has_other_configuration(self) -> bool:
        """Return whether the job ran with another import configuration than planned, or without any."""
        return self.agreement in ("missing", "differs")

    @property
    def retry_count(self) -> int:
        """Return the number of instances that a retry imports again.

        These are the missing instances, or all instances if the job had another import configuration.
        """
        return self.instances if self.has_other_configuration else self.missing

    @property
    def instances(self) -> int:
        """Return the number of planned instances."""
        return sum(self.counts.values())

    @property
    def missing(self) -> int:
        """Return the number of instances that failed, or that no record names."""
        return sum(count for outcome, count in self.counts.items() if not outcome.is_imported)
