"""The work on one image set for one update: the records of its requests, and the result so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicommap.model.update_state import RequestRecord, RequestState, UpdateState
from dicommap.verification.effects import Effect
from dicommap.verification.update_decision import UpdateEffects
from dicommap.verification.update_result import ImageSetUpdateResult, UpdateOutcome

if TYPE_CHECKING:
    from dicommap.package.package_directory import PlannedUpdate
    from dicommap.package.update_targets import UpdateTarget
    from dicommap.updates.attribute_update import AttributeUpdate
    from dicommap.updates.update import UpdateRequest
    from dicommap.verification.update_decision import NecessaryRequests


@dataclass
class ImageSetWork:
    """The work on one image set for one update: the saved records, and the counts and versions of its result."""

    planned: PlannedUpdate
    state: UpdateState
    target: UpdateTarget
    effects: UpdateEffects = field(default_factory=UpdateEffects)
    """The effects of the attributes in the added records."""
    attention: tuple[tuple[AttributeUpdate, Effect], ...] = ()
    """The attributes of this run that are not applied, or whose effect is not known."""
    absent: set[str] = field(default_factory=set)
    """UIDs of series and instances that the image set does not have. This set and the next ones are for the result."""
    elsewhere: dict[str, None] = field(default_factory=dict)
    too_large: dict[str, None] = field(default_factory=dict)
    other_values: dict[str, None] = field(default_factory=dict)
    not_compared: dict[str, None] = field(default_factory=dict)
    requests: int = 0
    """Number of executed requests."""
    version_before: str = ""
    version_after: str = ""

    @property
    def study(self) -> str:
        """Return the Study Instance UID."""
        return self.planned.update.study_instance_uid

    @property
    def image_set_id(self) -> str:
        """Return the id of the image set."""
        return self.target.image_set_id

    def add_record(self, record: RequestRecord) -> None:
        """Add a finished record to the result: a request that has ended, or a check that no request is necessary."""
        self.effects += UpdateEffects(counts=count_record_effects(record))
        self.absent |= set(record.absent)
        self.elsewhere |= dict.fromkeys(record.elsewhere)
        self.too_large |= dict.fromkeys(record.tooLarge)
        self.other_values |= dict.fromkeys(record.otherValues)
        self.not_compared |= dict.fromkeys(record.notCompared)
        self.version_before = self.version_before or record.versionBefore
        self.version_after = record.versionAfter or self.version_after
        self.requests += record.state is RequestState.UPDATED

    def make_result(self, outcome: UpdateOutcome, reason: str = "") -> ImageSetUpdateResult:
        """Return the result of the work with this outcome."""
        return make_image_set_result(
            self.planned,
            outcome,
            self.target,
            version_before=self.version_before,
            version_after=self.version_after or self.version_before,
            requests=self.requests,
            effects=UpdateEffects(counts=self.effects.counts, attention=self.attention),
            absent=frozenset(self.absent),
            elsewhere=tuple(self.elsewhere),
            too_large=tuple(self.too_large),
            other_values=tuple(self.other_values),
            not_compared=tuple(self.not_compared),
            reason=reason,
        )


def make_image_set_result(
    planned: PlannedUpdate,
    outcome: UpdateOutcome,
    target: UpdateTarget | None,
    **members: Any,  # noqa: ANN401  members of different types
) -> ImageSetUpdateResult:
    """Return the result of an update for one image set.

    Args:
        planned: The update.
        outcome: The outcome.
        target: The image set; None if no image set was found.
        members: Further members of the result.

    """
    return ImageSetUpdateResult(
        update=planned.path,
        study_instance_uid=planned.update.study_instance_uid,
        series_instance_uid=planned.update.series_instance_uid,
        image_set_id=target.image_set_id if target is not None else "",
        is_primary=target.is_primary if target is not None else None,
        outcome=outcome,
        **members,
    )


@dataclass(frozen=True, kw_only=True)
class PartToSend:
    """One part of a request. Requests that are too large for AWS are divided into parts.

    The part was computed from the stored values in the version `base` of the image set.
    """

    number: int
    """The number of the request in the update of the package, from 1."""
    part: int
    """The number of the part in the request, from 1."""
    base: str
    request: UpdateRequest = field(repr=False)
    necessary: NecessaryRequests = field(repr=False)
    """All parts of the request, and the attributes that are left out."""


def find_part_record(work: ImageSetWork, number: int, part: int, base: str) -> RequestRecord | None:
    """Return the last record of a part that was computed from the version `base`, if it is executed or still open."""
    wanted = (work.image_set_id, number, part, base)
    for record in reversed(work.state.requests):
        if (record.imageSetId, record.request, record.part, record.baseVersion) == wanted:
            return record if record.state.is_open or record.state is RequestState.UPDATED else None
    return None


def count_record_effects(record: RequestRecord) -> Counter[Effect]:
    """Return effect -> number of attributes. Attributes that had the new values already count as APPLIED."""
    counts = Counter({Effect(name): count for name, count in record.effects.items()})
    if record.stored:
        counts[Effect.APPLIED] += record.stored
    return counts


def make_unsent_record(
    work: ImageSetWork, number: int, state: RequestState, version: str, necessary: NecessaryRequests
) -> RequestRecord:
    """Return the record of a request that is not sent.

    The state is STORED if its values are stored already, or OTHER_VALUES if an attribute has another value than before
    the edit.
    """
    return RequestRecord(
        imageSetId=work.image_set_id,
        request=number,
        state=state,
        baseVersion=version,
        versionBefore=version,
        stored=necessary.stored if state is RequestState.STORED else 0,
        **make_name_members(necessary),
    )


def make_sent_record(record: RequestRecord, version: str, *, is_inferred: bool = False) -> RequestRecord:
    """Return the record of a request that AWS has accepted. `version` is the version that the request makes."""
    after = max(int(version), int(record.versionBefore) + 1)
    return record.model_copy(update={"state": RequestState.SENT, "versionAfter": str(after), "isInferred": is_inferred})


def make_name_members(necessary: NecessaryRequests) -> dict[str, tuple[str, ...]]:
    """Return the members of a record that list attributes, and UIDs of missing series and instances: name -> values."""
    names = {
        "elsewhere": necessary.elsewhere,
        "tooLarge": necessary.too_large,
        "otherValues": necessary.other_values,
        "notCompared": necessary.not_compared,
    }
    return {"absent": necessary.absent} | {
        member: tuple(dict.fromkeys(update.name for update in updates)) for member, updates in names.items()
    }
