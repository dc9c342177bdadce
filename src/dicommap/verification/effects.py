"""Effects of the attributes of overrides in the data store, and the checks that found them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from dicommap.verification.stored_metadata import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicommap.dicom.json_model import Attribute


class Effect(StrEnum):
    """The effect of one attribute of an override in the data store, worst effect first.

    If the attribute has different effects in several image sets, series or instances, the worst of them counts.
    """

    NOT_APPLIED = "not-applied"
    """The data store has the value from before the override."""
    DIFFERENT = "different"
    """The data store has another value than the override, and no known value from before the override."""
    MISSING = "missing"
    """The image set does not have the attribute."""
    NOT_READABLE = "not-readable"
    """The metadata of the image set cannot be read."""
    NOT_CHECKED = "not-checked"
    """Nothing can be checked: no instance was imported, the job has not ended, or another override set the value."""
    NOT_COMPARABLE = "not-comparable"
    """AWS does not document the form of the stored value, and no plausible reading of it is the override's value."""
    APPLIED = "applied"
    """The value of the override is stored."""


WRONG_EFFECTS = frozenset({Effect.NOT_APPLIED, Effect.DIFFERENT, Effect.MISSING})
"""Effects that show that the data store does not have the value of the override."""
UNKNOWN_EFFECTS = frozenset({Effect.NOT_READABLE, Effect.NOT_CHECKED, Effect.NOT_COMPARABLE})
"""Effects for which it is not known whether the data store has the value of the override."""
EFFECT_ORDER = (*(effect for effect in reversed(Effect)),)
"""All effects, the best first. Tables and records of verifications have this order."""
_RANKS = {effect: rank for rank, effect in enumerate(Effect)}

EffectCounts = dict[Effect, int]
"""Effect -> number of attributes or image sets with this effect. Effects without any are left out."""


def count_effects(effects: Iterable[Effect]) -> EffectCounts:
    """Return how often each effect occurs."""
    counts: EffectCounts = {}
    for effect in effects:  # a Counter of two effects takes several times as long
        counts[effect] = counts.get(effect, 0) + 1
    return counts


def choose_worst_effect(effects: Iterable[Effect]) -> Effect:
    """Return the worst of several effects: the first in the order of `Effect`. Without effects, return NOT_CHECKED."""
    return min(effects, key=_RANKS.__getitem__, default=Effect.NOT_CHECKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeCheck:
    """The check of one attribute of an override in one image set."""

    study_instance_uid: str
    series_instance_uid: str | None
    """The Series Instance UID of the override; None for an override of the whole study."""
    tag: int
    image_set_id: str
    """The id of the image set; empty if no image set could be checked."""
    effect: Effect
    reason: str = ""
    """The reason why the effect is not known; empty if it is known. The reason contains no values."""
    wanted: Attribute = field(repr=False, compare=False)
    stored: Any = field(default=ABSENT, repr=False, compare=False)
    """The stored value that decided the effect; ABSENT if no value is stored, or if it was not kept."""


@dataclass(slots=True, kw_only=True)
class AttributeResult:
    """The result for one attribute of an override in one job: the worst effect in all image sets."""

    job: str
    check: AttributeCheck
    """The check with the worst effect. If several checks have this effect, it is the first of them."""
    image_sets: EffectCounts = field(default_factory=dict)
    """Effect -> number of image sets with this effect."""

    @property
    def effect(self) -> Effect:
        """Return the worst effect of the attribute in all image sets."""
        return self.check.effect

    def add(self, check: AttributeCheck) -> None:
        """Add the check of one more image set."""
        if check.image_set_id:
            self.image_sets[check.effect] = self.image_sets.get(check.effect, 0) + 1
        if _RANKS[check.effect] < _RANKS[self.check.effect]:
            self.check = check
