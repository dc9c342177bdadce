"""The result of one update for one image set: its outcome, the effects of its attributes, and its issues."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from dicommap.issues import Location, make_issue
from dicommap.issues.wording import join_first_names
from dicommap.verification.effects import WRONG_EFFECTS, Effect
from dicommap.verification.update_decision import UpdateEffects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue
    from dicommap.verification.effects import EffectCounts

OTHER_LEVEL_REASON = "the image set has the attribute at another level"
TOO_LARGE_REASON = "the request would be larger than AWS allows"


class UpdateOutcome(StrEnum):
    """The outcomes of an update for one image set, the best first."""

    STORED = "stored"
    """The image set had the wanted values, so that nothing was sent."""
    UPDATED = "updated"
    """All requests were executed. The effects say which values are stored."""
    REVERTED = "reverted"
    """The updates of the image set were taken back."""
    LOCKED = "locked"
    """The image set is LOCKED for longer than the time limit."""
    UNKNOWN = "not-known"
    """It is not known whether a request was executed."""
    OTHER_VALUES = "other-values"
    """Nothing was sent: an attribute has neither the value from before the edit nor the new one."""
    CHANGED = "changed"
    """Somebody else has changed the image set meanwhile."""
    FAILED = "failed"
    """AWS has refused a request, or did not execute it."""
    NOT_READABLE = "not-readable"
    """The metadata of the image set cannot be used."""
    NOT_REVERTED = "not-reverted"
    """The updates of the image set were not taken back."""
    NOT_FOUND = "not-found"
    """No image set has the study, series or instances that the update changes."""


UNKNOWN_OUTCOMES = frozenset({UpdateOutcome.LOCKED, UpdateOutcome.UNKNOWN})
"""Outcomes for which it is not known whether the update was executed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSetUpdateResult:
    """The result of one update for one image set. It has no values of attributes, except in `effects`."""

    update: str
    """The path of the update's file in the package; empty for an image set that was reverted."""
    study_instance_uid: str
    series_instance_uid: str | None = None
    image_set_id: str = ""
    """The id of the image set; empty if none was found."""
    is_primary: bool | None = None
    outcome: UpdateOutcome
    version_before: str = ""
    """The version before the first request."""
    version_after: str = ""
    """The version after the last request. Equal to `version_before` if nothing was sent."""
    requests: int = 0
    """Number of requests that were executed, in this run or in an earlier one."""
    effects: UpdateEffects = field(default_factory=UpdateEffects)
    elsewhere: tuple[str, ...] = ()
    """Names of attributes that were not sent, because the image set has them at another level."""
    too_large: tuple[str, ...] = ()
    """Names of attributes that were not sent, because their stored value is too large for a request."""
    other_values: tuple[str, ...] = ()
    """Names of attributes that had neither the value from before the edit nor the new one."""
    not_compared: tuple[str, ...] = ()
    """Names of attributes whose stored value could not be compared with the value from before the edit."""
    absent: frozenset[str] = frozenset()
    """UIDs of the series and instances of the update that the image set does not have."""
    reason: str = ""
    """The reason of the outcome, without any value of an attribute; empty if the outcome needs no reason."""
    was_taken_back: bool = False
    """Whether nothing was sent because the package has taken back its updates of this image set."""

    @property
    def is_done(self) -> bool:
        """Return whether the image set needs no further work, and all attributes have their new values."""
        is_ended = self.outcome in (UpdateOutcome.STORED, UpdateOutcome.UPDATED, UpdateOutcome.REVERTED)
        return is_ended and self.effects.counts.keys() <= {Effect.APPLIED} and not self.elsewhere and not self.too_large

    def issues(self) -> Iterator[Issue]:
        """Yield the issues of the outcome, of attributes that were not sent, and of effects other than APPLIED."""
        place = Location(
            path=self.update or None, study=self.study_instance_uid or None, series=self.series_instance_uid
        )
        yield from self._outcome_issues(replace(place, instance=self._find_missing_instance()))
        for names, reason in ((self.elsewhere, OTHER_LEVEL_REASON), (self.too_large, TOO_LARGE_REASON)):
            if names:
                yield make_issue(
                    "update.left-out",
                    place,
                    count=len(names),
                    image_set=self.image_set_id,
                    names=join_first_names(names),
                    reason=reason,
                )
        if self.other_values:
            is_refused = self.outcome is UpdateOutcome.OTHER_VALUES
            yield make_issue(
                "update.other-values" if is_refused else "update.overwrites",
                place,
                count=len(self.other_values),
                image_set=self.image_set_id,
                names=join_first_names(self.other_values),
            )
        for code, is_wrong in (("update.not-applied", True), ("update.not-comparable", False)):
            counts: EffectCounts = {
                effect: count
                for effect, count in self.effects.counts.items()
                if effect is not Effect.APPLIED and (effect in WRONG_EFFECTS) is is_wrong
            }
            if counts:
                yield make_issue(
                    code,
                    replace(place, instance=self._find_only_instance(counts)),
                    count=sum(counts.values()),
                    image_set=self.image_set_id,
                    names=self._format_attribute_names(counts),
                )

    def _find_missing_instance(self) -> str | None:
        """Return the UID of the instance that no image set has; None if it is not exactly one instance."""
        instances = self.absent - {self.series_instance_uid} if self.outcome is UpdateOutcome.NOT_FOUND else ()
        return next(iter(instances)) if len(instances) == 1 else None

    def _find_only_instance(self, counts: EffectCounts) -> str | None:
        """Return the SOP Instance UID that all attributes with these effects share; None if they do not share one."""
        instances = {attribute.instance for attribute, effect in self.effects.attention if effect in counts}
        return instances.pop() if len(instances) == 1 else None

    def _format_attribute_names(self, counts: EffectCounts) -> str:
        """Return the names of the attributes with these effects.

        Effects of an earlier run have no names, only counts.
        """
        names = [
            f"{attribute.name} ({effect.value})" for attribute, effect in self.effects.attention if effect in counts
        ]
        return join_first_names(names or [f"{count:,} {effect.value}" for effect, count in counts.items()])

    def _outcome_issues(self, place: Location) -> Iterator[Issue]:
        if self.was_taken_back:
            yield make_issue("update.taken-back", place, image_set=self.image_set_id)
            return
        codes = {
            UpdateOutcome.NOT_FOUND: "update.not-found",
            UpdateOutcome.CHANGED: "update.changed",
            UpdateOutcome.FAILED: "update.failed",
            UpdateOutcome.NOT_READABLE: "update.not-readable",
            UpdateOutcome.LOCKED: "update.locked",
            UpdateOutcome.UNKNOWN: "update.not-known",
            UpdateOutcome.NOT_REVERTED: "update.not-reverted",
        }
        if self.outcome in codes:
            yield make_issue(
                codes[self.outcome],
                place,
                image_set=self.image_set_id,
                what=self.reason,
                seconds=self.reason,
                reason=self.reason,
            )
        if self.outcome is UpdateOutcome.REVERTED and self.reason:
            yield make_issue("update.partly-reverted", place, image_set=self.image_set_id, version=self.reason)
